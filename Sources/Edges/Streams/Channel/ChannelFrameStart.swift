import Storage

/// What the headers of all messages of one kind and session begin with: the bytes before `sequence`, and their
/// checksum. Made once, so that a message costs no more than what is its own.
struct ChannelFrameStart {
    private let bytes: InlineArray<4, UInt64>
    private let checksum: UInt32

    init(_ kind: ChannelFrame.Kind, _ session: ChannelSession) {
        var bytes = InlineArray<4, UInt64>(repeating: 0)
        bytes[0] =
            UInt64(ChannelFrame.magic) | UInt64(ChannelFrame.version) << 32 | UInt64(kind.rawValue) << 48
        for (index, byte) in session.channel.utf8.enumerated() {
            bytes[1 + index / 8] |= UInt64(byte) << UInt64(index % 8 * 8)
        }
        bytes[3] = session.run
        for index in bytes.indices { bytes[index] = bytes[index].littleEndian }
        self.bytes = bytes
        checksum = withUnsafeBytes(of: bytes) { CRC32C.checksum($0) }
    }

    /// Writes header and checksum in front of a payload that is in place already.
    ///
    /// - Parameter slot: has room for the header and `payloadByteCount` bytes.
    func write(into slot: UnsafeMutableRawBufferPointer, sequence: UInt64, payloadByteCount: Int) {
        for index in bytes.indices { slot.storeBytes(of: bytes[index], toByteOffset: index * 8, as: UInt64.self) }
        let own = MemoryLayout.size(ofValue: bytes)
        slot.storeBytes(of: sequence.littleEndian, toByteOffset: own, as: UInt64.self)
        slot.storeBytes(of: UInt32(payloadByteCount).littleEndian, toByteOffset: own + 8, as: UInt32.self)
        let header = UnsafeRawBufferPointer(rebasing: slot[own..<ChannelFrame.checksumOffset])
        let payload = UnsafeRawBufferPointer(rebasing: slot[ChannelFrame.headerByteCount...].prefix(payloadByteCount))
        let sum = CRC32C.checksum(payload, continuing: CRC32C.checksum(header, continuing: checksum))
        slot.storeBytes(of: sum.littleEndian, toByteOffset: ChannelFrame.checksumOffset, as: UInt32.self)
    }
}
