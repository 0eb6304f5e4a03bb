import Determinism
import Features
import MarketCalendar
import MarketData
import Orders
import Signals
import Units

/// The trading desk in logical time over processes: the same steps in the same order as `TradingDesk`, with risk,
/// execution and venue at the other end of a line. Its digests are a replay's.
struct LockstepDesk<Output: TradingOutput>: ~Copyable, MarketSink {
    var output: Output
    private var judge: LevelJudge
    private var watch: MarketWatch
    /// The contract that leads; nil before the first session.
    private var leader: Int?
    /// Another contract led before: a stage may still follow that one's book, which nothing here knows.
    private var hasRolled = false
    private var venue: StageRemote
    private var execution: StageRemote
    private var risk: StageRemote

    /// Put out by the stages and not yet handed on, in order.
    private var events: [StageMessage] = []
    private var decisions = StageDecisions()
    private var reports = StageReports()

    init(
        configuration: TradingConfiguration, plan: InstrumentPlan, calendar: TradingCalendar, output: Output,
        venue: any StageRemote.Line, execution: any StageRemote.Line, risk: any StageRemote.Line
    ) {
        self.output = output
        judge = LevelJudge(configuration.signals)
        watch = MarketWatch(plan: plan, calendar: calendar, configuration: configuration)
        self.venue = StageRemote(venue)
        self.execution = StageRemote(execution)
        self.risk = StageRemote(risk)
    }

    // MARK: Market

    mutating func sessionBegan(_ session: SessionTimes, leader: Int) {
        stepAll()
        if let former = self.leader, former != leader { hasRolled = true }
        self.leader = leader
        _ = watch.begin(session, leader: leader, isAtRest: true)
        output.session(session, leader: leader)
        // A day may have an end that risk is to come to by itself.
        decisions.add(risk.outputsOfAnyStep())
        settle()
    }

    mutating func groupClosed(_ engine: borrowing ContractEngine) {
        output.vector(engine.vector, time: engine.group.time)
        stepAll()
        follow(watch.takeGroup(engine))
        if judge.judge(engine) { tell(engine) }
        review()
    }

    mutating func tradedGroup(_ book: borrowing ContractBook) {
        stepAll()
        _ = watch.takeGroup(book)
        follow(true)
    }

    mutating func formerGroup(_ book: borrowing ContractBook) {
        stepAll()
        follow(true)
    }

    mutating func followedGroup(_ engine: borrowing ContractEngine) {
        stepAll()
        follow(true)
    }

    mutating func secondEnded(_ engine: borrowing ContractEngine, time: UInt64) {
        output.secondVector(engine.vector, time: time)
        stepAll()
        watch.takeSecond(time, received: engine.clock)
        if hasRolled {
            decisions.add(risk.outputs())
            settle()
        }
        venue.step()
        hear(venue.outputs())
        execution.step()
        risk.step()
        openOrClose()
        stepAll()
        _ = watch.keepMark(secondEnded: time, heard: engine.clockBefore)
        stepAll()
        decisions.add(risk.outputs())
        reports.add(execution.outputs())
        settle()
        review()
    }

    mutating func tradedStatus(_ status: TradingStatus, time: UInt64, clock received: UInt64) {
        stepAll()
        watch.takeStatus(status, time: time, received: received)
        openOrClose()
    }

    mutating func formerStatus(_ status: TradingStatus, time: UInt64, clock received: UInt64) {
        stepAll()
        openOrClose()
    }

    mutating func tradedRecordsLost(isLeaders: Bool, isFormers: Bool) {
        stepAll()
        let hasMoved = watch.loseRecords(isLeaders: isLeaders, isFormers: isFormers)
        follow(hasMoved || hasRolled)
    }

    mutating func feedChanged(_ feed: FeedCondition) {
        stepAll()
        watch.feedChanged(feed)
        judge.isFeedLive = feed == .live
        stepAll()
        decisions.add(risk.outputsOfAnyStep())
        settle()
    }

    /// Nothing more follows from what was taken so far: the stages may go on by themselves to here.
    func clear() {
        venue.clear()
        execution.clear()
        risk.clear()
    }

    private mutating func stepAll() {
        venue.step()
        execution.step()
        risk.step()
    }

    private mutating func openOrClose() {
        stepAll()
        let hasMoved = watch.openOrClose()
        follow(hasMoved || hasRolled)
    }

    /// The stages take the market, each when the one before it has been heard.
    private mutating func follow(_ hasMoved: Bool) {
        guard hasMoved else { return stepAll() }
        venue.step()
        hear(venue.outputs())
        risk.step()
        decisions.add(risk.outputs())
        execution.step()
        reports.add(execution.outputs())
        settle()
    }

    // MARK: Decisions

    private mutating func tell(_ engine: borrowing ContractEngine) {
        for index in judge.decided.indices {
            output.signal(judge.decided[index], vector: engine.vector)
            decisions.add(risk.take(.signal(judge.decided[index])))
        }
        judge.decided.removeAll()
    }

    private mutating func review() {
        stepAll()
        decisions.add(risk.outputs())
        if decisions.isEmpty { return }
        let approvals = decisions.takeApprovals()
        for approval in approvals {
            reports.add(execution.take(.approval(approval)))
            settle()
        }
        settle()
    }

    // MARK: Hand-over

    private mutating func hear(_ outputs: [StageMessage]) {
        events += outputs
        while !events.isEmpty {
            reports.add(execution.take(events.removeFirst()))
            settle()
        }
    }

    /// Hands every output on until there is none.
    private mutating func settle() {
        while !decisions.hasNothingToSettle || !reports.isEmpty {
            settleDecisions()
            settleReports()
        }
    }

    private mutating func settleDecisions() {
        for verdict in decisions.takeVerdicts() { output.verdict(verdict) }
        for change in decisions.takeChanges() {
            output.change(change)
            reports.add(execution.take(.change(change)))
        }
    }

    private mutating func settleReports() {
        let taken = reports.takeAll()
        for fill in taken.fills {
            output.fill(fill)
            decisions.add(risk.take(.fill(fill)))
        }
        for update in taken.updates {
            output.update(update)
            decisions.add(risk.take(.update(update)))
        }
        for notice in taken.notices {
            output.notice(notice)
            decisions.add(risk.take(.notice(notice)))
        }
        for command in taken.commands { events += venue.take(.command(command)) }
    }
}
