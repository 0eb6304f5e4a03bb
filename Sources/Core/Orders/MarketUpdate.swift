import Units

/// One price level of a book. An absent level has size 0.
@frozen public struct BookLevel: Hashable, BitwiseCopyable, Sendable {
    public static let none = BookLevel(price: .zero, size: 0, count: 0)

    public var price: Ticks
    /// Contracts resting.
    public var size: UInt32
    /// Orders resting.
    public var count: UInt32

    @inlinable public init(price: Ticks, size: UInt32, count: UInt32) {
        self.price = price
        self.size = size
        self.count = count
    }
}

/// One trade of an event group.
@frozen public struct MarketTrade: Hashable, BitwiseCopyable, Sendable {
    public var price: Ticks
    public var size: UInt32
    /// +1 bought, −1 sold, 0 not given.
    public var aggressor: Int8

    @inlinable public init(price: Ticks, size: UInt32, aggressor: Int8) {
        self.price = price
        self.size = size
        self.aggressor = aggressor
    }
}

/// The traded contract after a closed event group: the market as the trading folds see it. No price of the contract
/// that signals are read from is ever in it. A view: the levels and trades stay where their owner has them, and are
/// valid during the call they are handed to.
@frozen public struct MarketUpdate {
    /// Group time (exchange); never goes back.
    public var time: Timestamp
    /// When the group was received: nothing of it may be used earlier.
    public var receiveTime: Timestamp
    public var quality: DataQuality
    /// Best levels; size 0 where the side is empty.
    public var bid, ask: BookLevel
    /// Up to ten levels a side after the group, best first.
    public var bids, asks: UnsafeBufferPointer<BookLevel>
    /// Trades of the group, in order.
    public var trades: UnsafeBufferPointer<MarketTrade>

    @inlinable public init(
        time: Timestamp, receiveTime: Timestamp, quality: DataQuality, bids: UnsafeBufferPointer<BookLevel>,
        asks: UnsafeBufferPointer<BookLevel>, trades: UnsafeBufferPointer<MarketTrade>
    ) {
        self.time = time
        self.receiveTime = receiveTime
        self.quality = quality
        self.bids = bids
        self.asks = asks
        self.trades = trades
        bid = bids.isEmpty ? .none : bids[0]
        ask = asks.isEmpty ? .none : asks[0]
    }
}
