import Security

/// What stands before the bytes of a snapshot. Little-endian, 256 bytes:
///
///     0         8         12      16           24        32         40         48                   56
///     | magic   | format  | zero  | generation | version | sequence | time     | bytes of the state |
///     56        88                          136                 160        224        256
///     | configuration | audit position (48) | journal position (24) | zero     | SHA-256 |
///
/// The digest covers the header before it and the bytes of the state.
struct SnapshotHeader {
    static let byteCount = 256
    static let digestOffset = 224
    static let magic: [UInt8] = Array("LHSNAPSH".utf8)
    static let format: UInt32 = 1

    var generation: UInt64
    var identity: SnapshotIdentity
    var position: SnapshotPosition
    var stateByteCount: UInt64

    /// Writes everything but the digest into the first 224 bytes.
    func write(to out: UnsafeMutableRawBufferPointer) {
        let header = UnsafeMutableRawBufferPointer(rebasing: out[..<Self.byteCount])
        _ = header.initializeMemory(as: UInt8.self, repeating: 0)
        out.copyBytes(from: Self.magic)
        out.storeBytes(of: Self.format.littleEndian, toByteOffset: 8, as: UInt32.self)
        let numbers = [
            generation, identity.stateVersion, position.sequence, UInt64(bitPattern: position.time), stateByteCount,
        ]
        for (index, number) in numbers.enumerated() { put(number, at: 16 + 8 * index, out) }
        put(identity.configuration, at: 56, out)
        put(position.audit.byteOffset, at: 88, out)
        put(position.audit.lineCount, at: 96, out)
        put(position.audit.hash, at: 104, out)
        put(position.journal.byteOffset, at: 136, out)
        put(position.journal.frameCount, at: 144, out)
        put(position.journal.sequence, at: 152, out)
    }

    /// Reads what `write` wrote; the magic and the digest have been checked.
    init(from bytes: UnsafeRawBufferPointer) {
        generation = number(bytes, 16)
        identity = SnapshotIdentity(stateVersion: number(bytes, 24), configuration: digest(bytes, 56))
        position = SnapshotPosition(
            sequence: number(bytes, 32), time: Int64(bitPattern: number(bytes, 40)),
            audit: AuditPosition(
                byteOffset: number(bytes, 88), lineCount: number(bytes, 96), hash: digest(bytes, 104)),
            journal: JournalPosition(
                byteOffset: number(bytes, 136), frameCount: number(bytes, 144), sequence: number(bytes, 152)))
        stateByteCount = number(bytes, 48)
    }

    init(generation: UInt64, identity: SnapshotIdentity, position: SnapshotPosition, stateByteCount: Int) {
        self.generation = generation
        self.identity = identity
        self.position = position
        self.stateByteCount = UInt64(stateByteCount)
    }
}

private func put(_ value: UInt64, at offset: Int, _ out: UnsafeMutableRawBufferPointer) {
    out.storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt64.self)
}

private func put(_ digest: SHA256Digest, at offset: Int, _ out: UnsafeMutableRawBufferPointer) {
    digest.withBytes { UnsafeMutableRawBufferPointer(rebasing: out[offset...]).copyMemory(from: $0) }
}

private func number(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
}

private func digest(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> SHA256Digest {
    SHA256Digest(bytes: UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + SHA256Digest.byteCount)]))
}
