import Features
import Orders
import Units
import ZeroMQ

/// Names a topic of a publisher: its place in the plans that the publisher was made from.
public struct StreamHandle: BitwiseCopyable, Equatable, Sendable {
    let index: Int
}

/// Publishes frames to whoever subscribes, and answers those who come late or missed some. Owned by one thread, which
/// calls `serveRequests` in its loop. Nothing waits; publishing a frame writes it once, keeps a copy that the caches do
/// not, and hands it to the library: at once, or when as many as `Options.framesHeld` are waiting or `flush` is called.
/// Of tables one waits.
///
/// A subscriber that is too slow loses frames, silently: this side never knows. Each frame carries its sequence, so
/// that the subscriber does.
public struct StreamPublisher: ~Copyable {
    public struct Options: Sendable {
        /// Frames that may wait for one subscriber; what is beyond is lost to it until it asks.
        public var highWaterMark: Int32 = 10_000
        /// How often the publisher says that it lives and how far each topic is.
        public var beatInterval = Nanoseconds.milliseconds(500)
        /// Replies sent in one call of `serveRequests` at most.
        public var repliesAtOnce = 32
        /// Frames that wait for `flush`, so that who publishes in the midst of urgent work hands them over after it.
        public var framesHeld = 0
        public var security = ZeroMQSecurity.none
        /// A second pair of sockets with the same streams, for who is on another machine; nil for none.
        public var outside: OutsideEndpoints?

        public init() {}
    }

    /// Topic of the heartbeats.
    public static let heartbeat = StreamTopic(checked: "heartbeat")

    public let run: UInt64
    let topics: UnsafeMutablePointer<TopicState>
    let topicCount: Int
    private let options: Options
    private var feed: ZeroMQSocket
    var requests: SnapshotServer
    let outside: OutsideSockets?
    private var lastBeat: Nanoseconds?
    private var beatCount: UInt64 = 0
    private let beatWriter: FrameWriter
    private let lastBeatWriter: FrameWriter
    private var held: HeldFrames
    /// A table that is made and not yet kept nor sent: tables are long, and would drive the rows out of the caches if
    /// they were held among them.
    private let table: UnsafeMutableRawBufferPointer
    private var tableTopic = 0
    /// 0 while there is none.
    private var tableByteCount = 0
    /// The frame of the publisher's own that is being made.
    private let scratch: UnsafeMutableRawBufferPointer

    /// - Parameter run: identity of the run: the same after a restart into the same state, another for every new one.
    public init(
        _ context: ZeroMQContext, feed: ZeroMQEndpoint, snapshots: ZeroMQEndpoint, run: UInt64, _ plans: [StreamPlan],
        options: Options = Options()
    ) throws(ZeroMQError) {
        precondition(Set(plans.map(\.schema.topic)).count == plans.count, "each topic is planned once")
        var socketOptions = ZeroMQSocketOptions()
        socketOptions.sendHighWaterMark = options.highWaterMark
        socketOptions.linger = Self.linger
        // A subscription is the name of a topic.
        socketOptions.messageByteCountMax = SnapshotServer.messageByteCountMax
        socketOptions.security = options.security
        let feed = try ZeroMQSocket.bound(context, .publisher, to: feed, socketOptions)
        let requests = try SnapshotServer(context, snapshots, run: run, options)
        outside = try options.outside.map { (endpoints) throws(ZeroMQError) in
            try OutsideSockets(context, endpoints, run: run, options)
        }
        self.feed = feed
        self.requests = requests
        self.run = run
        self.options = options
        let topics = UnsafeMutablePointer<TopicState>.allocate(capacity: max(1, plans.count))
        for (index, plan) in plans.enumerated() { (topics + index).initialize(to: TopicState(plan, run: run)) }
        self.topics = topics
        topicCount = plans.count
        beatWriter = FrameWriter(topic: Self.heartbeat, kind: .heartbeat, run: run)
        lastBeatWriter = FrameWriter(topic: Self.heartbeat, kind: .heartbeat, columns: 1, run: run)
        let schemaByteCount = (0..<plans.count).map { topics[$0].schema.count }.max() ?? 0
        let headByteCount = plans.count * (StreamTopic.fieldByteCount + 8)
        func longest(_ isTable: Bool) -> Int {
            (0..<plans.count).map { topics[$0].isTable == isTable ? topics[$0].frameByteCountMax : 0 }.max() ?? 0
        }
        held = HeldFrames(capacity: options.framesHeld, frameByteCountMax: longest(false))
        table = .allocate(byteCount: longest(true), alignment: 64)
        scratch = .allocate(
            byteCount: FrameLayout.headerByteCount + max(headByteCount, schemaByteCount, 8), alignment: 64)
    }

