import Determinism

/// Exponential sums of half-life 300 s that are fed by option trades and read at other instants (FEATURES C.7, B.7).
///
/// All are kept at one common instant, the anchor, which moves with the refreshes: a trade costs one power, a row one
/// short polynomial.
public struct OptionFlowClock: BitwiseCopyable, Sendable {
    private static let halfLife = 300.0
    /// ns.
    public private(set) var anchor: UInt64 = 0
    /// The newest trade of any sum, ns.
    public private(set) var newest: UInt64 = 0

    public init() {}

    /// What a contribution of `time` (ns) weighs at the anchor.
    mutating func weight(at time: UInt64) -> Double {
        if newest == 0 { anchor = time }
        newest = max(newest, time)
        return DeterministicMath.exp2(seconds(from: anchor, to: time) / Self.halfLife)
    }

    /// Moves the anchor to `time` (ns).
    /// - Returns: by what the sums are to be multiplied.
    mutating func move(to time: UInt64) -> Double {
        guard newest > 0, time > anchor else { return 1 }
        let left = remaining(at: time)
        anchor = time
        return left
    }

    /// What is left of a sum at `time`, not before the newest trade (ns).
    @inline(__always)
    func remaining(at time: UInt64) -> Double {
        let x = seconds(from: anchor, to: time) * (DeterministicMath.ln2 / Self.halfLife)
        // The series of e^(−x) up to x⁵: for |x| ≤ 0.004 the next term is below 6e-18.
        guard abs(x) <= 0.004 else { return DeterministicMath.exp(-x) }
        return 1 - x * (1 - x * (0.5 - x * (1.0 / 6 - x * (1.0 / 24 - x * (1.0 / 120)))))
    }

    private func seconds(from start: UInt64, to end: UInt64) -> Double {
        Double(Int64(bitPattern: end &- start)) * 1e-9
    }
}

/// One such sum: its value at the anchor, and when it was fed last.
public struct OptionFlowSum: BitwiseCopyable, Sendable {
    public private(set) var value = 0.0
    /// ns.
    public private(set) var fed: UInt64 = 0

    public init() {}

    mutating func add(_ amount: Double, weight: Double, time: UInt64) {
        value += amount * weight
        fed = max(fed, time)
    }

    mutating func decay(_ factor: Double) { value = flushed(value * factor) }
}

/// What options' trades did at one level, since it became active.
public struct OptionLevel: BitwiseCopyable, Sendable {
    /// The level as it was last seen.
    var isActive = false
    var since: UInt64 = 0
    var numerator: Int64 = 0
    var denominator: Int64 = 1
    var deltaFlow = OptionFlowSum()
    var premiumFlow = OptionFlowSum()
    /// Contracts near the level, and all.
    var nearVolume: Int64 = 0
    var volume: Int64 = 0

    init() {}

    /// Takes the level as it is now.
    mutating func follow(_ level: UnsafePointer<LevelState>) {
        guard level.pointee.isActive else {
            isActive = false
            return
        }
        let price = level.pointee.price
        let activated = level.pointee.activeSince
        if isActive, since == activated, numerator == price.numerator, denominator == price.denominator { return }
        if !isActive || since != activated { self = OptionLevel() }
        isActive = true
        since = activated
        numerator = price.numerator
        denominator = price.denominator
    }
}

/// Contracts that were in the chain when they traded, since 18:00.
public struct OptionVolumes: BitwiseCopyable, Sendable {
    var calls: Int64 = 0
    var puts: Int64 = 0
    /// Of contracts that expire in this session.
    var today: Int64 = 0
    /// Without a known aggressor.
    var unclassified: Int64 = 0

    var all: Int64 { calls &+ puts }

    init() {}

    mutating func add(_ size: Int64, isCall: Bool, isToday: Bool, sign: Int64) {
        if isCall { calls &+= size } else { puts &+= size }
        if isToday { today &+= size }
        if sign == 0 { unclassified &+= size }
    }
}
