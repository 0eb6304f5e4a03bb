/// What is wrong with a DBN stream, as facts. Offsets count bytes of the decompressed stream from its beginning.
public enum DBNError: Error, Equatable, Sendable {
    /// The stream does not begin with `DBN`; its first four bytes.
    case notDBN(firstBytes: [UInt8])
    /// The stream is a zstd frame: it has to be decompressed first.
    case compressed
    /// The stream begins with a zstd skippable frame, as Databento's pre-2023 `.dbz` files do.
    case legacyDBZ
    /// The input holds no byte at all, where metadata was due.
    case empty
    /// The version byte of the metadata is none of 1, 2 and 3.
    case unsupportedVersion(UInt8)
    /// The metadata says it is shorter than its fixed part, or longer than `DBNMetadata.byteCountMax`.
    case metadataLength(Int)
    /// The metadata has a schema definition, which no published version of the format uses.
    case schemaDefinition(byteCount: Int)
    /// The metadata gives its symbols no room.
    case symbolLength(Int)
    /// A list of the metadata says it has more entries than its bytes can hold.
    case metadataList(offset: Int, count: Int, remaining: Int)
    /// A text of the metadata is not UTF-8.
    case invalidText(offset: Int)
    /// A record is shorter than its header, or than its type prescribes.
    case recordTooShort(offset: UInt64, rtype: UInt8, length: Int, expected: Int)
    /// The input ended inside the metadata or a record: at least `missing` more bytes were due after `offset`.
    case truncated(offset: UInt64, missing: Int)
    /// A text to be written is not ASCII, or longer than its field less the final NUL.
    case textNotEncodable(String, byteCountMax: Int)
    /// A field of a record has a value that the record of another version has no room for.
    case notRepresentable(field: String, rtype: UInt8, version: UInt8)
}

extension DBNError: CustomStringConvertible {
    /// One line, without the file's name.
    public var description: String {
        switch self {
        case .notDBN(let bytes):
            "not DBN: begins with \(bytes.map(Self.hex).joined(separator: " ")), expected 44 42 4e (\"DBN\")"
        case .compressed: "begins with a zstd frame (28 b5 2f fd): decompress it first"
        case .legacyDBZ: "begins with a zstd skippable frame, as legacy .dbz files do: not supported, convert it to DBN"
        case .empty: "empty: expected DBN metadata"
        case .unsupportedVersion(let version): "byte 3: DBN version \(version), expected 1, 2 or 3"
        case .metadataLength(let length):
            "byte 4: metadata length \(length), expected \(DBNMetadata.fixedByteCount) to \(DBNMetadata.byteCountMax)"
        case .schemaDefinition(let count): "byte 108: a schema definition of \(count) bytes, expected none"
        case .symbolLength(let length): "byte 53: symbol length \(length), expected at least 2"
        case .metadataList(let offset, let count, let remaining):
            "byte \(offset): a metadata list of \(count) entries in the remaining \(remaining) bytes"
        case .invalidText(let offset): "byte \(offset): text that is not UTF-8"
        case .recordTooShort(let offset, let rtype, let length, let expected):
            "byte \(offset): a record of type 0x\(Self.hex(rtype)) of \(length) bytes, expected at least \(expected)"
        case .truncated(let offset, let missing): "byte \(offset): input ends, at least \(missing) more bytes expected"
        case .textNotEncodable(let text, let most): "'\(text)' is not ASCII of at most \(most) characters"
        case .notRepresentable(let field, let rtype, let version):
            "\(field) of a record of type 0x\(Self.hex(rtype)) does not fit in DBN version \(version)"
        }
    }

    private static func hex(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
}
