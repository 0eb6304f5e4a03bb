/// What a publisher keeps of one topic.
struct TopicState: ~Copyable {
    let schema: [UInt8]
    let writer: FrameWriter
    /// Sequence of the next frame that is made; those from `history.next` to before it are held.
    var next: UInt64
    var history: SlotRing

    init(_ plan: StreamPlan, run: UInt64) {
        schema = Array(plan.schema.json(run: run).utf8)
        let columns = plan.schema.kind == .vector ? plan.schema.columns.count : 0
        writer = FrameWriter(topic: plan.schema.topic, kind: plan.schema.kind, columns: columns, run: run)
        next = plan.firstSequence
        let slotByteCount = FrameLayout.headerByteCount + (plan.schema.payloadByteCount ?? plan.textByteCountMax)
        history = SlotRing(
            slotByteCount: slotByteCount, capacity: max(1, plan.historyByteCount / slotByteCount),
            next: plan.firstSequence)
    }

    var topic: StreamTopic { writer.topic }
}

/// A topic that a publisher will publish.
public struct StreamPlan: Sendable {
    public let schema: StreamSchema
    /// 0 in a new run; after a restart, the sequence of the first frame that is made again.
    public var firstSequence: UInt64
    /// Bytes of frames that are kept for those who missed them. Memory is taken as it is used.
    public var historyByteCount = 32 << 20
    /// Longest text of a topic of text.
    public var textByteCountMax = 16_384

    public init(_ schema: StreamSchema, firstSequence: UInt64 = 0) {
        precondition(
            schema.kind != .schema && schema.kind != .heartbeat, "schemas and heartbeats are the publisher's own")
        precondition(
            StreamPublisher.schemaTopic(of: schema.topic) != nil, "a topic's name leaves room for that of its schema")
        self.schema = schema
        self.firstSequence = firstSequence
    }
}
