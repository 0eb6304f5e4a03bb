import Determinism
import Units

@frozen public enum IntentAction: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    /// Open a position or enlarge it.
    case open = 1
    /// Close the whole position at the market.
    case close = 2
    /// Change the live order `id`: quantity is what it is for in all, limit, trigger and trail are what they will be.
    case modify = 3
    /// Cancel the live order `id`; nothing else is looked at.
    case cancel = 4
}

/// What a strategy or an operator wants done. It becomes an order only through `RiskGate.review`.
///
/// Stop and target are distances from the fill on the traded contract: no price of another contract is in here.
@frozen public struct OrderIntent: Hashable, BitwiseCopyable, Sendable {
    /// Also the identity of the opening order.
    public var id: ClientOrderID
    /// Event time and receive time of the decision.
    public var time, receiveTime: Timestamp
    public var action: IntentAction
    /// Not looked at when closing.
    public var side: Side
    /// Positive. Not looked at when closing.
    public var quantity: Quantity
    public var type: OrderType
    /// Limit price on the traded contract, of a limit or a stop-limit order; else zero.
    public var limit: Ticks
    /// Trigger price on the traded contract, of a stop or a stop-limit order; else zero.
    public var trigger: Ticks
    /// Distance of a trailing stop; else zero.
    public var trail: Ticks
    public var timeInForce: TimeInForce
    /// It may only shrink the position of its strategy.
    public var isReduceOnly: Bool
    /// Whose book it is for.
    public var strategy: StrategyID
    /// Distance of the protective stop from the fill, positive; zero is none.
    public var stopDistance: Ticks
    /// Distance of the target from the fill, positive; zero is none.
    public var targetDistance: Ticks
    /// Close at the market when the fill is this old; zero is never.
    public var timeStop: Nanoseconds
    /// Sequence of the signal behind it; 0 for none.
    public var signal: UInt64
    /// Quality of the data that was decided on.
    public var quality: DataQuality

    public init(
        id: ClientOrderID, time: Timestamp, receiveTime: Timestamp, action: IntentAction, side: Side = .buy,
        quantity: Quantity = .zero, type: OrderType = .market, limit: Ticks = .zero, trigger: Ticks = .zero,
        trail: Ticks = .zero, timeInForce: TimeInForce = .goodTillCancelled, isReduceOnly: Bool = false,
        strategy: StrategyID = .account, stopDistance: Ticks = .zero,
        targetDistance: Ticks = .zero, timeStop: Nanoseconds = .zero, signal: UInt64 = 0, quality: DataQuality = []
    ) {
        self.id = id
        self.time = time
        self.receiveTime = receiveTime
        self.action = action
        self.side = side
        self.quantity = quantity
        self.type = type
        self.limit = limit
        self.trigger = trigger
        self.trail = trail
        self.timeInForce = timeInForce
        self.isReduceOnly = isReduceOnly
        self.strategy = strategy
        self.stopDistance = stopDistance
        self.targetDistance = targetDistance
        self.timeStop = timeStop
        self.signal = signal
        self.quality = quality
    }
}

extension OrderIntent: BoundedElement {
    public static var blank: OrderIntent {
        OrderIntent(id: .none, time: .undefined, receiveTime: .undefined, action: .close)
    }

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&id)
        try archive.field(&time)
        try archive.field(&receiveTime)
        try archive.code(&action)
        try archive.code(&side)
        try archive.field(&quantity)
        try archive.code(&type)
        try archive.field(&limit)
        try archive.field(&trigger)
        try archive.field(&trail)
        try archive.code(&timeInForce)
        try archive.field(&isReduceOnly)
        try archive.field(&strategy)
        try archive.field(&stopDistance)
        try archive.field(&targetDistance)
        try archive.field(&timeStop)
        try archive.field(&signal)
        try archive.field(&quality)
    }
}

extension OrderIntent: CanonicalBytes {
    public static let byteCount = 96

    /// ```
    ///  0    8      16     24      25    26    34    35     43       51     59   60      61        62    70      78
    ///  | id | time | recv | action| side| qty | type| limit| trigger| trail| tif | reduce| strategy| stop| target|
    ///  78      86       94        96
    ///  | tstop | signal | quality |
    /// ```
    /// `id`, `signal` UInt64; times UInt64 ns; `action`, `type`, `tif`, `reduce` (0 or 1), `strategy` UInt8; `side`
    /// Int8; quantity and ticks Int64; `tstop` Int64 ns; `quality` UInt16.
    public func write(into writer: inout CanonicalWriter) {
        writer.put(id.raw)
        writer.put(time.nanoseconds)
        writer.put(receiveTime.nanoseconds)
        writer.put(action.rawValue)
        writer.put(side.rawValue)
        writer.put(quantity.contracts)
        writer.put(type.rawValue)
        writer.put(limit.count)
        writer.put(trigger.count)
        writer.put(trail.count)
        writer.put(timeInForce.rawValue)
        writer.put(UInt8(isReduceOnly ? 1 : 0))
        writer.put(strategy.rawValue)
        writer.put(stopDistance.count)
        writer.put(targetDistance.count)
        writer.put(timeStop.count)
        writer.put(signal)
        writer.put(quality.rawValue)
    }
}
