/// What a publisher keeps of one topic.
struct TopicState: ~Copyable {
    let schema: [UInt8]
    let writer: FrameWriter
    /// Sequence of the next frame that is made; those from the end of `kept` to before it are held.
    var next: UInt64
    /// Frames of one length at most; none of a table.
    var history: SlotRing
    /// Frames of a table.
    var tables: ByteRing
    /// Bytes of the longest frame.
    let frameByteCountMax: Int

    init(_ plan: StreamPlan, run: UInt64) {
        schema = Array(plan.schema.json(run: run).utf8)
        let kind = plan.schema.kind
        let columns = kind == .vector ? plan.schema.columns.count : 0
        writer = FrameWriter(topic: plan.schema.topic, kind: kind, columns: columns, run: run)
        next = plan.firstSequence
        frameByteCountMax = FrameLayout.headerByteCount + plan.payloadByteCountMax
        let slotByteCount = kind.isTable ? 1 : frameByteCountMax
        history = SlotRing(
            slotByteCount: slotByteCount, capacity: kind.isTable ? 1 : max(1, plan.historyByteCount / slotByteCount),
            next: plan.firstSequence)
        let tableByteCount = max(plan.historyByteCount, ByteRing.rounded(frameByteCountMax))
        tables = ByteRing(
            byteCount: kind.isTable ? tableByteCount : 0,
            countMax: kind.isTable ? max(1, tableByteCount / ByteRing.rounded(FrameLayout.headerByteCount)) : 1,
            next: plan.firstSequence)
    }

    var topic: StreamTopic { writer.topic }
    var isTable: Bool { writer.kind.isTable }

    /// Sequences of the frames that are kept.
    var kept: Range<UInt64> { isTable ? tables.first..<tables.next : history.first..<history.next }

    /// A frame that is kept, until the next is.
    func frame(_ sequence: UInt64) -> UnsafeRawBufferPointer {
        isTable ? tables.message(sequence) : history.message(sequence)
    }
}

/// A topic that a publisher will publish.
public struct StreamPlan: Sendable {
    public let schema: StreamSchema
    /// 0 in a new run; after a restart, the sequence of the first frame that is made again.
    public var firstSequence: UInt64
    /// Bytes of frames that are kept for those who missed them; at least the longest frame is. Memory is taken as it is
    /// used.
    public var historyByteCount = 32 << 20
    /// Longest text of a topic of text.
    public var textByteCountMax = 16_384
    /// Most rows of a table, at most 65,535: what is more is left out.
    public var rowCountMax = 1_024

    public init(_ schema: StreamSchema, firstSequence: UInt64 = 0) {
        precondition(
            schema.kind != .schema && schema.kind != .heartbeat, "schemas and heartbeats are the publisher's own")
        precondition(
            StreamPublisher.schemaTopic(of: schema.topic) != nil, "a topic's name leaves room for that of its schema")
        self.schema = schema
        self.firstSequence = firstSequence
    }

    var payloadByteCountMax: Int {
        guard schema.kind.isTable else { return schema.payloadByteCount ?? textByteCountMax }
        return min(rowCountMax, StrikeRow.countMax) * StrikeRow.byteCount
    }
}
