import Determinism
import Platform
import Units

/// How long a feed waits for what.
public struct LiveTiming: Equatable, Sendable {
    public var connect = Nanoseconds.seconds(10)
    /// From the connection to the gateway's yes.
    public var authentication = Nanoseconds.seconds(30)
    /// A session from which nothing has come for the heartbeat interval and this much longer is dead.
    public var heartbeatGrace = Nanoseconds.seconds(5)
    /// For the gateway to take a line of ours.
    public var write = Nanoseconds.seconds(10)
    /// Between two attempts to connect, at least; and at most.
    public var backOffMin = Nanoseconds.seconds(1)
    public var backOffMax = Nanoseconds.seconds(30)
    /// A session that lived so long was none of a series of failures.
    public var stable = Nanoseconds.seconds(30)
    /// Of so much of the past every gateway has the records.
    public var replayReach = Nanoseconds.seconds(86_400)
    /// So many lines at once, then one for each interval: the gateway takes ten subscriptions a second.
    public var lineBurst = 10
    public var lineInterval = Nanoseconds.milliseconds(100)
    /// How long a session with an interval of so many seconds may be silent; nil for the interval and the grace.
    public var silence: Nanoseconds?

    public init() {}
}

/// The waits between attempts: they double from `minimum` to `maximum`, each with jitter, so that many clients of one
/// gateway do not come back at once.
public struct BackOff: Sendable {
    public let minimum: Nanoseconds
    public let maximum: Nanoseconds
    /// Failures since the last success.
    public private(set) var failures = 0
    private var generator: SeededGenerator

    /// - Precondition: the minimum is positive and no more than the maximum.
    public init(minimum: Nanoseconds, maximum: Nanoseconds, seed: UInt64) {
        precondition(minimum.count > 0 && minimum <= maximum, "waits grow from something to something")
        self.minimum = minimum
        self.maximum = maximum
        generator = SeededGenerator(seed: seed)
    }

    /// The wait after another failure: between half and all of min(maximum, 2ⁿ · minimum), never under the minimum.
    public mutating func next() -> Nanoseconds {
        failures += 1
        var most = minimum
        for _ in 0..<min(failures, 62) where most < maximum {
            most = Nanoseconds(most.count > maximum.count / 2 ? maximum.count : 2 * most.count)
        }
        let half = most.count / 2
        return max(minimum, Nanoseconds(half + Int64(generator.unit() * Double(most.count - half))))
    }

    public mutating func succeeded() { failures = 0 }
}

/// Lets so many lines go at once and later ones one at a time.
struct LinePacing {
    private let burst: Int64
    private let interval: Int64
    /// When the bucket would be full again.
    private var fullAt = Nanoseconds.zero

    init(burst: Int, interval: Nanoseconds) {
        self.burst = Int64(max(burst, 1))
        self.interval = max(interval.count, 1)
    }

    /// How long the next line has to wait.
    func wait(at now: Nanoseconds) -> Nanoseconds {
        max(.zero, fullAt - now - Nanoseconds((burst - 1) * interval))
    }

    mutating func sent(at now: Nanoseconds) { fullAt = max(fullAt, now) + Nanoseconds(interval) }
}

/// The clocks that a feed reads.
public struct LiveClock: Sendable {
    /// Never steps back.
    public var now: @Sendable () -> Nanoseconds
    /// The time of day, for stamps.
    public var wallTime: @Sendable () -> Timestamp

    public init(now: @escaping @Sendable () -> Nanoseconds, wallTime: @escaping @Sendable () -> Timestamp) {
        self.now = now
        self.wallTime = wallTime
    }

    public static let system = LiveClock(
        now: { MonotonicClock.now() }, wallTime: { WallClock.now() })
}
