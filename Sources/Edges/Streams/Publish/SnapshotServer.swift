import Units
import ZeroMQ

/// The socket on which a publisher is asked for schemas, newest frames and frames that were missed.
///
/// A long answer is sent in pieces, as fast as its reader takes them; while many are open, further requests wait in the
/// library's queue.
struct SnapshotServer: ~Copyable {
    /// An answer that is being given.
    private struct Job {
        let address: [UInt8]
        let request: SnapshotRequest
        /// Topics that are still to be looked at.
        var topics: Range<Int>
        /// The next frame, of a request for frames.
        var cursor: UInt64
        var last: UInt64
        var lastProgress: Nanoseconds
    }

    private enum Step {
        case sent(byteCount: Int)
        case done
        /// The client takes no more for now.
        case full
        case clientGone
    }

    private let socket: ZeroMQSocket
    private let run: UInt64
    private let repliesAtOnce: Int
    private let address = ZeroMQMessage()
    private let body = ZeroMQMessage()
    private var jobs: [Job] = []
    /// The job that is next: they take turns.
    private var turn = 0
    /// When a request came last; nil before the first.
    private(set) var lastAsked: Nanoseconds?

    /// Read in one turn of its owner, who has other things to do: those that make no job, too.
    private static let requestsAtOnce = 256
    private static let jobCountMax = 64
    /// A reply that is longer counts as several.
    private static let replyByteCount = 4_096
    /// The library's own messages count too, and those of its security are longer than a request.
    static let messageByteCountMax: Int64 = 4_096
    /// A client that takes nothing for so long gets nothing more; the shorter time while others wait for its place.
    private static let patience = Nanoseconds.seconds(5)
    private static let shortPatience = Nanoseconds.milliseconds(250)
    /// Replies that may wait for one client.
    private static let repliesWaiting: Int32 = 100

    init(
        _ context: ZeroMQContext, _ endpoint: ZeroMQEndpoint, run: UInt64, _ options: StreamPublisher.Options
    ) throws(ZeroMQError) {
        var socketOptions = ZeroMQSocketOptions()
        socketOptions.messageByteCountMax = Self.messageByteCountMax
        socketOptions.sendHighWaterMark = Self.repliesWaiting
        socketOptions.security = options.security
        socket = try .bound(context, .router, to: endpoint, socketOptions)
        self.run = run
        repliesAtOnce = options.repliesAtOnce
    }

    var isAnswering: Bool { !jobs.isEmpty }

    func register(in poller: inout ZeroMQPoller) -> ZeroMQPoller.Entry { poller.add(socket) }

    mutating func serve(
        _ topics: UnsafeMutablePointer<TopicState>, _ topicCount: Int, now: Nanoseconds
    ) throws(ZeroMQError) {
        var requests = 0
        while jobs.count < Self.jobCountMax, requests < Self.requestsAtOnce, try socket.receive(into: address) {
            requests += 1
            lastAsked = now
            try take(topics, topicCount, now: now)
        }
        guard !jobs.isEmpty else { return }
        let patience = jobs.count == Self.jobCountMax ? Self.shortPatience : Self.patience
        var left = repliesAtOnce
        var unseen = jobs.count
        while unseen > 0, left > 0 {
            unseen -= 1
            let index = turn < jobs.count ? turn : 0
            var job = jobs[index]
            var isOver = false
            steps: while left > 0 {
                switch try step(&job, topics) {
                case .sent(let byteCount):
                    left -= 1 + byteCount / Self.replyByteCount
                    job.lastProgress = now
                case .done, .clientGone:
                    isOver = true
                    break steps
                case .full:
                    isOver = now - job.lastProgress > patience
                    break steps
                }
            }
            if isOver {
                jobs.remove(at: index)
                turn = index
            } else {
                jobs[index] = job
                turn = index + 1
            }
        }
    }

