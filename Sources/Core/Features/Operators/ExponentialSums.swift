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

    /// An accumulator that begins at the landmark.
    @inlinable public init() {}

    /// One that begins at the time of `gain`.
    @inlinable public init(gain: Double) { left = gain }

    @inlinable public mutating func decay(_ factor: Double) { left = flushed(left * factor) }

    /// What a sum that stands at the landmark is multiplied by to become a rate per second, corrected for the time
    /// before t₀ in which nothing was counted; `decay` is what is left of the sum now.
    @inlinable public func rateFactor(halfLife: Double, decay: Double) -> Double {
        let factor = decay * (0.6931471805599453 / halfLife)
        let before = left * decay
        // From some age on the correction is 1 to the last bit, and a division would be waited for at every group.
        return before < 0x1p-54 ? factor : factor / (1 - before)
    }
}
