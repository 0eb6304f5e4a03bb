/// A record of 16 to 528 bytes whose size and bytes follow from its number and its writer's epoch: anything torn,
/// foreign, repeated or unpublished shows.
enum TortureRecord {
    static let byteCountMax = 528

    static func byteCount(sequence: UInt64, epoch: UInt32) -> Int { 16 + 8 * Int(mix(sequence, epoch) >> 32 % 65) }

    static func write(sequence: UInt64, epoch: UInt32, to bytes: UnsafeMutableRawPointer) -> Int {
        let count = byteCount(sequence: sequence, epoch: epoch)
        let words = bytes.assumingMemoryBound(to: UInt64.self)
        words[0] = sequence
        words[1] = UInt64(epoch)
        var x = mix(sequence, epoch)
        for index in 2..<max(2, count / 8) {
            x = x &* 0x5851_f42d_4c95_7f2d &+ 0x1405_7b7e_f767_814f
            words[index] = x
        }
        return count
    }

    static func isIntact(_ bytes: UnsafeRawPointer, byteCount: Int, sequence: UInt64, epoch: UInt32) -> Bool {
        let words = bytes.assumingMemoryBound(to: UInt64.self)
        guard byteCount == Self.byteCount(sequence: sequence, epoch: epoch) else { return false }
        guard words[0] == sequence, words[1] == UInt64(epoch) else { return false }
        var x = mix(sequence, epoch), difference: UInt64 = 0
        for index in 2..<max(2, byteCount / 8) {
            x = x &* 0x5851_f42d_4c95_7f2d &+ 0x1405_7b7e_f767_814f
            difference |= words[index] ^ x
        }
        return difference == 0
    }

    private static func mix(_ sequence: UInt64, _ epoch: UInt32) -> UInt64 {
        var x = (sequence ^ UInt64(epoch) << 40) &* 0x9e37_79b9_7f4a_7c15
        x ^= x >> 29
        return x &* 0xbf58_476d_1ce4_e5b9
    }
}
