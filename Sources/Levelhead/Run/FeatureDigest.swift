import CVectors
import Determinism
import Features
import Security

/// The chain over a run's feature vectors: h ← SHA256(h ‖ block), one block per completed second of event time.
///
/// A block holds the vectors of the second's signals and then the one of its end; in tick mode every group's vector as
/// well. A vector is its values as little-endian Float64, every NaN as 0x7ff8000000000000, and then a bitmap of the
/// values that are defined, first column in the lowest bit of the first byte.
struct FeatureDigest: ~Copyable {
    private(set) var chain = SHA256Digest()
    private var hasher = SHA256Hasher()
    /// Blocks that have ended and are not in the chain yet, and the open one.
    private var block: [UInt8] = []
    /// Where those that have ended end.
    private var ends = InlineArray<16, Int>(repeating: 0)
    private var endCount = 0

    private static let valueBytes = FeatureSchema.columnCount * 8
    private static let vectorBytes = valueBytes + (FeatureSchema.columnCount + 7) / 8
    private static let canonicalNaN: UInt64 = 0x7ff8_0000_0000_0000

    init() { block.reserveCapacity(64 * Self.vectorBytes) }

    /// Adds a vector to the open block.
    mutating func add(_ vector: UnsafeBufferPointer<Double>) {
        let start = block.count
        block.append(contentsOf: repeatElement(0, count: Self.vectorBytes))
        block.withUnsafeMutableBytes { raw in
            guard let out = raw.baseAddress.map({ $0 + start }), let values = vector.baseAddress else { return }
            let bitmap = out + Self.valueBytes
            let whole = vector.count / 8
            for index in 0..<whole {
                let defined = lh_store_defined(out + index &* 64, values + index &* 8)
                bitmap.storeBytes(of: UInt8(truncatingIfNeeded: defined), toByteOffset: index, as: UInt8.self)
            }
            var defined: UInt8 = 0
            for index in whole * 8..<vector.count {
                // Only NaN differs from itself.
                let isDefined = values[index] == values[index]
                let bits = isDefined ? values[index].bitPattern : Self.canonicalNaN
                out.storeBytes(of: bits.littleEndian, toByteOffset: index &* 8, as: UInt64.self)
                defined |= (isDefined ? 1 : 0) &<< UInt8(index & 7)
            }
            if whole * 8 < vector.count { bitmap.storeBytes(of: defined, toByteOffset: whole, as: UInt8.self) }
        }
    }

    /// Ends a second.
    mutating func closeBlock() {
        settle()
        block.withUnsafeBytes { chain = hasher.chain(chain, $0) }
        block.removeAll(keepingCapacity: true)
    }

    /// Ends a second, and leaves it to `settle` to take it into the chain, which takes some microseconds.
    mutating func endBlock() {
        ends[endCount] = block.count
        endCount += 1
        if endCount == ends.count { settle() }
    }

    /// Takes the seconds that have ended into the chain. To be called before the digest is saved.
    mutating func settle() {
        if endCount == 0 { return }
        let last = ends[endCount - 1]
        block.withUnsafeBytes { bytes in
            var start = 0
            for index in 0..<endCount {
                let end = ends[index]
                chain = hasher.chain(chain, UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
                start = end
            }
        }
        endCount = 0
        if last == block.count { block.removeAll(keepingCapacity: true) } else { block.removeFirst(last) }
    }

    /// Lets go of what is in no chain yet: it is nobody's.
    mutating func forget() {
        block.removeAll(keepingCapacity: true)
        endCount = 0
    }

    /// Takes what is left of a second that the tape did not complete into the chain.
    mutating func finish() -> SHA256Digest {
        settle()
        if !block.isEmpty { closeBlock() }
        return chain
    }

    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        settle()
        try archive.field(&chain)
        try archive.field(&block)
    }
}

/// A chain over records with canonical bytes: h ← SHA256(h ‖ record).
struct RecordDigest: ~Copyable {
    private(set) var chain = SHA256Digest()
    private(set) var count: UInt64 = 0
    private var hasher = SHA256Hasher()

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        chain = hasher.chain(chain, bytes)
        count += 1
    }

    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&chain)
        try archive.field(&count)
    }
}
