/// One completed bar in ticks and contracts.
@frozen public struct Bar: BitwiseCopyable, Sendable, Equatable {
    /// Start of the interval, ns; the bar covers [start, start + length).
    public var start: UInt64 = 0
    public var open: Int32 = 0
    public var high: Int32 = 0
    public var low: Int32 = 0
    public var close: Int32 = 0
    /// Contracts.
    public var volume: Int64 = 0

    @inlinable public init() {}
}

/// Builds bars of one length from trades. Intervals are aligned to 00:00 UTC; one without a trade makes no bar.
///
/// The caller closes intervals (`close(at:)`) before it adds the first trade past their end; a trade that comes after
/// its interval was closed belongs to the interval that is open then.
@frozen public struct BarBuilder: BitwiseCopyable, Sendable {
    /// ns.
    public let length: UInt64
    public private(set) var current = Bar()
    public private(set) var hasTrades = false
    /// No trade before this time can still change a bar, ns.
    public private(set) var closedUpTo: UInt64 = 0

    /// - Precondition: `seconds` is positive.
    public init(seconds: UInt64) {
        precondition(seconds > 0, "a bar has a length")
        length = seconds * 1_000_000_000
    }

    public mutating func add(price: Int32, size: Int64, eventTime: UInt64) {
        if hasTrades {
            current.high = max(current.high, price)
            current.low = min(current.low, price)
            current.close = price
            current.volume &+= size
        } else {
            start(price: price, size: size, eventTime: eventTime)
        }
    }

    /// Closes the interval that ends at or before `time`, if one is open. Nil when it had no trade.
    public mutating func close(at time: UInt64) -> Bar? {
        if hasTrades, time >= current.start &+ length {
            return finish(at: time)
        }
        closedUpTo = max(closedUpTo, time)
        return nil
    }

    private mutating func start(price: Int32, size: Int64, eventTime: UInt64) {
        let time = max(eventTime, closedUpTo)
        hasTrades = true
        current.start = time / length * length
        current.open = price
        current.high = price
        current.low = price
        current.close = price
        current.volume = size
    }

    private mutating func finish(at time: UInt64) -> Bar {
        hasTrades = false
        closedUpTo = max(closedUpTo, time)
        return current
    }
}
