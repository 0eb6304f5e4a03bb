/// The time that exponentially weighted sums share: forward decay (Cormode, Shkapenyuk, Srivastava & Xu 2009).
///
/// A sum is kept as it stood at the landmark: a value that comes later counts by `gain` = 2^((t − landmark)/h), and a
/// reader multiplies by `left` = 2^(−(t − landmark)/h). So time costs one evaluation a group, however many sums there
/// are; their state changes when something happens to them, and once a second when the landmark moves.
@frozen public struct DecayClock: BitwiseCopyable, Sendable {
    /// ns.
    public private(set) var landmark: UInt64
    /// ns, not before the landmark.
    public private(set) var time: UInt64
    /// What is left at `time` of a sum that stood at the landmark.
    public private(set) var left = Decay.none
    /// What a value of `time` counts in a sum that stands at the landmark: 1/left.
    public private(set) var gain = Decay.none

    /// How far the landmark may lie behind, ns: gains stay near 1.
    private static var reach: UInt64 { 1_000_000_000 }

    public init(at time: UInt64) {
        landmark = time
        self.time = time
    }

    /// Lets time pass to `time`; nothing when it is past already. Cost: about 10 ns.
    @inline(__always)
    public mutating func move(to time: UInt64) {
        guard time > self.time else { return }
        self.time = time
        // In place, number by number: a copy would be waited for.
        left.set(elapsed: time &- landmark)
        gain.setInverse(of: left)
    }

    /// The landmark is due to move: sums must be multiplied by `left` before `moveLandmark`.
    public var isLandmarkDue: Bool { time &- landmark >= Self.reach }

    public mutating func moveLandmark() {
        landmark = time
        left = .none
        gain = .none
    }
}

extension Decay {
    /// Becomes 1/left, kept finite: nothing is left of what is so old.
    @inline(__always)
    mutating func setInverse(of left: Decay) {
        let inverse = 1 / SIMD2(max(left.h60, 0x1p-160), max(left.h1800, 0x1p-160))
        setPowers(inverse[0], inverse[1])
    }
}

/// The time-weighted exponential mean of a step function y (FEATURES A.5), kept at the landmark: the integral of y's
/// weight, and of the weight where y was defined. Nothing happens to it while y stays as it is.
@frozen public struct StepFunctionMean: BitwiseCopyable, Sendable {
    private var weighted: Double = 0
    private var weight: Double = 0
    /// The gain at y's last change.
    private var since: Double = 1
    /// y from the last change on; NaN while it is not defined.
    public private(set) var value: Double = .nan

    public init() {}

    /// y is `value` from the time of `gain` on.
    @inlinable @inline(__always) public mutating func set(_ value: Double, gain: Double) {
        if value == self.value || (value.isNaN && self.value.isNaN) { return }
        change(to: value, gain: gain)
    }

    @inline(never) @usableFromInline mutating func change(to value: Double, gain: Double) {
        accumulate(gain)
        self.value = value
    }

    private mutating func accumulate(_ gain: Double) {
        if !value.isNaN {
            weighted += value * (gain - since)
            weight += gain - since
        }
        since = gain
    }

    /// The mean up to the time of `gain`; NaN before y was defined for any time.
    @inline(__always) public func mean(gain: Double) -> Double {
        let span = value.isNaN ? 0 : gain - since
        let total = weight + span
        return total > 0 ? (weighted + (value.isNaN ? 0 : value * span)) / total : .nan
    }

    /// Moves the landmark: `left` and `gain` are those of the new one as seen from the old one.
    public mutating func rebase(left: Double, gain: Double) {
        if left * gain < Self.leastProduct, !value.isNaN { return forgetAllButTheLast() }
        accumulate(gain)
        since = 1
        // Both vanish together: the mean is not defined any more, not a ratio of what rounding left.
        weight = flushed(weight * left)
        weighted = weight == 0 ? 0 : flushed(weighted * left)
    }

    /// `left` times `gain` is 1 but for rounding, and less when the gain has been kept finite.
    private static var leastProduct: Double { 1 - 0x1p-40 }

    /// y has held for so long that its weight is 1 and nothing is left of what was before. The gain, which is no longer
    /// 1/left, would make next to nothing of it.
    private mutating func forgetAllButTheLast() {
        since = 1
        weighted = value
        weight = 1
    }
}
