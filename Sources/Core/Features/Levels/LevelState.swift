import MarketData

/// One price level with all that is known about it: where it lies, its tests, and what traded and rested at it.
///
/// Accumulators start when the level becomes active. Time alone changes nothing here: sums stand at the contract's
/// landmark (`DecayClock`) and durations are kept as instants, so a level costs what happens at it. `apply` takes a
/// closed group, `write` brings the level's part of the vector up to date, for any instant up to the next group.
public struct LevelState: BitwiseCopyable, Sendable {
    public let kind: LevelKind
    public let parameters: LevelParameters
    public internal(set) var isActive = false
    public internal(set) var price = LevelPrice(numerator: 0)
    public internal(set) var test = LevelTest()
    /// Tests of the session in the level's activations before this one.
    private(set) var testsBefore: Int64 = 0
    /// When the level became active (t₀), ns.
    public internal(set) var activeSince: UInt64 = 0
    /// Contracts traded in the band since the test began.
    public internal(set) var testVolume: Int64 = 0

    /// Records are missing since it became active.
    private(set) var isPartial = false
    var flow = BandFlow()
    var trades = BandTrades()
    var tallies = LevelTallies()
    /// Where the level lies to the window of visible prices, as it was when its depths were written.
    var window = LevelWindow()
    /// Columns that must be written anew.
    var stale = StaleColumns.all
    /// +1 when the mid lies above the level, −1 below, 0 at it; NaN without a mid. As of the last row.
    var midSide = Double.nan
    /// The book shows what rests on the passive side at the level. As of the last row.
    var seesDepth = false
    /// What absorption is divided by: 1 + ticks that the mid went toward the level in 30 s. As of the last row.
    var absorptionDivisor = Double.nan
    /// Twice the mid that the level has seen last; `Int32.min` when it must see the next one whatever it is.
    private var seenTwiceMid = Int32.min

    public init(kind: LevelKind, parameters: LevelParameters) {
        self.kind = kind
        self.parameters = parameters
    }

    /// Makes the level active from the clock's time on, with nothing accumulated.
    mutating func activate(price: LevelPrice, clock: DecayClock, mid: MidState) {
        let before = testsBefore
        self = LevelState(kind: kind, parameters: parameters)
        testsBefore = before
        isActive = true
        self.price = price
        activeSince = clock.time
        flow.age = ExponentialAge(gain: clock.gain.h30)
        trades.ordersAge = ExponentialAge(gain: clock.gain.h10)
        trades.volumeAge = ExponentialAge(gain: clock.gain.h60)
        let offset = mid.isUsable(at: clock.time) ? price.offset(ofTwiceMid: mid.twiceMid) : nil
        test.activate(at: offset)
        if let offset { tallies.seenMid(offset: offset, time: nil) }
        tallies.beginNear(isNear(mid), at: clock.time)
    }

    /// Ends the level with its session: a test still under way is discarded.
    mutating func end() { self = LevelState(kind: kind, parameters: parameters) }

    /// Ends the level until it can be told again, in the session or not: its tests are numbered on.
    mutating func deactivate() {
        let before = testNumber
        end()
        testsBefore = before
    }

    /// Moves the level at `time`; what was accumulated stays.
    mutating func move(to price: LevelPrice, time: UInt64, mid: MidState) {
        tallies.endNear(at: min(time, mid.usableUntil))
        self.price = price
        tallies.beginNear(isNear(mid), at: time)
        seenTwiceMid = .min
        stale = .all
    }

    /// The mid stops or goes on being valid at `time` without a group; `mid` is the state before.
    mutating func settle(at time: UInt64, mid: MidState) {
        tallies.endNear(at: min(time, mid.usableUntil))
        tallies.beginNear(isActive && isNear(mid), at: time)
        stale = .all
    }

    /// Records are missing: what price did at the level meanwhile nobody knows. A test under way is discarded.
    mutating func loseRecords() {
        guard isActive else { return }
        isPartial = true
        test.loseRecords()
        testVolume = 0
        flow.beginTest()
        trades.testDelta = 0
        tallies.loseRecords()
        seenTwiceMid = .min
        stale = .all
    }

