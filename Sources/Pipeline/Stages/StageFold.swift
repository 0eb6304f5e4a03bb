import DBN
import Determinism
import Features
import MarketCalendar
import MarketData
import Orders
import Units

/// One stage of the order path with the market that it follows: records and messages in, messages out.
///
/// Its market has the books, seconds and sessions of the pipeline's and no features. It keeps the option chain, whose
/// whole seconds say in which order seconds and changes of status are told. Equal records, messages and places
/// of the messages between the records give equal outputs.
public struct StageFold<Stage: TradingStage>: ~Copyable {
    private var market: MarketFold
    private let follower: UnsafeMutablePointer<StageFollower<Stage>>

    public init(
        plan: InstrumentPlan, features: FeatureConfiguration, trading: TradingConfiguration, stage: Stage,
        gate: (any StageGate)? = nil
    ) {
        TradingLimits.verify()
        var features = features
        features.families = FeatureFamilies(rawValue: 0)
        features.history = nil
        market = MarketFold(plan: plan, configuration: features)
        let watch = MarketWatch(plan: plan, calendar: features.calendar, configuration: trading)
        follower = .allocate(capacity: 1)
        follower.initialize(to: StageFollower(watch: watch, stage: stage, gate: gate))
    }

    deinit {
        follower.deinitialize(count: 1)
        follower.deallocate()
    }

    /// Takes the next record. `sequence` is its position in the ring.
    public mutating func take(_ record: RecordView, sequence: UInt64) {
        market.take(record, sequence: sequence, sink: &follower.pointee)
    }

    /// Takes a message between two records.
    public mutating func take(_ message: StageMessage, at time: Timestamp) {
        if case .clock(let moved) = message { follower.pointee.watch.moveOn(to: moved) }
        follower.pointee.stage.take(message, at: time, &follower.pointee.watch)
    }

    /// Hands out and forgets what the stage has put out, in its order.
    public mutating func drain(_ body: (StageMessage) -> Void) { follower.pointee.stage.drain(body) }

    /// In logical time: does what the conductor asks at this step, as far as it has asked.
    public mutating func serveGate() { follower.pointee.serveGate() }

    /// Ticks of the message clock are wanted.
    public var awaitsTime: Bool { follower.pointee.stage.awaitsTime }
    /// Event time, and the receive time of the record taken last.
    public var clock: TradingClock { follower.pointee.watch.clock }
    /// The same, with event time moved on as far as the 1 s clock has moved it while no records came.
    public var now: TradingClock { follower.pointee.watch.now }
    /// Records of the present come, as far as the feed has said.
    public var isFeedLive: Bool { follower.pointee.watch.isFeedLive }
    /// The contract that orders are for.
    public var tradedSymbol: String { follower.pointee.watch.tradedContract.rawSymbol }
    /// The contract that leads while one before it is still held or worked, and is traded next; else nil.
    public var nextSymbol: String? {
        guard follower.pointee.watch.keepsFormer else { return nil }
        return market.plan.tradedContract(leader: market.leader).rawSymbol
    }
    /// Changes with `tradedSymbol` and `nextSymbol`, and costs nothing to ask.
    public var contractPlaces: UInt64 {
        UInt64(follower.pointee.watch.traded) << 32 | UInt64(market.leader)
    }

    /// Of the book that fills the orders; for people and for who closes at the venue itself.
    public func quote() -> MarketQuote {
        let update = follower.pointee.watch.quote()
        return MarketQuote(time: update.time, bid: update.bid, ask: update.ask, quality: update.quality)
    }

    /// Looks at the stage.
    public func read<Result>(_ body: (Stage) -> Result) -> Result { body(follower.pointee.stage) }
}

extension StageFold: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("stage")
        try archive.field(&market)
        try follower.pointee.watch.persist(&archive)
        try follower.pointee.stage.persist(&archive)
    }
}

/// Tells a stage what the market fold tells, step by step. What the watch learns is a step, and what the stage makes of
/// it another: between the two a message finds the new time and the stage as it was.
struct StageFollower<Stage: TradingStage>: ~Copyable, MarketSink {
    var watch: MarketWatch
    var stage: Stage
    /// Nil where the stage goes as fast as the records come.
    let gate: (any StageGate)?
    /// Steps of the market taken so far: the same at every stage of a run.
    private(set) var steps: UInt64 = 0

