import DBN
import Units

/// A 64-bit digest of what the venue says in a record, to tell whether two are the same. About 20 ns an MBP-10 record;
/// against chance, not against malice.
///
/// Left out is what the capture adds, since a replay may come from another of the gateway's captures: the receive time,
/// the venue's send time (`ts_in_delta`) and the flag that the receive time is bad. Of sampled quotes the receive time
/// is the sample's own and counts.
enum RecordFingerprint {
    private static let byteCountMax = 1_024
    private static let k0: UInt64 = 0xA076_1D64_78BD_642F
    private static let k1: UInt64 = 0xE703_7ED1_A0B4_28DB

    static func of(_ record: RecordView) -> UInt64 {
        withUnsafeTemporaryAllocation(byteCount: byteCountMax, alignment: 16) { copy in
            guard let bytes = copy.baseAddress else { return 0 }
            let count = record.byteCount
            bytes.copyMemory(from: record.bytes, byteCount: count)
            clearCapture(record.type, bytes)
            let padded = (count + 15) & ~15
            var index = count
            while index < padded {
                bytes.storeBytes(of: 0, toByteOffset: index, as: UInt32.self)
                index += 4
            }
            return digest(bytes, padded)
        }
    }

    /// The digest of a sequence, one more record at its end.
    static func chain(_ digest: UInt64, _ next: UInt64) -> UInt64 { mix(digest ^ k0, next ^ k1) }

    /// Sixteen bytes a step, two sums so that one multiplication need not wait for the other.
    private static func digest(_ bytes: UnsafeMutableRawPointer, _ count: Int) -> UInt64 {
        var even = k0 ^ UInt64(count)
        var odd = k1
        var index = 0
        while index + 32 <= count {
            even = mix(load(bytes, index) ^ even, load(bytes, index + 8) ^ k0)
            odd = mix(load(bytes, index + 16) ^ odd, load(bytes, index + 24) ^ k1)
            index += 32
        }
        if index < count { even = mix(load(bytes, index) ^ even, load(bytes, index + 8) ^ k1) }
        return mix(even ^ k1, odd ^ k0)
    }

    private static func load(_ bytes: UnsafeMutableRawPointer, _ offset: Int) -> UInt64 {
        bytes.load(fromByteOffset: offset, as: UInt64.self)
    }

    private static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    private static func clearCapture(_ type: RecordType, _ bytes: UnsafeMutableRawPointer) {
        switch type {
        case .trade, .mbp1, .mbp10, .cmbp1, .tcbbo: clear(bytes, time: 32, delta: 40, flags: 30)
        case .mbo: clear(bytes, time: 40, delta: 48, flags: 36)
        case .statistics: clear(bytes, time: 16, delta: 52, flags: nil)
        case .instrumentDefinition, .status, .imbalance: clear(bytes, time: 16, delta: nil, flags: nil)
        default: break
        }
    }

    private static func clear(_ bytes: UnsafeMutableRawPointer, time: Int, delta: Int?, flags: Int?) {
        bytes.storeBytes(of: 0, toByteOffset: time, as: UInt64.self)
        if let delta { bytes.storeBytes(of: 0, toByteOffset: delta, as: UInt32.self) }
        if let flags {
            let kept = bytes.load(fromByteOffset: flags, as: UInt8.self) & ~RecordFlags.badReceiveTime.rawValue
            bytes.storeBytes(of: kept, toByteOffset: flags, as: UInt8.self)
        }
    }
}
