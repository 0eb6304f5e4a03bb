import Determinism

/// How the mid moved over the last completed seconds, in ticks; NaN when a mid is not defined. Changes once a second.
@frozen public struct MidChanges: BitwiseCopyable, Sendable {
    /// m_J − m_{J−5}, J being the newest completed second.
    public var seconds5 = Double.nan
    /// m_{J−5} − m_{J−10}.
    public var previousSeconds5 = Double.nan
    public var seconds30 = Double.nan
    public var seconds60 = Double.nan
    /// Σ |m_i − m_{i−1}| over the last 60 seconds.
    public var path60 = Double.nan

    public init() {}
}

/// The mid at the end of each of the last seconds: what lags and returns are measured on (FEATURES A.5).
///
/// Values are twice the mid in ticks, so that they stay integers. A second whose mid was not defined is `absent`.
public struct MidGrid: ~Copyable {
    /// Seconds kept: more than the longest lag in use.
    public static let capacity = 2_048
    public static let absent = Int32.min
    private static let pathSeconds = 60

    private let ring: UnsafeMutablePointer<Int32>
    /// Seconds pushed so far.
    private var count: UInt64 = 0
    private var pathTwice: Int64 = 0
    private var pathGaps = Int32(MidGrid.pathSeconds)
    public private(set) var changes = MidChanges()

    public init() {
        ring = .allocate(capacity: Self.capacity)
        ring.initialize(repeating: Self.absent, count: Self.capacity)
    }

    deinit { ring.deallocate() }

    /// Twice the mid `lag` seconds before the newest completed one, or `absent`.
    public func twiceMid(lag: Int) -> Int32 {
        ring[Int(truncatingIfNeeded: count &- 1 &- UInt64(lag)) & (Self.capacity - 1)]
    }

    /// Completes one second. O(1).
    public mutating func push(_ twiceMid: Int32) {
        addStep(new: self.twiceMid(lag: Self.pathSeconds - 1), old: self.twiceMid(lag: Self.pathSeconds), sign: -1)
        ring[Int(truncatingIfNeeded: count) & (Self.capacity - 1)] = twiceMid
        count &+= 1
        addStep(new: twiceMid, old: self.twiceMid(lag: 1), sign: 1)
        readChanges()
    }

    /// Completes at least `capacity` seconds without a mid.
    public mutating func pushAbsent(seconds: UInt64) {
        precondition(seconds >= UInt64(Self.capacity), "every kept second is replaced")
        count &+= seconds
        clear()
    }

    /// Forgets every second.
    public mutating func clear() {
        ring.update(repeating: Self.absent, count: Self.capacity)
        pathTwice = 0
        pathGaps = Int32(Self.pathSeconds)
        readChanges()
    }

    private mutating func addStep(new: Int32, old: Int32, sign: Int32) {
        if new == Self.absent || old == Self.absent {
            pathGaps &+= sign
        } else {
            pathTwice &+= Int64(sign) &* Int64(abs(new &- old))
        }
    }

    private mutating func readChanges() {
        changes.seconds5 = change(from: 5, to: 0)
        changes.previousSeconds5 = change(from: 10, to: 5)
        changes.seconds30 = change(from: 30, to: 0)
        changes.seconds60 = change(from: 60, to: 0)
        changes.path60 = pathGaps == 0 ? Double(pathTwice) * 0.5 : .nan
    }

    private func change(from: Int, to: Int) -> Double {
        let new = twiceMid(lag: to)
        let old = twiceMid(lag: from)
        return new == Self.absent || old == Self.absent ? .nan : Double(new &- old) * 0.5
    }
}

extension MidGrid: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("mid-grid")
        try archive.field(&count)
        try archive.field(&pathTwice)
        try archive.field(&pathGaps)
        try archive.field(&changes)
        for index in 0..<Self.capacity { try archive.field(&ring[index]) }
    }
}
