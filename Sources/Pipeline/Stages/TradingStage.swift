import Determinism
import MarketData
import Orders
import Units

/// A part of the order path that runs in a process of its own: a fold over the steps of the market, which it follows
/// in the ring, and over the messages it is sent.
public protocol TradingStage {
    /// Nothing is held, worked or under way: another contract may be traded from here on.
    var isAtRest: Bool { get }
    /// Another contract is traded from here on.
    mutating func contractChanged()
    /// A session began: `watch.day` is new. When another contract leads and is traded, `contractChanged` follows.
    mutating func sessionBegan(_ watch: inout MarketWatch)
    /// A second of event time ended at `time`; the market and `secondEnded` follow.
    mutating func secondBegan(_ time: Timestamp, _ watch: inout MarketWatch)
    /// The book that fills the orders changed, with these trades.
    mutating func marketMoved(_ watch: inout MarketWatch, trades: UnsafeBufferPointer<TradeRun>)
    /// A group closed at `time` of the other of two contracts, one that leads and one that led before: a step of time,
    /// at which the book that fills the orders stays as it is.
    mutating func marketPassed(_ time: Timestamp, _ watch: inout MarketWatch)
    /// A group of the signal contract, or a second, is over: what it led to has been done.
    mutating func groupEnded(_ watch: inout MarketWatch)
    /// The second is over; `groupEnded` follows. `isMarked`: the book still stands, although nobody may have changed
    /// it.
    mutating func secondEnded(_ watch: inout MarketWatch, isMarked: Bool)
    /// A live feed fell behind the present, or has caught up with it.
    mutating func feedChanged(_ feed: FeedCondition)
    /// Takes a message. `time` is the stage's message clock, journaled with the message.
    mutating func take(_ message: StageMessage, at time: Timestamp, _ watch: inout MarketWatch)
    /// Hands out and forgets what the stage has put out, in its order.
    mutating func drain(_ body: (StageMessage) -> Void)
    /// Something is under way that only the message clock will end: ticks are wanted.
    var awaitsTime: Bool { get }
    /// The next step of the market may make it put something out.
    var mayPutOut: Bool { get }
    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure)
}

extension TradingStage {
    public mutating func contractChanged() {}
    public mutating func marketPassed(_ time: Timestamp, _ watch: inout MarketWatch) {}
    public mutating func sessionBegan(_ watch: inout MarketWatch) {}
    public mutating func secondBegan(_ time: Timestamp, _ watch: inout MarketWatch) {}
    public mutating func groupEnded(_ watch: inout MarketWatch) {}
    public mutating func feedChanged(_ feed: FeedCondition) {}
}