    deinit {
        topics.deinitialize(count: topicCount)
        topics.deallocate()
        table.deallocate()
        scratch.deallocate()
    }

    /// Nil for a topic that was not planned.
    public func handle(_ topic: StreamTopic) -> StreamHandle? {
        (0..<topicCount).first { topics[$0].topic == topic }.map(StreamHandle.init)
    }

    /// Sequence of the topic's next frame.
    public func nextSequence(_ handle: StreamHandle) -> UInt64 { topics[handle.index].next }

    /// The topic's newest frame that is not held, until the next is published; nil before the first.
    public func newestFrame(_ handle: StreamHandle) -> UnsafeRawBufferPointer? {
        let topic = topics + handle.index
        return topic.pointee.kept.last.map { topic.pointee.frame($0) }
    }

    /// Publishes a vector, whose length is the topic's.
    public mutating func publish(
        _ values: UnsafeBufferPointer<Double>, _ stamp: FrameStamp, to handle: StreamHandle
    ) throws(ZeroMQError) {
        let topic = topics + handle.index
        precondition(topic.pointee.writer.kind == .vector, "the topic is one of vectors")
        let count = topic.pointee.writer.write(values, sequence: topic.pointee.next, stamp, into: held.next)
        try send(topic, byteCount: count)
    }

    /// Publishes a record, whose kind is the topic's.
    public mutating func publish<Record: CanonicalBytes>(
        _ record: Record, _ stamp: FrameStamp, to handle: StreamHandle
    ) throws(ZeroMQError) {
        let topic = topics + handle.index
        precondition(
            !topic.pointee.isTable && RecordLayout.of(topic.pointee.writer.kind)?.byteCount == Record.byteCount,
            "the topic is one of such records")
        let count = topic.pointee.writer.write(record, sequence: topic.pointee.next, stamp, into: held.next)
        try send(topic, byteCount: count)
    }

    /// Publishes a table of the strikes that have contracts in the chain, the lowest of them if there are more than its
    /// topic has room for. It waits for `flush` or for the next table; without `Options.framesHeld` it does not.
    public mutating func publish(
        _ strikes: UnsafeBufferPointer<OptionStrike>, _ stamp: FrameStamp, to handle: StreamHandle
    ) throws(ZeroMQError) {
        let topic = topics + handle.index
        precondition(topic.pointee.writer.kind == .strikes, "the topic is one of strikes")
        try handOverTable()
        let room = UnsafeMutableRawBufferPointer(rebasing: table[..<topic.pointee.frameByteCountMax])
        let count = topic.pointee.writer.write(strikes, sequence: topic.pointee.next, stamp, into: room)
        topic.pointee.next += 1
        (tableTopic, tableByteCount) = (handle.index, count)
        if options.framesHeld == 0 { try handOverTable() }
    }

    /// Publishes a text, one JSON object.
    public mutating func publish(text: String, _ stamp: FrameStamp, to handle: StreamHandle) throws(ZeroMQError) {
        let topic = topics + handle.index
        precondition(topic.pointee.writer.kind == .text, "the topic is one of texts")
        let bytes = Array(text.utf8)
        let count = bytes.withUnsafeBytes {
            topic.pointee.writer.write($0, sequence: topic.pointee.next, stamp, into: held.next)
        }
        try send(topic, byteCount: count)
    }

