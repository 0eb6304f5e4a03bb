/// What the smiles of all expirations say at a horizon: constant maturities by interpolation between the nearest
/// expirations that have the value (FEATURES A.13, K.1).
extension OptionBoard {
    private enum Value { case atTheMoney, riskReversal, butterfly }

    private static let secondsPerDay = 86_400.0

    /// Volatility at the money at `days`, linear in total variance; NaN without two brackets or an exact expiration.
    mutating func atTheMoney(days: Double) -> Double {
        let years = days * Self.secondsPerDay / OptionSeries.secondsPerYear
        guard let (lower, upper) = bracket(days: days, .atTheMoney) else { return .nan }
        if lower.years == upper.years { return lower.value }
        let low = lower.value * lower.value * lower.years
        let high = upper.value * upper.value * upper.years
        let variance = low + (high - low) * (years - lower.years) / (upper.years - lower.years)
        return (variance / years).squareRoot()
    }

    /// Risk reversal and butterfly at `days`, linear in time.
    mutating func wings(days: Double) -> (riskReversal: Double, butterfly: Double) {
        (linear(days: days, .riskReversal), linear(days: days, .butterfly))
    }

    private mutating func linear(days: Double, _ value: Value) -> Double {
        let years = days * Self.secondsPerDay / OptionSeries.secondsPerYear
        guard let (lower, upper) = bracket(days: days, value) else { return .nan }
        if lower.years == upper.years { return lower.value }
        return lower.value + (upper.value - lower.value) * (years - lower.years) / (upper.years - lower.years)
    }

    /// The nearest expirations on both sides that have the value; one that lies exactly at the horizon is both.
    private mutating func bracket(
        days: Double, _ value: Value
    ) -> (lower: (years: Double, value: Double), upper: (years: Double, value: Double))? {
        let horizon = refreshedAt &+ UInt64(days * Self.secondsPerDay) &* 1_000_000_000
        var above = 0
        while above < chain.seriesCount, chain.series[above].expiration < horizon { above += 1 }
        guard let upper = nearest(from: above, step: 1, value) else { return nil }
        if upper.expiration == horizon { return ((upper.years, upper.value), (upper.years, upper.value)) }
        guard let lower = nearest(from: above - 1, step: -1, value) else { return nil }
        return ((lower.years, lower.value), (upper.years, upper.value))
    }

    private mutating func nearest(
        from start: Int, step: Int, _ value: Value
    ) -> (expiration: UInt64, years: Double, value: Double)? {
        var place = start
        while place >= 0, place < chain.seriesCount {
            let expiration = chain.series[place].expiration
            let found = best(at: expiration, from: place, step: step, value)
            if !found.isNaN { return (expiration, chain.series[place].years, found) }
            while place >= 0, place < chain.seriesCount, chain.series[place].expiration == expiration { place += step }
        }
        return nil
    }

    /// Among the series of one expiration: the leader's if it has the value, else the first underlying's that has.
    private mutating func best(at expiration: UInt64, from start: Int, step: Int, _ value: Value) -> Double {
        var found = Double.nan
        var place = start
        while place >= 0, place < chain.seriesCount, chain.series[place].expiration == expiration {
            let candidate = read(place, value)
            if !candidate.isNaN {
                if chain.series[place].underlying == leader { return candidate }
                if found.isNaN || step < 0 { found = candidate }
            }
            place += step
        }
        return found
    }

    private mutating func read(_ place: Int, _ value: Value) -> Double {
        let smile = smileValues(at: place)
        switch value {
        case .atTheMoney: return smile.atTheMoney
        case .riskReversal: return smile.riskReversal
        case .butterfly: return smile.butterfly
        }
    }

    /// The smile's values of a series, computed once a refresh.
    private mutating func smileValues(at place: Int) -> SmileValues {
        let series = chain.series + place
        guard series.pointee.isOpen, !series.pointee.forward.isNaN else { return SmileValues() }
        if !series.pointee.isSmileKnown {
            series.pointee.smile = OptionSmile(series, chain.candidates, chain.contracts).values()
            series.pointee.isSmileKnown = true
        }
        return series.pointee.smile
    }

    /// Volatility at the money of the options that expire at today's close.
    mutating func atTheMoneyToday() -> Double {
        var place = 0
        while place < chain.seriesCount, chain.series[place].expiration < todayClose { place += 1 }
        return place < chain.seriesCount ? best(at: todayClose, from: place, step: 1, .atTheMoney) : .nan
    }

    /// What a call and a put of today's close cost together, points, at the strike nearest the forward that has both.
    mutating func straddle() -> Double {
        var found = Double.nan
        for place in 0..<chain.seriesCount where chain.series[place].expiration == todayClose {
            let series = chain.series + place
            guard series.pointee.isOpen, series.pointee.underlying == leader || found.isNaN else { continue }
            let cost = straddle(series)
            if !cost.isNaN { found = cost }
        }
        return found
    }

    private mutating func straddle(_ series: UnsafePointer<OptionSeries>) -> Double {
        var nearest = Double.infinity
        var cost = Double.nan
        var (call, put) = (-1, -1)
        var strike = Double.nan
        for slot in series.pointee.slots {
            if chain.candidates.strikes[slot] != strike {
                (strike, call, put) = (chain.candidates.strikes[slot], -1, -1)
            }
            if chain.candidates.isMember(slot) {
                if chain.candidates.sides[slot] > 0 { call = slot } else { put = slot }
            }
            let distance = abs(strike - series.pointee.forward)
            guard call >= 0, put >= 0, distance < nearest else { continue }
            nearest = distance
            cost = defined(
                chain.candidates.isUsable(call) && chain.candidates.isUsable(put),
                chain.candidates.mids[call] + chain.candidates.mids[put])
        }
        return cost
    }
}
