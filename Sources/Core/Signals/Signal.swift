import Determinism
import Orders
import Units

@frozen public enum SignalKind: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    /// Price is going through the level.
    case breakout = 1
    /// Price is going away from the level.
    case bounce = 2
}

/// A level that is being tested has been decided.
@frozen public struct Signal: BitwiseCopyable, Sendable {
    /// Position in this run's stream of signals, from 1.
    public var sequence: UInt64
    /// Group time, and the receive clock: usable from then on.
    public var time, receiveTime: Timestamp
    /// 0 … 4: pm_high, pm_low, or_high, or_low, sma_90.
    public var level: UInt8
    public var kind: SignalKind
    public var quality: DataQuality
    /// Test of the level in its session, from 1.
    public var test: UInt32
    /// s = a·B in [−1, 1]: positive is long.
    public var score: Double
    /// In [0, 1].
    public var confidence: Double
    /// What the score was made of (`BreakScore.components`).
    public var components: InlineArray<7, Double>

    /// The same, of records that were received too long ago for its receiver to open a position on it.
    public var late: Signal {
        var signal = self
        signal.quality.insert(.stale)
        return signal
    }

    /// The side to trade.
    @inlinable public var direction: Side { score >= 0 ? .buy : .sell }
}

extension Signal: BoundedElement {
    public static var blank: Signal {
        Signal(
            sequence: 0, time: .undefined, receiveTime: .undefined, level: 0, kind: .breakout, quality: [], test: 0,
            score: 0, confidence: 0, components: InlineArray(repeating: 0))
    }

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&sequence)
        try archive.field(&time)
        try archive.field(&receiveTime)
        try archive.field(&level)
        try archive.code(&kind)
        try archive.field(&quality)
        try archive.field(&test)
        try archive.field(&score)
        try archive.field(&confidence)
        try archive.field(&components)
    }
}

extension Signal: CanonicalBytes {
    public static let byteCount = 104

    /// ```
    ///  0          8      16     24      25     26        28     32      40           48             104
    ///  | sequence | time | recv | level | kind | quality | test | score | confidence | 7 components |
    /// ```
    /// `sequence` UInt64, times UInt64 ns, `level`, `kind` UInt8, `quality` UInt16, `test` UInt32, the rest Float64.
    public func write(into writer: inout CanonicalWriter) {
        writer.put(sequence)
        writer.put(time.nanoseconds)
        writer.put(receiveTime.nanoseconds)
        writer.put(level)
        writer.put(kind.rawValue)
        writer.put(quality.rawValue)
        writer.put(test)
        writer.put(score)
        writer.put(confidence)
        for i in components.indices { writer.put(components[i]) }
    }
}
