import Determinism
import Orders
import Pipeline
import Platform
import Risk
import Streams
import Units
import ZeroMQ

/// What a gateway publishes for whoever subscribes: risk its verdicts; execution the steps in the life of orders, and
/// the fills; each its status, once a second.
///
/// Rows are numbered as the stage puts them out, so a row that is made again after a restart has the number it had. A
/// row leaves when what it follows from is journaled: nobody sees one that a successor would not make again.
final class StageStreams {
    private var publisher: StreamPublisher
    private let rows: [(kind: StageMessage.Kind, handle: StreamHandle)]
    private let status: StreamHandle
    private var waiting: [(message: StageMessage, position: UInt64)] = []

    /// Nil for a process that publishes nothing.
    ///
    /// - Parameter first: by topic, the number of the first row; fewer for a run that begins.
    static func open(
        _ role: ProcessRole, _ site: RunSite, context: ZeroMQContext, root: String, first: [UInt64]
    ) throws -> StageStreams? {
        switch role {
        case .risk:
            try StageStreams(.risk, site, context, [(.verdict, .verdicts(root))], first)
        case .execution:
            try StageStreams(.execution, site, context, [(.update, .orders(root)), (.fill, .fills(root))], first)
        case .ingest, .engine, .paper: nil
        }
    }

    private init(
        _ process: StreamProcess, _ site: RunSite, _ context: ZeroMQContext,
        _ rows: [(kind: StageMessage.Kind, schema: StreamSchema)], _ first: [UInt64]
    ) throws {
        let schemas = rows.map(\.schema) + [.status(process.rawValue)]
        let endpoints = StreamEndpoints(directory: site.socketDirectory)
        let plans = schemas.enumerated().map { index, schema in
            var plan = StreamPlan(schema, firstSequence: index < first.count ? first[index] : 0)
            plan.historyByteCount = 4 << 20
            return plan
        }
        let publisher = try StreamPublisher(
            context, feed: endpoints.feed(process), snapshots: endpoints.snapshots(process), run: site.identity, plans)
        var handles: [StreamHandle] = []
        for schema in schemas { if let handle = publisher.handle(schema.topic) { handles.append(handle) } }
        guard let status = handles.last, handles.count == schemas.count else {
            preconditionFailure("the publisher has the topics it was made with")
        }
        self.publisher = publisher
        self.rows = zip(rows, handles).map { ($0.kind, $1) }
        self.status = status
    }

    /// By topic, the number of the next row; the status comes last.
    var next: [UInt64] { (rows.map(\.handle) + [status]).map { publisher.nextSequence($0) } }

    /// Keeps what a row is made of until `publish`.
    func add(_ message: StageMessage, at position: UInt64) {
        if topic(of: message.kind) != nil { waiting.append((message, position)) }
    }

    var hasWaiting: Bool { !waiting.isEmpty }

    /// Publishes what waits.
    func publish() throws {
        defer { waiting.removeAll(keepingCapacity: true) }
        for (message, position) in waiting {
            guard let handle = topic(of: message.kind) else { continue }
            switch message {
            case .verdict(let verdict): try publish(verdict, verdict.time, position, handle)
            case .update(let update): try publish(update, update.time, position, handle)
            case .fill(let fill): try publish(fill, fill.time, position, handle)
            default: continue
            }
        }
    }

    /// Publishes the status when there is a new one, and answers those who came late or missed something.
    func serve(now: Nanoseconds, status text: String?) throws {
        let wallTime = WallClock.now()
        if let text {
            let stamp = FrameStamp(ringSequence: .max, publishTime: wallTime.nanoseconds)
            try publisher.publish(text: text, stamp, to: status)
        }
        try publisher.serveRequests(now: now, wallTime: wallTime)
    }

    /// Says that nothing follows, and answers who lacks something.
    func end() throws { try publisher.end(wallTime: WallClock.now(), clock: { MonotonicClock.now() }) }

    private func topic(of kind: StageMessage.Kind) -> StreamHandle? { rows.first { $0.kind == kind }?.handle }

    private func publish(
        _ record: some CanonicalBytes, _ time: Timestamp, _ position: UInt64, _ handle: StreamHandle
    ) throws {
        let stamp = FrameStamp(
            ringSequence: position > 0 ? position - 1 : .max, eventTime: time.nanoseconds,
            publishTime: WallClock.now().nanoseconds)
        try publisher.publish(record, stamp, to: handle)
    }
}
