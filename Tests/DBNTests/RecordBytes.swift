import DBN
import Determinism

/// Records for tests, made from the layout tables with seeded random fields.
enum RecordBytes {
    static func u32(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    static func u64(_ value: UInt64) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }

    /// A record whose every byte after the header is random: nothing about it is canonical.
    static func random(
        _ type: RecordType, version: UInt8, sendTime: UInt64? = nil, extraWords: Int = 0,
        _ generator: inout SeededGenerator
    ) -> [UInt8] {
        guard let layout = DBNRecordLayout.of(type) else { return [] }
        let count = layout.byteCount(version: version) + 4 * extraWords
        var bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        bytes[1] = type.rawValue
        if let sendTime { bytes += u64(sendTime) }
        bytes[0] = UInt8(bytes.count / 4)
        return bytes
    }

    /// A header of an unknown type and zeros.
    static func unknown(rtype: UInt8, words: Int) -> [UInt8] {
        [UInt8(words), rtype] + [UInt8](repeating: 0, count: words * 4 - 2)
    }
}

/// Calls `body` with the record that `bytes` hold.
func withRecord<R>(_ bytes: [UInt8], _ body: (RecordView) throws -> R) rethrows -> R {
    try bytes.withUnsafeBytes { buffer in
        guard let start = buffer.baseAddress else { preconditionFailure("a record has bytes") }
        return try body(RecordView(start))
    }
}

/// The bytes that a writer of records leaves in memory that was full of 0xAA before.
func written(_ write: (UnsafeMutableRawPointer) throws -> Int) rethrows -> [UInt8] {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: RecordByteCount.largest, alignment: 8)
    defer { memory.deallocate() }
    for index in memory.indices { memory[index] = 0xAA }
    guard let start = memory.baseAddress else { preconditionFailure("memory was allocated") }
    let count = try write(start)
    precondition(memory[count...].allSatisfy { $0 == 0xAA }, "wrote beyond the record")
    return Array(memory[..<count])
}
