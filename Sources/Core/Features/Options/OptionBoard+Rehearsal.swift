extension OptionBoard {
    /// Goes the ways of a refresh over what the next one will read, so that it finds code and memory near: in the
    /// second between two of them other work takes their places in the caches (docs/performance.md).
    ///
    /// Nothing that counts is changed. O(candidates), as a refresh.
    ///
    /// - Returns: a number that follows from all of it; nothing else does.
    public mutating func rehearse() -> Double {
        // Of a board that has just been loaded the next refresh makes the candidates.
        guard chain.candidates.count > 0, state.totals.members > 0 else { return 0 }
        var states: UInt32 = 0
        for place in 0..<chain.seriesCount {
            let series = UnsafePointer(chain.series + place)
            let reach = series.pointee.isOpen ? configuration.strikeWindow * series.pointee.forward : .nan
            states ^= chain.candidates.rehearse(series, reach: reach, at: state.refreshedAt)
        }
        let walls = strikeSums.walls(forward: state.market.reference)
        return Double(states) + valuation.rehearse() + strikeSums.rehearse() + walls.call + walls.put
            + rehearseSmiles() + straddle() + readContracts()
    }

    /// What a strike sums, of every candidate, and what a valuation writes, of those with a new quote.
    private func readContracts() -> Double {
        var sum = 0.0
        for place in chain.candidatesByStrike { sum += chain.contracts[Int(place)].gamma }
        for index in 0..<chain.candidates.dirtyCount {
            let place = chain.candidates.places[Int(chain.candidates.dirty[index])]
            let contract = UnsafePointer(chain.contracts + Int(place))
            sum += contract.pointee.volatility + contract.pointee.delta
        }
        return sum
    }

    /// Those that a refresh looks for. What a series keeps of its own is left alone.
    private func rehearseSmiles() -> Double {
        var sum = 0.0
        for place in 0..<chain.seriesCount {
            let series = UnsafePointer(chain.series + place)
            guard series.pointee.isOpen, series.pointee.isSmileKnown, !series.pointee.forward.isNaN else { continue }
            sum += OptionSmile(series, chain.candidates, chain.contracts).values().atTheMoney
        }
        return sum
    }
}
