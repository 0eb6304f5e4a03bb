import DBN
@preconcurrency import Glibc
import Network
import Platform
import Units

/// What a feed is for.
public struct LiveFeedConfiguration: Sendable {
    public var address: GatewayAddress
    public var request: LiveSessionRequest
    public var timing = LiveTiming()
    /// Where a replay of the session begins that is under way at a time of day: what is asked for when the gateway does
    /// not reach back to what came last. Nil for no such replay.
    public var sessionStart: (@Sendable (Timestamp) -> Timestamp)?
    /// Of the jitter between attempts.
    public var seed: UInt64

    public init(address: GatewayAddress, request: LiveSessionRequest, seed: UInt64) {
        self.address = address
        self.request = request
        self.seed = seed
    }
}

/// One dataset's records from a live gateway, over as many sessions as it takes.
///
/// Whoever owns it calls `receive` again and again, on one thread: that connects, subscribes, reads, notices silence
/// and comes back after a break, and never throws: what goes wrong is an event, a state, and a mark for ring and tape.
/// Two datasets are two feeds on one thread: the only thing that may take long, to resolve the gateway's name and to
/// connect, is done on a thread of its own.
///
/// See docs/live.md for what it does on each of the gateway's words.
public struct LiveFeed: ~Copyable {
    enum Phase {
        /// No connection before this time.
        case waiting(until: Nanoseconds)
        case connecting(PendingConnection)
        /// The gateway's yes is due by then.
        case handshake(until: Nanoseconds)
        /// Taken; lines are being sent.
        case subscribing
        case streaming
        /// Nothing will happen any more.
        case over
    }

    public let configuration: LiveFeedConfiguration
    public internal(set) var state = FeedState.down
    /// What was handed on, for the proof of completeness. Save it, or make it anew from the tape.
    public internal(set) var ledger: ReplayLedger
    public internal(set) var counters = FeedCounters()
    /// The largest receive time of a record handed on; undefined before the first.
    public internal(set) var dataTime = Timestamp.undefined
    /// What the instruments' numbers stand for in this session.
    public internal(set) var symbols: [InstrumentID: String] = [:]

    /// By which `dataTime` goes.
    var dataClock = DataClock()
    let key: LiveKey
    let clock: LiveClock
    var phase = Phase.waiting(until: .zero)
    var session = LiveSession()
    var connection: TCPConnection?
    var subscriptions: [LiveSubscription]
    var backOff: BackOff
    var pacing: LinePacing
    /// What is still to be sent, in order.
    var lines: ArraySlice<String> = []
    /// Schemas whose replay is under way, and where it began.
    var replays: [(schema: Schema, from: Timestamp)] = []
    /// Schemas that go without a replay in this session though they had records before, and why.
    var unreplayed: [(schema: Schema, reason: FeedMark.Reason)] = []
    /// Schemas that no session asks a replay of before their hole is told, and why.
    var withheld: [Schema: FeedMark.Reason] = [:]
    /// Schemas of which the next session asks for a replay of the session under way alone, and why.
    var shortened: [Schema: FeedMark.Reason] = [:]
    /// In front of those replays: the holes that are told when the stream has begun.
    var skippedPasts: [FeedHole] = []
    /// Where holes began that a session was to tell and did not live to.
    var lostSince: [Schema: Timestamp] = [:]
    /// The gateway's word because of which sessions ask for less, until one of them has got all that it asked for.
    var shortening: ErrorCode?
    /// Sessions in a row that the gateway ended with an error before the first record of a replay.
    var fruitlessSessions = 0
    var sessionRecords: UInt64 = 0
    var catchUp = FeedCatchUp()
    /// A record that came but lies behind the caller's limit.
    var held: (record: RecordView, sendTime: Timestamp)?
    var lastHeard = Nanoseconds.zero
    var acceptedAt = Nanoseconds.zero
    /// When the newest record came, monotonic.
    var dataArrival = Nanoseconds.zero
    var batchTime = Timestamp.undefined
    /// The gateway's last word before it ends a session, and its code: nothing that the session outlives.
    var lastError: (code: ErrorCode, text: String)?
    /// Holes of this session that end with the next record of their schema, and are told then.
    var openHoles: [OpenHole] = []
    var isMarkedDown = false

    /// - Parameters:
    ///   - subscriptions: what is wanted; more may follow (`subscribe`).
    ///   - ledger: what an earlier run has handed on already.
    public init(
        _ configuration: LiveFeedConfiguration, key: LiveKey, subscriptions: [LiveSubscription],
        ledger: ReplayLedger = ReplayLedger(), clock: LiveClock = .system
    ) throws(LiveRequestError) {
        try configuration.request.check()
        try Self.check(subscriptions)
        self.configuration = configuration
        self.key = key
        self.clock = clock
        self.ledger = ledger
        self.subscriptions = subscriptions
        let timing = configuration.timing
        backOff = BackOff(minimum: timing.backOffMin, maximum: timing.backOffMax, seed: configuration.seed)
        pacing = LinePacing(burst: timing.lineBurst, interval: timing.lineInterval)
        let newest = subscriptions.map { ledger.latest($0.schema) }.filter(\.isDefined).max()
        if let newest {
            dataTime = newest
            dataClock = DataClock(at: newest)
            dataArrival = clock.now()
        }
    }