    init(watch: consuming MarketWatch, stage: consuming Stage, gate: (any StageGate)?) {
        self.watch = watch
        self.stage = stage
        self.gate = gate
    }

    mutating func sessionBegan(_ session: SessionTimes, leader: Int) {
        passGate()
        let isChanged = watch.begin(session, leader: leader, isAtRest: stage.isAtRest)
        stage.sessionBegan(&watch)
        if isChanged { stage.contractChanged() }
    }

    mutating func groupClosed(_ engine: borrowing ContractEngine) {
        passGate()
        let hasMoved = watch.takeGroup(engine)
        passGate()
        if hasMoved || watch.leaderFills { move(hasMoved, at: engine.group.time, trades: engine.trades) }
        passGate()
        stage.groupEnded(&watch)
    }

    mutating func tradedGroup(_ book: borrowing ContractBook) {
        passGate()
        let hasMoved = watch.takeGroup(book)
        passGate()
        move(hasMoved, at: book.assembler.group.time, trades: book.assembler.trades)
    }

    mutating func formerGroup(_ book: borrowing ContractBook) {
        passGate()
        let hasMoved = watch.takeFormer(book)
        passGate()
        move(hasMoved, at: book.assembler.group.time, trades: book.assembler.trades)
    }

    mutating func followedGroup(_ engine: borrowing ContractEngine) {
        passGate()
        let hasMoved = watch.takeFormer(engine)
        passGate()
        move(hasMoved, at: engine.group.time, trades: engine.trades)
    }

    private mutating func move(_ hasMoved: Bool, at time: UInt64, trades: UnsafeBufferPointer<TradeRun>) {
        if hasMoved {
            stage.marketMoved(&watch, trades: trades)
        } else {
            stage.marketPassed(Timestamp(nanoseconds: time), &watch)
        }
    }

    mutating func secondEnded(_ engine: borrowing ContractEngine, time: UInt64) {
        passGate()
        watch.takeSecond(time, received: engine.clock)
        if watch.keepsFormer, watch.roll(isAtRest: stage.isAtRest) { stage.contractChanged() }
        passGate()
        stage.secondBegan(Timestamp(nanoseconds: time), &watch)
        openOrClose()
        passGate()
        let isMarked = watch.keepMark(secondEnded: time, heard: engine.clockBefore)
        passGate()
        stage.secondEnded(&watch, isMarked: isMarked)
        passGate()
        stage.groupEnded(&watch)
    }

    mutating func tradedStatus(_ status: TradingStatus, time: UInt64, clock received: UInt64) {
        passGate()
        watch.takeStatus(status, time: time, received: received)
        openOrClose()
    }

    mutating func formerStatus(_ status: TradingStatus, time: UInt64, clock received: UInt64) {
        passGate()
        watch.takeFormerStatus(status, time: time, received: received)
        openOrClose()
    }

    private mutating func openOrClose() {
        passGate()
        let hasMoved = watch.openOrClose()
        passGate()
        if hasMoved { stage.marketMoved(&watch, trades: MarketWatch.noTrades) }
    }

    mutating func tradedRecordsLost(isLeaders: Bool, isFormers: Bool) {
        passGate()
        let hasMoved = watch.loseRecords(isLeaders: isLeaders, isFormers: isFormers)
        passGate()
        if hasMoved { stage.marketMoved(&watch, trades: MarketWatch.noTrades) }
    }

    mutating func feedChanged(_ feed: FeedCondition) {
        passGate()
        watch.feedChanged(feed)
        passGate()
        stage.feedChanged(feed)
    }

    // MARK: Logical time

    private mutating func passGate() {
        if let gate {
            while let request = gate.request(at: steps) { answer(request, gate) }
        }
        steps &+= 1
    }

    /// Does what the conductor asks at this step, as far as it has asked.
    mutating func serveGate() {
        guard let gate else { return }
        while let request = gate.requestNow(at: steps) { answer(request, gate) }
    }

    private mutating func answer(_ request: StageRequest, _ gate: any StageGate) {
        if case .take(let message) = request { stage.take(message, at: watch.clock.message, &watch) }
        var outputs: [StageMessage] = []
        stage.drain { outputs.append($0) }
        gate.answer(outputs, isQuiet: !stage.mayPutOut)
    }
}
