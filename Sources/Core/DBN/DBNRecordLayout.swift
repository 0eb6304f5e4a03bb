/// The layout of one record kind in the three versions of DBN: sizes, and fields in Databento's display order.
public struct DBNRecordLayout: Sendable {
    /// Databento's name of the kind, as in `Mbp10Msg`, without the suffix.
    public let name: String
    /// In display order. The length byte and reserved bytes are not among them.
    public let fields: [RecordField]
    private let byteCounts: (v1: Int, v2: Int, v3: Int)

    init(_ name: String, byteCounts: (Int, Int, Int), _ fields: [RecordField]) {
        self.name = name
        self.byteCounts = byteCounts
        self.fields = fields
    }

    /// A kind that is the same in every version.
    init(_ name: String, byteCount: Int, _ fields: [RecordField]) {
        self.init(name, byteCounts: (byteCount, byteCount, byteCount), fields)
    }

    /// The size without a send time; a longer record of this kind is legal, a shorter one is not.
    /// - Precondition: `version` is 1, 2 or 3.
    public func byteCount(version: UInt8) -> Int {
        switch version {
        case 1: byteCounts.v1
        case 2: byteCounts.v2
        case 3: byteCounts.v3
        default: preconditionFailure("DBN has the versions 1, 2 and 3")
        }
    }

    /// Whether a record of one version is, byte for byte, a record of the other.
    public func isSame(in version: UInt8, and other: UInt8) -> Bool {
        version == other
            || byteCount(version: version) == byteCount(version: other)
                && fields.allSatisfy { $0.slot(version: version) == $0.slot(version: other) }
    }

    public func field(_ name: String) -> RecordField? { fields.first { $0.name == name } }

    /// Writes a version 3 record in which every field is unset and every reserved byte zero.
    func writeUnset(to output: UnsafeMutableRawPointer) {
        output.initializeMemory(as: UInt8.self, repeating: 0, count: byteCounts.v3)
        for field in fields where field.unset != 0 {
            guard let slot = field.slot(version: 3) else { continue }
            RecordConversion.store(field.unset, width: slot.width, to: output + slot.offset)
        }
    }

    /// The layout of a record type, or nil when this module does not know it.
    public static func of(_ type: RecordType) -> DBNRecordLayout? {
        switch type {
        case .trade: trade
        case .mbp1: mbp1
        case .mbp10: mbp10
        case .mbo: mbo
        case .cmbp1, .tcbbo: cmbp1
        case .bbo1s, .bbo1m: bbo
        case .cbbo1s, .cbbo1m: cbbo
        case .ohlcvDeprecated, .ohlcv1s, .ohlcv1m, .ohlcv1h, .ohlcv1d, .ohlcvEndOfDay: ohlcv
        case .status: status
        case .instrumentDefinition: instrumentDefinition
        case .imbalance: imbalance
        case .error: error
        case .symbolMapping: symbolMapping
        case .system: system
        case .statistics: statistics
        default: nil
        }
    }
}
