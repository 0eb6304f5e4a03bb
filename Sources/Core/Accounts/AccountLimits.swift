import Orders

/// Every bound of the books of account, in one place: storage has these sizes from start to finish.
public enum AccountLimits {
    /// Lots of one book: risk lets no position grow beyond `TradingLimits.positionContracts`, and a lot has at least
    /// one contract.
    public typealias Lots = BoundedList<64, Lot>
    /// Contracts that margin and exposure are added up over.
    public typealias Exposures = BoundedList<16, ContractExposure>
    /// Profits that value at risk may be estimated from.
    public static let profitSamples = 1_024
    /// Largest profit or loss of one interval, so that sums of squares stay within 128 bits.
    static let profitNanos: Int64 = 10_000_000_000_000_000

    /// Checks that the limits agree; whoever makes books runs it first.
    public static func verify() {
        precondition(Lots.capacity >= Int(TradingLimits.positionContracts), "one lot to a contract at most")
    }
}
