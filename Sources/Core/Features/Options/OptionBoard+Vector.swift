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
    ///   - seen: the version that the vector holds; 0 when a level is another one or elsewhere since.
    @inline(__always)
    public mutating func write(
        _ values: UnsafeMutablePointer<Double>, leader: UnsafePointer<LevelState>, at time: UInt64, seen: inout UInt64
    ) {
        guard version > 0 else { return }
        if time >= state.nextOpen { enterSession(at: time) }
        if seen != version {
            if seen == 0 || seen < chainVersion { writeChain(values, leader) } else { writeTraded(values) }
            seen = version
        }
        let market = values + FeatureSchema.marketOffset
        // The realized side belongs to another operator, which writes it when it likes.
        market[.impliedMinusRealized] = market[.atmVolatility30d] - market[.yangZhangVolatility]
        guard time >= state.clock.newest else { return writeEarlierFlows(values, at: time) }
        let left = state.clock.remaining(at: time)
        market[.callPremiumFlow] = state.callPremium.value * left
        market[.putPremiumFlow] = state.putPremium.value * left
        market[.deltaFlow] = state.deltaFlow.value * left
        market[.vegaFlow] = state.vegaFlow.value * left
        for index in 0..<FeatureSchema.levelCount where levels[index].isActive {
            let out = values + index * LevelFeature.count
            out[.optionDeltaFlow] = levels[index].deltaFlow.value * left
            out[.optionPremiumFlow] = levels[index].premiumFlow.value * left
        }
    }

    /// The flows of a row that lies before the newest trade: a sum that was fed later is read as of then.
    @inline(never)
    private mutating func writeEarlierFlows(_ values: UnsafeMutablePointer<Double>, at time: UInt64) {
        let market = values + FeatureSchema.marketOffset
        market[.callPremiumFlow] = read(state.callPremium, at: time)
        market[.putPremiumFlow] = read(state.putPremium, at: time)
        market[.deltaFlow] = read(state.deltaFlow, at: time)
        market[.vegaFlow] = read(state.vegaFlow, at: time)
        for index in 0..<FeatureSchema.levelCount where levels[index].isActive {
            let out = values + index * LevelFeature.count
            out[.optionDeltaFlow] = read(levels[index].deltaFlow, at: time)
            out[.optionPremiumFlow] = read(levels[index].premiumFlow, at: time)
        }
    }

    private mutating func read(_ sum: OptionFlowSum, at time: UInt64) -> Double {
        sum.value * state.clock.remaining(at: max(time, sum.fed))
    }

    /// What changes with trades: volumes.
    @inline(never)
    private mutating func writeTraded(_ values: UnsafeMutablePointer<Double>) {
        writeVolumes(values + FeatureSchema.marketOffset)
        for index in 0..<FeatureSchema.levelCount where levels[index].isActive {
            writeVolume(values + index * LevelFeature.count, levels + index)
        }
    }

    /// What changes with a refresh, open interest, a session or a level.
    @inline(never)
    private mutating func writeChain(_ values: UnsafeMutablePointer<Double>, _ leader: UnsafePointer<LevelState>) {
        writeMarket(values + FeatureSchema.marketOffset)
        var hasLevel = false
        for index in 0..<FeatureSchema.levelCount {
            levels[index].follow(leader + index)
            hasLevel = hasLevel || levels[index].isActive
        }
        if hasLevel { writeLevels(values) }
    }

    // MARK: Market

    private mutating func writeMarket(_ out: UnsafeMutablePointer<Double>) {
        writeVolatility(out)
        writeVolumes(out)
        writeInterest(out)
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
        let all = Double(volumes.all)
        out[.putCallVolume] = ratio(Double(volumes.puts), Double(volumes.calls))
        out[.todayVolumeShare] = ratio(Double(volumes.today), all)
        out[.unclassifiedShare] = ratio(Double(volumes.unclassified), all)
    }

    private mutating func writeInterest(_ out: UnsafeMutablePointer<Double>) {
        let totals = state.totals
        out[.putCallInterest] = ratio(Double(totals.putInterest), Double(totals.callInterest))
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

    private mutating func writeLevels(_ values: UnsafeMutablePointer<Double>) {
        for index in 0..<FeatureSchema.levelCount where levels[index].isActive {
            let level = levels + index
            touch.prices[index] = Double(level.pointee.numerator) / Double(level.pointee.denominator) * tick
            writeLevel(values + index * LevelFeature.count, level)
        }
        touch.evaluate(
            forward: state.market.lead, volatility: state.market.atTheMoneyToday, years: state.market.yearsToClose)
        for index in 0..<FeatureSchema.levelCount where levels[index].isActive {
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
        writeVolume(out, level)
    }

    private mutating func writeVolume(_ out: UnsafeMutablePointer<Double>, _ level: UnsafePointer<OptionLevel>) {
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
