import Determinism
import Units

/// The two clocks of the order path. Neither is read: both arrive with the input.
@frozen public struct TradingClock: Hashable, BitwiseCopyable, Sendable {
    /// Event time: sessions, time stops, flat-by and marks. Moved on by the 1 s clock while a live feed is silent.
    public var event: Timestamp
    /// Message time: acknowledgements and retries. Logical in a replay, monotonic in a live run; its zero means
    /// nothing.
    public var message: Timestamp

    @inlinable public init(event: Timestamp, message: Timestamp) {
        self.event = event
        self.message = message
    }

    /// Both clocks at once, as in a replay.
    @inlinable public init(_ both: Timestamp) { self.init(event: both, message: both) }
}
