import Determinism

extension OptionBoard {
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
        if chain.prepare(at: time, forwards: forwards, configuration: configuration) {
            strikeSums.arrange(chain.candidatesByStrike, chain.contracts)
        }
        loadSeries(at: time)
        valueChain(at: time)
        setReference()
        readChain(at: time)
        chainChanged()
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
        let longestAge = UInt64(OptionCandidates.longestAge)
        var call: UnsafePointer<OptionContract>?
        for slot in series.pointee.slots {
            let contract = UnsafePointer(chain.contracts + Int(chain.candidates.places[slot]))
            guard contract.pointee.hasQuote, time &- contract.pointee.heardAt <= longestAge else { continue }
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

    /// Who is in the chain and usable, what is to be valued, and what all sum to.
    private mutating func valueChain(at time: UInt64) {
        for place in 0..<chain.seriesCount {
            let series = UnsafePointer(chain.series + place)
            let reach = series.pointee.isOpen ? configuration.strikeWindow * series.pointee.forward : .nan
            chain.candidates.choose(series, reach: reach, at: time)
        }
        valuation.removeAll()
        takeChanges()
        if configuration.refresh == .chain { addUsable() } else { addDirty() }
        chain.candidates.finish()
        valueQuotes()
        state.totals = strikeSums.sum(chain.candidatesByStrike, chain.contracts, chain.series)
    }

    /// Tells contracts that they are in the chain or usable now, or are not any more.
    private mutating func takeChanges() {
        for index in 0..<chain.candidates.changedCount {
            let slot = Int(chain.candidates.changed[index])
            let contract = chain.contracts + Int(chain.candidates.places[slot])
            let wasUsable = contract.pointee.isUsable
            let isUsable = chain.candidates.isUsable(slot)
            contract.pointee.isMember = chain.candidates.isMember(slot)
            contract.pointee.isUsable = isUsable
            strikeSums.touch(contract)
            guard wasUsable != isUsable else { continue }
            chain.candidates.volatilities[slot] = .nan
            if isUsable { chain.candidates.makeDirty(contract) }
        }
    }

    private mutating func addDirty() {
        for index in 0..<chain.candidates.dirtyCount {
            let slot = Int(chain.candidates.dirty[index])
            chain.contracts[Int(chain.candidates.places[slot])].isDirty = false
            if chain.candidates.isUsable(slot) { addQuote(slot) }
        }
    }

    private mutating func addUsable() {
        for slot in 0..<chain.candidates.count where chain.candidates.isUsable(slot) { addQuote(slot) }
        for index in 0..<chain.candidates.dirtyCount {
            chain.contracts[Int(chain.candidates.places[Int(chain.candidates.dirty[index])])].isDirty = false
        }
    }

    private mutating func addQuote(_ slot: Int) {
        let place = chain.candidates.places[slot]
        let contract = UnsafePointer(chain.contracts + Int(place))
        let series = UnsafePointer(chain.series + Int(contract.pointee.series))
        valuation.add(
            OptionValuation.Quote(
                contract: place,
                terms: Black76.Terms(
                    isCall: contract.pointee.isCall, forward: series.pointee.forward,
                    strike: contract.pointee.strikePoints, years: series.pointee.years, root: series.pointee.root,
                    rate: configuration.riskFreeRate, discount: series.pointee.discount, moneyness: .nan),
                mid: contract.pointee.mid, interest: series.pointee.interest,
                volatility: contract.pointee.volatility))
    }

    private mutating func valueQuotes() {
        let contracts = chain.contracts
        let volatilities = chain.candidates.volatilities
        valuation.forEachValue { quote, value in
            let contract = contracts + Int(quote.contract)
            contract.pointee.volatility = quote.volatility
            volatilities[Int(contract.pointee.slot)] = quote.volatility
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
        for index in 0..<valuation.count {
            let contract = contracts + Int(valuation.contract(index))
            strikeSums.touch(contract)
            // Without a volatility it is tried again at the next refresh.
            if contract.pointee.volatility.isNaN { chain.candidates.makeDirty(contract) }
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
        (state.market.callWall, state.market.putWall) = strikeSums.walls(forward: forward)
        if time % Self.minute == 0 { state.market.zeroGamma = findZeroGamma(forward) }
    }

    private mutating func findZeroGamma(_ forward: Double) -> Double {
        guard !forward.isNaN, state.totals.exposed > 0 else { return .nan }
        zeroGamma.clear()
        for place in chain.candidatesByStrike {
            let contract = chain.contracts + Int(place)
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
