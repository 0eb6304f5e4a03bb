import Security
import Units

extension ControlMessage {
    /// Decodes and authenticates. Nothing but the length is believed before the code was checked.
    public static func decode(
        _ bytes: UnsafeRawBufferPointer, key: SecretKey
    ) throws(ControlRefusal) -> ControlMessage {
        let signed = try authenticated(bytes, key: key)
        guard signed[4] == version else { throw .version }
        guard let kind = Kind(rawValue: signed[5]), let verb = ControlVerb(rawValue: signed[6]) else {
            throw .malformed
        }
        let outcome = ControlOutcome(rawValue: signed[7])
        guard (outcome != nil) == (kind == .answer), kind == .answer || signed[7] == 0 else { throw .malformed }
        guard let sender = text(signed, at: 48, width: largestSenderBytes), !sender.isEmpty,
            let run = text(signed, at: 64, width: largestRunBytes)
        else { throw .malformed }
        return ControlMessage(
            kind: kind, verb: verb, outcome: outcome,
            id: CommandID(high: number(signed, at: 8), low: number(signed, at: 16)),
            nonce: CommandID(high: number(signed, at: 24), low: number(signed, at: 32)),
            time: Timestamp(nanoseconds: number(signed, at: 40)), sender: sender, run: run,
            number: number(signed, at: 128), payload: Array(signed[headerBytes...]))
    }

    /// The bytes before the code, which was checked.
    private static func authenticated(
        _ bytes: UnsafeRawBufferPointer, key: SecretKey
    ) throws(ControlRefusal) -> UnsafeRawBufferPointer {
        guard bytes.count <= largestBytes else { throw .tooLong }
        guard bytes.prefix(magic.count).elementsEqual(magic) else {
            throw magic.starts(with: bytes.prefix(magic.count)) ? .truncated : .notAMessage
        }
        guard bytes.count >= smallestBytes else { throw .truncated }
        // At most 2³² − 1 in 64 bits: the sum cannot overflow.
        let stated = smallestBytes + Int(number(bytes, at: 132) as UInt32)
        guard bytes.count >= stated else { throw .truncated }
        guard bytes.count == stated else { throw .trailingBytes }
        let signed = UnsafeRawBufferPointer(rebasing: bytes[..<(stated - SHA256Digest.byteCount)])
        let code = SHA256Digest(bytes: UnsafeRawBufferPointer(rebasing: bytes[signed.count...]))
        guard key.isValid(code, for: signed) else { throw .wrongCode }
        return signed
    }

    private static func number<Value: FixedWidthInteger & BitwiseCopyable>(
        _ bytes: UnsafeRawBufferPointer, at offset: Int
    ) -> Value {
        Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }

    /// UTF-8 without control characters, then zeros; nil for anything else.
    private static func text(_ bytes: UnsafeRawBufferPointer, at offset: Int, width: Int) -> String? {
        let field = bytes[offset..<offset + width]
        let end = field.firstIndex(of: 0) ?? field.endIndex
        guard field[end...].allSatisfy({ $0 == 0 }), field[..<end].allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            return nil
        }
        return String(validating: field[..<end], as: UTF8.self)
    }
}
