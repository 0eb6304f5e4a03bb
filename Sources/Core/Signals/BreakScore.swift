/// The weighted score of break against bounce: a pure function of the inputs.
@frozen public struct BreakScore: BitwiseCopyable, Sendable {
    /// The components, and one that is always known, is 0 and has no weight: eight at once.
    @usableFromInline let lanes: SIMD8<Double>
    /// Percent of the weight that is available.
    public let weight: Int
    /// B in [−1, 1], positive for a break; NaN when nothing is available.
    public let value: Double

    public init(_ inputs: LevelSignalInputs, _ configuration: LevelSignalConfiguration) {
        self.init(
            inputs, weights: Self.weights(configuration), penetrationFull: configuration.penetrationFull,
            velocityFull: configuration.velocityFull)
    }

    /// - Parameter weights: `weights` of the configuration.
    @inline(__always)
    init(_ inputs: borrowing LevelSignalInputs, weights: SIMD8<Double>, penetrationFull: Double, velocityFull: Double) {
        let a = inputs.approachSide
        let rho = inputs.replenishmentRatio
        let penetration = Self.clip(inputs.penetration, -.greatestFiniteMagnitude, penetrationFull)
        let raw = SIMD8(
            a * inputs.tradeImbalance, a * inputs.orderFlowImbalance, (1 - rho) / (1 + rho),
            a * inputs.queueImbalance, 2 * penetration / penetrationFull - 1, inputs.velocity / velocityFull,
            -Self.clip(inputs.tradedToDisplayed - 1, 0, 1), 0)
        // A NaN stays one: no comparison with it holds.
        let (low, high) = (SIMD8(repeating: -1.0), SIMD8(repeating: 1.0))
        let raised = raw.replacing(with: low, where: raw .< low)
        lanes = raised.replacing(with: high, where: raised .> high)
        // What is missing adds nothing, without a jump: at every group it would be another one's turn.
        let isKnown = lanes .== lanes
        let available = Self.sum(SIMD8(repeating: 0).replacing(with: weights, where: isKnown))
        let sum = Self.sum(SIMD8(repeating: 0).replacing(with: weights * lanes, where: isKnown))
        weight = Int(available)
        value = available == 0 ? .nan : sum / available
    }

    /// Aggression, order flow, liquidity ahead, book, penetration, velocity, iceberg: each in [−1, 1], NaN if missing.
    public var components: InlineArray<7, Double> {
        [lanes[0], lanes[1], lanes[2], lanes[3], lanes[4], lanes[5], lanes[6]]
    }

    /// The weights as they are multiplied, whole numbers.
    static func weights(_ configuration: LevelSignalConfiguration) -> SIMD8<Double> {
        var weights = SIMD8(repeating: 0.0)
        for index in configuration.weights.indices { weights[index] = Double(configuration.weights[index]) }
        return weights
    }

    /// One after the other, as the order of additions matters.
    @inline(__always)
    private static func sum(_ x: SIMD8<Double>) -> Double {
        0 + x[0] + x[1] + x[2] + x[3] + x[4] + x[5] + x[6]
    }

    /// A NaN stays one: no comparison with it holds.
    @inline(__always) static func clip(_ x: Double, _ low: Double, _ high: Double) -> Double {
        let raised = x < low ? low : x
        return raised > high ? high : raised
    }
}
