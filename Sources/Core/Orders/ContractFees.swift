import Units

/// What one contract costs on one side, bought or sold, by who takes it.
@frozen public struct ContractFees: Hashable, BitwiseCopyable, Sendable {
    /// With clearing where the exchange joins them.
    public var exchange: Money
    public var clearing: Money
    /// The regulator's assessment.
    public var regulatory: Money
    /// The broker's commission.
    public var broker: Money

    public init(exchange: Money, clearing: Money = .zero, regulatory: Money = .zero, broker: Money = .zero) {
        self.exchange = exchange
        self.clearing = clearing
        self.regulatory = regulatory
        self.broker = broker
    }

    @inlinable public var total: Money { exchange + clearing + regulatory + broker }

    /// Of so many contracts.
    @inlinable public static func * (fees: ContractFees, contracts: Int64) -> ContractFees {
        ContractFees(
            exchange: fees.exchange * contracts, clearing: fees.clearing * contracts,
            regulatory: fees.regulatory * contracts, broker: fees.broker * contracts)
    }
}
