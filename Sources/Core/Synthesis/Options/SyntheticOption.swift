import MarketCalendar
import Units

/// One option contract of the session.
public struct SyntheticOption: Hashable, Sendable {
    /// Such as `E3BH6 C6800`.
    public var symbol: String
    public var instrumentID: InstrumentID
    /// The place of its expiry in `SessionParameters.expiries`.
    public var expiry: Int
    /// Points.
    public var strike: Int64
    public var isCall: Bool

    /// The chain of a session: by expiry, then strike, a call before its put. Empty without expiries.
    public static func chain(_ parameters: SessionParameters) -> [SyntheticOption] {
        let price = Double(parameters.openingPrice.count) * Double(SyntheticContract.tick.nanos) * 1e-9
        let isSparse = parameters.rate < 0.25
        var chain: [SyntheticOption] = []
        for (index, expiry) in parameters.expiries.enumerated() {
            let days = (expiry.expiration - parameters.midnight).seconds / 86_400
            let strikes =
                isSparse
                ? sparseStrikes(price, days: days, isToday: expiry.tradeDatesLeft == 0)
                : strikes(price, days: days, isShort: expiry.tradeDatesLeft <= 2)
            for strike in strikes {
                for isCall in [true, false] {
                    chain.append(
                        SyntheticOption(
                            symbol: "\(expiry.symbol) \(isCall ? "C" : "P")\(strike)",
                            instrumentID: identifier(expiry, strike: strike, isCall: isCall), expiry: index,
                            strike: strike, isCall: isCall))
                }
            }
        }
        return chain
    }

    /// Multiples of 5 within 60 points when the expiry is near, of 25 within 4 % of the price and of 50 beyond, to a
    /// width that grows with the root of time: 4 % for a day, 10 % for 45.
    private static func strikes(_ price: Double, days: Double, isShort: Bool) -> [Int64] {
        let width = price * (0.03 + 0.07 * (days / 45).squareRoot())
        return select(price, width: width) { strike, distance in
            if isShort && distance <= 60 { return true }
            return strike % (distance <= 0.04 * price ? 25 : 50) == 0
        }
    }

    /// Of a thin session: about a third of the contracts, dense only where today's expiry is near the money.
    private static func sparseStrikes(_ price: Double, days: Double, isToday: Bool) -> [Int64] {
        let deviation = price * 0.15 * (days / 365).squareRoot()
        let width = isToday ? 250 : max(100, 1.3 * deviation)
        return select(price, width: width) { strike, distance in
            if isToday && distance <= 60 { return true }
            return strike % (distance <= 150 ? 50 : 100) == 0
        }
    }

    private static func select(
        _ price: Double, width: Double, _ isListed: (_ strike: Int64, _ distance: Double) -> Bool
    ) -> [Int64] {
        let first = Int64(((price - width) / 5).rounded(.up)) * 5
        let last = Int64(((price + width) / 5).rounded(.down)) * 5
        return stride(from: first, through: last, by: 5).filter { isListed($0, abs(Double($0) - price)) }
    }

    /// Made up, and the same for a contract on every date: bit 29, then the kind of expiry, its day, the strike in
    /// fives and the right. Futures have numbers below it.
    private static func identifier(_ expiry: SyntheticExpiry, strike: Int64, isCall: Bool) -> InstrumentID {
        let day = UInt32(expiry.date.daysSinceEpoch) & 0x7fff
        let rung = UInt32(strike / 5) & 0xfff
        return InstrumentID(
            1 << 29 | (expiry.isQuarterly ? 1 << 28 : 0) | day << 13 | rung << 1 | (isCall ? 0 : 1))
    }
}
