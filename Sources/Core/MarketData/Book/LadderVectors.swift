/// Four slots of a ladder side by side.
///
/// In a vector operation both operands must be vectors: with a number on one side Swift loops over the slots.
public typealias SlotVector = SIMD4<Int32>

extension UnsafePointer<BookSideLadder> {
    /// How many vectors hold all levels that a record can list.
    @inlinable @inline(__always) public static var vectorCount: Int { 3 }

    @inlinable @inline(__always) public func prices(vector: Int) -> SlotVector { slots(16 * vector) }
    @inlinable @inline(__always) public func sizes(vector: Int) -> SlotVector { slots(64 + 16 * vector) }
    @inlinable @inline(__always) public func counts(vector: Int) -> SlotVector { slots(128 + 16 * vector) }

    @inlinable @inline(__always) func slots(_ offset: Int) -> SlotVector {
        UnsafeRawPointer(self).loadUnaligned(fromByteOffset: offset, as: SlotVector.self)
    }
}

extension SlotVector {
    /// The slots where `mask` does not hold, 0 in the others.
    @inlinable @inline(__always) public func without(_ mask: SIMDMask<SlotVector>) -> SlotVector {
        replacing(with: SlotVector(), where: mask)
    }
}
