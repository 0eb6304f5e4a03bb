import CPlatform
import Synchronization

/// One value that a single thread stores and any thread loads, without a lock on either side.
///
/// The value lies in atomic words between two loads of a counter that is odd while a store is under way: a reader that
/// sees the counter move reads again. A store writes `MemoryLayout<Value>.size / 8` words and never waits. Every access
/// is atomic, so the sanitizer's silence means something.
public final class SequenceLockCell<Value: BitwiseCopyable & Sendable>: @unchecked Sendable {
    // SAFETY of @unchecked: the words are atomic, one thread stores, and what a reader returns was read between two
    // equal even counters.
    @usableFromInline let words: UnsafeMutablePointer<Atomic<UInt64>>
    @usableFromInline let counter: UnsafeMutablePointer<Atomic<UInt64>>

    @inlinable static var wordCount: Int { (MemoryLayout<Value>.size + 7) / 8 }

    public init(_ value: Value) {
        words = .allocate(capacity: Self.wordCount)
        for index in 0..<Self.wordCount { (words + index).initialize(to: Atomic(0)) }
        counter = .allocate(capacity: 1)
        counter.initialize(to: Atomic(0))
        store(value)
    }

    deinit {
        words.deinitialize(count: Self.wordCount)
        words.deallocate()
        counter.deinitialize(count: 1)
        counter.deallocate()
    }

    /// Replaces the value. Always from the same thread. Allocates nothing.
    @inlinable public func store(_ value: Value) {
        let before = counter.pointee.load(ordering: .relaxed)
        counter.pointee.store(before &+ 1, ordering: .relaxed)
        // Each word is stored with release order, so no reader sees one without the odd counter.
        withUnsafeBytes(of: value) { bytes in
            for index in 0..<Self.wordCount { words[index].store(Self.word(index, of: bytes), ordering: .releasing) }
        }
        counter.pointee.store(before &+ 2, ordering: .releasing)
    }

    /// The last value stored, whole. Waits only while a store is under way.
    @inlinable public func load() -> Value {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Self.wordCount) { copy in
            while true {
                let before = counter.pointee.load(ordering: .acquiring)
                if before & 1 == 0 {
                    for index in 0..<Self.wordCount { copy[index] = words[index].load(ordering: .acquiring) }
                    if counter.pointee.load(ordering: .relaxed) == before { break }
                }
                lh_cpu_relax()
            }
            return UnsafeRawPointer(copy.baseAddress.unsafelyUnwrapped).loadUnaligned(as: Value.self)
        }
    }

    @inlinable static func word(_ index: Int, of bytes: UnsafeRawBufferPointer) -> UInt64 {
        if 8 * index + 8 <= bytes.count { return bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self) }
        var last: UInt64 = 0
        for offset in 8 * index..<bytes.count { last |= UInt64(bytes[offset]) << UInt64(8 * (offset - 8 * index)) }
        return last
    }
}
