import Histogram
import Synchronization

/// How long something took, counted by one thread and read by any.
///
/// Recording is O(1): two loads and two stores of atomics that no other thread writes, no read-modify-write, no
/// allocation, no lock. A reader copies the counts into an HDR histogram; what is recorded meanwhile may be in it or
/// not.
public final class LatencyRecorder: @unchecked Sendable {
    // SAFETY of @unchecked: every cell is atomic and written by one thread.
    private let counts: UnsafeMutablePointer<Atomic<UInt64>>
    private let sum: UnsafeMutablePointer<Atomic<UInt64>>
    private let backwards: UnsafeMutablePointer<Atomic<UInt64>>

    public init() {
        counts = .allocate(capacity: LatencyBuckets.count + 2)
        for index in 0..<LatencyBuckets.count + 2 { (counts + index).initialize(to: Atomic(0)) }
        sum = counts + LatencyBuckets.count
        backwards = sum + 1
    }

    deinit {
        counts.deinitialize(count: LatencyBuckets.count + 2)
        counts.deallocate()
    }

    /// Always from the same thread. A negative span, from clocks that disagree, is counted apart.
    public func record(nanoseconds: Int64) {
        guard nanoseconds >= 0 else {
            Self.add(1, to: backwards)
            return
        }
        let value = UInt64(nanoseconds)
        Self.add(1, to: counts + LatencyBuckets.index(of: value))
        Self.add(value, to: sum)
    }

    /// Sum of all spans, and how many were negative.
    var totals: (sum: UInt64, backwards: UInt64) {
        (sum.pointee.load(ordering: .relaxed), backwards.pointee.load(ordering: .relaxed))
    }

    /// The counts so far, each at the largest value of its bucket.
    public func histogram() -> Histogram<UInt64> {
        var histogram = Histogram<UInt64>(
            highestTrackableValue: LatencyBuckets.largest, numberOfSignificantValueDigits: .two)
        for index in 0..<LatencyBuckets.count {
            let count = counts[index].load(ordering: .relaxed)
            if count > 0 { histogram.record(LatencyBuckets.upperEnd(of: index), count: count) }
        }
        return histogram
    }

    private static func add(_ value: UInt64, to cell: UnsafeMutablePointer<Atomic<UInt64>>) {
        cell.pointee.store(cell.pointee.load(ordering: .relaxed) &+ value, ordering: .relaxed)
    }
}
