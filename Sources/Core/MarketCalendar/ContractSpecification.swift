public import Units

/// What one root's contracts are: their price grid, their worth, their months, their fees.
public struct ContractSpecification: Equatable, Sendable {
    public enum ExpiryRule: Sendable {
        /// Cash settled at the opening of the third Friday of the delivery month, 09:30 ET; if the index is not
        /// published that day, on the first earlier day on which it is.
        case thirdFriday
    }

    public let root: String
    public let tick: TickSize
    /// The worth of one tick of one contract: as published, so that a test holds the row's numbers against each other.
    public let tickValue: Money
    /// The contract multiplier: the worth of one whole point of the quoted price, exact.
    public let moneyPerPoint: Money
    /// The delivery months of the standing cycle, 1...12; nearby serial months may be listed too.
    public let months: [Int]
    /// Nil where the date is taken from the definition only.
    public let expiry: ExpiryRule?
    /// Exchange and clearing together, per contract and side, for a non-member on Globex. Nil where none is kept.
    public let exchangeAndClearingFee: Money?
    /// The National Futures Association's assessment, per contract and side.
    public let nfaFee: Money
    /// Orders of at least this size count as large trades.
    public let largeTradeContracts: Int64

    /// Nil when the table has no such root.
    public static func of(root: String) -> ContractSpecification? { all.first { $0.root == root } }

    /// What it is a future on, by the root of the largest contract on that: "ES" for ES and MES.
    public var underlying: String {
        guard root.hasPrefix("M"), let larger = Self.of(root: String(root.dropFirst())) else { return root }
        return larger.root
    }
}
