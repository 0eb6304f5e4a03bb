import Determinism
import Execution
import Features
import MarketCalendar
import MarketData
import Orders
import PaperVenue
import Risk
import Signals
import Units

/// Signals, policy, risk gate, execution gateway and paper venue linked in one thread, in logical time.
///
/// One step of the traded contract: the venue takes the group, the gateway hears the venue, risk marks, timers run, and
/// then everything that follows from it until nothing does. One step of the signal contract: levels are judged, the
/// policy answers, risk reviews, the gateway sends. What the gateway sends reaches the venue a command latency after
/// the receive time of what it was decided on, and meets the book in force then.
public struct TradingDesk<Output: TradingOutput>: ~Copyable, MarketSink {
    let configuration: TradingConfiguration
    let calendar: TradingCalendar
    let plan: InstrumentPlan
    var output: Output

    private(set) var signals: LevelSignals
    private(set) var policy: LevelPolicy
    private(set) var risk: RiskGate
    private(set) var execution: ExecutionGateway
    private(set) var venue: PaperVenue
    private var market = MarketView()
    /// Risk has not been handed the newest book.
    private var isMarkDue = false
    private var leader = 0
    /// Of the contract whose book fills the orders.
    private var status = TradingStatus()
    private var day = TradingDay.none
    /// The leading contract's own book fills the orders.
    private var tradesSignalBook = true
    /// Event time, and the receive time of what is being handled: orders leave then.
    private var clock = TradingClock(Timestamp(nanoseconds: 0))
    private var decided = TradingLimits.FewOutputs<Signal>()
    private var intents = TradingLimits.FewOutputs<OrderIntent>()

    /// A second is known to have ended a quarter of a second after its end at the latest, ns.
    private static var secondGrace: UInt64 { 250_000_000 }

    /// Of the identities of this run's orders.
    private static var epoch: UInt16 { 1 }

    init(configuration: TradingConfiguration, plan: InstrumentPlan, calendar: TradingCalendar, output: Output) {
        TradingLimits.verify()
        self.configuration = configuration
        self.plan = plan
        self.calendar = calendar
        self.output = output
        signals = LevelSignals(configuration.signals)
        policy = LevelPolicy(configuration.policy, epoch: Self.epoch)
        risk = RiskGate(terms: configuration.execution.terms, limits: configuration.limits)
        execution = ExecutionGateway(configuration.execution, epoch: Self.epoch)
        venue = PaperVenue(configuration.venue)
    }

    // MARK: Market

    public mutating func sessionBegan(_ session: SessionTimes, leader: Int) {
        market.freeze()
        self.leader = leader
        tradesSignalBook = plan.tradedBook(leader: leader) == nil
        let window = calendar.tradingWindow(configuration.window, in: session)
        let day = TradingDay(
            tradeDate: Int32(session.tradeDate.yyyymmdd), sessionOpen: session.open, sessionClose: session.close,
            entryOpen: window.entryStart, entryClose: window.entryEnd, flatBy: window.flatBy)
        self.day = day
        policy.begin(day)
        risk.begin(day)
        output.session(session, leader: leader)
    }

    public mutating func groupClosed(_ engine: borrowing ContractEngine) {
        let group = engine.group
        output.vector(engine.vector, time: group.time)
        setClock(event: group.time, received: engine.clock)
        if tradesSignalBook {
            let quality = MarketView.quality(
                of: engine.book, isOpen: engine.isOpen, isSuspect: engine.isSuspect)
            if !quality.hasUsableBook { mark() }
            market.follow(engine.closedBook, quality: quality, group: group)
            stepMarket(trades: engine.trades)
        }
        judgeLevels(engine)
        policy.advance(to: clock.event, receiveTime: clock.message, intents: &intents)
        review()
    }

    public mutating func tradedGroup(_ book: borrowing ContractBook) {
        setClock(event: book.assembler.group.time, received: book.clock)
        let quality = MarketView.quality(
            of: book.assembler.book, isOpen: book.isOpen, isSuspect: book.assembler.isSuspect)
        if !quality.hasUsableBook { mark() }
        market.take(book.assembler.book, quality: quality, group: book.assembler.group)
        stepMarket(trades: book.assembler.trades)
    }

    public mutating func secondEnded(_ engine: borrowing ContractEngine, time: UInt64) {
        mark()
        output.secondVector(engine.vector, time: time)
        // A late record closes many seconds at once; messages move on with the seconds, as they would have.
        setClock(event: time, received: min(engine.clock, time &+ Self.secondGrace))
        venue.advance(to: Timestamp(nanoseconds: time))
        hear()
        openOrClose()
        // A valid book that nobody changes stays valid while the feed is alive (K.3-8): it is marked anew. Over a
        // silence of the feed it ages.
        if time <= engine.clockBefore &+ UInt64(configuration.limits.markReducing.count) {
            market.keep(until: clock.event)
            risk.apply(market.quote())
        }
        risk.advance(to: clock.event)
        execution.advance(clock)
        settle()
        policy.advance(to: clock.event, receiveTime: clock.message, intents: &intents)
        review()
    }

    public mutating func tradedStatus(_ status: TradingStatus, time: UInt64, clock received: UInt64) {
        self.status = status
        setClock(event: time, received: received)
        openOrClose()
    }

