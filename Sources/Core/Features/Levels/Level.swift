/// The five price levels, in the order of their columns.
@frozen public enum LevelKind: Int, CaseIterable, BitwiseCopyable, Sendable {
    case premarketHigh
    case premarketLow
    case openingRangeHigh
    case openingRangeLow
    case movingAverage

    /// The prefix of the level's columns.
    public var name: String {
        switch self {
        case .premarketHigh: "pm_high"
        case .premarketLow: "pm_low"
        case .openingRangeHigh: "or_high"
        case .openingRangeLow: "or_low"
        case .movingAverage: "sma_90"
        }
    }
}

/// Where a level lies: numerator/denominator ticks, exactly. The four session levels have denominator 1; the moving
/// average is a sum of closes over their number and may lie between ticks.
@frozen public struct LevelPrice: BitwiseCopyable, Sendable, Equatable {
    public var numerator: Int64
    public var denominator: Int64
    /// L/τ.
    public var ticks: Double
    /// ℓ = floor(L/τ + ½), the tick around which book bands lie.
    public var nearest: Int32

    /// - Precondition: `denominator` is positive.
    public init(numerator: Int64, denominator: Int64 = 1) {
        precondition(denominator > 0, "a level is a mean of at least one price")
        self.numerator = numerator
        self.denominator = denominator
        ticks = Double(numerator) / Double(denominator)
        let doubled = 2 * numerator + denominator
        let divisor = 2 * denominator
        let quotient = doubled / divisor
        let floored = doubled % divisor < 0 ? quotient - 1 : quotient
        nearest = Int32(floored)
    }

    /// price − L in units of 1/denominator tick.
    @inlinable public func offset(ofPrice price: Int32) -> Int64 { Int64(price) &* denominator &- numerator }

    /// m − L in units of 1/(2·denominator) tick.
    @inlinable public func offset(ofTwiceMid twiceMid: Int32) -> Int64 {
        Int64(twiceMid) &* denominator &- 2 &* numerator
    }

    /// |price − L| ≤ ticks, decided in integers.
    @inlinable public func isWithin(_ ticks: Int64, ofPrice price: Int32) -> Bool {
        abs(offset(ofPrice: price)) <= ticks &* denominator
    }
}

/// The distances, in ticks, that decide when price is at a level (FEATURES A.14).
@frozen public struct LevelParameters: BitwiseCopyable, Sendable, Equatable {
    /// k: half-width of the band in which depth and flow count as the level's.
    public var band: Int32
    /// b: a trade this close starts a test.
    public var touch: Int32
    /// R: a mid this far away ends it, and decides from which side price comes.
    public var reset: Int32
    /// w: how far beyond the level depth is summed.
    public var beyond: Int32
    /// An aggressor order of at least so many contracts is large.
    public var largeTrade: Int64
    /// What is computed.
    public var families = FeatureFamilies.all

    public init(band: Int32 = 4, touch: Int32 = 2, reset: Int32 = 8, beyond: Int32 = 8, largeTrade: Int64 = 25) {
        self.band = band
        self.touch = touch
        self.reset = reset
        self.beyond = beyond
        self.largeTrade = largeTrade
    }
}
