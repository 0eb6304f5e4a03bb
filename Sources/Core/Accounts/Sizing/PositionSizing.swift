import Orders
import Units

/// What a size is computed from.
@frozen public struct SizingInputs: Hashable, BitwiseCopyable, Sendable {
    /// What the account or the book is worth now, its starting balance included.
    public var equity: Money
    /// From the entry to its stop; positive.
    public var stopDistance: Ticks
    /// Average true range of the bars that the target is stated for, in ticks of the traded contract. NaN when unknown.
    public var averageTrueRange: Double
    public var terms: ContractTerms
    /// Contracts, at most.
    public var maximum: Quantity

    public init(
        equity: Money, stopDistance: Ticks, averageTrueRange: Double, terms: ContractTerms, maximum: Quantity
    ) {
        self.equity = equity
        self.stopDistance = stopDistance
        self.averageTrueRange = averageTrueRange
        self.terms = terms
        self.maximum = maximum
    }

    /// What one contract loses at its stop, fees and slippage aside.
    @inlinable public var lossAtStop: Money { terms.moneyPerTick * stopDistance.count }
}

/// How many contracts to trade: whole ones, rounded down, at least none and at most `maximum`. A rule that cannot tell
/// (no stop, no range, no equity) says none.
@frozen public enum PositionSizing: Hashable, BitwiseCopyable, Sendable {
    case fixed(Quantity)
    /// So many that all of them lose at most this share of equity at the stop: ⌊equity · risk / loss at stop⌋.
    case fixedFractional(risk: ExactRatio)
    /// So many that an average range moves the account by at most this: ⌊target / (ATR · money per tick)⌋.
    case volatilityTarget(Money)
    /// So many that the loss at the stop is min(f · multiple, cap) of equity, f = p − (1 − p)/b the Kelly fraction of a
    /// bet that is won with probability p and then pays b times its loss. A multiple of 0.5 is half Kelly.
    case kelly(winProbability: ExactRatio, payoff: ExactRatio, multiple: ExactRatio, cap: ExactRatio)

    public func contracts(_ inputs: SizingInputs) -> Quantity {
        let wanted: Int128
        switch self {
        case .fixed(let quantity): wanted = Int128(quantity.contracts)
        case .fixedFractional(let risk): wanted = PositionSizing.risking(risk, inputs)
        case .volatilityTarget(let target): wanted = PositionSizing.moving(target, inputs)
        case .kelly: wanted = PositionSizing.risking(kellyShare, inputs)
        }
        let most = Int128(max(0, inputs.maximum.contracts))
        return Quantity(Int64(min(max(0, wanted), most)))
    }

    /// The share of equity that Kelly's rule risks, rounded down to 1e-9, between zero and the cap. Zero for the other
    /// rules and for a bet without an edge.
    public var kellyShare: ExactRatio {
        guard case .kelly(let win, let payoff, let multiple, let cap) = self, payoff > .zero else { return .zero }
        let unit = ExactRatio.unit
        let (p, b) = (Int128(win.billionths), Int128(payoff.billionths))
        // p − (1 − p)/b over the common denominator unit · b.
        let edge = p * b - unit * (unit - p)
        let share = floored(edge * Int128(multiple.billionths), by: unit * b)
        return ExactRatio(billionths: Int64(max(0, min(share, Int128(cap.billionths)))))
    }

    /// What makes no sense, by the name of the key; nil when all is well.
    public var problem: String? {
        switch self {
        case .fixed(let quantity): return quantity.contracts < 0 ? "quantity" : nil
        case .fixedFractional(let risk): return risk < .zero || risk > .one ? "risk" : nil
        case .volatilityTarget(let target): return target < .zero ? "target" : nil
        case .kelly(let win, let payoff, let multiple, let cap):
            if win < .zero || win > .one { return "winProbability" }
            if payoff <= .zero || payoff > PositionSizing.largestPayoff { return "payoff" }
            if multiple < .zero || multiple > .one { return "multiple" }
            return cap < .zero || cap > .one ? "cap" : nil
        }
    }

    /// Products stay within 128 bits up to here.
    private static let largestPayoff = ExactRatio(billionths: 1_000_000_000_000)

    /// ⌊equity · share / loss at stop⌋, rounded once.
    private static func risking(_ share: ExactRatio, _ inputs: SizingInputs) -> Int128 {
        guard inputs.stopDistance > .zero, inputs.lossAtStop > .zero, inputs.equity > .zero else { return 0 }
        let risked = Int128(inputs.equity.nanos) * Int128(share.billionths)
        return floored(risked, by: Int128(inputs.lossAtStop.nanos) * ExactRatio.unit)
    }

    /// ⌊target / (ATR · money per tick)⌋, the range in whole millionths of a tick, rounded up.
    private static func moving(_ target: Money, _ inputs: SizingInputs) -> Int128 {
        let range = inputs.averageTrueRange
        guard range > 0, range < 1e9 else { return 0 }
        let millionths = Int128(Int64((range * 1e6).rounded(.up)))
        return floored(
            Int128(target.nanos) * 1_000_000, by: millionths * Int128(inputs.terms.moneyPerTick.nanos))
    }
}
