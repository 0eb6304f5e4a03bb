@preconcurrency import Glibc
import Platform
import Streams
import Synchronization
import Units
import ZeroMQ

/// Follows the streams of a state directory and asks its processes how they are, on two threads of its own, and shows
/// what it found on a board, five times a second.
final class DashboardReader: Sendable {
    private struct Source: ~Copyable {
        let feed: DashboardState.Feed
        var subscriber: StreamSubscriber
    }

    static let period = Nanoseconds.milliseconds(200)
    /// Streams are looked at so often, and not with each frame: rows that nobody looks at wake nobody.
    private static let turn = Nanoseconds.milliseconds(100)
    private static let statusPeriod = Nanoseconds.seconds(1)
    /// Publishers beat twice a second.
    private static let silence = Nanoseconds.milliseconds(1_600)

    private let isStopping = Flag()
    private let threads: [JoinableThread]

    private final class Flag: Sendable {
        let value = Atomic<Bool>(false)
        var isRaised: Bool { value.load(ordering: .relaxed) }
    }

    private final class StatusBox: Sendable {
        let newest = Mutex<DashboardStatus?>(nil)
    }

    /// - Parameters:
    ///   - status: asks the processes; may take half a second.
    ///   - failed: a stream cannot be read any more, for a reason of this machine.
    init(
        _ endpoints: StreamEndpoints, board: SnapshotBoard, program: String,
        status: @escaping @Sendable () -> DashboardStatus, failed: @escaping @Sendable (ZeroMQError) -> Void
    ) throws {
        let isStopping = isStopping
        let box = StatusBox()
        let asking = try JoinableThread {
            while !isStopping.isRaised {
                let next = MonotonicClock.now() + Self.statusPeriod
                let answer = status()
                box.newest.withLock { $0 = answer }
                while !isStopping.isRaised, MonotonicClock.now() < next { usleep(50_000) }
            }
        }
        let reading = try JoinableThread {
            do throws(ZeroMQError) {
                try Self.read(endpoints, board, program, box, until: isStopping)
            } catch { failed(error) }
        }
        threads = [asking, reading]
    }

    /// Ends both threads and waits for them.
    func stop() {
        isStopping.value.store(true, ordering: .relaxed)
        for thread in threads { thread.join() }
    }

    private static func read(
        _ endpoints: StreamEndpoints, _ board: SnapshotBoard, _ program: String, _ box: StatusBox, until end: Flag
    ) throws(ZeroMQError) {
        let context = try ZeroMQContext()
        var market = try source(.market, context, endpoints)
        var signals = try source(.signals, context, endpoints)
        var verdicts = try source(.verdicts, context, endpoints)
        var orders = try source(.orders, context, endpoints)
        var state = DashboardState(program: program)
        var nextPost = MonotonicClock.now()
        while !end.isRaised {
            let now = MonotonicClock.now()
            try drain(&market, into: &state, now: now)
            try drain(&signals, into: &state, now: now)
            try drain(&verdicts, into: &state, now: now)
            try drain(&orders, into: &state, now: now)
            if let status = box.newest.withLock({ $0.take() }) { state.take(status, now: now) }
            if now >= nextPost {
                nextPost = max(nextPost + period, now + turn)
                state.skippedCount = market.subscriber.skippedCount
                board.post(state.parts(now: MonotonicClock.now(), wallTime: WallClock.now()))
            }
            usleep(UInt32(turn.count / 1_000))
        }
    }

    private static func source(
        _ feed: DashboardState.Feed, _ context: ZeroMQContext, _ endpoints: StreamEndpoints
    ) throws(ZeroMQError) -> Source {
        var options = StreamSubscriber.Options()
        options.silence = silence
        // Of records, which are rare, all that are kept; of rows the newest.
        if feed == .market { options.conflates = true } else { options.start = .sequence(0) }
        return Source(
            feed: feed,
            subscriber: try StreamSubscriber(
                context, feed: endpoints.feed(feed.process), snapshots: endpoints.snapshots(feed.process),
                feed.families.compactMap { TopicFilter($0) }, options: options))
    }

    /// A bounded number of events, so that no publisher keeps the others waiting.
    private static func drain(
        _ source: inout Source, into state: inout DashboardState, now: Nanoseconds
    ) throws(ZeroMQError) {
        var left = 2_000
        while left > 0, let event = try source.subscriber.next(now: now) {
            left -= 1
            state.take(event, from: source.feed, now: now)
        }
    }
}
