/// The weighted score of break against bounce: a pure function of the inputs.
@frozen public struct BreakScore: BitwiseCopyable, Sendable {
    /// Aggression, order flow, liquidity ahead, book, penetration, velocity, iceberg: each in [−1, 1], NaN if missing.
    public var components: InlineArray<7, Double>
    /// Percent of the weight that is available.
    public var weight: Int
    /// B in [−1, 1], positive for a break; NaN when nothing is available.
    public var value: Double

    public init(_ inputs: LevelSignalInputs, _ configuration: LevelSignalConfiguration) {
        let a = inputs.approachSide
        let rho = inputs.replenishmentRatio
        let penetration = Self.clip(inputs.penetration, -.greatestFiniteMagnitude, configuration.penetrationFull)
        components = [
            Self.clip(a * inputs.tradeImbalance, -1, 1),
            Self.clip(a * inputs.orderFlowImbalance, -1, 1),
            Self.clip((1 - rho) / (1 + rho), -1, 1),
            Self.clip(a * inputs.queueImbalance, -1, 1),
            Self.clip(2 * penetration / configuration.penetrationFull - 1, -1, 1),
            Self.clip(inputs.velocity / configuration.velocityFull, -1, 1),
            -Self.clip(inputs.tradedToDisplayed - 1, 0, 1),
        ]
        weight = 0
        var sum = 0.0
        for i in components.indices where !components[i].isNaN {
            weight += configuration.weights[i]
            sum += Double(configuration.weights[i]) * components[i]
        }
        value = weight == 0 ? .nan : sum / Double(weight)
    }

    /// A NaN stays one.
    static func clip(_ x: Double, _ low: Double, _ high: Double) -> Double {
        if x.isNaN { return x }
        return x < low ? low : (x > high ? high : x)
    }
}
