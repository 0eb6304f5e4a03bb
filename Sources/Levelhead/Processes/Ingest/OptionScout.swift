import DBN
import Foundation
import LiveFeed
import Platform
import Units

/// Looks, in a session that ends before the run's own begins, which options there are and where the future stands: a
/// subscription that is made in the middle of a session has no replay, so the chain has to be known at its start.
struct OptionScout {
    /// How long it looks.
    private static let patience = Nanoseconds.seconds(60)
    /// How long a book of the future is waited for when all else has come: a market may be closed.
    private static let bookPatience = Nanoseconds.seconds(3)

    private let source: LiveSource
    private let plan: LiveSubscriptions
    private let key: LiveKey

    init(_ source: LiveSource, _ plan: LiveSubscriptions, _ key: LiveKey) {
        self.source = source
        self.plan = plan
        self.key = key
    }

    /// What it found when definitions have come and the future has a price, or the time was over.
    func look() throws -> OptionWatch {
        var sink = ScoutSink(plan.watch)
        let end = MonotonicClock.now() + Self.patience
        if plan.hasIndexChain {
            let (address, dataset) = plan.chain(source)
            try look(address, dataset, try Array(plan.references.prefix(1)), wantsBook: false, until: end, &sink)
            try look(source.address, source.dataset, try plan.prices, wantsBook: true, until: end, &sink)
        } else {
            let both = try plan.prices + plan.references.prefix(1)
            try look(source.address, source.dataset, both, wantsBook: true, until: end, &sink)
        }
        sink.watch.setTime(WallClock.now())
        if sink.watch.forward == nil || sink.watch.count == 0 {
            Terminal.writeError(
                "levelhead: options: \(sink.watch.count) definitions, price of the future "
                    + "\(sink.watch.forward == nil ? "unknown" : "known"): none chosen yet")
        }
        return sink.watch
    }

    private func look(
        _ address: GatewayAddress, _ dataset: String, _ subscriptions: [LiveSubscription], wantsBook: Bool,
        until end: Nanoseconds, _ sink: inout ScoutSink
    ) throws {
        var feed = try LiveFeed(
            LiveFeedConfiguration(
                address: address, request: LiveSessionRequest(dataset: dataset), seed: UInt64(getpid())),
            key: key, subscriptions: subscriptions)
        var liveSince: Nanoseconds?
        while !StopSignal.isRaised, feed.state != .refused {
            _ = feed.receive(timeout: .milliseconds(5), into: &sink)
            let now = MonotonicClock.now()
            if now > end { break }
            guard feed.state == .live else { continue }
            if !wantsBook || sink.watch.isReady { break }
            let since = liveSince ?? now
            liveSince = since
            if now > since + Self.bookPatience { break }
        }
        feed.close(into: &sink)
    }
}

/// Keeps nothing but what the watch learns. What goes wrong is said once: the run's own session meets it later.
private struct ScoutSink: LiveFeedSink, ~Copyable {
    var watch: OptionWatch
    private var hasFailed = false

    init(_ watch: OptionWatch) { self.watch = watch }

    mutating func record(_ record: RecordView, sendTime: Timestamp, receiveTime: Timestamp) { watch.take(record) }

    mutating func event(_ event: FeedEvent, mark: FeedMark?) {
        guard case .disconnected(let failure) = event, !hasFailed else { return }
        hasFailed = true
        Terminal.writeError("levelhead: options: \(failure.text)")
    }
}
