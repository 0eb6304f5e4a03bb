import MarketData

/// What traded within a level's band and beyond the level (FEATURES B.5 and rows B-40, B-50).
public struct BandTrades: BitwiseCopyable, Sendable {
    enum Sum30 { static let delta = 0, signed = 1, attack = 2 }
    enum Sum60 { static let large = 0, inBand = 1, beyond = 2, all = 3 }

    /// Half-life 30 s: D·size, |D|·size, and the size of trades in the direction of the approach, in band.
    var sums30 = ExponentialSums<3>()
    /// Half-life 60 s: large orders' size and all size in band; size beyond the level and all size anywhere.
    var sums60 = ExponentialSums<4>()
    /// Half-life 10 s: aggressor orders with a fill in band.
    var orders = ExponentialSums<1>()
    var ordersAge = ExponentialAge()
    /// Of the half-life of 60 s.
    var volumeAge = ExponentialAge()
    /// Contracts since activation, frozen by nothing.
    var volumeInBand: Int64 = 0
    var volume: Int64 = 0
    /// Σ D·size in band since the test began.
    var testDelta: Int64 = 0

    init() {}

    mutating func rebase(_ clock: DecayClock) {
        sums30.decay(clock.left.h30)
        sums60.decay(clock.left.h60)
        orders.decay(clock.left.h10)
        ordersAge.decay(clock.left.h10)
        volumeAge.decay(clock.left.h60)
    }

    mutating func apply(
        _ group: borrowing GroupContext, price: LevelPrice, parameters: LevelParameters, side: Int32
    ) {
        var inBand = OrderParts()
        var beyond: Int64 = 0
        for trade in group.trades {
            if abs(trade.price &- price.nearest) <= parameters.band {
                inBand.add(trade.size, aggressor: trade.aggressor)
            }
            if Int64(side) &* price.offset(ofPrice: trade.price) > 0 { beyond &+= trade.size }
        }
        volumeInBand &+= inBand.total
        volume &+= group.volume
        guard group.flowCounts else { return }
        let gain = group.clock.pointee.gain
        sums60.add(Double(beyond), to: Sum60.beyond, gain: gain.h60)
        sums60.add(Double(group.volume), to: Sum60.all, gain: gain.h60)
        guard inBand.any else { return }
        sums30.add(Double(inBand.bought &- inBand.sold), to: Sum30.delta, gain: gain.h30)
        sums30.add(Double(inBand.bought &+ inBand.sold), to: Sum30.signed, gain: gain.h30)
        let attack = side > 0 ? inBand.bought : side < 0 ? inBand.sold : 0
        sums30.add(Double(attack), to: Sum30.attack, gain: gain.h30)
        let large = parameters.largeTrade
        // The whole aggressor order decides whether it is large, not the part in the band (K.3-32).
        var largeInBand: Int64 = 0
        largeInBand &+= group.bought >= large ? inBand.bought : 0
        largeInBand &+= group.sold >= large ? inBand.sold : 0
        largeInBand &+= group.unsigned >= large ? inBand.unsigned : 0
        sums60.add(Double(largeInBand), to: Sum60.large, gain: gain.h60)
        sums60.add(Double(inBand.total), to: Sum60.inBand, gain: gain.h60)
        orders.add(Double(inBand.orders), to: 0, gain: gain.h10)
    }

    /// Contracts a second in the band, half-life 60 s.
    func volumeRate60(_ left: Decay) -> Double {
        sums60[Sum60.inBand] * volumeAge.rateFactor(halfLife: 60, decay: left.h60)
    }

    /// What changes with trades alone: counts, and ratios of sums that decay alike.
    func writeRatios(_ out: UnsafeMutablePointer<Double>) {
        out[.deltaOfTest] = Double(testDelta)
        out[.tradeImbalance] = ratio(sums30[Sum30.delta], sums30[Sum30.signed])
        out[.largeTradeShare] = ratio(sums60[Sum60.large], sums60[Sum60.inBand])
        out[.volumeShare] = ratio(Double(volumeInBand), Double(volume))
        out[.volumeBeyondShare] = ratio(sums60[Sum60.beyond], sums60[Sum60.all])
    }

}

/// The contracts of one group's aggressor orders, by direction. All trades of a group with one direction are one order.
public struct OrderParts: BitwiseCopyable, Sendable {
    public var bought: Int64 = 0
    public var sold: Int64 = 0
    public var unsigned: Int64 = 0

    public init() {}

    public mutating func add(_ size: Int64, aggressor: Int32) {
        if aggressor > 0 { bought &+= size } else if aggressor < 0 { sold &+= size } else { unsigned &+= size }
    }

    public var total: Int64 { bought &+ sold &+ unsigned }
    public var any: Bool { total > 0 }
    public var orders: Int64 { (bought > 0 ? 1 : 0) + (sold > 0 ? 1 : 0) + (unsigned > 0 ? 1 : 0) }
}
