import Synchronization
import Units

/// The time of the tape: it stands at the begin of the tape's day until it is started, then runs at a multiple of the
/// machine's speed. Shared by the sessions that see one market.
public final class TapeClock: Sendable {
    /// ns of the tape.
    public let begin: UInt64
    /// Seconds of the tape a second; nil when every record is due at once.
    public let speed: Double?
    private let started = Mutex<Nanoseconds?>(nil)

    public init(begin: UInt64, speed: Double?) {
        self.begin = begin
        self.speed = speed
    }

    public var isStarted: Bool { started.withLock { $0 != nil } }

    /// Starts the clock, unless it runs.
    public func start(at now: Nanoseconds) { started.withLock { if $0 == nil { $0 = now } } }

    /// The time of the tape, ns.
    public func position(at now: Nanoseconds) -> UInt64 {
        guard let speed else { return .max }
        guard let started = started.withLock({ $0 }) else { return begin }
        let elapsed = Double((now - started).count) * speed
        return begin &+ UInt64(min(max(0, elapsed), 9e18))
    }

    /// How long it takes until the clock shows `time`; 0 when it has passed, or is none.
    public func wait(until time: UInt64, at now: Nanoseconds) -> Nanoseconds {
        guard let speed, time != .max else { return .zero }
        let position = position(at: now)
        guard time > position else { return .zero }
        return Nanoseconds(Int64(min(Double(time - position) / speed, 9e18)) + 1)
    }
}