    /// Moves the landmark of all sums to the clock's time.
    mutating func rebase(_ clock: DecayClock) {
        flow.rebase(clock)
        trades.rebase(clock)
        // Ratios of sums may differ in the last bit. While the level is tested they are read at every group.
        if test.isTesting { stale.insert(.flow) }
    }

    /// The number of the test under way or the last one, from 1 in a session; 0 before the first. `touchCount` begins
    /// anew with an activation, and this does not.
    public var testNumber: Int64 { testsBefore &+ test.touchCount }
    /// It must take the next group whatever it is: a test hears every book, and a mid has not been seen yet.
    var needsNextGroup: Bool { isActive && (test.isTesting || seenTwiceMid == .min) }
    /// How far from the level its depths reach, ticks.
    var reach: Int32 { max(parameters.band, parameters.beyond, ApproachDepth.searchTicks) }

    private func isNear(_ mid: MidState) -> Bool {
        let limit = 2 &* Int64(parameters.band) &* price.denominator
        return mid.isKnown && abs(price.offset(ofTwiceMid: mid.twiceMid)) <= limit
    }

    /// Takes a closed group: trades first, then the book, then the mid (K.3-23). `touch` says at which prices the book
    /// may be another than before.
    mutating func apply(_ group: borrowing GroupContext, touch: BookTouch) {
        guard isActive else { return }
        if group.trades.count > 0, group.isOpen { applyTrades(group, side: test.approachSide) }
        if parameters.families.contains(.levelFlow) {
            flow.apply(group, nearest: price.nearest, band: parameters.band, isTesting: test.isTesting, stale: &stale)
        }
        let isNew = group.mid.twiceMid != seenTwiceMid || !group.midBefore.isValid
        if group.mid.isValid, isNew || test.isTesting { applyMid(group, isNew: isNew) }
        watchDepth(group.after, usable: group.bookIsUsable, touched: touch, clock: group.clock)
    }

    private mutating func applyMid(_ group: borrowing GroupContext, isNew: Bool) {
        let offset = price.offset(ofTwiceMid: group.mid.twiceMid)
        let side = test.approachSide
        if test.mid(offset: offset, level: price, parameters: parameters, time: group.time) {
            trades.testDelta = 0
            stale.insert(.interaction)
            stale.insert(.flow)
            stale.insert(.trades)
        }
        if side != test.approachSide { stale = .all }
        guard isNew else { return }
        tallies.seenMid(offset: offset, time: group.time)
        let near = isNear(group.mid)
        if tallies.isNear || near {
            tallies.endNear(at: min(group.time, group.midBefore.usableUntil))
            tallies.beginNear(near, at: group.time)
        }
        seenTwiceMid = group.mid.twiceMid
        stale.insert(.position)
    }

    /// Takes the book as what rests at the level from now on. `touched` says at which prices it may be another than
    /// before.
    mutating func watchDepth(
        _ book: UnsafePointer<Book>, usable: Bool, touched: BookTouch, clock: UnsafePointer<DecayClock>
    ) {
        guard isActive, parameters.families.contains(.levelLiquidity) else { return }
        let side = test.approachSide
        let now = LevelWindow(book, usable: usable, nearest: price.nearest, side: side, reach: reach)
        if now == window, now.isFar || !touched.reaches(price.nearest, side: side, reach: reach) { return }
        window = now
        stale.insert(.liquidity)
        let depth = LevelLiquidity.depthInBand(
            book, usable: usable, nearest: price.nearest, band: parameters.band, side: test.approachSide)
        flow.watchDepth(depth, clock: clock)
    }

    /// Takes a completed bar of the moving average's length, to be compared with the level at `price`.
    mutating func barClosed(_ bar: Bar, price: LevelPrice) {
        guard isActive else { return }
        tallies.closed(offset: price.offset(ofPrice: bar.close))
        stale.insert(.position)
    }