    /// The book that fills orders can be used while its contract trades: what a group said of it ends with a halt and
    /// with the session.
    private mutating func openOrClose() {
        mark()
        guard market.setOpen(status.isOpen(byCalendar: day.isOpen(at: clock.event))) else { return }
        market.keep(until: clock.event)
        stepMarket(trades: UnsafeBufferPointer(start: nil, count: 0))
    }

    private mutating func setClock(event: UInt64, received: UInt64) {
        let event = max(clock.event, Timestamp(nanoseconds: event))
        clock = TradingClock(event: event, message: max(clock.message, Timestamp(nanoseconds: received)))
    }

    private mutating func stepMarket(trades: UnsafeBufferPointer<TradeRun>) {
        // An idle venue does not look at the market, and without a position risk need not see every book.
        if venue.isIdle {
            isMarkDue = market.quality.hasUsableBook && !venue.hasEvents && !risk.looksAtEveryUpdate
            hear()
            if !isMarkDue { risk.apply(market.quote()) }
        } else {
            let update = market.update(depth: TradingLimits.bookLevels, trades: trades)
            venue.apply(update)
            hear()
            risk.apply(update)
        }
        execution.advance(clock)
        settle()
    }

    /// Hands risk the newest book, if it has not got it.
    private mutating func mark() {
        guard isMarkDue else { return }
        isMarkDue = false
        risk.apply(market.quote())
    }

    // MARK: Decisions

    private mutating func judgeLevels(_ engine: borrowing ContractEngine) {
        if signals.isResting, !engine.hasRecentTest(within: UInt64(signals.aftermath.count)) { return }
        let group = engine.group
        let time = Timestamp(nanoseconds: group.time)
        let quality = MarketView.quality(of: engine.book, isOpen: engine.isOpen, isSuspect: engine.isSuspect)
        for index in 0..<FeatureSchema.levelCount {
            guard let kind = LevelKind(rawValue: index) else { continue }
            let test = engine.test(kind)
            let testEnd: Timestamp = test.end > 0 ? Timestamp(nanoseconds: test.end) : .undefined
            guard signals.isJudged(index, isInTest: test.isUnderWay, testEnd: testEnd, at: time) else { continue }
            let values = engine.vector.extracting(
                FeatureSchema.offset(of: kind)..<FeatureSchema.offset(of: kind) + LevelFeature.count)
            let inputs = LevelSignalInputs(
                level: engine.level(kind), values: values, group: group, quality: quality)
            signals.apply(inputs, level: kind.rawValue, signals: &decided)
        }
        if decided.isEmpty { return }
        for index in decided.indices {
            output.signal(decided[index], vector: engine.vector)
            if configuration.tradesSignals { policy.apply(decided[index], intents: &intents) }
        }
        decided.removeAll()
    }

    private mutating func review() {
        if intents.isEmpty { return }
        mark()
        for index in intents.indices {
            let intent = intents[index]
            switch risk.review(intent) {
            case .approved(let approved): execution.accept(approved, clock)
            case .refused: policy.refused(intent.id)
            }
            settle()
        }
        intents.removeAll()
    }

    // MARK: Hand-over

    private mutating func hear() {
        guard venue.hasEvents else { return }
        while let event = venue.nextEvent(until: clock.message) {
            execution.apply(event, clock)
            settle()
        }
    }

    /// Hands every output on until there is none.
    private mutating func settle() {
        var isQuiet = hasNoOutput
        while !isQuiet {
            isQuiet = drainRisk()
            isQuiet = drainExecution() && isQuiet
        }
    }

    private var hasNoOutput: Bool {
        risk.verdicts.isEmpty && risk.changes.isEmpty && execution.fills.isEmpty && execution.updates.isEmpty
            && execution.notices.isEmpty && execution.commands.isEmpty
    }

    private mutating func drainRisk() -> Bool {
        for index in risk.verdicts.indices { output.verdict(risk.verdicts[index]) }
        risk.verdicts.removeAll()
        guard !risk.changes.isEmpty else { return true }
        for index in risk.changes.indices {
            output.change(risk.changes[index])
            execution.apply(risk.changes[index], clock)
        }
        risk.changes.removeAll()
        return false
    }

    private mutating func drainExecution() -> Bool {
        let isQuiet =
            execution.fills.isEmpty && execution.updates.isEmpty && execution.notices.isEmpty
            && execution.commands.isEmpty
        if isQuiet { return true }
        for index in execution.fills.indices {
            output.fill(execution.fills[index])
            risk.apply(execution.fills[index])
            policy.apply(execution.fills[index])
        }
        for index in execution.updates.indices {
            output.update(execution.updates[index])
            risk.apply(execution.updates[index])
            policy.apply(execution.updates[index])
        }
        for index in execution.notices.indices {
            output.notice(execution.notices[index])
            risk.apply(execution.notices[index])
        }
        for index in execution.commands.indices {
            let book = market.update(depth: TradingLimits.bookLevels)
            venue.receive(execution.commands[index], at: clock.message, market: book)
        }
        execution.fills.removeAll()
        execution.updates.removeAll()
        execution.notices.removeAll()
        execution.commands.removeAll()
        return false
    }
}

extension TradingDesk {
    /// Configuration and output are not saved.
    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        mark()
        try archive.marker("desk")
        try signals.persist(&archive)
        try policy.persist(&archive)
        try risk.persist(&archive)
        try execution.persist(&archive)
        try venue.persist(&archive)
        try market.persist(&archive)
        try archive.field(&leader)
        try archive.field(&status)
        try day.persist(&archive)
        try archive.field(&tradesSignalBook)
        try archive.field(&clock)
    }
}
