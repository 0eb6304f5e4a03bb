/// What those rows of a level are made of that move with time alone, two side by side: between events they cost a few
/// vector operations. Made anew when something has happened to the level, when its sums have moved to another landmark
/// and when a warm-up ends.
///
/// Instants are ns since a base that all levels share, whole numbers that a Double holds exactly; what is not defined
/// now is NaN, as is everything of a family that is left out, and an instant that has not come lies beyond all time.
struct LevelTerms: BitwiseCopyable {
    /// Of the last touch, and since when price is near.
    fileprivate var instants: SIMD2<Double>
    /// Twice the ns to add: none, and those near before that.
    fileprivate var nearBefore: SIMD2<Double>
    /// Of the test's start, and of the last cross.
    fileprivate var starts: SIMD2<Double>
    /// Half a ns in seconds, and the same times the side on which the mid lies.
    fileprivate var scales: SIMD2<Double>
    /// 2^(−(t−t₀)/h) at the landmark for the half-lives of 30 and 10 s.
    fileprivate var ages: SIMD2<Double>
    /// Contracts of the attack and the delta, at the landmark, and what they are divided by.
    fileprivate var trades: SIMD2<Double>
    fileprivate var divisors: SIMD2<Double>
    /// Aggressor orders, at the landmark.
    fileprivate var orders: Double
    /// The level is so old that nothing is missing before it began: rates need no correction.
    fileprivate var isOld: Bool

    fileprivate static let never = 1e300
    fileprivate static let halfNano = 0.5e-9
    fileprivate static let rateWarmUp: UInt64 = 10_000_000_000
    fileprivate static let absorptionWarmUp: UInt64 = 30_000_000_000

    /// The span of time around `time` in which no warm-up of the level ends, [start, end) ns.
    static func span(_ level: UnsafePointer<LevelState>, at time: UInt64) -> (start: UInt64, end: UInt64) {
        let since = level.pointee.activeSince
        guard level.pointee.isActive else { return (0, .max) }
        switch time &- since {
        case ..<rateWarmUp: return (since, since &+ rateWarmUp)
        case ..<absorptionWarmUp: return (since &+ rateWarmUp, since &+ absorptionWarmUp)
        default: return (since &+ absorptionWarmUp, .max)
        }
    }
}

/// What the terms of all levels are multiplied with at a row's time.
struct LevelMoment {
    /// The row's time and the last one up to which price may count as near, ns since the base.
    fileprivate let times: SIMD2<Double>
    fileprivate let time: SIMD2<Double>
    /// What is left of a sum at the landmark for the half-lives of 30 and 10 s, and as rates per second.
    fileprivate let left: SIMD2<Double>
    fileprivate let rates: SIMD2<Double>

    @inline(__always)
    init(_ row: borrowing RowContext) {
        func instant(_ time: UInt64, _ base: UInt64) -> Double { Double(Int64(bitPattern: time &- base)) }
        let now = instant(row.time, row.sessionStart)
        let nearUntil = instant(min(row.time, row.mid.usableUntil), row.sessionStart)
        times = SIMD2(now, nearUntil)
        time = SIMD2(now, now)
        left = SIMD2(row.clock.pointee.left.h30, row.clock.pointee.left.h10)
        rates = left * SIMD2(0.6931471805599453 / 30, 0.6931471805599453 / 10)
    }
}

