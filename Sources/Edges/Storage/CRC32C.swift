import CPlatform

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4): finds torn and damaged frames, not forged ones.
public enum CRC32C {
    /// The checksum of `bytes`, continued from `previous` when they are the next part. By the processor's own
    /// instruction where it has one: that needs no tables, which are in no cache when a message is rare.
    public static func checksum(_ bytes: UnsafeRawBufferPointer, continuing previous: UInt32 = 0) -> UInt32 {
        var crc = previous
        return lh_crc32c(bytes.baseAddress, bytes.count, &crc) != 0 ? crc : byTables(bytes, continuing: previous)
    }

    /// About 1 ns for 2 bytes.
    static func byTables(_ bytes: UnsafeRawBufferPointer, continuing previous: UInt32 = 0) -> UInt32 {
        tables.withUnsafeBufferPointer { table in
            var crc = ~previous
            var index = 0
            // Eight bytes at a step, one table for each ("slicing by 8").
            while index + 8 <= bytes.count {
                let eight = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                let word = eight ^ UInt64(crc)
                crc = 0
                for lane in 0..<8 {
                    let byte = Int(truncatingIfNeeded: (word >> UInt64(8 * lane)) & 255)
                    crc ^= table[(7 - lane) << 8 | byte]
                }
                index += 8
            }
            while index < bytes.count {
                crc = table[Int((crc ^ UInt32(bytes[index])) & 255)] ^ (crc >> 8)
                index += 1
            }
            return ~crc
        }
    }

    /// Entry `n << 8 | b`: the checksum register after byte b and n zero bytes. 0x82f63b78 is the reflected polynomial.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var crc = UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 0 ? crc >> 1 : crc >> 1 ^ 0x82f6_3b78 }
            tables[byte] = crc
        }
        for index in 256..<(8 * 256) {
            let crc = tables[index - 256]
            tables[index] = tables[Int(crc & 255)] ^ (crc >> 8)
        }
        return tables
    }()
}
