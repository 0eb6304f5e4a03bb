import Units

/// A field's value, as it lies in the record.
public enum RecordFieldValue {
    case unsigned(UInt64)
    case signed(Int64)
    case price(Price)
    case timestamp(Timestamp)
    /// An ASCII byte; 0 is none.
    case character(UInt8)
    /// Up to the first NUL, not validated; valid only while the record's bytes are.
    case text(UnsafeRawBufferPointer)

    init(_ field: RecordField, _ slot: RecordField.Slot, _ record: UnsafeRawPointer) {
        let from = record + slot.offset
        switch field.kind {
        case .unsigned: self = .unsigned(Self.load(from, width: slot.width, isSigned: false))
        case .signed: self = .signed(Int64(bitPattern: Self.load(from, width: slot.width, isSigned: true)))
        case .price: self = .price(Price(nanos: Int64(bitPattern: Self.load(from, width: 8, isSigned: true))))
        case .timestamp: self = .timestamp(Timestamp(nanoseconds: Self.load(from, width: 8, isSigned: false)))
        case .character: self = .character(from.load(as: UInt8.self))
        case .text: self = .text(Self.text(from, width: slot.width))
        }
    }

    /// An integer of 1, 2, 4 or 8 bytes, its sign extended to 64 bits if it has one.
    static func load(_ from: UnsafeRawPointer, width: Int, isSigned: Bool) -> UInt64 {
        switch (width, isSigned) {
        case (1, false): UInt64(from.loadUnaligned(as: UInt8.self))
        case (2, false): UInt64(from.loadUnaligned(as: UInt16.self))
        case (4, false): UInt64(from.loadUnaligned(as: UInt32.self))
        case (1, true): UInt64(bitPattern: Int64(from.loadUnaligned(as: Int8.self)))
        case (2, true): UInt64(bitPattern: Int64(from.loadUnaligned(as: Int16.self)))
        case (4, true): UInt64(bitPattern: Int64(from.loadUnaligned(as: Int32.self)))
        default: from.loadUnaligned(as: UInt64.self)
        }
    }

    static func text(_ from: UnsafeRawPointer, width: Int) -> UnsafeRawBufferPointer {
        let field = UnsafeRawBufferPointer(start: from, count: width)
        return UnsafeRawBufferPointer(rebasing: field.prefix { $0 != 0 })
    }

    /// The value of a whole number, price or time as its 64 bits; nil for characters and text.
    var bits: UInt64? {
        switch self {
        case .unsigned(let value): value
        case .signed(let value): UInt64(bitPattern: value)
        case .price(let price): UInt64(bitPattern: price.nanos)
        case .timestamp(let time): time.nanoseconds
        case .character, .text: nil
        }
    }
}

/// All fields of one record by name, in Databento's display order, from the layout tables. For display, comparison and
/// export; hot code reads through the views.
public struct RecordFields {
    public let record: RecordView
    public let layout: DBNRecordLayout
    public let version: UInt8
    public let hasSendTime: Bool

    /// Nil when the record's type is unknown or the record too short for its type.
    /// - Precondition: `version` is 1, 2 or 3.
    public init?(_ record: RecordView, version: UInt8 = 3, hasSendTime: Bool = false) {
        guard let layout = DBNRecordLayout.of(record.type) else { return nil }
        guard record.byteCount >= layout.byteCount(version: version) + (hasSendTime ? 8 : 0) else { return nil }
        self.record = record
        self.layout = layout
        self.version = version
        self.hasSendTime = hasSendTime
    }

    /// Calls `body` with each field; the send time, if any, last as `ts_out`.
    public func forEach(_ body: (_ name: String, _ value: RecordFieldValue) -> Void) {
        for field in layout.fields {
            guard let slot = field.slot(version: version) else { continue }
            body(field.name, RecordFieldValue(field, slot, record.bytes))
        }
        if hasSendTime { body("ts_out", .timestamp(record.sendTime)) }
    }

    /// Nil when the record has no field of this name.
    public subscript(name: String) -> RecordFieldValue? {
        if name == "ts_out" { return hasSendTime ? .timestamp(record.sendTime) : nil }
        guard let field = layout.field(name), let slot = field.slot(version: version) else { return nil }
        return RecordFieldValue(field, slot, record.bytes)
    }

    /// The names of the fields in which two records differ, those that only one of them has included. Reserved bytes do
    /// not count.
    public func differences(from other: RecordFields) -> [String] {
        var names: [String] = []
        forEach { name, value in
            guard let counterpart = other[name], Self.isEqual(value, counterpart) else { return names.append(name) }
        }
        other.forEach { name, _ in
            if self[name] == nil { names.append(name) }
        }
        return names
    }

    private static func isEqual(_ a: RecordFieldValue, _ b: RecordFieldValue) -> Bool {
        switch (a, b) {
        case (.character(let x), .character(let y)): x == y
        case (.text(let x), .text(let y)): x.elementsEqual(y)
        default: a.bits != nil && a.bits == b.bits
        }
    }
}
