import MarketCalendar
import Units

/// All keys, in the order in which they are shown and hashed.
public enum SettingTable {
    public static let environmentPrefix = "LEVELHEAD_"

    /// The one variable with the prefix that is no setting: where the state lies.
    static let stateDirectoryVariable = "LEVELHEAD_STATE_DIR"

    public static let all: [SettingDeclaration] =
        instrument + sessions + bars + levels + features + options + policy + sizing + risk + riskChecks + riskScopes
        + books + programme + execution + venue + drill + live + streams + dashboard + operation

    static func declaration(_ key: String) -> SettingDeclaration? { all.first { $0.key == key } }

    /// Keys begin with this name and a point.
    static func hasSection(_ name: String) -> Bool { all.contains { $0.key.hasPrefix(name + ".") } }

    /// The known key that takes the fewest edits; the first in table order among equals.
    static func nearest(to key: String) -> String { nearest(to: key, \.key) }

    /// The key whose variable takes the fewest edits.
    static func nearest(toVariable name: String) -> String { nearest(to: name, \.environmentName) }

    private static func nearest(to name: String, _ text: (SettingDeclaration) -> String) -> String {
        var best = (key: "", distance: Int.max)
        for declaration in all {
            let distance = editDistance(Array(name.utf8), Array(text(declaration).utf8))
            if distance < best.distance { best = (declaration.key, distance) }
        }
        return best.key
    }

    /// Every key with default, unit, bounds and meaning.
    public static var help: String { all.map(\.help).joined(separator: "\n") }

    private static let instrument = [
        row("instrument.signal", .symbol, .text("ES.c.0"), "the contract that signals are computed on"),
        row(
            "instrument.traded", .symbol, .text("MES.c.0"),
            "the contract that orders are sent for, of the signal's month"),
    ]

    private static let sessions = [
        time("sessions.premarket_start", 4, 0, "start of the pre-market range"),
        time("sessions.premarket_end", 9, 30, "its end, where pm_high and pm_low begin to hold"),
        time("sessions.opening_range_start", 9, 30, "start of the opening range"),
        row("sessions.opening_range_minutes", .integer(1...600), .integer(15), unit: "min", "its length"),
        time("sessions.rth_open", 9, 30, "start of regular trading hours"),
        time("sessions.rth_close", 16, 0, "their end; 13:00 at the latest on an early close"),
        row(
            "sessions.initial_balance_minutes", .integer(1...600), .integer(60), unit: "min",
            "length of the initial balance, from sessions.rth_open"),
    ]

    private static let bars = [
        row("bars.sma_period_minutes", .integer(1...60), .integer(2), unit: "min", "bar length of the average level"),
        row("bars.sma_length", .integer(1...512), .integer(90), unit: "bars", "completed bars in the average level"),
    ]

    private static let levels = [
        row("levels.band_ticks", .integer(0...100), .integer(4), unit: "ticks", "half width of a level's band (k)"),
        row("levels.touch_ticks", .integer(0...100), .integer(2), unit: "ticks", "a trade this near starts a test (b)"),
        row("levels.reset_ticks", .integer(1...400), .integer(8), unit: "ticks", "a mid this far ends a test (R)"),
        row("levels.beyond_ticks", .integer(1...400), .integer(8), unit: "ticks", "window beyond the level (w)"),
    ]

    private static let familyChoices = [
        "none", "level_position", "level_interaction", "level_liquidity", "level_order_flow", "level_trades",
        "level_confirmation", "level_options", "book", "order_flow", "trades", "volatility", "session", "time",
        "options",
    ]

    private static let features = [
        row(
            "features.large_trade_contracts", .integer(0...100_000), .integer(0), unit: "contracts",
            "size from which an order is large; 0 takes the contract table's (ES 25, MES 50)"),
        row(
            "features.annualization_hours", .real(0.1...24), .real(23), unit: "h/day",
            "trading hours a day for annual volatility; 6.5 for regular hours only"),
        row(
            "features.leave_out", .choice(familyChoices), .text("none"),
            "a family whose columns stay NaN, to measure what it costs"),
    ]

    private static let options = [
        row("options.enabled", .boolean, .boolean(true), "whether option records of the tape make features"),
        row(
            "options.horizon_days", .real(1...3_650), .real(45), unit: "days",
            "contracts that expire later are not in the chain"),
        row(
            "options.strike_window", .real(0.001...1), .real(0.15),
            "largest distance of a strike from its future, as a share of the future's price"),
        row("options.risk_free_rate", .real(-0.1...0.5), .real(0.04), unit: "1/year", "continuously compounded"),
        row(
            "options.near_level_points", .real(0...1_000), .real(10), unit: "points",
            "strikes this close to a level are near it"),
        row(
            "options.refresh", .choice(["dirty", "chain"]), .text("dirty"),
            "what is valued every second: contracts with a new quote, or all"),
        row(
            "options.root", .optionRoot, .text(""),
            "root of an index option chain such as SPXW; empty for options on the signal root's futures"),
        row(
            "options.maximum_contracts", .integer(1...1_000_000), .integer(65_536), unit: "contracts",
            "room for option definitions; those beyond it are counted and ignored"),
    ]