extension UnsafeMutablePointer<LevelTerms> {
    /// Makes the terms anew, number by number where they lie: a copy would be waited for.
    ///
    /// - Parameters:
    ///   - base: the instant that all others are counted from, ns.
    ///   - time: of the row, ns.
    func set(_ level: UnsafePointer<LevelState>, base: UInt64, time: UInt64) {
        func instant(_ time: UInt64) -> Double { Double(Int64(bitPattern: time &- base)) }
        let (test, tallies) = (level.pointee.test, level.pointee.tallies)
        let age = time &- level.pointee.activeSince
        let families = level.pointee.parameters.families
        let (hasTimes, hasCross) = (families.contains(.levelInteraction), families.contains(.levelConfirmation))
        pointee.instants = SIMD2(
            defined(hasTimes && test.lastTouch > 0, instant(test.lastTouch)),
            defined(hasTimes, tallies.isNear ? instant(tallies.nearSince) : LevelTerms.never))
        pointee.nearBefore = SIMD2(0, 2 * Double(tallies.timeNear))
        pointee.starts = SIMD2(
            defined(hasTimes, test.isTesting ? instant(test.testStart) : LevelTerms.never),
            defined(hasCross && tallies.crossedAt > 0, instant(tallies.crossedAt)))
        pointee.scales = SIMD2(LevelTerms.halfNano, LevelTerms.halfNano * level.pointee.midSide)
        let hasTrades = families.contains(.levelTrades)
        let isWarm = age >= LevelTerms.rateWarmUp
        let age30 = defined(isWarm && families.contains(.levelFlow), level.pointee.flow.age.left)
        let age10 = defined(isWarm && hasTrades, level.pointee.trades.ordersAge.left)
        pointee.ages = SIMD2(age30, age10)
        pointee.isOld = age30 < 0x1p-54 && age10 < 0x1p-54
        pointee.trades = SIMD2(
            level.pointee.trades.sums30[BandTrades.Sum30.attack], level.pointee.trades.sums30[BandTrades.Sum30.delta])
        pointee.divisors = SIMD2(
            defined(hasTrades && age >= LevelTerms.absorptionWarmUp, level.pointee.absorptionDivisor),
            defined(hasTrades, 1))
        pointee.orders = level.pointee.trades.orders[0]
    }
}

extension UnsafePointer<LevelTerms> {
    /// Writes the rows of times: since the last touch, near the level, in the test, and since the cross.
    @inline(__always)
    func writeTimes(_ out: UnsafeMutablePointer<Double>, _ moment: borrowing LevelMoment) {
        let spans = Self.twicePositive(moment.times - pointee.instants) + pointee.nearBefore
        let durations = Self.twicePositive(moment.time - pointee.starts) * pointee.scales
        out.store(spans * SIMD2(repeating: 0.5e-9), at: .timeSinceLastTouch)
        out[.testDuration] = durations[0]
        out[.timeSinceCross] = durations[1]
    }

    /// x + |x|: twice what is positive, 0 for the rest.
    @inline(__always)
    private static func twicePositive(_ x: SIMD2<Double>) -> SIMD2<Double> {
        let bits = unsafeBitCast(x, to: SIMD2<UInt64>.self) & SIMD2(repeating: UInt64(Int64.max))
        return x + unsafeBitCast(bits, to: SIMD2<Double>.self)
    }

    /// Writes what decays: the six rates of resting orders, absorption and delta, and the rate of orders.
    @inline(__always)
    func writeSums(
        _ out: UnsafeMutablePointer<Double>, _ moment: borrowing LevelMoment,
        flow: UnsafePointer<ExponentialSums<6>>
    ) {
        let factors =
            pointee.isOld ? moment.rates : moment.rates / (SIMD2(repeating: 1.0) - pointee.ages * moment.left)
        let sums = UnsafeRawPointer(flow)
        let factor = SIMD2(factors[0], factors[0])
        out.store(sums.loadUnaligned(as: SIMD2<Double>.self) * factor, at: .bidAdded)
        out.store(sums.loadUnaligned(fromByteOffset: 16, as: SIMD2<Double>.self) * factor, at: .bidCancelled)
        out.store(sums.loadUnaligned(fromByteOffset: 32, as: SIMD2<Double>.self) * factor, at: .bidFilled)
        let left = SIMD2(moment.left[0], moment.left[0])
        out.store(pointee.trades * left / pointee.divisors, at: .absorption)
        out[.tradeIntensity] = pointee.orders * factors[1]
    }
}

extension UnsafeMutablePointer<Double> {
    /// Writes a feature and the one after it.
    @inline(__always)
    fileprivate func store(_ values: SIMD2<Double>, at feature: LevelFeature) {
        UnsafeMutableRawPointer(self + feature.rawValue).storeBytes(of: values, as: SIMD2<Double>.self)
    }
}
