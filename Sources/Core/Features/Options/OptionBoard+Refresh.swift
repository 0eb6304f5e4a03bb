import Determinism

extension OptionBoard {
    /// A quote older than this is not usable, ns.
    private static let longestAge: UInt64 = 60_000_000_000
    private static let daysShort = 7.0
    private static let daysLong = 30.0

    /// Sets the price of an underlying future at the coming refresh, points; NaN for none.
    public func setForward(_ slot: Int, _ price: Double) { forwards[slot] = price }

    /// Values the chain at `nextRefresh` with all records received up to it. Forwards must have been set.
    ///
    /// - Parameters:
    ///   - leader: place of the leading contract.
    ///   - clock: the receive time that made the refresh due, ns: seconds up to it that would all be alike are skipped.
    public mutating func refresh(leader: Int, clock: UInt64) {
        let time = nextRefresh
        nextRefresh &+= Self.second
        enterSession(at: time)
        state.refreshedAt = time
        state.leader = Int32(leader)
        decayFlows(to: time)
        chain.prepare(at: time, forwards: forwards, configuration: configuration)
        loadSeries(at: time)
        valueChain(at: time)
        setReference()
        readChain(at: time)
        version &+= 1
        skipEmptySeconds(upTo: clock)
    }

    private mutating func decayFlows(to time: UInt64) {
        let factor = state.clock.move(to: time)
        guard factor != 1 else { return }
        state.callPremium.decay(factor)
        state.putPremium.decay(factor)
        state.deltaFlow.decay(factor)
        state.vegaFlow.decay(factor)
        for index in 0..<FeatureSchema.levelCount {
            levels[index].deltaFlow.decay(factor)
            levels[index].premiumFlow.decay(factor)
        }
    }

    // Mutating, here and below, only so that calls do not copy the board.
    private mutating func loadSeries(at time: UInt64) {
        for place in 0..<chain.seriesCount {
            let series = chain.series + place
            series.pointee.refresh(at: time, session: sessionRange, configuration: configuration)
            guard series.pointee.isOpen else { continue }
            let slot = Int(series.pointee.underlying)
            series.pointee.forward = slot >= 0 ? forwards[slot] : parityForward(series, at: time)
        }
    }

    /// The forward at which the nearest pair of a call and a put cost the same (FEATURES A.13); of equals the lower.
    private mutating func parityForward(_ series: UnsafePointer<OptionSeries>, at time: UInt64) -> Double {
        var smallest = Double.infinity
        var forward = Double.nan
        var call: UnsafePointer<OptionContract>?
        var next = series.pointee.first
        while next >= 0 {
            let contract = UnsafePointer(chain.contracts + Int(next))
            next = contract.pointee.nextInSeries
            guard contract.pointee.hasQuote, time &- contract.pointee.heardAt <= Self.longestAge else { continue }
            if contract.pointee.isCall {
                call = contract
            } else if let call, call.pointee.strike == contract.pointee.strike {
                let difference = call.pointee.mid - contract.pointee.mid
                guard abs(difference) < smallest else { continue }
                smallest = abs(difference)
                forward = contract.pointee.strikePoints + difference / series.pointee.discount
            }
        }
        return forward
    }

    /// Over the candidates in the order of strikes: who is in the chain and usable, and what is to be valued; then what
    /// all sum to.
    private mutating func valueChain(at time: UInt64) {
        valuation.removeAll()
        for position in 0..<chain.candidateCount {
            let contract = chain.contracts + Int(chain.candidates[position])
            choose(contract, UnsafePointer(chain.series + Int(contract.pointee.series)), at: time)
        }
        valueQuotes()
        sumChain()
    }

    private mutating func sumChain() {
        var totals = OptionTotals()
        var strike = OptionStrike(strike: .min, points: .nan)
        var index = -1
        for position in 0..<chain.candidateCount {
            let contract = UnsafePointer(chain.contracts + Int(chain.candidates[position]))
            guard contract.pointee.isMember else { continue }
            if contract.pointee.strike != strike.strike {
                if index >= 0 { (strikeTable + index).initialize(to: strike) }
                index &+= 1
                strike = OptionStrike(strike: contract.pointee.strike, points: contract.pointee.strikePoints)
            }
            chain.contracts[Int(chain.candidates[position])].strikeIndex = Int32(truncatingIfNeeded: index)
            totals.add(contract, &strike, isToday: chain.series[Int(contract.pointee.series)].isToday)
        }
        if index >= 0 { (strikeTable + index).initialize(to: strike) }
        strikeCount = index &+ 1
        totals.close(strikes)
        state.totals = totals
    }