    private mutating func applyTrades(_ group: borrowing GroupContext, side: Int32) {
        for trade in group.trades {
            if test.trade(price: trade.price, level: price, parameters: parameters, time: group.time) { beginTest() }
            guard test.isTesting, abs(trade.price &- price.nearest) <= parameters.band else { continue }
            testVolume &+= trade.size
            if group.flowCounts { trades.testDelta &+= Int64(trade.aggressor) &* trade.size }
        }
        if parameters.families.contains(.levelTrades) {
            trades.apply(group, price: price, parameters: parameters, side: side)
        }
        stale.insert(.interaction)
        stale.insert(.trades)
    }

    private mutating func beginTest() {
        testVolume = 0
        flow.beginTest()
        trades.testDelta = 0
        stale.insert(.flow)
    }
}

/// Which of a level's columns must be written anew, besides those that change with time alone.
struct StaleColumns: OptionSet, BitwiseCopyable, Sendable {
    var rawValue: UInt8
    static var position: StaleColumns { StaleColumns(rawValue: 1) }
    static var interaction: StaleColumns { StaleColumns(rawValue: 2) }
    static var liquidity: StaleColumns { StaleColumns(rawValue: 4) }
    static var flow: StaleColumns { StaleColumns(rawValue: 8) }
    static var trades: StaleColumns { StaleColumns(rawValue: 16) }
    /// The one-second grid has a new point.
    static var motion: StaleColumns { StaleColumns(rawValue: 32) }
    static var all: StaleColumns { StaleColumns(rawValue: 63) }
    /// Columns that no term is made of (`LevelTerms`): liquidity and flow.
    static var besideTerms: StaleColumns { StaleColumns(rawValue: 12) }
}

/// What the depths at a level depend on besides the book's own levels.
struct LevelWindow: BitwiseCopyable, Sendable, Equatable {
    private var nearest: Int32 = 0
    private var side: Int32 = 0
    private var usable = false
    /// −1 all prices around the level are below what the book shows, +1 above, 0 neither.
    private var relation: Int32 = 0

    init() {}

    init(_ book: UnsafePointer<Book>, usable: Bool, nearest: Int32, side: Int32, reach: Int32) {
        self.nearest = nearest
        self.side = side
        self.usable = usable
        relation =
            nearest &- reach > book.pointee.visibleAskCeiling
            ? 1 : nearest &+ reach < book.pointee.visibleBidFloor ? -1 : 0
    }

    /// Nothing that the book shows is near the level: its depths stay what they are while this is so.
    var isFar: Bool { relation != 0 || !usable }
}

/// What a level counts besides flow: time, crosses and closes.
public struct LevelTallies: BitwiseCopyable, Sendable {
    /// ns during which the mid was in the band, up to `nearSince` while it is.
    private(set) var timeNear: UInt64 = 0
    private(set) var isNear = false
    private(set) var nearSince: UInt64 = 0
    /// +n after n closes above, −n after n below, 0 after one at the level.
    public var closesBeyond: Int64 = 0
    /// ns; 0 before the first cross.
    public var crossedAt: UInt64 = 0
    /// Sign of the last mid's offset, by the level as it was then.
    var lastSign: Int64 = 0
    var hasSign = false

    init() {}

    mutating func beginNear(_ isNear: Bool, at time: UInt64) {
        self.isNear = isNear
        nearSince = time
    }

    mutating func endNear(at time: UInt64) {
        if isNear, time > nearSince { timeNear &+= time &- nearSince }
        isNear = false
    }

    /// Takes a mid. Without a time it is only what a later one is compared with.
    mutating func seenMid(offset: Int64, time: UInt64?) {
        let sign = offset.signum()
        if let time, hasSign, (lastSign <= 0 && sign > 0) || (lastSign >= 0 && sign < 0) { crossedAt = time }
        lastSign = sign
        hasSign = true
    }

    /// Which crosses there were meanwhile nobody knows.
    mutating func loseRecords() {
        crossedAt = 0
        hasSign = false
    }

    mutating func closed(offset: Int64) {
        switch offset.signum() {
        case 1: closesBeyond = max(closesBeyond, 0) &+ 1
        case -1: closesBeyond = min(closesBeyond, 0) &- 1
        default: closesBeyond = 0
        }
    }
}
