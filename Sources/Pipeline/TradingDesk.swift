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
    var output: Output
    private var judge: LevelJudge
    private(set) var risk: RiskStage
    private(set) var execution: ExecutionAccounts
    private(set) var venue: PaperAccounts
    private var watch: MarketWatch
    /// Risk has not been handed the newest book.
    private var isMarkDue = false
    /// Nobody works an order, holds a position or has something to say: a usable book changes nothing but the mark that
    /// is due. Found out at a step of the market, and no longer known when anything else happens.
    private var isQuiet = false

    init(configuration: TradingConfiguration, plan: InstrumentPlan, calendar: TradingCalendar, output: Output) {
        TradingLimits.verify()
        self.output = output
        judge = LevelJudge(configuration.signals)
        risk = RiskStage(configuration, epoch: configuration.orderEpoch)
        execution = ExecutionAccounts(
            configuration.execution, epoch: configuration.orderEpoch, areTwo: configuration.hasTwoAccounts)
        venue = PaperAccounts(configuration.venue, areTwo: configuration.hasTwoAccounts)
        watch = MarketWatch(plan: plan, calendar: calendar, configuration: configuration)
    }

    /// The contract that orders are for.
    var tradedContract: FuturesContract { watch.tradedContract }

    // MARK: Market

    public mutating func sessionBegan(_ session: SessionTimes, leader: Int) {
        isQuiet = false
        mark()
        let isChanged = watch.begin(session, leader: leader, isAtRest: risk.isAtRest)
        risk.begin(watch.day, keepsContract: watch.keepsFormer)
        if isChanged { risk.changeContract() }
        venue.begin(watch.day)
        output.session(session, leader: leader)
        settle()
    }

    public mutating func groupClosed(_ engine: borrowing ContractEngine) {
        output.vector(engine.vector, time: engine.group.time)
        watch.setClock(engine)
        if watch.tradesSignalBook {
            let quality = watch.quality(of: engine)
            if isQuiet, quality.hasUsableBook {
                watch.follow(engine, quality: quality)
                isMarkDue = true
            } else {
                takeGroup(engine, quality: quality)
            }
        } else if watch.leaderFills {
            passMarket(at: engine.group.time)
        }
        if judge.judge(engine) { tell(engine) }
        if !isQuiet { review() }
    }

    @inline(never)
    private mutating func takeGroup(_ engine: borrowing ContractEngine, quality: DataQuality) {
        if !quality.hasUsableBook { mark() }
        watch.follow(engine, quality: quality)
        stepMarket(trades: engine.trades)
        isQuiet = findQuiet()
    }

    public mutating func tradedGroup(_ book: borrowing ContractBook) {
        watch.setClock(book)
        guard !watch.keepsFormer else { return passMarket(at: book.assembler.group.time) }
        let quality = watch.quality(of: book)
        if !quality.hasUsableBook { mark() }
        watch.take(book, quality: quality)
        if isQuiet, quality.hasUsableBook {
            isMarkDue = true
        } else {
            stepMarket(trades: book.assembler.trades)
            isQuiet = findQuiet()
        }
    }

    public mutating func formerGroup(_ book: borrowing ContractBook) {
        guard watch.takeFormer(book) else { return passMarket(at: book.assembler.group.time) }
        followFormer(trades: book.assembler.trades)
    }

    public mutating func followedGroup(_ engine: borrowing ContractEngine) {
        guard watch.takeFormer(engine) else { return passMarket(at: engine.group.time) }
        followFormer(trades: engine.trades)
    }

    /// The contract that led before is still traded: nobody is at rest.
    private mutating func followFormer(trades: UnsafeBufferPointer<TradeRun>) {
        isQuiet = false
        isMarkDue = false
        stepMarket(trades: trades)
    }

    /// The book that fills the orders stays as it is, and time goes on.
    private mutating func passMarket(at time: UInt64) {
        if isQuiet { return }
        venue.advance(to: Timestamp(nanoseconds: time))
        hear()
        advanceExecution()
        settle()
    }

    /// Once nothing is held and nothing worked, the leading contract is traded. Risk knows it last.
    private mutating func roll() {
        guard watch.keepsFormer, watch.roll(isAtRest: risk.isAtRest) else { return }
        risk.changeContract()
        settle()
    }

    public mutating func secondEnded(_ engine: borrowing ContractEngine, time: UInt64) {
        isQuiet = false
        mark()
        output.secondVector(engine.vector, time: time)
        watch.takeSecond(time, received: engine.clock)
        roll()
        venue.advance(to: Timestamp(nanoseconds: time))
        hear()
        openOrClose()
        if watch.keepMark(secondEnded: time, heard: engine.clockBefore) { risk.mark(watch.quote()) }
        risk.advance(to: watch.clock.event)
        advanceExecution()
        settle()
        review()
    }

    public mutating func tradedStatus(_ status: TradingStatus, time: UInt64, clock received: UInt64) {
        watch.takeStatus(status, time: time, received: received)
        openOrClose()
    }

    public mutating func formerStatus(_ status: TradingStatus, time: UInt64, clock received: UInt64) {
        watch.takeFormerStatus(status, time: time, received: received)
        openOrClose()
    }

    public mutating func feedChanged(_ feed: FeedCondition) {
        isQuiet = false
        mark()
        watch.feedChanged(feed)
        judge.isFeedLive = feed == .live
        risk.gate.feedChanged(
            isLive: feed == .live, hasPresentBooks: feed.hasPresentBooks, isLate: feed == .late)
        settle()
    }

    public mutating func tradedRecordsLost(isLeaders: Bool, isFormers: Bool) {
        isQuiet = false
        mark()
        if watch.loseRecords(isLeaders: isLeaders, isFormers: isFormers) { stepMarket(trades: MarketWatch.noTrades) }
    }

    private mutating func openOrClose() {
        isQuiet = false
        mark()
        if watch.openOrClose() { stepMarket(trades: MarketWatch.noTrades) }
    }

    private mutating func stepMarket(trades: UnsafeBufferPointer<TradeRun>) {
        // An idle venue does not look at the market, and without a position risk need not see every book.
        if venue.isIdleNow {
            isMarkDue = watch.hasUsableBook && !venue.hasEventsNow && !risk.looksAtEveryUpdate
            hear()
            if !isMarkDue { risk.apply(watch.quote()) }
        } else {
            let update = watch.update(depth: TradingLimits.bookLevels, trades: trades)
            venue.apply(update)
            hear()
            risk.apply(update)
        }
        advanceExecution()
        settle()
    }

    /// What a step would look at one after the other.
    private mutating func findQuiet() -> Bool {
        venue.isIdleNow && !venue.hasEventsNow && execution.isAtRest && !risk.looksAtEveryUpdate && risk.wantsNothing
            && hasNoOutput
    }

    private mutating func advanceExecution() {
        if !execution.isIdleNow { execution.follow(watch.quote()) }
        execution.advance(watch.clock)
    }

    /// Hands risk the newest book, if it has not got it.
    private mutating func mark() {
        guard isMarkDue else { return }
        isMarkDue = false
        risk.apply(watch.quote())
    }

    // MARK: Decisions

    private mutating func tell(_ engine: borrowing ContractEngine) {
        isQuiet = false
        for index in judge.decided.indices {
            output.signal(judge.decided[index], vector: engine.vector)
            risk.apply(judge.decided[index])
        }
        judge.decided.removeAll()
    }

    private mutating func review() {
        guard risk.collectIntents(watch.clock) else { return }
        mark()
        risk.reviewIntents()
        for index in risk.approvals.indices {
            execution.follow(watch.quote())
            execution.accept(risk.approvals[index], watch.clock)
            settle()
        }
        risk.approvals.removeAll()
        settle()
    }

    // MARK: Hand-over

    private mutating func hear() {
        guard venue.hasEventsNow else { return }
        while let event = venue.nextEvent(until: watch.clock.message) {
            execution.follow(watch.quote())
            execution.checkStops(at: event.deliveryTime, watch.clock)
            execution.apply(event, watch.clock)
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
        risk.gate.verdicts.isEmpty && risk.gate.changes.isEmpty && execution.first.fills.isEmpty
            && execution.first.updates.isEmpty && execution.first.notices.isEmpty && execution.first.commands.isEmpty
    }

    private mutating func drainRisk() -> Bool {
        for index in risk.gate.verdicts.indices { output.verdict(risk.gate.verdicts[index]) }
        risk.gate.verdicts.removeAll()
        guard !risk.gate.changes.isEmpty else { return true }
        for index in risk.gate.changes.indices {
            output.change(risk.gate.changes[index])
            execution.follow(watch.quote())
            execution.apply(risk.gate.changes[index], watch.clock)
        }
        risk.gate.changes.removeAll()
        return false
    }

    private mutating func drainExecution() -> Bool {
        let isQuiet =
            execution.first.fills.isEmpty && execution.first.updates.isEmpty && execution.first.notices.isEmpty
            && execution.first.commands.isEmpty
        if isQuiet { return true }
        for index in execution.first.fills.indices {
            output.fill(execution.first.fills[index])
            risk.apply(execution.first.fills[index])
        }
        for index in execution.first.updates.indices {
            output.update(execution.first.updates[index])
            risk.apply(execution.first.updates[index])
        }
        for index in execution.first.notices.indices {
            output.notice(execution.first.notices[index])
            risk.apply(execution.first.notices[index])
        }
        for index in execution.first.commands.indices {
            let book = watch.update(depth: TradingLimits.bookLevels)
            venue.receive(execution.first.commands[index], at: watch.clock.message, market: book)
        }
        execution.first.fills.removeAll()
        execution.first.updates.removeAll()
        execution.first.notices.removeAll()
        execution.first.commands.removeAll()
        return false
    }
}

extension TradingDesk {
    /// Configuration and output are not saved.
    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        isQuiet = false
        mark()
        try archive.marker("desk")
        try judge.persist(&archive)
        try risk.persist(&archive)
        try execution.persist(&archive)
        try venue.persist(&archive)
        try watch.persist(&archive)
    }
}
