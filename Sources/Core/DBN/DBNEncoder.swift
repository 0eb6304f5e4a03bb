/// Writes a DBN stream into buffers of the caller's: metadata first, then records, in one version, byte for byte as
/// Databento's encoder writes them. Records of another version are converted on the way.
public struct DBNEncoder {
    /// The version that is written.
    public let version: UInt8
    /// The version of the records that come in.
    public let inputVersion: UInt8
    /// Whether the records that come in, and so those that are written, end with the gateway's send time.
    public let hasSendTime: Bool
    private let scratch = RecordScratch()
    /// By record type: whether records pass unchanged.
    private var passes: InlineArray<256, Bool> = .init(repeating: false)

    /// - Precondition: both versions are 1, 2 or 3.
    public init(version: UInt8 = 3, inputVersion: UInt8 = 3, hasSendTime: Bool = false) {
        precondition((1...3).contains(version) && (1...3).contains(inputVersion), "DBN has the versions 1, 2 and 3")
        self.version = version
        self.inputVersion = inputVersion
        self.hasSendTime = hasSendTime
        for rawValue in 0..<256 {
            // Of an unknown type nobody knows what to convert: it passes only within one version.
            let layout = DBNRecordLayout.of(RecordType(rawValue: UInt8(rawValue)))
            passes[rawValue] = layout?.isSame(in: inputVersion, and: version) ?? (version == inputVersion)
        }
    }

    /// Appends the metadata in this encoder's version.
    /// - Throws: `textNotEncodable`; then nothing was appended.
    /// - Precondition: the metadata's `hasSendTime` is the encoder's.
    public func encode(_ metadata: DBNMetadata, into output: inout [UInt8]) throws(DBNError) {
        precondition(metadata.hasSendTime == hasSendTime, "the metadata says what every record is")
        var metadata = metadata
        metadata.version = version
        try metadata.encode(into: &output)
    }

    /// Appends one record. No allocation as long as `output` has the capacity.
    /// - Throws: `notRepresentable`, `recordTooShort` with the record's own offset 0; then nothing was appended.
    public func encode(_ record: RecordView, into output: inout [UInt8]) throws(DBNError) {
        if passes[Int(record.type.rawValue)] {
            output.append(contentsOf: UnsafeRawBufferPointer(start: record.bytes, count: record.byteCount))
            return
        }
        let rtype = record.type.rawValue
        guard let layout = DBNRecordLayout.of(record.type) else {
            throw .notRepresentable(field: "rtype", rtype: rtype, version: version)
        }
        let expected = layout.byteCount(version: inputVersion) + (hasSendTime ? 8 : 0)
        guard record.byteCount >= expected else {
            throw .recordTooShort(offset: 0, rtype: rtype, length: record.byteCount, expected: expected)
        }
        let byteCount = try RecordConversion.convert(
            record, layout, from: inputVersion, to: version, hasSendTime: hasSendTime, into: scratch.bytes)
        output.append(contentsOf: UnsafeRawBufferPointer(start: scratch.bytes, count: byteCount))
    }
}
