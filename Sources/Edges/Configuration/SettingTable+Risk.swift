import Units

// The keys of the pre-trade checks. Zero is no limit where the bounds have it.
extension SettingTable {
    static let riskChecks = [
        row("risk.max_open_orders", .integer(1...32), .integer(32), unit: "orders", "entries that work at once"),
        optional("risk.max_notional_usd", "what the largest position may be worth; 0 for no limit"),
        row(
            "risk.collar_ticks", .integer(0...100_000), .integer(400), unit: "ticks",
            "how far a limit or trigger may lie outside the best bid and ask; 0 for no limit"),
        rate("risk.orders_per_second", 10, "entries in any second"),
        rate("risk.orders_per_minute", 120, "entries in any minute"),
        rate("risk.modifies_per_second", 20, "modifications in any second"),
        rate("risk.modifies_per_minute", 300, "modifications in any minute"),
        rate("risk.cancels_per_second", 20, "cancels of one order in any second"),
        rate("risk.cancels_per_minute", 300, "cancels of one order in any minute"),
        row(
            "risk.trades_per_day", .integer(0...100_000), .integer(0), unit: "entries",
            "entries from 18:00 ET on; 0 for no limit"),
        optional("risk.balance_usd", "what the account began with, for margin and sizing"),
        optional("risk.initial_margin_usd", "what one contract ties up when it is opened; 0 for no check"),
        optional("risk.maintenance_margin_usd", "and while it is held; 0 for the initial margin"),
        optional(
            "risk.intraday_margin_usd",
            "to open and to hold one from policy.entry_start to policy.flat_by; 0 for the two above"),
        optional("risk.value_at_risk_usd", "value at risk of a session above which nothing opens; 0 for no limit"),
        row(
            "risk.value_at_risk_confidence", .real(0.5001...0.9999), .real(0.95),
            "probability that a session's loss stays within its value at risk"),
        row(
            "risk.value_at_risk_sessions", .integer(20...250), .integer(250), unit: "sessions",
            "the newest sessions that value at risk is taken from"),
        row(
            "risk.correlated_exposure", .real(0...10_000), .real(0), unit: "index contracts",
            "net contracts of all instruments by how they move (MES 1, ES 10), where others are held; 0 for no limit"),
        row("risk.news_file", .file, .text(""), "a calendar of times in which strategies open nothing; \"\" for none"),
        row(
            "risk.venue", .choice(["paper", "broker"]), .text("paper"),
            "where orders go; a broker's venue begins locked and needs an arm"),
        row(
            "risk.peer_loss", .choice(["reducing", "halted", "flattening"]), .text("reducing"),
            "what the account does when the execution gateway is silent"),
        row(
            "risk.peer_silence_ms", .integer(200...60_000), .integer(500), unit: "ms",
            "a gateway that says nothing for this long is silent to the other one; it says something every 100 ms",
            affectsResults: false),
        row(
            "risk.flat_by_grace_seconds", .integer(0...3_600), .integer(5), unit: "s",
            "how long after policy.flat_by a position may still be on its way out"),
        row(
            "risk.roll_flat_minutes", .integer(1...600), .integer(5), unit: "min",
            "how long before the end of the last session in which a contract is traded everything is closed"),
        row(
            "risk.approval_life_ms", .integer(1...60_000), .integer(2_000), unit: "ms",
            "how long an approval may be used"),
        row(
            "risk.signal_life_ms", .integer(1...60_000), .integer(2_000), unit: "ms",
            "how long after the receipt of its record a live signal may open a position", affectsResults: false),
    ]

    /// Who holds what.
    static let books = [
        row(
            "books.routing", .choice(["single", "net", "two_accounts"]), .text("single"),
            """
            one position for all, or a book for each strategy that may oppose others: net at the venue, or long in one \
            account and short in another
            """
        )
    ]

    /// The rules of a funded account's programme. Without a balance there is no programme.
    static let programme = [
        optional("programme.balance_usd", "what the funded account begins with; 0 for no programme"),
        optional("programme.daily_loss_usd", "loss of a day that breaks the rules; 0 for no such rule"),
        optional("programme.trailing_usd", "fall from the high that breaks the rules; 0 for no such rule"),
        row(
            "programme.trailing_high", .choice(["intraday", "end_of_day"]), .text("intraday"),
            "what raises the high: equity at every moment, or the balance when a day ends"),
        optional(
            "programme.trailing_lock_usd",
            "the floor rises to the balance plus this and no further; 0 for no such end"),
        row(
            "programme.tiers", .tiers, .text(""),
            "contracts by balance, such as \"50000:2,52000:3\"; \"\" for any number"),
        row(
            "programme.flat_by", .timeOfDayOrNever, .text("never"), unit: "New York",
            """
            no position from here to the end of the session, on a short day from 13:00 (on a Good Friday 09:15), also \
            where the futures go on until 13:15; strategies end before it as before an early close
            """),
    ]

    /// How large an entry of the policy is.
    static let sizing = [
        row(
            "policy.sizing", .choice(["fixed", "fractional", "volatility", "kelly"]), .text("fixed"),
            "how large an entry is: policy.quantity, or by what follows"),
        row("policy.risk_share", .real(0...1), .real(0.01), "fractional: share of equity that the stop may lose"),
        optional("policy.range_target_usd", "volatility: what an average range may move the account by"),
        row("policy.range_minutes", .integer(1...1_440), .integer(5), unit: "min", "bar of the average range"),
        row("policy.range_bars", .integer(1...240), .integer(14), unit: "bars", "bars that are averaged"),
        row("policy.kelly_win", .real(0...1), .real(0.5), "kelly: share of trades that win"),
        row("policy.kelly_payoff", .real(0.001...1_000), .real(1), "kelly: what a win pays for each dollar of a loss"),
        row("policy.kelly_multiple", .real(0...1), .real(0.5), "kelly: share of the Kelly fraction"),
        row("policy.kelly_cap", .real(0...1), .real(0.02), "kelly: largest share of equity that the stop may lose"),
    ]

    /// Limits of one strategy or of the traded contract, beside the account's.
    static let riskScopes = scope("risk.instrument", "the traded contract", hasLoss: false)
        + scope("risk.strategy.level", "the level policy", hasLoss: true)
        + scope("risk.strategy.manual", "manual orders", hasLoss: false)

    private static func scope(_ section: String, _ whose: String, hasLoss: Bool) -> [SettingDeclaration] {
        let own = "of \(whose); 0 for the account's alone"
        func count(_ name: String, _ unit: String, _ meaning: String) -> SettingDeclaration {
            row("\(section).\(name)", .integer(0...100_000), .integer(0), unit: unit, "\(meaning) \(own)")
        }
        return [
            count("max_order_contracts", "contracts", "largest order"),
            count("max_position_contracts", "contracts", "largest position"),
            count("max_open_orders", "orders", "entries that work at once"),
            optional("\(section).max_notional_usd", "what the largest position may be worth \(own)"),
            count("trades_per_day", "entries", "entries from 18:00 ET on"),
        ] + (hasLoss
            ? [optional("\(section).daily_loss_usd", "loss of a day that locks it and closes its position \(own)")]
            : [])
    }

    private static func rate(_ key: String, _ standard: Int, _ meaning: String) -> SettingDeclaration {
        row(key, .integer(0...1_024), .integer(standard), unit: "count", "\(meaning); 0 for no limit")
    }

    private static func optional(_ key: String, _ meaning: String) -> SettingDeclaration {
        money(key, "0", from: "0", to: "100000000", meaning)
    }
}