    /// Whether all that was asked for of the past has come.
    public var isWarm: Bool { state == .live }
    /// When anything last came from the gateway, heartbeats included, by the feed's clock.
    public var heardAt: Nanoseconds { lastHeard }
    /// What becomes readable when there is something to do for the connection, or the one being made; nil when there is
    /// neither.
    public var descriptor: Int32? {
        if case .connecting(let pending) = phase { return pending.descriptor }
        return connection?.descriptor
    }
    /// The receive time of the record that waits behind the caller's limit; nil when none does.
    public var heldTime: Timestamp? { held?.record.receiveTime }

    /// Also subscribes to this: in the session under way without a replay, in later ones with what the ledger proves.
    public mutating func subscribe(_ subscription: LiveSubscription) throws(LiveRequestError) {
        try Self.check(subscriptions + [subscription])
        subscriptions.append(subscription)
        switch phase {
        case .subscribing, .streaming:
            var present = subscription
            present.start = nil
            lines += present.lines(id: UInt32(subscriptions.count))
            // What a hole is open of begins anew where that ends.
            guard !openHoles.contains(where: { $0.schema == subscription.schema }) else { return }
            ledger.widen(subscription.schema, at: dataTime.isDefined ? dataTime : clock.wallTime())
        case .waiting, .connecting, .handshake, .over: break
        }
    }

    /// Does what is due and hands on what has come. Returns after one batch, or when `timeout` has passed.
    ///
    /// - Parameters:
    ///   - limit: records received by Databento after this instant stay where they are (and with them all that comes
    ///     behind), until a later call allows them: so two feeds' replays can be merged by time.
    /// - Returns: how many records and events were handed on.
    @discardableResult
    public mutating func receive<Sink: LiveFeedSink & ~Copyable>(
        timeout: Nanoseconds, upTo limit: Timestamp = .undefined, into sink: inout Sink
    ) -> Int {
        let end = clock.now() + timeout
        switch phase {
        case .over:
            Self.sleep(timeout)
            return 0
        case .waiting(let until):
            let now = clock.now()
            if now < until { Self.sleep(min(until, end) - now) }
            guard clock.now() >= until else { return 0 }
            return connect(into: &sink)
        case .connecting(let pending):
            return take(pending, until: end, into: &sink)
        case .handshake, .subscribing, .streaming:
            return exchange(until: end, limit: limit, into: &sink)
        }
    }

    /// Tries again, after a while, what the gateway has refused: for a run that must not end because of that.
    public mutating func reopen(after delay: Nanoseconds) {
        guard state == .refused else { return }
        state = .down
        phase = .waiting(until: clock.now() + delay)
    }

    /// Ends the session and the feed.
    public mutating func close<Sink: LiveFeedSink & ~Copyable>(into sink: inout Sink) {
        if case .over = phase { return }
        for hole in openHoles { _ = tell(hole, to: markTime, into: &sink) }
        openHoles = []
        connection?.stop()
        drop()
        emit(.closed, .down, reason: .stopped, into: &sink)
        phase = .over
        state = .closed
    }

    /// Sends what may be sent, hands on what lies ready, and reads once.
    private mutating func exchange<Sink: LiveFeedSink & ~Copyable>(
        until end: Nanoseconds, limit: Timestamp, into sink: inout Sink
    ) -> Int {
        let before = drain(upTo: limit, into: &sink)
        guard before == 0, held == nil, connection != nil else { return before }
        while self.connection != nil {
            sendLines(into: &sink)
            guard let connection else { return 2 }
            let now = clock.now()
            let due = min(end, min(deadline, lines.isEmpty ? end : now + pacing.wait(at: now)))
            do throws(SystemCallError) {
                switch try connection.read(into: session.room(), timeout: max(.zero, due - now)) {
                case .bytes(let count):
                    heard(count)
                    let handed = drain(upTo: limit, into: &sink)
                    if handed > 0 || held != nil { return handed }
                case .end:
                    return ended(into: &sink)
                case .nothing:
                    if clock.now() >= deadline { return expired(into: &sink) }
                }
            } catch {
                return fail(.reset, error.description, into: &sink)
            }
            if clock.now() >= end { return 0 }
        }
        return 0
    }

    private mutating func heard(_ count: Int) {
        session.added(count)
        counters.bytes &+= UInt64(count)
        lastHeard = clock.now()
        batchTime = clock.wallTime()
    }

    private static func sleep(_ time: Nanoseconds) {
        guard time.count > 0 else { return }
        var left = timespec(tv_sec: Int(time.count / 1_000_000_000), tv_nsec: Int(time.count % 1_000_000_000))
        nanosleep(&left, nil)
    }

    private static func check(_ subscriptions: [LiveSubscription]) throws(LiveRequestError) {
        let schemas = subscriptions.map(\.schema)
        if schemas.contains(.mbp1), schemas.contains(.tbbo) { throw .ambiguousSchemas("mbp-1", "tbbo") }
    }
}
