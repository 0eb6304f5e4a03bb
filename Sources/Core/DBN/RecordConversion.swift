/// Rewrites a record of one DBN version as a record of another, driven by the layout tables.
///
/// Upgrades give what Databento's decoder gives. Databento has no way down; here a record goes down when nothing of
/// meaning is lost: a leg, a quantity over 32 bits or a symbol over 21 characters is refused. What may be dropped is
/// named in the tables (`isDroppable`): the codes and symbol types that version 1 lacks, and four fields that version 3
/// abandoned.
enum RecordConversion {
    /// Room for every result: the longest record a length byte can state.
    static let byteCountMax = 255 * 4

    /// Writes `record` into `output` and returns its size. A send time stays the record's last eight bytes.
    /// - Throws: `notRepresentable`.
    /// - Precondition: the record has at least its layout's length in version `source`, `output` room for
    ///   `byteCountMax`.
    static func convert(
        _ record: RecordView, _ layout: DBNRecordLayout, from source: UInt8, to target: UInt8, hasSendTime: Bool,
        into output: UnsafeMutableRawPointer
    ) throws(DBNError) -> Int {
        if layout.isSame(in: source, and: target) {
            output.copyMemory(from: record.bytes, byteCount: record.byteCount)
            return record.byteCount
        }
        let body = layout.byteCount(version: target)
        let byteCount = body + (hasSendTime ? 8 : 0)
        output.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
        output.storeBytes(of: UInt8(byteCount / 4), as: UInt8.self)
        for field in layout.fields {
            switch (field.slot(version: source), field.slot(version: target)) {
            case (let from?, let to?):
                guard copy(field, record.bytes + from.offset, from.width, output + to.offset, to.width) else {
                    throw .notRepresentable(field: field.name, rtype: record.type.rawValue, version: target)
                }
            case (nil, let to?):
                store(field.unset, width: to.width, to: output + to.offset)
            case (let from?, nil):
                guard field.isDroppable || isUnset(field, record.bytes + from.offset, from.width) else {
                    throw .notRepresentable(field: field.name, rtype: record.type.rawValue, version: target)
                }
            case (nil, nil): break
            }
        }
        if source == 1 { inferCode(record, layout, target, output) }
        if hasSendTime {
            (output + body).copyMemory(from: record.bytes + (record.byteCount - 8), byteCount: 8)
        }
        return byteCount
    }

    /// False when the value does not fit.
    private static func copy(
        _ field: RecordField, _ from: UnsafeRawPointer, _ fromWidth: Int, _ to: UnsafeMutableRawPointer, _ toWidth: Int
    ) -> Bool {
        if fromWidth == toWidth {
            to.copyMemory(from: from, byteCount: fromWidth)
            return true
        }
        if field.kind == .text {
            guard fromWidth > toWidth else {
                to.copyMemory(from: from, byteCount: fromWidth)
                return true
            }
            let text = RecordFieldValue.text(from, width: fromWidth)
            guard text.count < toWidth else { return false }
            to.copyMemory(from: from, byteCount: text.count)
            return true
        }
        return copyInteger(field, from, fromWidth, to, toWidth)
    }

    /// Between widths, "undefined" (the largest value, where the field has that) stays "undefined".
    private static func copyInteger(
        _ field: RecordField, _ from: UnsafeRawPointer, _ fromWidth: Int, _ to: UnsafeMutableRawPointer, _ toWidth: Int
    ) -> Bool {
        let isSigned = field.kind == .signed
        let bits = RecordFieldValue.load(from, width: fromWidth, isSigned: isSigned)
        let fromMax = largest(fromWidth, isSigned), toMax = largest(toWidth, isSigned)
        if field.unset == UInt64(Int64.max) {
            if bits == fromMax {
                store(toMax, width: toWidth, to: to)
                return true
            }
            guard bits != toMax else { return false }
        }
        store(bits, width: toWidth, to: to)
        return RecordFieldValue.load(to, width: toWidth, isSigned: isSigned) == bits
    }

    private static func largest(_ width: Int, _ isSigned: Bool) -> UInt64 {
        UInt64.max >> UInt64(64 - 8 * width + (isSigned ? 1 : 0))
    }

    private static func isUnset(_ field: RecordField, _ from: UnsafeRawPointer, _ width: Int) -> Bool {
        if field.kind == .text { return RecordFieldValue.text(from, width: width).isEmpty }
        return RecordFieldValue.load(from, width: width, isSigned: false) == field.unset
    }

    static func store(_ bits: UInt64, width: Int, to output: UnsafeMutableRawPointer) {
        for byte in 0..<width {
            let value = UInt8(truncatingIfNeeded: bits >> (8 * UInt64(byte)))
            output.storeBytes(of: value, toByteOffset: byte, as: UInt8.self)
        }
    }

    private static func inferCode(
        _ record: RecordView, _ layout: DBNRecordLayout, _ target: UInt8, _ output: UnsafeMutableRawPointer
    ) {
        guard let code = layout.field("code")?.slot(version: target) else { return }
        let text = RecordFieldValue.text(record.bytes + 16, width: 64)
        let value = record.type == .system ? ControlText.systemCode(text) : ControlText.errorCode(text)
        output.storeBytes(of: value, toByteOffset: code.offset, as: UInt8.self)
    }
}
