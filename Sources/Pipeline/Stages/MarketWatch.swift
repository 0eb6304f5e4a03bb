import Accounts
import Determinism
import Features
import MarketCalendar
import MarketData
import Orders
import Risk
import Units

/// The market as the order path sees it: the book that fills the orders, whether it trades, the trading day, and the
/// two clocks. Every fold of the order path follows the records through one of its own, so all see the same steps.
///
/// When another contract leads than the one that is traded, the owner says whether it is at rest: a contract of which
/// something is held or worked stays the traded one, with its book and its status, until nothing is.
public struct MarketWatch: ~Copyable {
    private let plan: InstrumentPlan
    private let calendar: TradingCalendar
    private let window: TradingWindowRule
    /// How long a valid book stays a mark over a silence of the feed: until that is stale, and no longer than a
    /// position may be without one. Marks are made once a second, so not for less.
    private let markLife: Nanoseconds
    private let rollFlat: Nanoseconds
    private let programme: RulePack?

    private var market = MarketView()
    /// Event time, and the receive time of what is being handled.
    public private(set) var clock = TradingClock(Timestamp(nanoseconds: 0))
    public private(set) var day = TradingDay.none
    private var leader = 0
    /// The contract that led before `leader`.
    private var former = 0
    /// The contract whose month is traded: `leader`, or one that led before and is still held.
    private(set) var traded = 0
    /// Of the contract whose book fills the orders.
    private var status = TradingStatus()
    /// The same of the one that would while `leader` is traded.
    private var leaderStatus = TradingStatus()
    /// The leading contract's own book fills the orders.
    private(set) var tradesSignalBook = true
    /// Records of the present come, not those of a replay after a break.
    var isFeedLive: Bool { feed == .live }
    /// What a live feed said of itself last.
    private var feed = FeedCondition.live
    /// How far the 1 s clock has moved event time on while no records came.
    private var movedOn = Timestamp(nanoseconds: 0)

    /// The trades of a step that no group made.
    static var noTrades: UnsafeBufferPointer<TradeRun> { UnsafeBufferPointer(start: nil, count: 0) }

    /// A second is known to have ended a quarter of a second after its end at the latest, ns.
    private static var secondGrace: UInt64 { 250_000_000 }

    init(plan: InstrumentPlan, calendar: TradingCalendar, configuration: TradingConfiguration) {
        self.plan = plan
        self.calendar = calendar
        window = configuration.window
        let limits = configuration.limits
        markLife = max(.seconds(1), min(limits.marketDataAge, limits.markReducing))
        rollFlat = configuration.limits.rollFlat
        programme = configuration.rules.programme
    }

    /// Another contract leads than the one that is traded.
    var keepsFormer: Bool { traded != leader }

    /// The leading contract's own book fills the orders once it is traded.
    private(set) var leaderFills = true

    /// The contract that orders are for.
    var tradedContract: FuturesContract { plan.tradedContract(leader: traded) }

    /// A session began, and with it perhaps the lead of another contract. True when that is traded from here on.
    ///
    /// - Parameter isAtRest: nothing is held and nothing worked.
    mutating func begin(_ session: SessionTimes, leader: Int, isAtRest: Bool) -> Bool {
        market.freeze()
        market.begin(session)
        if leader != self.leader {
            former = self.leader
            self.leader = leader
        }
        // Before the first session there was none.
        let isFirst = day.tradeDate == 0
        if isFirst { traded = leader }
        beginDay(session)
        let rolls = keepsFormer && isAtRest
        if rolls { trade() } else { findBook() }
        return rolls
    }

    /// From here on the leading contract is traded. Its book comes with its next group.
    private mutating func trade() {
        traded = leader
        status = leaderStatus
        market.clear()
        findBook()
    }

    private mutating func findBook() {
        leaderFills = plan.tradedBook(leader: leader) == nil
        tradesSignalBook = leaderFills && !keepsFormer
    }

    /// Trades the leading contract, if the one before it was kept and nothing of it is left. True when that changed.
    mutating func roll(isAtRest: Bool) -> Bool {
        guard keepsFormer, isAtRest else { return false }
        trade()
        return true
    }

    private mutating func beginDay(_ session: SessionTimes) {
        let ends = plan.leadEnds(leader, with: session, calendar: calendar)
        var window = calendar.tradingWindow(window, in: session)
        let programmeFlatBy = programme?.flatBy(in: session, calendar) ?? .undefined
        // Who is flat when the rule begins has not broken it: strategies take it as they take an early close.
        if programmeFlatBy.isDefined { window = window.ending(before: programmeFlatBy, self.window) }
        day = TradingDay(
            tradeDate: Int32(session.tradeDate.yyyymmdd), sessionOpen: session.open, sessionClose: session.close,
            entryOpen: window.entryStart, entryClose: window.entryEnd, flatBy: window.flatBy,
            programmeFlatBy: programmeFlatBy,
            rollFlatBy: ends ? session.close - rollFlat : .undefined,
            reopen: calendar.nextSession(after: session.open).open)
    }

    /// Takes a group of the leading contract. True when its book fills the orders, so that the market has moved.
    mutating func takeGroup(_ engine: borrowing ContractEngine) -> Bool {
        setClock(engine)
        guard tradesSignalBook else { return false }
        market.take(engine.book, quality: quality(of: engine), group: engine.group)
        return true
    }

    /// Takes a group of the book that fills the orders while the leader is traded. True when it is: the market has
    /// moved.
    mutating func takeGroup(_ book: borrowing ContractBook) -> Bool {
        setClock(book)
        guard !keepsFormer else { return false }
        take(book, quality: quality(of: book))
        return true
    }

