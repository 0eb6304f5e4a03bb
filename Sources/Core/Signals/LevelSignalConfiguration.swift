import Units

/// Constants of the level break/bounce signal. The weights are priors, not fitted.
@frozen public struct LevelSignalConfiguration: BitwiseCopyable, Sendable {
    /// Weights in percent, so that sums of them are exact: aggression, order flow, liquidity ahead, book, penetration,
    /// velocity, iceberg.
    public var weights: InlineArray<7, Int> = [25, 20, 20, 10, 10, 10, 5]
    /// Percent of the weight that must be available.
    public var weightNeeded = 60
    /// Break at or above, bounce at or below its negative.
    public var threshold = 0.35
    /// For how long the threshold must hold at every group.
    public var hold = Nanoseconds.seconds(3)
    /// For how long after the end of a test it is still evaluated.
    public var aftermath = Nanoseconds.seconds(60)
    /// Ticks of penetration that count fully.
    public var penetrationFull = 4.0
    /// Ticks per second that count fully.
    public var velocityFull = 2.0
    /// Contracts in the band for full confidence.
    public var volumeFull = 200.0

    public init() {}

    /// All the weight there is, percent.
    public var weightTotal: Int {
        var total = 0
        for i in weights.indices { total += weights[i] }
        return total
    }
}
