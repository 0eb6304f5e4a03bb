import Units

/// What one contract is worth and costs, given by configuration.
@frozen public struct ContractTerms: Hashable, BitwiseCopyable, Sendable {
    public let tickSize: TickSize
    /// Dollars per point: 5 for MES, 50 for ES.
    public let multiplier: Int64
    /// One tick of one contract: exact, as a tick is a whole number of 1e-9 points.
    public let moneyPerTick: Money
    /// Of one contract for one side, bought or sold.
    public let fees: ContractFees

    /// - Precondition: `multiplier` is positive.
    public init(tickSize: TickSize, multiplier: Int64, fees: ContractFees) {
        precondition(multiplier > 0, "a multiplier is positive")
        self.tickSize = tickSize
        self.multiplier = multiplier
        moneyPerTick = Money(nanos: tickSize.nanos * multiplier)
        self.fees = fees
    }

    /// With a fee that nobody has broken down.
    public init(tickSize: TickSize, multiplier: Int64, feePerSide: Money) {
        self.init(tickSize: tickSize, multiplier: multiplier, fees: ContractFees(exchange: feePerSide))
    }

    /// Commission and exchange fees together.
    @inlinable public var feePerSide: Money { fees.total }

    /// What `quantity` contracts are worth at a price, signed like the quantity. Exact within the range of money.
    @inlinable public func value(_ quantity: Quantity, at price: Ticks) -> Money {
        moneyPerTick.times(quantity.contracts, price.count)
    }

    @inlinable public func fee(_ quantity: Quantity) -> Money { feePerSide * quantity.contracts.magnitudeAsSigned }
}

extension Int64 {
    @usableFromInline var magnitudeAsSigned: Int64 { self < 0 ? -self : self }
}
