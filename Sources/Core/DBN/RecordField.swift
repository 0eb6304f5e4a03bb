/// One field of a record kind: its name, meaning of its bytes, and place in each version of the format. The tables of
/// these (`DBNRecordLayout`) are the only source for sizes, rendering, comparison and conversion between versions.
public struct RecordField: Sendable {
    public enum Kind: Sendable {
        case unsigned, signed
        /// Signed, in units of 1e-9.
        case price
        /// Unsigned, in nanoseconds since 1970.
        case timestamp
        /// One ASCII character; 0 is none.
        case character
        /// ASCII up to the first NUL.
        case text
    }

    /// Where a version has the field.
    public struct Slot: Equatable, Sendable {
        public let offset: Int
        /// In bytes.
        public let width: Int
    }

    /// Databento's name.
    public let name: String
    public let kind: Kind
    /// The bits of "not set": what a record gets that comes from a version without the field. Text: empty.
    public let unset: UInt64
    /// A set value may be lost when the record goes to a version without the field. Otherwise that is refused.
    public let isDroppable: Bool
    private let slots: (v1: Slot?, v2: Slot?, v3: Slot?)

    /// Nil when the version does not have the field.
    /// - Precondition: `version` is 1, 2 or 3.
    public func slot(version: UInt8) -> Slot? {
        switch version {
        case 1: slots.v1
        case 2: slots.v2
        case 3: slots.v3
        default: preconditionFailure("DBN has the versions 1, 2 and 3")
        }
    }

    /// A field of the same width in every version that has it.
    init(
        _ name: String, _ kind: Kind, _ width: Int, v1: Int?, v2: Int?, v3: Int?, unset: UInt64 = 0,
        isDroppable: Bool = false
    ) {
        self.init(
            name, kind, v1: v1.map { Slot(offset: $0, width: width) }, v2: v2.map { Slot(offset: $0, width: width) },
            v3: v3.map { Slot(offset: $0, width: width) }, unset: unset, isDroppable: isDroppable)
    }

    init(
        _ name: String, _ kind: Kind, v1: Slot?, v2: Slot?, v3: Slot?, unset: UInt64 = 0, isDroppable: Bool = false
    ) {
        self.name = name
        self.kind = kind
        self.unset = unset
        self.isDroppable = isDroppable
        slots = (v1, v2, v3)
    }

    /// A field at the same place in every version.
    init(_ name: String, _ kind: Kind, _ width: Int, at offset: Int, unset: UInt64 = 0) {
        self.init(name, kind, width, v1: offset, v2: offset, v3: offset, unset: unset)
    }
}

/// The short forms in which the tables are written: the wire's type names.
extension RecordField {
    static func u8(_ name: String, _ offset: Int, unset: UInt8 = 0) -> RecordField {
        RecordField(name, .unsigned, 1, at: offset, unset: UInt64(unset))
    }
    static func u16(_ name: String, _ offset: Int, unset: UInt16 = 0) -> RecordField {
        RecordField(name, .unsigned, 2, at: offset, unset: UInt64(unset))
    }
    static func u32(_ name: String, _ offset: Int) -> RecordField { RecordField(name, .unsigned, 4, at: offset) }
    static func u64(_ name: String, _ offset: Int) -> RecordField { RecordField(name, .unsigned, 8, at: offset) }
    static func i32(_ name: String, _ offset: Int) -> RecordField { RecordField(name, .signed, 4, at: offset) }
    static func price(_ name: String, _ offset: Int) -> RecordField {
        RecordField(name, .price, 8, at: offset, unset: undefinedPrice)
    }
    static func time(_ name: String, _ offset: Int) -> RecordField {
        RecordField(name, .timestamp, 8, at: offset, unset: .max)
    }
    static func character(_ name: String, _ offset: Int, unset: UInt8 = 0) -> RecordField {
        RecordField(name, .character, 1, at: offset, unset: UInt64(unset))
    }

    /// The bits of `Price.undefined`.
    static let undefinedPrice = UInt64(Int64.max)
}
