import Units
import ZeroMQ

/// Reads streams of one publisher: in order, without gaps as far as the publisher can fill them, over its restarts.
/// Owned by one thread; `next` waits for nothing.
public struct StreamSubscriber: ~Copyable {
    public struct Options: Equatable, Sendable {
        public var start = StreamStart.newest
        /// Only the newest frame of each topic at every call, for a viewer that cannot keep up: what is passed over is
        /// only counted, and the newest alone is asked for again when the feed has lost it.
        public var conflates = false
        /// Frames that may wait here; what is beyond is asked for again.
        public var highWaterMark: Int32 = 10_000
        /// A publisher that says nothing for so long is told as silent. It beats every half second.
        public var silence = Nanoseconds.seconds(3)
        /// A request that is not answered is sent again.
        public var requestTimeout = Nanoseconds.milliseconds(500)
        /// When a living publisher has sent nothing of what is missing for so long, it is lost.
        public var patience = Nanoseconds.seconds(10)
        public var security = ZeroMQSecurity.none

        public init() {}
    }

    private static let requestsHeld: Int32 = 4

    private var tracker: StreamTracker
    private let feed: ZeroMQSocket
    private let requests: ZeroMQSocket
    private let message = ZeroMQMessage()
    private let header = ZeroMQMessage()
    /// Memory of the last frame that did not come straight from the feed.
    private var copy = UnsafeMutableRawBufferPointer.allocate(byteCount: 4_096, alignment: 8)

    /// - Parameters:
    ///   - feed: where the publisher binds.
    ///   - snapshots: where it is asked.
    public init(
        _ context: ZeroMQContext, feed: ZeroMQEndpoint, snapshots: ZeroMQEndpoint, _ filters: [TopicFilter],
        options: Options = Options()
    ) throws(ZeroMQError) {
        var socketOptions = ZeroMQSocketOptions()
        socketOptions.receiveHighWaterMark = options.highWaterMark
        socketOptions.security = options.security
        let feedSocket = try ZeroMQSocket.connected(context, .subscriber, to: feed, socketOptions)
        var prefixes = [TopicFilter(StreamPublisher.heartbeat)].flatMap(\.prefixes)
        for filter in filters {
            prefixes += filter.prefixes
            prefixes += filter.prefixes.filter { !$0.isEmpty }.map { Array("schema.".utf8) + $0 }
        }
        for prefix in prefixes { try feedSocket.subscribe(prefix) }
        // Of what is asked while nobody is there few requests wait: they are sent again by themselves. The library's
        // own way to have none wait (ZMQ_IMMEDIATE) ends the process when a publisher dies between the parts of a
        // reply (libzmq 4.3.4 and 4.3.5: assertion in fq.cpp).
        socketOptions.sendHighWaterMark = Self.requestsHeld
        let requests = try ZeroMQSocket.connected(context, .dealer, to: snapshots, socketOptions)
        self.feed = feedSocket
        self.requests = requests
        tracker = StreamTracker(filters: filters, options: options)
    }

    deinit { copy.deallocate() }

    /// Identity of the publisher's run, once it was heard.
    public var run: UInt64? { tracker.run }
    /// Frames that a conflating subscriber passed over.
    public var skippedCount: UInt64 { tracker.skippedCount }
    /// Frames that came more than once and were dropped.
    public var duplicateCount: UInt64 { tracker.duplicateCount }
    /// Frames that were missing and then filled in.
    public var filledCount: UInt64 { tracker.filledCount }

    /// The next frame or event, or nil when there is none now.
    public mutating func next(now: Nanoseconds) throws(ZeroMQError) -> StreamEvent? {
        if let event = takeReady() { return event }
        // An answer that is there already is not asked for again.
        try takeReplies(now: now)
        if let event = takeReady() { return event }
        for request in tracker.tick(now: now) {
            if try requests.send(request.bytes) == .sent { tracker.didSend(request, now: now) }
        }
        if let event = takeReady() { return event }
        while try feed.receive(into: message) {
            if message.hasMore { try feed.skipRest(of: header) }
            do throws(StreamFrame.Failure) {
                let frame = try StreamFrame(message.bytes)
                let isNext = tracker.take(frame, now: now)
                if isNext {
                    // What was said before it goes first.
                    if tracker.ready.isEmpty { return .frame(frame) }
                    tracker.ready.add(.frame(Array(frame.bytes)))
                }
            } catch { tracker.ready.add(.event(.garbage(error))) }
            if let event = takeReady() { return event }
        }
        tracker.releaseNewest()
        return takeReady()
    }

    /// Waits until something may have come. False when `timeout` has passed or a signal came.
    public func wait(timeout: Nanoseconds) throws(ZeroMQError) -> Bool {
        var poller = ZeroMQPoller(capacity: 2)
        register(in: &poller)
        return try poller.wait(timeout: timeout) > 0
    }

    /// Adds the two sockets to what the owner waits for.
    public func register(in poller: inout ZeroMQPoller) {
        poller.add(feed)
        poller.add(requests)
    }

    private mutating func takeReplies(now: Nanoseconds) throws(ZeroMQError) {
        while try requests.receive(into: header) {
            guard header.hasMore, try requests.receive(into: message), !message.hasMore,
                let reply = SnapshotReply.read(header.bytes)
            else {
                try requests.skipRest(of: message)
                continue
            }
            tracker.take(reply, message.bytes, now: now)
            // Frames are handed out as they come: a long answer is not piled up here.
            if !tracker.ready.isEmpty { return }
        }
    }

    private mutating func takeReady() -> StreamEvent? {
        switch tracker.ready.take() {
        case nil: return nil
        case .event(let event): return event
        case .frame(let bytes):
            if copy.count < bytes.count {
                copy.deallocate()
                copy = .allocate(byteCount: bytes.count, alignment: 8)
            }
            copy.copyBytes(from: bytes)
            // It was read before it was kept.
            guard let frame = try? StreamFrame(UnsafeRawBufferPointer(rebasing: copy[..<bytes.count])) else {
                preconditionFailure("a frame that was kept can be read")
            }
            return .frame(frame)
        }
    }
}