    /// Keeps what is held for those who will have missed it, and hands it to the library, oldest first, as long as
    /// nothing is more urgent.
    ///
    /// - Parameter isUrgent: asked before each frame; true ends it.
    public mutating func flush(until isUrgent: () -> Bool = { false }) throws(ZeroMQError) {
        while !held.isEmpty, !isUrgent() { try handOver() }
        if tableByteCount > 0, !isUrgent() { try handOverTable() }
    }

    private mutating func handOverTable() throws(ZeroMQError) {
        guard tableByteCount > 0 else { return }
        let frame = UnsafeRawBufferPointer(rebasing: table[..<tableByteCount])
        tableByteCount = 0
        let topic = topics + tableTopic
        topic.pointee.tables.append(frame)
        try emit(frame)
    }

    private mutating func handOver() throws(ZeroMQError) {
        let frame = held.oldest
        let topic = topics + frame.topic
        topic.pointee.history.append(frame.bytes)
        held.release()
        try emit(frame.bytes)
    }

    private mutating func send(_ topic: UnsafeMutablePointer<TopicState>, byteCount: Int) throws(ZeroMQError) {
        topic.pointee.next += 1
        held.add(topic: topic - topics, byteCount: byteCount)
        if held.isOver { try handOver() }
    }

    private func emit(_ frame: UnsafeRawBufferPointer) throws(ZeroMQError) {
        _ = try feed.send(frame)
        if let outside { _ = try outside.feed.send(frame) }
    }

    /// Answers requests, a bounded number of them, and says when it is time that the publisher lives. Call it in every
    /// turn of the loop, or at least every `beatInterval`. What is held is not there for who asks.
    ///
    /// - Parameters:
    ///   - now: of a clock that never steps back.
    ///   - quality: what a value that was published now would have; heartbeats carry it, so that a reader hears of it
    ///     while there is nothing to publish.
    public mutating func serveRequests(
        now: Nanoseconds, wallTime: Timestamp, quality: UInt16 = 0
    ) throws(ZeroMQError) {
        try requests.serve(topics, topicCount, now: now)
        try outside?.requests.serve(topics, topicCount, now: now)
        if let lastBeat, now - lastBeat < options.beatInterval { return }
        lastBeat = now
        // Subscribers that find their way back after a restart miss the first.
        if beatCount < 2 { try publishSchemas(wallTime) }
        try publishBeat(wallTime, quality)
    }

    /// Adds the socket of the requests to what the owner waits for.
    @discardableResult public func register(in poller: inout ZeroMQPoller) -> ZeroMQPoller.Entry {
        _ = outside?.requests.register(in: &poller)
        return requests.register(in: &poller)
    }

    /// - Parameter isLast: nothing follows.
    mutating func publishBeat(
        _ wallTime: Timestamp, _ quality: UInt16, isLast: Bool = false
    ) throws(ZeroMQError) {
        var heads = LittleEndianBytes().bytes
        for index in 0..<topicCount {
            heads += topics[index].topic.field + LittleEndianBytes().adding(topics[index].kept.upperBound).bytes
        }
        let stamp = FrameStamp(ringSequence: .max, publishTime: wallTime.nanoseconds, quality: quality)
        let writer = isLast ? lastBeatWriter : beatWriter
        let count = heads.withUnsafeBytes { writer.write($0, sequence: beatCount, stamp, into: scratch) }
        beatCount += 1
        try emit(UnsafeRawBufferPointer(rebasing: scratch[..<count]))
    }

    private func publishSchemas(_ wallTime: Timestamp) throws(ZeroMQError) {
        let stamp = FrameStamp(ringSequence: .max, publishTime: wallTime.nanoseconds)
        for index in 0..<topicCount {
            guard let topic = Self.schemaTopic(of: topics[index].topic) else { continue }
            let writer = FrameWriter(topic: topic, kind: .schema, run: run)
            let count = topics[index].schema.withUnsafeBytes {
                writer.write($0, sequence: beatCount, stamp, into: scratch)
            }
            try emit(UnsafeRawBufferPointer(rebasing: scratch[..<count]))
        }
    }

    /// `schema.features.ES`; nil when that would be too long.
    static func schemaTopic(of topic: StreamTopic) -> StreamTopic? { StreamTopic("schema.\(topic.name)") }
}