    private mutating func choose(
        _ contract: UnsafeMutablePointer<OptionContract>, _ series: UnsafePointer<OptionSeries>, at time: UInt64
    ) {
        let wasUsable = contract.pointee.isUsable && !contract.pointee.volatility.isNaN
        let isDirty = contract.pointee.isDirty
        contract.pointee.isDirty = false
        contract.pointee.isUsable = false
        let forward = series.pointee.forward
        let distance = contract.pointee.strikePoints - forward
        contract.pointee.isMember =
            series.pointee.isOpen && abs(distance) <= configuration.strikeWindow * forward
        guard contract.pointee.isMember, contract.pointee.hasQuote,
            time &- contract.pointee.heardAt <= Self.longestAge
        else { return }
        let mid = contract.pointee.mid
        let intrinsic = contract.pointee.isCall ? -distance : distance
        guard mid > series.pointee.discount * max(intrinsic, 0) else { return }
        contract.pointee.isUsable = true
        guard isDirty || !wasUsable || configuration.refresh == .chain else { return }
        valuation.add(
            OptionValuation.Quote(
                contract: Int32(truncatingIfNeeded: contract - chain.contracts),
                terms: Black76.Terms(
                    isCall: contract.pointee.isCall, forward: forward, strike: contract.pointee.strikePoints,
                    years: series.pointee.years, root: series.pointee.root, rate: configuration.riskFreeRate,
                    discount: series.pointee.discount, moneyness: .nan),
                mid: mid, interest: series.pointee.interest, volatility: contract.pointee.volatility))
    }

    private mutating func valueQuotes() {
        let contracts = chain.contracts
        valuation.forEachValue { quote, value in
            let contract = contracts + Int(quote.contract)
            contract.pointee.volatility = quote.volatility
            guard !quote.volatility.isNaN else { return }
            let forward = quote.terms.forward
            let multiplier = contract.pointee.multiplier
            contract.pointee.years = quote.terms.years
            contract.pointee.discount = quote.terms.discount
            contract.pointee.delta = value.delta
            contract.pointee.gamma = value.gamma
            contract.pointee.vega = value.vega
            contract.pointee.gammaExposure = multiplier * value.gamma * forward * forward * 0.01
            contract.pointee.vannaExposure = multiplier * forward * value.vanna
            contract.pointee.charmExposure = multiplier * forward * value.charm
        }
    }

    /// What strikes are compared with: the lead future, or for an index chain its nearest forward and the future's
    /// distance from it.
    private mutating func setReference() {
        let lead = forwards[Int(state.leader)]
        state.market.lead = lead
        state.market.reference = lead
        state.market.basisNanos = 0
        guard definitions.readsIndexOptions else { return }
        var nearest = Double.nan
        for place in 0..<chain.seriesCount where chain.series[place].isOpen && nearest.isNaN {
            nearest = chain.series[place].forward
        }
        state.market.reference = nearest
        let basis = lead - nearest
        if !basis.isNaN { state.market.basisNanos = Int64((basis * 1e9).rounded()) }
    }

    /// Smiles, walls and the zero of gamma.
    private mutating func readChain(at time: UInt64) {
        let left = todayClose > time ? todayClose &- time : 0
        state.market.yearsToClose = Double(left) * 1e-9 / OptionSeries.secondsPerYear
        state.market.atTheMoneyToday = atTheMoneyToday()
        state.market.atTheMoney7 = atTheMoney(days: Self.daysShort)
        state.market.atTheMoney30 = atTheMoney(days: Self.daysLong)
        (state.market.riskReversal, state.market.butterfly) = wings(days: Self.daysShort)
        state.market.straddle = straddle()
        let forward = state.market.reference
        state.market.callWall = OptionWall.find(strikes, forward: forward) { $0.callGamma }
        state.market.putWall = OptionWall.find(strikes, forward: forward) { $0.putGamma }
        if time % Self.minute == 0 { state.market.zeroGamma = findZeroGamma(forward) }
    }

    private mutating func findZeroGamma(_ forward: Double) -> Double {
        guard !forward.isNaN, state.totals.exposed > 0 else { return .nan }
        zeroGamma.clear()
        for position in 0..<chain.candidateCount {
            let contract = chain.contracts + Int(chain.candidates[position])
            guard contract.pointee.hasVolatility, contract.pointee.interest >= 0 else { continue }
            zeroGamma.add(contract)
        }
        return zeroGamma.find(forward: forward)
    }

    /// While no future has a price and the chain is empty, seconds without records are all alike: goes on with the
    /// last one before `clock`, or with the next session's first.
    private mutating func skipEmptySeconds(upTo clock: UInt64) {
        guard state.totals.members == 0, nextRefresh < clock else { return }
        for slot in 0..<forwardCount where !forwards[slot].isNaN { return }
        let last = (clock &- 1) / Self.second &* Self.second
        let opening = state.nextOpen / Self.second &* Self.second
        let target = min(last, max(opening, nextRefresh))
        if target / Self.minute > state.refreshedAt / Self.minute { state.market.zeroGamma = .nan }
        nextRefresh = target
    }
}
