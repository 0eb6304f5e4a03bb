public import Units

/// One record as the ring carries it. The bytes are valid until the reader's next call, and must not be stored.
@frozen public struct RingFrame: @unchecked Sendable {
    // SAFETY of @unchecked: a view of bytes that nobody changes while it is valid.

    /// Dense: the next record of the ring has the next number, whatever writer wrote it.
    public let sequence: UInt64
    /// When we received it, by the writer's clock.
    public let receiveTime: Timestamp
    /// The DBN record's first byte, 32-byte aligned. `DBN.RecordView` takes it.
    public let record: UnsafeRawPointer
    public let byteCount: Int
    /// The writer published up to here in one step: the moment for work that is done once per batch.
    public let endsBatch: Bool

    @inlinable init(header: FrameHeader, record: UnsafeRawPointer) {
        sequence = header.sequence
        receiveTime = Timestamp(nanoseconds: header.receiveTime)
        self.record = record
        byteCount = header.length
        endsBatch = header.flags & FrameHeader.batchEnd != 0
    }
}

/// What a reader finds at its position.
@frozen public enum RingStep {
    case frame(RingFrame)
    /// Everything published was read.
    case drained
    /// The writer overtook this reader, or the sequence asked for was older than all that is left: exactly these
    /// records were lost. Reading goes on with `first + count`.
    case lost(first: UInt64, count: UInt64)
    /// Frames from here on were written by another writer than those before. Sequences go on without a gap.
    case newEpoch(UInt32)
    /// The writer said that nothing will ever come. Open the ring again by its name.
    case retired
    /// The bytes at this position are no frame though the writer published them: something else wrote into the memory.
    /// Stays so; attach again.
    case corrupt(position: UInt64)
}

/// What stopped `RingReader.poll`, after the frames that it had handed out.
@frozen public enum RingEvent: Hashable, Sendable {
    case drained
    case limit
    case lost(first: UInt64, count: UInt64)
    case newEpoch(UInt32)
    case retired
    case corrupt(position: UInt64)
}

/// The result of one `RingReader.poll`.
@frozen public struct RingPoll: Hashable, Sendable {
    /// Frames handed to the body.
    public let delivered: Int
    /// What came after them.
    public let event: RingEvent

    @inlinable init(delivered: Int, event: RingEvent) {
        self.delivered = delivered
        self.event = event
    }
}
