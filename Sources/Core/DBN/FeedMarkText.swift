import Units

extension FeedMark {
    /// Writes the mark as a version 3 system record and returns its size, `RecordByteCount.system`.
    @discardableResult
    public func write(to output: UnsafeMutableRawPointer) -> Int {
        do {
            try ControlRecord.writeSystem(.unset, text, at: time, to: output)
        } catch {
            preconditionFailure("a mark is short and ASCII: \(error)")
        }
        output.storeBytes(of: instrument.raw, toByteOffset: 4, as: UInt32.self)
        return RecordByteCount.system
    }

    /// The record's text.
    public var text: String {
        var text = "levelhead=\(kind.name)|dataset=\(dataset)"
        if let schema { text += "|schema=\(schema.name)" }
        if from.isDefined { text += "|from=\(from.nanoseconds)" }
        if to.isDefined { text += "|to=\(to.nanoseconds)" }
        if reason != .none { text += "|reason=\(reason.name)" }
        return text + "|at=\(wallTime.nanoseconds)"
    }

    /// Reads a mark. Unknown fields are passed over, so that later versions may add some.
    /// - Returns: nil for any other record, the gateway's own system messages among them.
    public init?(_ record: RecordView) {
        guard record.type == .system, record.byteCount >= RecordByteCount.system else { return nil }
        var fields = MarkFields(
            rest: UnsafeRawBufferPointer(start: record.bytes + 16, count: 303).prefix { $0 != 0 })
        guard let first = fields.next(), MarkFields.isSame(first.key, "levelhead"),
            let kind = Kind(nameBytes: first.value), let second = fields.next(),
            MarkFields.isSame(second.key, "dataset"),
            let dataset = DatasetName(second.value)
        else { return nil }
        self.init(kind, dataset: dataset, time: record.eventTime, wallTime: .undefined, instrument: record.instrumentID)
        while let field = fields.next() {
            guard set(field.key, field.value) else { return nil }
        }
    }

    /// False when a field that is known has a value that is not.
    private mutating func set(_ key: Slice<UnsafeRawBufferPointer>, _ value: Slice<UnsafeRawBufferPointer>) -> Bool {
        if MarkFields.isSame(key, "schema") {
            schema = Schema(nameBytes: value)
            return schema != nil
        }
        if MarkFields.isSame(key, "reason") {
            guard let found = Reason(nameBytes: value) else { return false }
            reason = found
            return true
        }
        if MarkFields.isSame(key, "from") { return MarkFields.read(value, into: &from) }
        if MarkFields.isSame(key, "to") { return MarkFields.read(value, into: &to) }
        if MarkFields.isSame(key, "at") { return MarkFields.read(value, into: &wallTime) }
        return true
    }
}

extension FeedMark.Kind {
    fileprivate init?(nameBytes: Slice<UnsafeRawBufferPointer>) {
        var number: UInt8 = 0
        while let kind = Self(rawValue: number) {
            if MarkFields.isSame(nameBytes, kind.name) {
                self = kind
                return
            }
            number += 1
        }
        return nil
    }
}

extension FeedMark.Reason {
    fileprivate init?(nameBytes: Slice<UnsafeRawBufferPointer>) {
        var number: UInt8 = 0
        while let reason = Self(rawValue: number) {
            if MarkFields.isSame(nameBytes, reason.name) {
                self = reason
                return
            }
            number += 1
        }
        return nil
    }
}

/// Walks over `key=value|key=value`.
private struct MarkFields {
    var rest: Slice<UnsafeRawBufferPointer>

    mutating func next() -> (key: Slice<UnsafeRawBufferPointer>, value: Slice<UnsafeRawBufferPointer>)? {
        guard !rest.isEmpty else { return nil }
        let field = rest.prefix { $0 != UInt8(ascii: "|") }
        rest = rest[field.endIndex...].dropFirst()
        let key = field.prefix { $0 != UInt8(ascii: "=") }
        return (key, field[key.endIndex...].dropFirst())
    }

    static func isSame(_ text: Slice<UnsafeRawBufferPointer>, _ expected: StaticString) -> Bool {
        expected.withUTF8Buffer { text.elementsEqual($0) }
    }

    /// A decimal number of at most 64 bits.
    static func read(_ text: Slice<UnsafeRawBufferPointer>, into time: inout Timestamp) -> Bool {
        guard !text.isEmpty else { return false }
        var value: UInt64 = 0
        for byte in text {
            guard byte >= 0x30, byte <= 0x39 else { return false }
            let (product, isPast) = value.multipliedReportingOverflow(by: 10)
            let (sum, isPastToo) = product.addingReportingOverflow(UInt64(byte - 0x30))
            guard !isPast, !isPastToo else { return false }
            value = sum
        }
        time = Timestamp(nanoseconds: value)
        return true
    }
}
