import MarketData

/// One price level with all that is known about it: where it lies, its tests, and what traded and rested at it.
///
/// Accumulators start when the level becomes active. `advance` lets time pass, `apply` takes a closed group, `write`
/// puts the level's features into a vector; `advance` and `write` on a copy give the row of a moment between two
/// groups.
public struct LevelState: BitwiseCopyable, Sendable {
    public let kind: LevelKind
    public let parameters: LevelParameters
    public internal(set) var isActive = false
    public internal(set) var price = LevelPrice(numerator: 0)
    public internal(set) var test = LevelTest()
    /// When the level became active (t₀), ns.
    public internal(set) var activeSince: UInt64 = 0
    /// Contracts traded in the band since the test began.
    public internal(set) var testVolume: Int64 = 0

    var flow = BandFlow()
    var trades = BandTrades()
    var tallies = LevelTallies()

    public init(kind: LevelKind, parameters: LevelParameters) {
        self.kind = kind
        self.parameters = parameters
    }

    /// Makes the level active from `time` on, with nothing accumulated.
    mutating func activate(price: LevelPrice, time: UInt64, mid: MidState) {
        self = LevelState(kind: kind, parameters: parameters)
        isActive = true
        self.price = price
        activeSince = time
        let offset = mid.isUsable(at: time) ? price.offset(ofTwiceMid: mid.twiceMid) : nil
        test.activate(at: offset)
        if let offset { tallies.seenMid(offset: offset, time: nil) }
    }

    /// Ends the level: a test still under way is discarded.
    mutating func deactivate() { self = LevelState(kind: kind, parameters: parameters) }

    /// Moves the level; what was accumulated stays. Time must have been advanced to the move.
    mutating func move(to price: LevelPrice) { self.price = price }

    /// Lets time pass from `start` to `end` (ns), with the market as it was left at `start`.
    mutating func advance(_ decay: Decay, from start: UInt64, to end: UInt64, mid: MidState) {
        guard isActive else { return }
        flow.advance(decay, elapsed: end &- start)
        trades.advance(decay)
        let limit = 2 &* Int64(parameters.band) &* price.denominator
        if mid.isKnown, abs(price.offset(ofTwiceMid: mid.twiceMid)) <= limit, start < mid.usableUntil {
            tallies.timeNear &+= min(end, mid.usableUntil) &- start
        }
    }

    /// Takes a closed group: trades first, then the book, then the mid (K.3-23).
    mutating func apply(_ group: borrowing GroupContext) {
        guard isActive else { return }
        let side = test.approachSide
        if group.trades.count > 0, group.isOpen { applyTrades(group, side: side) }
        flow.apply(group, price: price, band: parameters.band, isTesting: test.isTesting)
        if group.mid.isValid {
            let offset = price.offset(ofTwiceMid: group.mid.twiceMid)
            if test.mid(offset: offset, level: price, parameters: parameters, time: group.time) { endTest() }
            tallies.seenMid(offset: offset, time: group.time)
        }
        watchDepth(group.after, usable: group.bookIsUsable)
    }

    /// Takes the book as what rests at the level from now on.
    mutating func watchDepth(_ book: UnsafePointer<Book>, usable: Bool) {
        guard isActive else { return }
        flow.watchDepth(book, usable: usable, price: price, band: parameters.band, side: test.approachSide)
    }

    /// Takes a completed bar of the moving average's length, to be compared with the level at `price`.
    mutating func barClosed(_ bar: Bar, price: LevelPrice) {
        guard isActive else { return }
        tallies.closed(offset: price.offset(ofPrice: bar.close))
    }

    private mutating func applyTrades(_ group: borrowing GroupContext, side: Int32) {
        for trade in group.trades {
            if test.trade(price: trade.price, level: price, parameters: parameters, time: group.time) { beginTest() }
            guard test.isTesting, abs(trade.price &- price.nearest) <= parameters.band else { continue }
            testVolume &+= trade.size
            if group.flowCounts { trades.testDelta &+= Int64(trade.aggressor) &* trade.size }
        }
        trades.apply(group, price: price, parameters: parameters, side: side)
    }

    private mutating func beginTest() {
        testVolume = 0
        flow.beginTest()
        trades.testDelta = 0
    }

    private mutating func endTest() { trades.testDelta = 0 }
}

/// What a level counts besides flow: time, crosses and closes.
public struct LevelTallies: BitwiseCopyable, Sendable {
    /// ns during which the mid was in the band.
    public var timeNear: UInt64 = 0
    /// +n after n closes above, −n after n below, 0 after one at the level.
    public var closesBeyond: Int64 = 0
    /// ns; 0 before the first cross.
    public var crossedAt: UInt64 = 0
    /// Sign of the last mid's offset, by the level as it was then.
    var lastSign: Int64 = 0
    var hasSign = false

    init() {}

    /// Takes a mid. Without a time it is only what a later one is compared with.
    mutating func seenMid(offset: Int64, time: UInt64?) {
        let sign = offset.signum()
        if let time, hasSign, (lastSign <= 0 && sign > 0) || (lastSign >= 0 && sign < 0) { crossedAt = time }
        lastSign = sign
        hasSign = true
    }

    mutating func closed(offset: Int64) {
        switch offset.signum() {
        case 1: closesBeyond = max(closesBeyond, 0) &+ 1
        case -1: closesBeyond = min(closesBeyond, 0) &- 1
        default: closesBeyond = 0
        }
    }
}
