import Compression
import DBN
import Units

/// The binary half of a session: metadata, then records, as they go over the wire.
///
/// Records leave as version 3, in exactly the length of their type; a send time of the tape's own is replaced by ours.
final class LiveStream {
    /// What is not taken yet, before compression.
    private var plain: [UInt8] = []
    private let hasSendTime: Bool
    private var compressor: ZstdCompressor?
    private let scratch = UnsafeMutableRawPointer.allocate(byteCount: RecordByteCount.largest, alignment: 8)

    /// By record type: bytes without a send time; 0 for types that nobody may be sent.
    private static let byteCounts: [Int] = (0..<256).map { rawValue in
        DBNRecordLayout.of(RecordType(rawValue: UInt8(rawValue)))?.byteCount(version: 3) ?? 0
    }

    init(hasSendTime: Bool, isCompressed: Bool) throws(ZstdError) {
        self.hasSendTime = hasSendTime
        // Speed counts here: level 1 takes half the time of level 3.
        compressor = isCompressed ? try ZstdCompressor(level: 1) : nil
    }

    deinit { scratch.deallocate() }

    /// Bytes that wait, before compression.
    var waitingByteCount: Int { plain.count }

    func append(_ metadata: DBNMetadata) throws(DBNError) { try metadata.encode(into: &plain) }

    /// Appends one record of the tape, or of ours.
    @inline(__always)
    func append(_ record: RecordView, sentAt time: Timestamp) {
        let body = Self.byteCounts[Int(record.type.rawValue)]
        let begin = plain.count
        plain.append(contentsOf: UnsafeRawBufferPointer(start: record.bytes, count: body))
        if hasSendTime {
            withUnsafeBytes(of: time.nanoseconds.littleEndian) { plain.append(contentsOf: $0) }
            plain[begin] = UInt8(body / 4 + 2)
        } else {
            plain[begin] = UInt8(body / 4)
        }
    }

    func append(_ code: SystemCode, _ text: String, at time: Timestamp) throws(DBNError) {
        try ControlRecord.writeSystem(code, Self.ascii(text, 300), at: time, to: scratch)
        append(RecordView(scratch), sentAt: time)
    }

    func append(_ code: ErrorCode, _ text: String, isLast: Bool = true, at time: Timestamp) throws(DBNError) {
        try ControlRecord.writeError(code, Self.ascii(text, 300), isLast: isLast, at: time, to: scratch)
        append(RecordView(scratch), sentAt: time)
    }

    func append(_ member: Selection.Member, as type: SymbolType, at time: Timestamp) throws(DBNError) {
        let listing = member.listing
        let header = RecordHeader(publisherID: 0, instrumentID: InstrumentID(listing.id), eventTime: time)
        var mapping = SymbolMappingRecord(
            header: header, inputType: type, inputSymbol: Self.ascii(member.requested, 70), outputType: .rawSymbol,
            outputSymbol: Self.ascii(listing.symbol, 70))
        if listing.begin > 0 { mapping.start = Timestamp(nanoseconds: listing.begin) }
        if listing.end < .max { mapping.end = Timestamp(nanoseconds: listing.end) }
        try mapping.write(to: scratch)
        append(RecordView(scratch), sentAt: time)
    }

    /// Moves what waits to `output`, so that the client can read all of it.
    func flush(into output: inout [UInt8]) throws(ZstdError) {
        guard !plain.isEmpty else { return }
        if compressor == nil {
            output += plain
        } else {
            var failure: ZstdError?
            plain.withUnsafeBytes { bytes in
                do throws(ZstdError) {
                    try compressor?.compress(bytes, into: &output)
                    try compressor?.flush(into: &output)
                } catch { failure = error }
            }
            if let failure { throw failure }
        }
        plain.removeAll(keepingCapacity: true)
    }

    /// Ends the stream: with compression, its one frame.
    func finish(into output: inout [UInt8]) throws(ZstdError) {
        try flush(into: &output)
        try compressor?.finish(into: &output)
    }

    private static func ascii(_ text: String, _ count: Int) -> String {
        String(text.unicodeScalars.prefix(count).map { $0.value >= 0x20 && $0.value < 0x7F ? Character($0) : "?" })
    }
}