    /// Takes a group of the book that filled the orders before the leader led. True when it still does.
    mutating func takeFormer(_ book: borrowing ContractBook) -> Bool {
        setClock(book)
        guard keepsFormer, traded == former else { return false }
        take(book, quality: quality(of: book))
        return true
    }

    /// The same where it was that contract's own.
    mutating func takeFormer(_ engine: borrowing ContractEngine) -> Bool {
        setClock(engine)
        guard keepsFormer, traded == former else { return false }
        market.take(engine.book, quality: quality(of: engine), group: engine.group)
        return true
    }

    // The same in parts, for who looks in between.

    mutating func setClock(_ engine: borrowing ContractEngine) {
        setClock(event: engine.group.time, received: engine.clock)
    }

    mutating func setClock(_ book: borrowing ContractBook) {
        setClock(event: book.assembler.group.time, received: book.clock)
    }

    func quality(of engine: borrowing ContractEngine) -> DataQuality { engine.dataQuality.union(feedQuality) }

    func quality(of book: borrowing ContractBook) -> DataQuality {
        MarketView.quality(
            of: book.assembler.book, isOpen: book.isOpen, isHalted: book.isHalted, isSuspect: book.assembler.isSuspect
        ).union(feedQuality)
    }

    /// Takes the group without a copy: its book stays as it is until the next group, or until the session changes.
    mutating func follow(_ engine: borrowing ContractEngine, quality: DataQuality) {
        market.follow(engine.closedBook, quality: quality, group: engine.group)
    }

    mutating func take(_ book: borrowing ContractBook, quality: DataQuality) {
        market.take(book.assembler.book, quality: quality, group: book.assembler.group)
    }

    /// The book that fills the orders is one that could.
    var hasUsableBook: Bool { market.quality.hasUsableBook }

    /// Moves the clocks to the end of a second. A late record closes many seconds at once; messages move on with the
    /// seconds, as they would have.
    mutating func takeSecond(_ time: UInt64, received: UInt64) {
        setClock(event: time, received: min(received, time &+ Self.secondGrace))
    }

    mutating func takeStatus(_ status: TradingStatus, time: UInt64, received: UInt64) {
        leaderStatus = status
        if !keepsFormer { self.status = status }
        setClock(event: time, received: received)
    }

    /// Of the contract that led before.
    mutating func takeFormerStatus(_ status: TradingStatus, time: UInt64, received: UInt64) {
        guard keepsFormer, traded == former else { return }
        self.status = status
        setClock(event: time, received: received)
    }

    /// Event time as it is known to be: that of the records, moved on while none come. A book's age is measured
    /// against it; what the records say of the market keeps to `clock`.
    var now: TradingClock { TradingClock(event: max(clock.event, movedOn), message: clock.message) }

    /// No records come: event time goes on without them.
    mutating func moveOn(to time: Timestamp) { movedOn = max(movedOn, time) }

    /// A live feed fell behind the present, or has caught up with it.
    mutating func feedChanged(_ feed: FeedCondition) {
        self.feed = feed
        market.setFeed(feedQuality)
    }

    private var feedQuality: DataQuality {
        feed == .live ? [] : feed == .replaying ? [.warming, .replayed] : .warming
    }

    /// The book that fills orders can be used while its contract trades: what a group said of it ends with a halt and
    /// with the session. True when that has just changed, so that the market has moved.
    mutating func openOrClose() -> Bool {
        let isInSession = day.isOpen(at: clock.event)
        let isOpen = status.isOpen(byCalendar: isInSession)
        guard market.setTrading(isOpen ? [] : status.isHalt && isInSession ? .halted : .closed) else { return false }
        market.keep(until: clock.event)
        return true
    }

    /// Records are missing of the contract whose book fills the orders once the leader is traded, or of the one whose
    /// book did before. True when the book that does fill them was one, so that the market has moved.
    mutating func loseRecords(isLeaders: Bool, isFormers: Bool) -> Bool {
        let isOurs = keepsFormer ? traded == former && isFormers : isLeaders
        return isOurs && market.loseRecords()
    }

    /// A valid book that nobody changes stays valid while the feed is alive (K.3-8): it is marked anew. Over a silence
    /// of the feed it ages, and when the feed is gone, whatever other feeds say. True when it was marked.
    ///
    /// - Parameter heard: the largest receive time before the record that ended the second.
    mutating func keepMark(secondEnded time: UInt64, heard: UInt64) -> Bool {
        guard feed != .lost, time <= heard &+ UInt64(markLife.count) else { return false }
        market.keep(until: clock.event)
        return true
    }

    /// The update of the last group, its best level of each side alone.
    func quote() -> MarketUpdate { market.quote() }

    /// The update of the last group: its best levels, or all of them with `runs` as the group's trades.
    mutating func update(depth: Int, trades runs: UnsafeBufferPointer<TradeRun>? = nil) -> MarketUpdate {
        market.update(depth: depth, trades: runs)
    }

    private mutating func setClock(event: UInt64, received: UInt64) {
        let event = max(clock.event, Timestamp(nanoseconds: event))
        clock = TradingClock(event: event, message: max(clock.message, Timestamp(nanoseconds: received)))
    }
}

extension MarketWatch: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try market.persist(&archive)
        try archive.field(&leader)
        try archive.field(&former)
        try archive.field(&traded)
        try archive.field(&status)
        try archive.field(&leaderStatus)
        try day.persist(&archive)
        try archive.field(&tradesSignalBook)
        try archive.field(&leaderFills)
        try archive.code(&feed)
        try archive.field(&movedOn)
        try archive.field(&clock)
    }
}