    /// Reads one request whose address has been received.
    private mutating func take(
        _ topics: UnsafeMutablePointer<TopicState>, _ topicCount: Int, now: Nanoseconds
    ) throws(ZeroMQError) {
        guard address.hasMore, try socket.receive(into: body), !body.hasMore,
            let request = SnapshotRequest.read(body.bytes)
        else {
            try socket.skipRest(of: body)
            _ = try send(SnapshotReply(kind: .malformed, id: 0, run: run), to: Array(address.bytes))
            return
        }
        let client = Array(address.bytes)
        var range = 0..<topicCount
        if let topic = request.topic {
            guard let index = range.first(where: { topics[$0].topic == topic }) else {
                let reply = SnapshotReply(kind: .unknownTopic, id: request.id, topic: topic, run: run)
                _ = try send(reply, to: client)
                return
            }
            range = index..<(index + 1)
        }
        // What is published while the answer is given reaches the client without it.
        var last = request.last
        if request.kind == .frames, let index = range.first {
            let next = topics[index].kept.upperBound
            if next == 0 { range = range.dropFirst() } else { last = min(last, next - 1) }
        }
        var job = Job(
            address: client, request: request, topics: range, cursor: request.first, last: last, lastProgress: now)
        // Who asks again wants the new answer only, and keeps its place.
        let former = jobs.firstIndex {
            $0.address == client && $0.request.kind == request.kind && $0.request.topic == request.topic
        }
        if let former {
            job.lastProgress = jobs[former].lastProgress
            jobs[former] = job
        } else {
            jobs.append(job)
        }
    }

    private func step(_ job: inout Job, _ topics: UnsafeMutablePointer<TopicState>) throws(ZeroMQError) -> Step {
        guard let index = job.topics.first else { return try end(job, topics) }
        switch job.request.kind {
        case .schema: return try schema(&job, topics + index)
        case .snapshot: return try snapshot(&job, topics + index)
        case .frames: return try frame(&job, topics + index)
        }
    }

    private func schema(_ job: inout Job, _ topic: UnsafeMutablePointer<TopicState>) throws(ZeroMQError) -> Step {
        let reply = SnapshotReply(
            kind: .schema, id: job.request.id, topic: topic.pointee.topic, first: topic.pointee.kept.upperBound,
            run: run)
        let schema = topic.pointee.schema
        let step = try schema.span.bytes.withUnsafeBytes { (raw) throws(ZeroMQError) in
            try send(reply, raw, to: job.address)
        }
        if case .sent = step { job.topics = job.topics.dropFirst() }
        return step
    }

    private func snapshot(_ job: inout Job, _ topic: UnsafeMutablePointer<TopicState>) throws(ZeroMQError) -> Step {
        guard let newest = topic.pointee.kept.last else {
            job.topics = job.topics.dropFirst()
            return .sent(byteCount: 0)
        }
        let step = try send(newest, of: topic, job)
        if case .sent = step { job.topics = job.topics.dropFirst() }
        return step
    }

    private func frame(_ job: inout Job, _ topic: UnsafeMutablePointer<TopicState>) throws(ZeroMQError) -> Step {
        guard job.cursor <= job.last else {
            job.topics = job.topics.dropFirst()
            return .sent(byteCount: 0)
        }
        let first = topic.pointee.kept.lowerBound
        if job.cursor < first {
            let last = min(job.last, first - 1)
            let reply = SnapshotReply(
                kind: .gone, id: job.request.id, topic: topic.pointee.topic, first: job.cursor, last: last, run: run)
            let step = try send(reply, to: job.address)
            if case .sent = step { job.cursor = last + 1 }
            return step
        }
        let step = try send(job.cursor, of: topic, job)
        if case .sent = step { job.cursor += 1 }
        return step
    }

    private func end(_ job: Job, _ topics: UnsafeMutablePointer<TopicState>) throws(ZeroMQError) -> Step {
        // Of a single topic, the client learns where the stream stands.
        var next: UInt64 = 0
        if job.request.topic != nil { next = topics[job.topics.lowerBound - 1].kept.upperBound }
        let reply = SnapshotReply(kind: .end, id: job.request.id, topic: job.request.topic, first: next, run: run)
        let step = try send(reply, to: job.address)
        if case .sent = step { return .done }
        return step
    }

    private func send(
        _ sequence: UInt64, of topic: UnsafeMutablePointer<TopicState>, _ job: Job
    ) throws(ZeroMQError) -> Step {
        let reply = SnapshotReply(
            kind: .frame, id: job.request.id, topic: topic.pointee.topic, first: sequence, last: sequence, run: run)
        return try send(reply, topic.pointee.frame(sequence), to: job.address)
    }

    private func send(
        _ reply: SnapshotReply, _ payload: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0),
        to client: [UInt8]
    ) throws(ZeroMQError) -> Step {
        switch try socket.send(client, more: true) {
        case .full: return .full
        case .unreachable: return .clientGone
        case .sent:
            _ = try socket.send(reply.bytes, more: true)
            _ = try socket.send(payload)
            return .sent(byteCount: payload.count)
        }
    }
}