    private static let policy = [
        row("policy.enabled", .boolean, .boolean(true), "whether the level policy sends orders"),
        time("policy.entry_start", 9, 30, "first entry"),
        time("policy.entry_end", 15, 45, "no entries from here on"),
        time("policy.flat_by", 15, 55, "the position is closed here"),
        row(
            "policy.early_close_entry_minutes", .integer(0...240), .integer(15), unit: "min",
            "entries end this long before an early close"),
        row(
            "policy.early_close_flat_minutes", .integer(0...240), .integer(5), unit: "min",
            "flat this long before an early close"),
        row("policy.quantity", .integer(1...1_000), .integer(1), unit: "contracts", "size of an entry"),
        row("policy.stop_ticks", .integer(1...10_000), .integer(8), unit: "ticks", "stop, from the fill"),
        row("policy.target_ticks", .integer(1...10_000), .integer(16), unit: "ticks", "target, from the fill"),
        row("policy.time_stop_seconds", .integer(1...86_400), .integer(600), unit: "s", "longest time in a position"),
        row("policy.signal_threshold", .real(0...1), .real(0.35), "size of B from which a signal counts"),
        row("policy.hold_seconds", .real(0...600), .real(3), unit: "s", "event time for which B must stay beyond it"),
        row("policy.minimum_weight", .real(0...1), .real(0.6), "share of the components' weight that must be there"),
        row("policy.one_entry_per_test", .boolean, .boolean(true), "at most one entry per test and level"),
        row(
            "policy.after_test_seconds", .integer(0...3_600), .integer(60), unit: "s",
            "how long signals go on after a test has ended"),
    ]

    private static let risk = [
        row("risk.max_order_contracts", .integer(1...10_000), .integer(5), unit: "contracts", "largest order"),
        row("risk.max_position_contracts", .integer(1...64), .integer(10), unit: "contracts", "largest position"),
        money(
            "risk.daily_loss_usd", "1000", from: "1", to: "100000000", "loss of a trade date that flattens and locks"),
        money(
            "risk.trailing_drawdown_usd", "1500", from: "1", to: "100000000",
            "fall from the highest equity that flattens and locks"),
        row(
            "risk.stale_after_ms", .integer(1...600_000), .integer(5_000), unit: "ms",
            "a feed silent for longer, heartbeats included, is stale, and so is an older book of the traded contract, "
                + "or one that a live feed brings later than this by this machine's clock"),
        row(
            "risk.no_mark_reduce_seconds", .integer(1...3_600), .integer(5), unit: "s",
            "a position without a valid mark for this long: reducing only"),
        row(
            "risk.no_mark_flatten_seconds", .integer(1...3_600), .integer(30), unit: "s",
            "a position without a valid mark for this long is flattened"),
    ]

    private static let venue = [
        row("venue.latency_us", .integer(0...10_000_000), .integer(500), unit: "µs", "from sending to the paper match"),
        row("venue.ack_latency_us", .integer(0...10_000_000), .integer(500), unit: "µs", "from the match back to us"),
        row("venue.latency_file", .file, .text(""), "measured times to draw from instead, one a line in ns"),
        row("venue.ack_latency_file", .file, .text(""), "the same for the way back"),
        row("venue.seed", .integer(0...2_147_483_647), .integer(1), "of what the venue draws"),
        row(
            "venue.queue", .choice(["proportional", "pessimistic", "optimistic", "power", "orders"]),
            .text("proportional"), "whose contracts leave a queue without a trade"),
        row("venue.queue_exponent", .real(0.1...10), .real(1), "of power; more spares the front"),
        row(
            "venue.queue_weight", .real(0.1...1_000), .real(8),
            "of orders: how much likelier one behind is to leave than one ahead"),
        fee("venue.exchange_fee_usd", .text("table"), "exchange fee, with clearing where the exchange joins them"),
        fee("venue.clearing_fee_usd", .money(.zero), "clearing fee charged apart"),
        fee("venue.nfa_fee_usd", .text("table"), "regulatory assessment"),
        fee("venue.broker_fee_usd", .money(Money(cents: 25)), "the broker's commission"),
    ]

