import Units

/// The prices at which a position could be closed now: a long one at the bid, a short one at the ask.
@frozen public struct ExitPrices: Hashable, BitwiseCopyable, Sendable {
    public var bid, ask: Ticks

    @inlinable public init(bid: Ticks, ask: Ticks) {
        self.bid = bid
        self.ask = ask
    }

    /// One price for both sides: a settlement, or a last trade.
    @inlinable public init(_ price: Ticks) { self.init(bid: price, ask: price) }

    /// The side that the position would exit at. For a flat one it does not matter.
    @inlinable public func price(for position: Quantity) -> Ticks { position.contracts > 0 ? bid : ask }
}
