import Determinism

/// The chain by expiry and strike: where a trade finds its contract.
struct OptionLattice {
    private let strikes: UnsafeMutablePointer<Double>
    /// The first strike of each expiry; one more at the end.
    private let starts: UnsafeMutablePointer<Int>
    /// The usual deviation of the price until each expiry, in points, and its share of the trades, added up.
    private let deviations: UnsafeMutablePointer<Double>
    private let shares: UnsafeMutablePointer<Double>
    private let expiryCount: Int

    /// - Parameter chain: by expiry, then strike, a call before its put.
    init(_ chain: [SyntheticOption], expiries: [SyntheticExpiry]) {
        expiryCount = expiries.count
        strikes = .allocate(capacity: max(1, chain.count / 2))
        starts = .allocate(capacity: expiryCount + 1)
        deviations = .allocate(capacity: max(1, expiryCount))
        shares = .allocate(capacity: max(1, expiryCount))
        for index in 0..<chain.count / 2 { (strikes + index).initialize(to: Double(chain[2 * index].strike)) }
        var total = 0.0
        for (index, expiry) in expiries.enumerated() {
            (starts + index).initialize(to: (chain.firstIndex { $0.expiry == index } ?? chain.count) / 2)
            let days = Double(expiry.tradeDatesLeft)
            (deviations + index).initialize(to: 6_800 * 0.14 * ((days + 0.3) / 252).squareRoot())
            // Half of the trades are in what expires today; a quarterly has more than its neighbours.
            total += expiry.tradeDatesLeft == 0 ? 1.2 : (expiry.isQuarterly ? 2 : 1) * 0.5 / (1 + days * 0.5)
            (shares + index).initialize(to: total)
        }
        (starts + expiryCount).initialize(to: chain.count / 2)
    }

    func deallocate() {
        strikes.deallocate()
        starts.deallocate()
        deviations.deallocate()
        shares.deallocate()
    }

    /// The place in the chain of a contract that somebody trades: near the money, and mostly out of it.
    func draw(forward: Double, _ random: inout SeededGenerator) -> Int? {
        guard expiryCount > 0 else { return nil }
        let mark = random.unit() * shares[expiryCount - 1]
        var expiry = 0
        while expiry + 1 < expiryCount && shares[expiry] < mark { expiry += 1 }
        let wanted = forward + deviations[expiry] * 0.9 * random.normal()
        var best = starts[expiry]
        for index in starts[expiry]..<starts[expiry + 1]
        where abs(strikes[index] - wanted) < abs(strikes[best] - wanted) { best = index }
        let isCall = (strikes[best] >= forward) == random.chance(0.85)
        return 2 * best + (isCall ? 0 : 1)
    }
}
