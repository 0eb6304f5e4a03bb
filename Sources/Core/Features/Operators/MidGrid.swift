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

    /// Twice the mid `lag` seconds before the newest completed one, or `absent`.
    @inlinable public func twiceMid(lag: Int) -> Int32 {
        ring[Int(truncatingIfNeeded: count &- 1 &- UInt64(lag)) & (Self.capacity - 1)]
    }

    /// m_J − m_{J−lag} in ticks; NaN when either is not defined.
    @inlinable public func change(lag: Int) -> Double { change(from: lag, to: 0) }

    /// m_{J−to} − m_{J−from} in ticks; NaN when either is not defined.
    @inlinable public func change(from: Int, to: Int) -> Double {
        let new = twiceMid(lag: to)
        let old = twiceMid(lag: from)
        return new == Self.absent || old == Self.absent ? .nan : Double(new &- old) * 0.5
    }

    /// Σ |m_i − m_{i−1}| over the last 60 seconds, ticks; NaN when a mid in the window is not defined.
    @inlinable public var path: Double { pathGaps == 0 ? Double(pathTwice) * 0.5 : .nan }

    /// Completes one second. O(1).
    public mutating func push(_ twiceMid: Int32) {
        removeOldestStep()
        ring[Int(truncatingIfNeeded: count) & (Self.capacity - 1)] = twiceMid
        count &+= 1
        addStep(new: twiceMid, old: self.twiceMid(lag: 1), sign: 1)
    }

    /// Completes at least `capacity` seconds without a mid.
    public mutating func pushAbsent(seconds: UInt64) {
        precondition(seconds >= UInt64(Self.capacity), "every kept second is replaced")
        ring = InlineArray(repeating: Self.absent)
        count &+= seconds
        pathTwice = 0
        pathGaps = Self.initialGaps
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
