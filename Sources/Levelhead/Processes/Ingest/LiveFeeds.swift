@preconcurrency import Glibc
import LiveFeed
import Platform
import Units

/// The feed of the futures' dataset and, when the options have one of their own, that one's, on one thread.
struct LiveFeeds: ~Copyable {
    private let feeds = UnsafeMutablePointer<LiveFeed>.allocate(capacity: 2)
    private var count = 1
    private var merge: FeedMerge

    /// - Parameter isResumed: the run has records already.
    init(_ futures: consuming LiveFeed, isResumed: Bool) {
        feeds.initialize(to: futures)
        merge = FeedMerge(now: MonotonicClock.now(), isResumed: isResumed)
    }

    deinit {
        feeds.deinitialize(count: count)
        feeds.deallocate()
    }

    /// Adds the options' own.
    ///
    /// - Precondition: once.
    mutating func add(_ chain: consuming LiveFeed) {
        precondition(count == 1, "there are two datasets at most")
        (feeds + 1).initialize(to: chain)
        count = 2
    }

    /// Whether no replay is under way of either.
    var isPresent: Bool { (0..<count).allSatisfy { feeds[$0].state == .live } }
    /// What each has handed on.
    var ledgers: FeedLedgers {
        FeedLedgers(futures: feeds[0].ledger, chain: count > 1 ? feeds[1].ledger : ReplayLedger())
    }
    /// Of the futures.
    var state: FeedState { feeds[0].state }
    /// Of the options' own dataset; nil without one.
    var chainState: FeedState? { count > 1 ? feeds[1].state : nil }
    var dataTime: Timestamp { feeds[0].dataTime }
    var heardAt: Nanoseconds { feeds[0].heardAt }
    var holes: UInt64 { feeds[0].counters.holes }

    /// Hands on what has come, of both feeds in the order of time while they catch up with the present.
    mutating func receive(timeout: Nanoseconds, into sink: inout LiveIngestSink) -> Int {
        guard count > 1 else { return feeds[0].receive(timeout: timeout, into: &sink) }
        let now = MonotonicClock.now()
        for place in 0..<count { merge.see(place, feeds[place].state, now: now) }
        var handed = 0
        for place in 0..<count {
            let other = 1 - place
            let limit = merge.limit(
                of: other, feeds[other].state, held: feeds[other].heldTime, reached: feeds[other].dataTime, now: now)
            sink.isOfChain = place == 1
            handed += feeds[place].receive(timeout: .zero, upTo: limit, into: &sink)
        }
        sink.isOfChain = false
        if handed == 0 { wait(timeout) }
        return handed
    }

    /// Whether a gateway will not have us.
    var isRefused: Bool { (0..<count).contains { feeds[$0].state == .refused } }

    /// Tries again, after a while, what a gateway has refused.
    mutating func reopen(after delay: Nanoseconds) {
        for place in 0..<count { feeds[place].reopen(after: delay) }
    }

    /// Also subscribes to more of the chain.
    mutating func subscribe(_ more: LiveSubscription) throws { try feeds[count - 1].subscribe(more) }

    mutating func close(into sink: inout LiveIngestSink) {
        for place in (0..<count).reversed() {
            sink.isOfChain = place == 1
            feeds[place].close(into: &sink)
        }
    }

    /// Until something comes from either, but not from one whose next record has to wait.
    private func wait(_ timeout: Nanoseconds) {
        var waits: [pollfd] = []
        for place in 0..<count where feeds[place].heldTime == nil {
            guard let descriptor = feeds[place].descriptor else { continue }
            waits.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
        }
        _ = poll(&waits, nfds_t(waits.count), Int32(timeout.count / 1_000_000))
    }
}
