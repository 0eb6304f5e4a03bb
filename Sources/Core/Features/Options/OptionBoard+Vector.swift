import Determinism
import MarketData

extension OptionBoard {
    /// Writes the option features into a leading contract's vector: those of the refresh only when they or a level have
    /// changed, decaying flows every time.
    ///
    /// - Parameters:
    ///   - values: the whole vector.
    ///   - leader: the five levels as the row has them.
    ///   - time: of the row, ns.
    ///   - seen: the version that the vector holds.
    public mutating func write(
        _ values: UnsafeMutablePointer<Double>, leader: UnsafePointer<LevelState>, at time: UInt64, seen: inout UInt64
    ) {
        guard version > 0 else { return }
        if time >= state.nextOpen { enterSession(at: time) }
        let isNew = seen != version
        let market = values + FeatureSchema.marketOffset
        if isNew {
            writeMarket(market)
            seen = version
        }
        // The realized side belongs to another operator, which writes it when it likes.
        market[.impliedMinusRealized] = market[.atmVolatility30d] - market[.yangZhangVolatility]
        let left = state.clock.remaining(at: time)
        let past = time < state.clock.newest ? time : .max
        writeFlows(market, left, past)
        for index in 0..<FeatureSchema.levelCount {
            let hasChanged = levels[index].follow(leader + index)
            guard levels[index].isActive else { continue }
            let out = values + index * LevelFeature.count
            if isNew || hasChanged { writeLevel(out, levels + index) }
            writeFlows(out, levels + index, left, past)
        }
    }

    /// - Parameters:
    ///   - left: what is left of a sum at the row's time.
    ///   - past: the row's time when it lies before the newest trade: a sum is then read as of its own newest.
    @inline(__always)
    private mutating func writeFlows(_ out: UnsafeMutablePointer<Double>, _ left: Double, _ past: UInt64) {
        out[.callPremiumFlow] = read(state.callPremium, left, past)
        out[.putPremiumFlow] = read(state.putPremium, left, past)
        out[.deltaFlow] = read(state.deltaFlow, left, past)
        out[.vegaFlow] = read(state.vegaFlow, left, past)
    }

    @inline(__always)
    private mutating func writeFlows(
        _ out: UnsafeMutablePointer<Double>, _ level: UnsafePointer<OptionLevel>, _ left: Double, _ past: UInt64
    ) {
        out[.optionDeltaFlow] = read(level.pointee.deltaFlow, left, past)
        out[.optionPremiumFlow] = read(level.pointee.premiumFlow, left, past)
    }

    @inline(__always)
    private mutating func read(_ sum: OptionFlowSum, _ left: Double, _ past: UInt64) -> Double {
        sum.value * (past < sum.fed ? state.clock.remaining(at: sum.fed) : left)
    }

    // MARK: Market

    private mutating func writeMarket(_ out: UnsafeMutablePointer<Double>) {
        writeVolatility(out)
        writeVolumes(out)
        writeExposures(out)
    }

    private mutating func writeVolatility(_ out: UnsafeMutablePointer<Double>) {
        let market = state.market
        out[.atmVolatilityToday] = 100 * market.atTheMoneyToday
        out[.atmVolatility7d] = 100 * market.atTheMoney7
        out[.atmVolatility30d] = 100 * market.atTheMoney30
        out[.volatilityTermSlope] = 100 * market.atTheMoney30 - 100 * market.atTheMoney7
        out[.riskReversal25] = 100 * market.riskReversal
        out[.butterfly25] = 100 * market.butterfly
        out[.expectedMove] = market.straddle / tick
    }

    private mutating func writeVolumes(_ out: UnsafeMutablePointer<Double>) {
        let volumes = state.volumes
        let totals = state.totals
        let all = Double(volumes.all)
        out[.putCallVolume] = ratio(Double(volumes.puts), Double(volumes.calls))
        out[.putCallInterest] = ratio(Double(totals.putInterest), Double(totals.callInterest))
        out[.todayVolumeShare] = ratio(Double(volumes.today), all)
        out[.unclassifiedShare] = ratio(Double(volumes.unclassified), all)
        out[.interestCoverage] = ratio(Double(totals.valuedInterest), Double(totals.interest))
    }

