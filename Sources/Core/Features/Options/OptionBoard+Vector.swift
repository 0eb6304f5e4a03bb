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
        writeLevels(values, leader, isNew: isNew)
        let left = state.clock.remaining(at: time)
        if time >= state.clock.newest {
            writeFlows(values, left, past: .max)
        } else {
            writeFlows(values, left, past: time)
        }
    }

    /// - Parameters:
    ///   - left: what is left of a sum at the row's time.
    ///   - past: the row's time when it lies before the newest trade: a sum is then read as of its own newest.
    @inline(__always)
    private mutating func writeFlows(_ values: UnsafeMutablePointer<Double>, _ left: Double, past: UInt64) {
        let market = values + FeatureSchema.marketOffset
        market[.callPremiumFlow] = read(state.callPremium, left, past)
        market[.putPremiumFlow] = read(state.putPremium, left, past)
        market[.deltaFlow] = read(state.deltaFlow, left, past)
        market[.vegaFlow] = read(state.vegaFlow, left, past)
        for index in 0..<FeatureSchema.levelCount where levels[index].isActive {
            let out = values + index * LevelFeature.count
            out[.optionDeltaFlow] = read(levels[index].deltaFlow, left, past)
            out[.optionPremiumFlow] = read(levels[index].premiumFlow, left, past)
        }
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

    @inline(__always)
    private mutating func writeLevels(
        _ values: UnsafeMutablePointer<Double>, _ leader: UnsafePointer<LevelState>, isNew: Bool
    ) {
        var due: UInt32 = 0
        for index in 0..<FeatureSchema.levelCount {
            let hasChanged = levels[index].follow(leader + index)
            if isNew && levels[index].isActive || hasChanged { due |= 1 &<< UInt32(truncatingIfNeeded: index) }
        }
        if due != 0 { writeLevels(values, due) }
    }

    /// - Parameter due: the levels to be written, a bit each.
    @inline(never)
    private mutating func writeLevels(_ values: UnsafeMutablePointer<Double>, _ due: UInt32) {
        for index in 0..<FeatureSchema.levelCount where due &>> UInt32(index) & 1 != 0 {
            let level = levels + index
            touch.prices[index] = Double(level.pointee.numerator) / Double(level.pointee.denominator) * tick
            writeLevel(values + index * LevelFeature.count, level)
        }
        touch.evaluate(
            forward: state.market.lead, volatility: state.market.atTheMoneyToday, years: state.market.yearsToClose)
        for index in 0..<FeatureSchema.levelCount where due &>> UInt32(index) & 1 != 0 {
            (values + index * LevelFeature.count)[.touchProbability] = touch.values[index]
        }
    }

    private mutating func writeLevel(_ out: UnsafeMutablePointer<Double>, _ level: UnsafePointer<OptionLevel>) {
        var (calls, puts) = (0 as Int64, 0 as Int64)
        var exposure = 0.0
        let (numerator, denominator) = (level.pointee.numerator, level.pointee.denominator)
        var index = firstStrike(from: numerator, denominator)
        let table = strikeSums.table
        while index < strikeSums.count, isNear(table[index].strike, numerator: numerator, denominator: denominator) {
            calls &+= table[index].callInterest
            puts &+= table[index].putInterest
            exposure += table[index].gammaExposure
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
    }

    /// The first strike that is not too far below a level.
    private mutating func firstStrike(from numerator: Int64, _ denominator: Int64) -> Int {
        let lowest = numerator &* tickNanos &- configuration.nearLevelNanos &* denominator
        var (low, high) = (0, strikeSums.count)
        while low < high {
            let middle = (low + high) / 2
            let strike = (strikeSums.table[middle].strike &+ state.market.basisNanos) &* denominator
            if strike < lowest { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
