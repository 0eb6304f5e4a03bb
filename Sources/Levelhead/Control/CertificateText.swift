import Platform
import Units

/// What proves a flatten, as `docs/kill-switch.md` has it.
enum CertificateText {
    /// - Parameters:
    ///   - epoch: of the lock word that it was asked under.
    ///   - run: the run's directory; empty for none.
    ///   - asked: wall time, ns, as is `proven`.
    ///   - slippage: nil where there was no price to compare with.
    ///   - more: what only this way of closing can say.
    static func object(
        epoch: UInt64, who: String, why: String, run: String, accounts: Int, asked: UInt64, proven: UInt64,
        rounds: UInt64, fills: UInt64, contracts: Int64, slippage: Money?, fees: Money, more: [(String, String)]
    ) -> String {
        let members: [(String, String)] = [
            ("flat", "true"), ("epoch", JSONText.integer(epoch)), ("who", JSONText.string(who)),
            ("why", JSONText.string(why)), ("run", JSONText.string(run)), ("accounts", "\(accounts)"),
            ("asked_ns", JSONText.integer(asked)), ("proven_ns", JSONText.integer(proven)),
            ("ms", "\(Double(proven &- asked) / 1e6)"), ("rounds", JSONText.integer(rounds)),
            ("fills", JSONText.integer(fills)), ("contracts", "\(contracts)"),
            ("slippage_usd", slippage.map { JSONText.string($0.description) } ?? "null"),
            ("fees_usd", JSONText.string(fees.description)),
        ]
        return JSONText.object(members + more)
    }
}
