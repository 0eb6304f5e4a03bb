import Configuration
import Features
import MarketData
import Orders
import Pipeline
import Platform
import Signals
import Streams
import Units
import ZeroMQ

/// What the engine publishes: a row of the market and a row of the levels at every group, the option chain by strike at
/// every refresh, and its signals.
///
/// Rows are numbered as they are made, so a row that is made again after a restart has the number it had.
final class EngineStreams {
    private var publisher: StreamPublisher
    private let features: StreamHandle
    private let levels: StreamHandle
    private let strikes: StreamHandle
    private let signals: StreamHandle
    private let status: StreamHandle
    /// Rows of 64 groups, 240 KB: long bursts, and less than the caches of a core hold.
    private static let framesHeld = 128
    /// Three minutes of a chain of three hundred strikes.
    private static let strikesHistory = 4 << 20

    /// Frames so far, by topic.
    struct Counts {
        /// Of `features` and of `levels`.
        let rows: UInt64
        let strikeTables: UInt64
        let signals: UInt64
        let status: UInt64
    }

    private(set) var failure: (any Error)?
    /// When we received the record that is being worked on, ns.
    var receivedAt: UInt64 = .max
    /// What the feed adds to the quality of every row.
    var feedQuality: DataQuality = []

    /// - Parameters:
    ///   - strikeRoom: strikes that a chain can have.
    init(
        _ site: RunSite, _ settings: StreamSettings, context: ZeroMQContext, root: String, strikeRoom: Int,
        counts: Counts
    ) throws {
        let endpoints = StreamEndpoints(directory: site.socketDirectory)
        var strikesPlan = StreamPlan(.strikes(root), firstSequence: counts.strikeTables)
        strikesPlan.rowCountMax = strikeRoom
        strikesPlan.historyByteCount = Self.strikesHistory
        let plans = [
            StreamPlan(.features(root), firstSequence: counts.rows),
            StreamPlan(.levels(root), firstSequence: counts.rows), strikesPlan,
            StreamPlan(.signals(root), firstSequence: counts.signals),
            StreamPlan(.status(StreamProcess.engine.rawValue), firstSequence: counts.status),
        ]
        var options = StreamPublisher.Options()
        options.framesHeld = Self.framesHeld
        options.outside = try StartConditions.outside(settings)
        let publisher = try StreamPublisher(
            context, feed: endpoints.feed(.engine), snapshots: endpoints.snapshots(.engine), run: site.identity, plans,
            options: options)
        guard let features = publisher.handle(.features(root)), let levels = publisher.handle(.levels(root)),
            let strikes = publisher.handle(.strikes(root)), let signals = publisher.handle(.signals(root)),
            let status = publisher.handle(.status(StreamProcess.engine.rawValue))
        else { preconditionFailure("the publisher has the topics it was made with") }
        self.publisher = publisher
        self.features = features
        self.levels = levels
        self.strikes = strikes
        self.signals = signals
        self.status = status
    }

    /// Times that the status was published so far.
    var statusCount: UInt64 { publisher.nextSequence(status) }

    /// Publishes the vector of a group that closed.
    func publish(_ engine: borrowing ContractEngine) {
        attempt {
            let group = engine.group
            let stamp = FrameStamp(
                ringSequence: group.sequence, eventTime: group.time, sendTime: group.sendTime,
                receiveTime: engine.clock, localTime: receivedAt, publishTime: WallClock.now().nanoseconds,
                quality: engine.rowQuality.union(feedQuality).rawValue)
            let market = engine.vector.extracting(FeatureSchema.marketOffset..<engine.vector.count)
            try publisher.publish(market, stamp, to: features)
            try publisher.publish(engine.vector.extracting(0..<FeatureSchema.marketOffset), stamp, to: levels)
        }
    }

    /// Publishes the chain as of the whole second `time`, ns; nothing in it is from later.
    func publish(
        _ strikes: UnsafeBufferPointer<OptionStrike>, at time: UInt64, sequence: UInt64, quality: DataQuality
    ) {
        attempt {
            let stamp = FrameStamp(
                ringSequence: sequence, eventTime: time, receiveTime: time, localTime: receivedAt,
                publishTime: WallClock.now().nanoseconds, quality: quality.union(feedQuality).rawValue)
            try publisher.publish(strikes, stamp, to: self.strikes)
        }
    }

    /// Publishes a signal that a group's end led to.
    func publish(_ signal: Signal, of group: EventGroup) {
        attempt {
            let stamp = FrameStamp(
                ringSequence: group.sequence, eventTime: signal.time.nanoseconds, sendTime: group.sendTime,
                receiveTime: signal.receiveTime.nanoseconds, localTime: receivedAt,
                publishTime: WallClock.now().nanoseconds,
                quality: signal.quality.union(feedQuality).rawValue)
            try publisher.publish(signal, stamp, to: signals)
        }
    }

    /// Hands over the rows that were held while records came, until others come.
    func flush(until isUrgent: () -> Bool) { attempt { try publisher.flush(until: isUrgent) } }

    /// Answers those who came late or missed something, and publishes the status when there is a new one.
    ///
    /// - Parameter quality: what a row would have now; heartbeats say it while there is none.
    func serve(status text: String?, quality: DataQuality) {
        attempt {
            let (now, wallTime) = (MonotonicClock.now(), WallClock.now())
            if let text {
                let stamp = FrameStamp(ringSequence: .max, publishTime: wallTime.nanoseconds)
                try publisher.publish(text: text, stamp, to: status)
            }
            try publisher.serveRequests(now: now, wallTime: wallTime, quality: quality.rawValue)
        }
    }

    /// Says that nothing follows, and answers who lacks something.
    func end(quality: DataQuality) {
        attempt {
            try publisher.end(
                wallTime: WallClock.now(), quality: quality.rawValue, clock: { MonotonicClock.now() })
        }
    }

    private func attempt(_ body: () throws -> Void) {
        guard failure == nil else { return }
        do { try body() } catch { failure = error }
    }
}