    private mutating func writeExposures(_ out: UnsafeMutablePointer<Double>) {
        let totals = state.totals
        let hasExposure = totals.exposed > 0
        out[.gammaExposureTotal] = defined(hasExposure, totals.gamma)
        out[.gammaExposureToday] = defined(totals.exposedToday > 0, totals.gammaToday)
        out[.flowGammaExposure] = defined(totals.valued > 0, totals.flowGamma)
        let forward = state.market.reference
        out[.zeroGammaDistance] = (forward - state.market.zeroGamma) / tick
        out[.callWallDistance] = (forward - state.market.callWall) / tick
        out[.putWallDistance] = (forward - state.market.putWall) / tick
        out[.vannaExposure] = defined(hasExposure, totals.vanna)
        out[.charmExposure] = defined(hasExposure, totals.charm)
    }

    // MARK: Levels

    private mutating func writeLevel(_ out: UnsafeMutablePointer<Double>, _ level: UnsafePointer<OptionLevel>) {
        var (calls, puts) = (0 as Int64, 0 as Int64)
        var exposure = 0.0
        let (numerator, denominator) = (level.pointee.numerator, level.pointee.denominator)
        var index = firstStrike(from: numerator, denominator)
        while index < strikeCount, isNear(strikeTable[index].strike, numerator: numerator, denominator: denominator) {
            calls &+= strikeTable[index].callInterest
            puts &+= strikeTable[index].putInterest
            exposure += strikeTable[index].gammaExposure
            index += 1
        }
        let totals = state.totals
        let all = Double(totals.callInterest &+ totals.putInterest)
        out[.openInterestShare] = ratio(Double(calls &+ puts), all)
        out[.putCallOpenInterest] = defined(
            totals.known > 0, DeterministicMath.log(Double(puts + 1) / Double(calls + 1)))
        out[.gammaExposure] = defined(totals.exposed > 0, exposure)
        out[.gammaExposureShare] = defined(totals.exposed > 0, ratio(abs(exposure), totals.absoluteGamma))
        out[.optionVolumeShare] = ratio(Double(level.pointee.nearVolume), Double(level.pointee.volume))
        let price = Double(numerator) / Double(denominator) * tick
        out[.touchProbability] = TouchProbability.value(
            forward: state.market.lead, level: price, volatility: state.market.atTheMoneyToday,
            years: state.market.yearsToClose)
    }

    /// The first strike that is not too far below a level.
    private mutating func firstStrike(from numerator: Int64, _ denominator: Int64) -> Int {
        let lowest = numerator &* tickNanos &- configuration.nearLevelNanos &* denominator
        var (low, high) = (0, strikeCount)
        while low < high {
            let middle = (low + high) / 2
            let strike = (strikeTable[middle].strike &+ state.market.basisNanos) &* denominator
            if strike < lowest { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// The odds that a driftless price reaches a level in time (FEATURES B.7), by reflection.
enum TouchProbability {
    /// - Parameters:
    ///   - volatility: per √year, of the time that is left.
    ///   - years: to the close.
    static func value(forward: Double, level: Double, volatility: Double, years: Double) -> Double {
        guard !forward.isNaN, !volatility.isNaN, years > 0, level > 0 else { return .nan }
        if level == forward { return 1 }
        let variance = volatility * volatility * years
        let deviation = variance.squareRoot()
        let distance = abs(DeterministicMath.log(level / forward))
        let half = level > forward ? variance * 0.5 : variance * -0.5
        return Normal.cumulative((-distance - half) / deviation)
            + forward / level * Normal.cumulative((-distance + half) / deviation)
    }
}
