/// The mid at the end of each of the last seconds: what lags and returns are measured on (FEATURES A.5).
///
/// Values are twice the mid in ticks, so that they stay integers. A second whose mid was not defined is `absent`.
@frozen public struct MidGrid: BitwiseCopyable, Sendable {
    /// Seconds kept: more than the longest lag in use.
    public static let capacity = 2_048
    public static let absent = Int32.min
    /// The window of the path length (feature B-7), seconds.
    public static let pathSeconds = 60

    @usableFromInline var ring: InlineArray<2_048, Int32>
    /// Seconds pushed so far.
    @usableFromInline var count: UInt64 = 0
    @usableFromInline var pathTwice: Int64 = 0
    @usableFromInline var pathGaps: Int32 = MidGrid.initialGaps

    @usableFromInline static let initialGaps = Int32(60)

    public init() { ring = InlineArray(repeating: Self.absent) }

    /// m_J − m_{J−5}, m_{J−30} and m_{J−60}, and m_{J−5} − m_{J−10}, in ticks; NaN when a mid is not defined. They change once
    /// a second and are read five times a group.
    public private(set) var change5 = Double.nan
    public private(set) var change30 = Double.nan
    public private(set) var change60 = Double.nan
    public private(set) var previousChange5 = Double.nan
    /// Σ |m_i − m_{i−1}| over the last 60 seconds, ticks; NaN when a mid in the window is not defined.
    public private(set) var path = Double.nan

    /// Twice the mid `lag` seconds before the newest completed one, or `absent`.
    public func twiceMid(lag: Int) -> Int32 {
        // Through a span: indexing the inline array itself copies all of it.
        ring.span[Int(truncatingIfNeeded: count &- 1 &- UInt64(lag)) & (Self.capacity - 1)]
    }

    private func change(from: Int, to: Int) -> Double {
        let new = twiceMid(lag: to)
        let old = twiceMid(lag: from)
        return new == Self.absent || old == Self.absent ? .nan : Double(new &- old) * 0.5
    }

    private mutating func readChanges() {
        change5 = change(from: 5, to: 0)
        change30 = change(from: 30, to: 0)
        change60 = change(from: 60, to: 0)
        previousChange5 = change(from: 10, to: 5)
        path = pathGaps == 0 ? Double(pathTwice) * 0.5 : .nan
    }

    /// Completes one second. O(1).
    public mutating func push(_ twiceMid: Int32) {
        removeOldestStep()
        ring[Int(truncatingIfNeeded: count) & (Self.capacity - 1)] = twiceMid
        count &+= 1
        addStep(new: twiceMid, old: self.twiceMid(lag: 1), sign: 1)
        readChanges()
    }

    /// Completes at least `capacity` seconds without a mid.
    public mutating func pushAbsent(seconds: UInt64) {
        precondition(seconds >= UInt64(Self.capacity), "every kept second is replaced")
        ring = InlineArray(repeating: Self.absent)
        count &+= seconds
        pathTwice = 0
        pathGaps = Self.initialGaps
        readChanges()
    }

    private mutating func removeOldestStep() {
        addStep(new: twiceMid(lag: Self.pathSeconds - 1), old: twiceMid(lag: Self.pathSeconds), sign: -1)
    }

    private mutating func addStep(new: Int32, old: Int32, sign: Int32) {
        if new == Self.absent || old == Self.absent {
            pathGaps &+= sign
        } else {
            pathTwice &+= Int64(sign) &* Int64(abs(new &- old))
        }
    }
}
