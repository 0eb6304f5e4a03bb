import MarketData

/// What traded within a level's band and beyond the level (FEATURES B.5 and rows B-40, B-50).
public struct BandTrades: BitwiseCopyable, Sendable {
    enum Sum30 { static let delta = 0, signed = 1, attack = 2 }
    enum Sum60 { static let large = 0, inBand = 1, beyond = 2, all = 3 }

    /// Half-life 30 s: D·size, |D|·size, and the size of trades in the direction of the approach, in band.
    var sums30 = ExponentialSums<3>()
    /// Half-life 60 s: large orders' size and all size in band; size beyond the level and all size anywhere.
    var sums60 = ExponentialSums<4>()
    var age60 = ExponentialAge()
    /// Half-life 10 s: aggressor orders with a fill in band.
    var orders = ExponentialSums<1>()
    var ordersAge = ExponentialAge()
    /// Contracts since activation, frozen by nothing.
    var volumeInBand: Int64 = 0
    var volume: Int64 = 0
    /// Σ D·size in band since the test began.
    var testDelta: Int64 = 0

    init() {}

    mutating func advance(_ decay: Decay) {
        sums30.decay(decay.h30)
        sums60.decay(decay.h60)
        age60.decay(decay.h60)
        orders.decay(decay.h10)
        ordersAge.decay(decay.h10)
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
        sums60[Sum60.beyond] += Double(beyond)
        sums60[Sum60.all] += Double(group.volume)
        guard inBand.any else { return }
        let delta = inBand.bought &- inBand.sold
        sums30[Sum30.delta] += Double(delta)
        sums30[Sum30.signed] += Double(inBand.bought &+ inBand.sold)
        sums30[Sum30.attack] += Double(side > 0 ? inBand.bought : side < 0 ? inBand.sold : 0)
        let large = parameters.largeTrade
        // The whole aggressor order decides whether it is large, not the part in the band (K.3-32).
        var largeInBand: Int64 = 0
        largeInBand &+= group.bought >= large ? inBand.bought : 0
        largeInBand &+= group.sold >= large ? inBand.sold : 0
        largeInBand &+= group.unsigned >= large ? inBand.unsigned : 0
        sums60[Sum60.large] += Double(largeInBand)
        sums60[Sum60.inBand] += Double(inBand.total)
        orders[0] += Double(inBand.orders)
    }

    /// Contracts a second in the band, half-life 60 s.
    var volumeRate60: Double { age60.rate(sums60[Sum60.inBand], halfLife: 60) }

    func write(_ out: UnsafeMutablePointer<Double>, level: UnsafePointer<LevelState>, row: borrowing RowContext) {
        let age = row.time &- level.pointee.activeSince
        let side = Double(level.pointee.test.approachSide)
        let progress = side * row.changes.seconds30
        let attacked = age >= 30_000_000_000 && level.pointee.test.approachSide != 0 && !progress.isNaN
        out[.absorption] = defined(attacked, sums30[Sum30.attack] / (1 + max(0, progress)))
        out[.delta] = sums30[Sum30.delta]
        out[.deltaOfTest] = Double(testDelta)
        out[.tradeImbalance] = ratio(sums30[Sum30.delta], sums30[Sum30.signed])
        out[.largeTradeShare] = ratio(sums60[Sum60.large], sums60[Sum60.inBand])
        out[.tradeIntensity] = defined(age >= 10_000_000_000, ordersAge.rate(orders[0], halfLife: 10))
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
