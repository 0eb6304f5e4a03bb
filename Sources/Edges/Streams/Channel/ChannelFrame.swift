import Storage

/// The header of every message of a channel; the payload follows. Little-endian:
///
///     0       4         6      8         24    32         40       44       48
///     | magic | version | kind | channel | run | sequence | length | crc32c | payload …
///       u32     u16       u16    16 B      u64   u64        u32      u32
///
/// `channel` is ASCII, padded with zeros. `length` counts the payload. The checksum covers everything but itself.
struct ChannelFrame: Equatable {
    enum Kind: UInt16 {
        // From the receiver. `sequence` is the first message that it has not acknowledged: what it has read already and
        // not acknowledged comes again and is dropped.
        case hello = 1
        case acknowledge = 2
        // From the sender. `sequence` is that of the message; of a welcome, that of the next one it will make; of a
        // beat, that of the next one it will hand to the connection.
        case data = 16
        case welcome = 17
        case beat = 18
        /// The answer to a hello that asks for a message that is gone: `sequence` is the oldest that is kept.
        case gone = 19
        /// The answer to a hello that asks for a message that was never sent: `sequence` is the next one.
        case ahead = 20
        /// The answer to a hello of another session. Carries the sender's own.
        case stranger = 21
        /// Another receiver has said hello: this one gets nothing more.
        case superseded = 22
    }

    static let headerByteCount = 48
    static let version: UInt16 = 1
    /// "LHRC" as a little-endian number.
    static let magic: UInt32 = 0x4352_484c
    static let checksumOffset = 44

    var kind: Kind
    var session: ChannelSession
    var sequence: UInt64

    /// Writes header and checksum in front of a payload that is in place already.
    ///
    /// - Parameter slot: has room for the header and `payloadByteCount` bytes.
    func write(into slot: UnsafeMutableRawBufferPointer, payloadByteCount: Int) {
        ChannelFrameStart(kind, session).write(into: slot, sequence: sequence, payloadByteCount: payloadByteCount)
    }

    /// The bytes of a message without payload.
    var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.headerByteCount) { buffer, count in
            write(into: UnsafeMutableRawBufferPointer(buffer), payloadByteCount: 0)
            count = Self.headerByteCount
        }
    }

    private static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        let front = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<checksumOffset]))
        return CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[headerByteCount...]), continuing: front)
    }

    /// Reads a message; nil for anything that no end of a channel of this version wrote.
    static func read(_ bytes: UnsafeRawBufferPointer) -> (frame: ChannelFrame, payload: UnsafeRawBufferPointer)? {
        guard bytes.count >= headerByteCount, load(bytes, 0, UInt32.self) == magic,
            load(bytes, 4, UInt16.self) == version, let kind = Kind(rawValue: load(bytes, 6, UInt16.self)),
            Int(load(bytes, 40, UInt32.self)) == bytes.count - headerByteCount,
            load(bytes, checksumOffset, UInt32.self) == checksum(bytes)
        else { return nil }
        let name = bytes[8..<24].prefix { $0 != 0 }
        guard !name.isEmpty, name.count < ChannelSession.nameByteCount, name.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            return nil
        }
        let session = ChannelSession(
            channel: String(decoding: name, as: UTF8.self), run: load(bytes, 24, UInt64.self))
        let frame = ChannelFrame(kind: kind, session: session, sequence: load(bytes, 32, UInt64.self))
        return (frame, UnsafeRawBufferPointer(rebasing: bytes[headerByteCount...]))
    }

    private static func load<T: FixedWidthInteger & BitwiseCopyable>(
        _ bytes: UnsafeRawBufferPointer, _ offset: Int, _ type: T.Type
    ) -> T {
        T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
    }
}
