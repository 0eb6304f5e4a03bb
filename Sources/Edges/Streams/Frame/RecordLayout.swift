/// How the canonical bytes of a record are read: for schemas and for printing. The layouts are drawn at the types
/// themselves (`Signal`, `VerdictRecord`, `OrderUpdate`, `Fill`, `StrikeRow`); tests hold the two together.
public struct RecordLayout: Equatable, Sendable {
    /// NumPy's name of a number's type.
    public enum Number: String, Sendable {
        case uint8 = "u1"
        case int8 = "i1"
        case uint16 = "<u2"
        case uint32 = "<u4"
        case uint64 = "<u8"
        case int64 = "<i8"
        case float64 = "<f8"

        public var byteCount: Int {
            switch self {
            case .uint8, .int8: 1
            case .uint16: 2
            case .uint32: 4
            case .uint64, .int64, .float64: 8
            }
        }
    }

    public struct Field: Equatable, Sendable {
        public let name: String
        public let number: Number
        /// "ns", "contracts", "ticks", "1e-9 USD", "count", "id", "code", "flags", "ratio"; of strikes "points",
        /// "contracts/point", "USD per 1 %" too.
        public let unit: String
        /// What the values of a code stand for.
        public let codes: [Int: String]
        /// Bytes from the start of the record.
        public fileprivate(set) var offset: Int

        init(_ name: String, _ number: Number, _ unit: String, codes: [Int: String] = [:]) {
            self.name = name
            self.number = number
            self.unit = unit
            self.codes = codes
            offset = 0
        }
    }

    public let fields: [Field]
    public let byteCount: Int

    init(_ fields: [Field]) {
        var fields = fields
        var offset = 0
        for index in fields.indices {
            fields[index].offset = offset
            offset += fields[index].number.byteCount
        }
        self.fields = fields
        byteCount = offset
    }
}

/// A number of a record.
public enum FieldValue: Equatable, Sendable {
    case integer(Int64)
    case unsigned(UInt64)
    case real(Double)
}

extension RecordLayout.Field {
    /// The field's value in a record.
    public func value(in record: UnsafeRawBufferPointer) -> FieldValue {
        func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) -> T {
            StreamFrame.load(record, offset, type)
        }
        return switch number {
        case .uint8: .unsigned(UInt64(load(UInt8.self)))
        case .int8: .integer(Int64(load(Int8.self)))
        case .uint16: .unsigned(UInt64(load(UInt16.self)))
        case .uint32: .unsigned(UInt64(load(UInt32.self)))
        case .uint64: .unsigned(load(UInt64.self))
        case .int64: .integer(load(Int64.self))
        case .float64: .real(Double(bitPattern: load(UInt64.self)))
        }
    }

    /// The name of a code, nil for other fields and for codes without one.
    public func name(of value: FieldValue) -> String? {
        switch value {
        case .integer(let number): codes[Int(number)]
        case .unsigned(let number): codes[Int(clamping: number)]
        case .real: nil
        }
    }
}
