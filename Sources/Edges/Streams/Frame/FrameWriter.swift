import CVectors
import Features
import Orders

/// Writes frames of one topic into memory of the caller. Does not allocate.
struct FrameWriter {
    let topic: StreamTopic
    let kind: FrameKind
    let run: UInt64
    private let columns: Int
    /// Everything that does not change from frame to frame.
    private let template: [UInt8]

    static let canonicalNaN: UInt64 = 0x7ff8_0000_0000_0000

    init(topic: StreamTopic, kind: FrameKind, columns: Int = 0, run: UInt64) {
        precondition(columns <= UInt16.max, "a vector has at most 65,535 columns")
        self.topic = topic
        self.kind = kind
        self.columns = columns
        self.run = run
        var header =
            topic.field + [UInt8](repeating: 0, count: FrameLayout.headerByteCount - StreamTopic.fieldByteCount)
        header.withUnsafeMutableBytes { raw in
            Self.store(FrameLayout.version, FrameLayout.versionOffset, raw)
            Self.store(kind.rawValue, FrameLayout.kindOffset, raw)
            Self.store(UInt16(columns), FrameLayout.columnsOffset, raw)
            Self.store(run, FrameLayout.runOffset, raw)
        }
        template = header
    }

    /// Writes header and values. Returns the bytes of the frame.
    func write(
        _ values: UnsafeBufferPointer<Double>, sequence: UInt64, _ stamp: FrameStamp,
        into slot: UnsafeMutableRawBufferPointer
    ) -> Int {
        precondition(values.count == columns, "a vector has as many values as its topic has columns")
        writeHeader(sequence, stamp, payloadByteCount: FrameLayout.vectorByteCount(columns: columns), into: slot)
        guard let base = slot.baseAddress, let first = values.baseAddress else { return 0 }
        let out = base + FrameLayout.headerByteCount
        let bitmap = out + columns * 8
        var index = 0
        while index < columns {
            var valid: UInt64 = 0
            let end = min(index + 64, columns)
            let start = index
            while index + 8 <= end {
                valid |= UInt64(lh_store_defined(out + index * 8, first + index)) << UInt64(index - start)
                index += 8
            }
            while index < end {
                let value = values[index]
                let isDefined = value == value
                let bits = isDefined ? value.bitPattern : Self.canonicalNaN
                (out + index * 8).storeBytes(of: bits.littleEndian, as: UInt64.self)
                valid |= (isDefined ? 1 : 0) << UInt64(index - start)
                index += 1
            }
            (bitmap + start / 8).storeBytes(of: valid.littleEndian, as: UInt64.self)
        }
        return FrameLayout.headerByteCount + FrameLayout.vectorByteCount(columns: columns)
    }

    /// Writes header and record.
    func write<Record: CanonicalBytes>(
        _ record: Record, sequence: UInt64, _ stamp: FrameStamp, into slot: UnsafeMutableRawBufferPointer
    ) -> Int {
        writeHeader(sequence, stamp, payloadByteCount: Record.byteCount, into: slot)
        var writer = CanonicalWriter(UnsafeMutableRawBufferPointer(rebasing: slot[FrameLayout.headerByteCount...]))
        record.write(into: &writer)
        return FrameLayout.headerByteCount + Record.byteCount
    }

    /// Writes header and a row for each strike that has contracts in the chain, as many as there is room for. Returns
    /// the bytes of the frame.
    func write(
        _ strikes: UnsafeBufferPointer<OptionStrike>, sequence: UInt64, _ stamp: FrameStamp,
        into slot: UnsafeMutableRawBufferPointer
    ) -> Int {
        var end = FrameLayout.headerByteCount
        if let first = strikes.baseAddress, let base = slot.baseAddress {
            for index in strikes.indices where first[index].members > 0 {
                guard end + StrikeRow.byteCount <= slot.count else { break }
                StrikeRow.write(first + index, to: base + end)
                end += StrikeRow.byteCount
            }
        }
        let payloadByteCount = end - FrameLayout.headerByteCount
        writeHeader(sequence, stamp, payloadByteCount: payloadByteCount, into: slot)
        Self.store(UInt16(payloadByteCount / StrikeRow.byteCount), FrameLayout.columnsOffset, slot)
        return end
    }

    /// Writes header and bytes.
    func write(
        _ payload: UnsafeRawBufferPointer, sequence: UInt64, _ stamp: FrameStamp,
        into slot: UnsafeMutableRawBufferPointer
    ) -> Int {
        precondition(payload.count <= slot.count - FrameLayout.headerByteCount, "the payload has room")
        writeHeader(sequence, stamp, payloadByteCount: payload.count, into: slot)
        UnsafeMutableRawBufferPointer(rebasing: slot[FrameLayout.headerByteCount...]).copyMemory(from: payload)
        return FrameLayout.headerByteCount + payload.count
    }

    private func writeHeader(
        _ sequence: UInt64, _ stamp: FrameStamp, payloadByteCount: Int, into slot: UnsafeMutableRawBufferPointer
    ) {
        precondition(slot.count >= FrameLayout.headerByteCount + payloadByteCount, "the frame has room")
        template.withUnsafeBytes { slot.copyMemory(from: $0) }
        Self.store(stamp.quality, FrameLayout.qualityOffset, slot)
        Self.store(sequence, FrameLayout.sequenceOffset, slot)
        Self.store(stamp.ringSequence, FrameLayout.ringSequenceOffset, slot)
        Self.store(stamp.eventTime, FrameLayout.eventTimeOffset, slot)
        Self.store(stamp.sendTime, FrameLayout.sendTimeOffset, slot)
        Self.store(stamp.receiveTime, FrameLayout.receiveTimeOffset, slot)
        Self.store(stamp.localTime, FrameLayout.localTimeOffset, slot)
        Self.store(stamp.publishTime, FrameLayout.publishTimeOffset, slot)
        Self.store(UInt32(payloadByteCount), FrameLayout.payloadByteCountOffset, slot)
    }

    private static func store<T: FixedWidthInteger & BitwiseCopyable>(
        _ value: T, _ offset: Int, _ slot: UnsafeMutableRawBufferPointer
    ) { slot.storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self) }
}
