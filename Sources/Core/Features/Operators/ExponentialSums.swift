/// `value`, or 0 once it has all but vanished, when nothing has fed it for a thousand half-lives (K.3-37). Below that,
/// numbers lose digits and are slow, and at last they stay: the least of them times 0.9 is itself again.
@inlinable func flushed(_ value: Double) -> Double { abs(value) < 0x1p-1000 ? 0 : value }

/// `N` exponentially weighted sums of one half-life: S ← S·2^(−Δt/h) + v (FEATURES A.5), decayed together.
@frozen public struct ExponentialSums<let N: Int>: BitwiseCopyable, Sendable {
    @usableFromInline var sums: InlineArray<N, Double>

    @inlinable public init() { sums = InlineArray(repeating: 0) }

    @inlinable public mutating func decay(_ factor: Double) {
        for index in 0..<N { sums[index] = flushed(sums[index] * factor) }
    }

    /// Counts a value of the time of `gain` in sums that stand at a landmark (`DecayClock`).
    @inlinable public mutating func add(_ value: Double, to index: Int, gain: Double) { sums[index] += value * gain }

    @inlinable public subscript(index: Int) -> Double {
        get { sums[index] }
        set { sums[index] = newValue }
    }
}

/// Σ of 2^(−(t−t₀)/h) for an accumulator that began at t₀: what a rate per second divides by.
@frozen public struct ExponentialAge: BitwiseCopyable, Sendable {
    /// 2^(−(t−t₀)/h).
    @usableFromInline var left: Double = 1

    @inlinable public init() {}

    @inlinable public mutating func decay(_ factor: Double) { left = flushed(left * factor) }

    /// What a sum that stands at the landmark is multiplied by to become a rate per second, `decay` being what is left of
    /// it now.
    @inlinable public func rateFactor(halfLife: Double, decay: Double) -> Double {
        decay * (0.6931471805599453 / halfLife) / (1 - left * decay)
    }

    /// An accumulator that began at the time of `gain`, seen from the landmark.
    @inlinable public init(gain: Double) { left = gain }

    /// Turns a sum of half-life `halfLife` seconds into a rate per second, corrected for the time before t₀ in which
    /// nothing was counted.
    @inlinable public func rate(_ sum: Double, halfLife: Double) -> Double {
        sum * (0.6931471805599453 / halfLife) / (1 - left)
    }
}

/// The time-weighted exponential mean of a step function y: A ← A·d + y·(1−d), G ← G·d + (1−d), value A/G. While y is
/// not defined both only decay.
@frozen public struct TimeWeightedMean: BitwiseCopyable, Sendable {
    @usableFromInline var weighted: Double = 0
    @usableFromInline var weight: Double = 0
    /// y from the last change on; NaN while it is not defined.
    public var value: Double = .nan

    @inlinable public init() {}

    /// Lets time pass with the value as it is.
    @inlinable public mutating func decay(_ factor: Double) {
        // Both vanish together: the mean is not defined any more, not a ratio of what rounding left.
        weight = flushed(weight * factor)
        weighted = weight == 0 ? 0 : flushed(weighted * factor)
        if !value.isNaN {
            weighted += value * (1 - factor)
            weight += 1 - factor
        }
    }

    /// NaN before y was defined for any time.
    @inlinable public var mean: Double { weight > 0 ? weighted / weight : .nan }
}
