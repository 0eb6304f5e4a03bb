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
        // What is missing adds nothing, without a jump: at every group it would be another one's turn.
        var (available, sum) = (0, 0.0)
        for i in 0..<7 {
            let isKnown = !components[i].isNaN
            available &+= isKnown ? configuration.weights[i] : 0
            sum += isKnown ? Double(configuration.weights[i]) * components[i] : 0
        }
        weight = available
        value = available == 0 ? .nan : sum / Double(available)
    }

    /// A NaN stays one: no comparison with it holds.
    @inline(__always) static func clip(_ x: Double, _ low: Double, _ high: Double) -> Double {
        let raised = x < low ? low : x
        return raised > high ? high : raised
    }
}
