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

/// What the engine publishes: a row of the market and a row of the levels at every group, and its signals.
///
/// Rows are numbered as they are made, so a row that is made again after a restart has the number it had.
final class EngineStreams {
    private var publisher: StreamPublisher
    private let features: StreamHandle
    private let levels: StreamHandle
    private let signals: StreamHandle
    private let status: StreamHandle
    /// Rows of 64 groups, 240 KB: long bursts, and less than the caches of a core hold.
    private static let framesHeld = 128
    private(set) var failure: (any Error)?
    /// When we received the record that is being worked on, ns.
    var receivedAt: UInt64 = .max
    /// What the feed adds to the quality of every row.
    var feedQuality: DataQuality = []

    /// - Parameters:
    ///   - rows: rows made so far.
    ///   - signalCount: signals so far.
    ///   - statusCount: times that the status was published so far.
    init(
        _ site: RunSite, _ settings: StreamSettings, context: ZeroMQContext, root: String, rows: UInt64,
        signalCount: UInt64, statusCount: UInt64
    ) throws {
        let endpoints = StreamEndpoints(directory: site.socketDirectory)
        let plans = [
            StreamPlan(.features(root), firstSequence: rows), StreamPlan(.levels(root), firstSequence: rows),
            StreamPlan(.signals(root), firstSequence: signalCount),
            StreamPlan(.status(StreamProcess.engine.rawValue), firstSequence: statusCount),
        ]
        var options = StreamPublisher.Options()
        options.framesHeld = Self.framesHeld
        options.outside = try StartConditions.outside(settings)
        let publisher = try StreamPublisher(
            context, feed: endpoints.feed(.engine), snapshots: endpoints.snapshots(.engine), run: site.identity, plans,
            options: options)
        guard let features = publisher.handle(.features(root)), let levels = publisher.handle(.levels(root)),
            let signals = publisher.handle(.signals(root)),
            let status = publisher.handle(.status(StreamProcess.engine.rawValue))
        else { preconditionFailure("the publisher has the topics it was made with") }
        self.publisher = publisher
        self.features = features
        self.levels = levels
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
                receiveTime: engine.clock, localTime: receivedAt, publishTime: MonotonicClock.wallTime().nanoseconds,
                quality: engine.rowQuality.union(feedQuality).rawValue)
            let market = engine.vector.extracting(FeatureSchema.marketOffset..<engine.vector.count)
            try publisher.publish(market, stamp, to: features)
            try publisher.publish(engine.vector.extracting(0..<FeatureSchema.marketOffset), stamp, to: levels)
        }
    }

    /// Publishes a signal that a group's end led to.
    func publish(_ signal: Signal, of group: EventGroup) {
        attempt {
            let stamp = FrameStamp(
                ringSequence: group.sequence, eventTime: signal.time.nanoseconds, sendTime: group.sendTime,
                receiveTime: signal.receiveTime.nanoseconds, localTime: receivedAt,
                publishTime: MonotonicClock.wallTime().nanoseconds,
                quality: signal.quality.union(feedQuality).rawValue)
            try publisher.publish(signal, stamp, to: signals)
        }
    }

    /// Hands over the rows that were held while records came, until others come.
    func flush(until isUrgent: () -> Bool) { attempt { try publisher.flush(until: isUrgent) } }

    /// Answers those who came late or missed something, and publishes the status when there is a new one.
    func serve(status text: String?) {
        attempt {
            let (now, wallTime) = (MonotonicClock.now(), MonotonicClock.wallTime())
            if let text {
                let stamp = FrameStamp(ringSequence: .max, publishTime: wallTime.nanoseconds)
                try publisher.publish(text: text, stamp, to: status)
            }
            try publisher.serveRequests(now: now, wallTime: wallTime)
        }
    }

    private func attempt(_ body: () throws -> Void) {
        guard failure == nil else { return }
        do { try body() } catch { failure = error }
    }
}