    private static let drill = [
        row("drill.venue_late", .real(0...1), .real(0), "share of the paper venue's acknowledgements told late"),
        row("drill.venue_twice", .real(0...1), .real(0), "share that is told twice"),
        row("drill.venue_never", .real(0...1), .real(0), "share that is never told"),
        row("drill.venue_fills_after_cancel", .real(0...1), .real(0), "share of cancelled orders that fill afterwards"),
    ]

    private static let live = [
        row(
            "live.options", .boolean, .boolean(true), "whether a live run subscribes to the chain of options",
            affectsResults: false),
        // The fold knows the options' own marks by this name.
        row(
            "live.options_dataset", .choice(["OPRA.PILLAR"]), .text("OPRA.PILLAR"),
            "where a live run gets the options of an index (options.root) from", affectsResults: false),
    ]

    private static let streams = [
        row(
            "streams.tcp", .addressAndPort, .text(""),
            "where the engine's streams are published besides; snapshots on the next port; loopback only without keys",
            affectsResults: false),
        row(
            "streams.curve_secret_file", .file, .text(""),
            "a file of mode 0600 with the publisher's CURVE key; subscribers need its public part",
            affectsResults: false),
    ]

    private static let dashboard = [
        row(
            "dashboard.port", .integer(0...65_535), .integer(8_420),
            "port of 127.0.0.1 that levelhead dashboard serves its page on; 0: any", affectsResults: false)
    ]

    private static let operation = [
        row("digest", .choice(["second", "tick"]), .text("second"), "which feature vectors enter the digest"),
        row(
            "ring.bytes", .powerOfTwo(1 << 20...1 << 34), .integer(1 << 26), unit: "bytes", "size of the record ring",
            affectsResults: false),
        row(
            "ring.wait", .choice(["spin", "yield", "park"]), .text("yield"),
            "how a process waits for records and messages: on a core of its own, yielding at first, or asleep",
            affectsResults: false),
        row(
            "ring.engine_wait", .choice(["as_others", "spin", "yield", "park"]), .text("as_others"),
            "the same for the engine alone; as_others: as ring.wait says", affectsResults: false),
        row(
            "cores.engine", .integer(-1...1_023), .integer(-1),
            "the core that the engine computes on, and nobody else of the run; -1: anywhere", affectsResults: false),
        row(
            "cores.awake", .boolean, .boolean(false),
            "whether levelhead up keeps every core from sleeping, with threads that give way to everybody",
            affectsResults: false),
        row(
            "metrics.first_port", .integer(0...65_531), .integer(0),
            "the loopback port of ingest's metrics; engine, risk, execution and paper have the next ones; 0: any",
            affectsResults: false),
        row(
            "journal.durability", .choice(["process", "power"]), .text("process"),
            "what a message outlives before anything leaves that follows from it: the process, or the machine",
            affectsResults: false),
        row(
            "journal.reserve_mb", .integer(0...1_024), .integer(16), unit: "MB",
            "space that each process keeps for what protects and closes when the disk is full", affectsResults: false),
        row(
            "snapshot.every_seconds", .real(0.001...3_600), .real(1), unit: "s", "time between state snapshots",
            affectsResults: false),
    ]

    static func row(
        _ key: String, _ kind: SettingKind, _ standard: SettingValue, unit: String = "", _ meaning: String,
        affectsResults: Bool = true
    ) -> SettingDeclaration {
        SettingDeclaration(
            key: key, kind: kind, standard: standard, unit: unit, meaning: meaning, affectsResults: affectsResults)
    }

    private static func time(_ key: String, _ hour: Int, _ minute: Int, _ meaning: String) -> SettingDeclaration {
        row(key, .timeOfDay, .timeOfDay(TimeOfDay(hour: hour, minute: minute)), unit: "New York", meaning)
    }

    static func money(
        _ key: String, _ standard: String, from: String, to: String, _ meaning: String
    ) -> SettingDeclaration {
        guard let standard = Money(standard), let from = Money(from), let to = Money(to) else {
            preconditionFailure("\(key) is not declared in dollars")
        }
        return row(key, .money(from...to), .money(standard), unit: "USD", meaning)
    }

    private static func fee(_ key: String, _ standard: SettingValue, _ meaning: String) -> SettingDeclaration {
        row(key, .moneyOrTable(.zero...Money(cents: 10_000)), standard, unit: "USD/contract/side", meaning)
    }

    /// Insertions, deletions and replacements that turn `a` into `b` (Levenshtein).
    private static func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var row = Array(0...b.count)
        for (i, byte) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in b.enumerated() {
                let replaced = diagonal + (byte == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[b.count]
    }
}
