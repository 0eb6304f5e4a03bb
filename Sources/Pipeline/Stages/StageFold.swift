import DBN
import Determinism
import Features
import MarketCalendar
import MarketData
import Orders
import Units

/// One stage of the order path with the market that it follows: records and messages in, messages out.
///
/// Its market has the books, seconds and sessions of the pipeline's and no features. Equal records, messages and places
/// of the messages between the records give equal outputs.
public struct StageFold<Stage: TradingStage>: ~Copyable {
    private var market: MarketFold
    private let follower: UnsafeMutablePointer<StageFollower<Stage>>

    public init(
        plan: InstrumentPlan, features: FeatureConfiguration, trading: TradingConfiguration, stage: Stage
    ) {
        TradingLimits.verify()
        var features = features
        features.families = FeatureFamilies(rawValue: 0)
        features.options.isEnabled = false
        features.history = nil
        market = MarketFold(plan: plan, configuration: features)
        let watch = MarketWatch(plan: plan, calendar: features.calendar, configuration: trading)
        follower = .allocate(capacity: 1)
        follower.initialize(to: StageFollower(watch: watch, stage: stage))
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
        follower.pointee.stage.take(message, at: time, &follower.pointee.watch)
    }

    /// Hands out and forgets what the stage has put out, in its order.
    public mutating func drain(_ body: (StageMessage) -> Void) { follower.pointee.stage.drain(body) }

    /// Ticks of the message clock are wanted.
    public var awaitsTime: Bool { follower.pointee.stage.awaitsTime }
    /// Event time, and the receive time of the record taken last.
    public var clock: TradingClock { follower.pointee.watch.clock }
    /// The contract that orders are for.
    public var tradedSymbol: String { market.plan.tradedContract(leader: market.leader).rawSymbol }

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

/// Tells a stage what the market fold tells.
struct StageFollower<Stage: TradingStage>: ~Copyable, MarketSink {
    var watch: MarketWatch
    var stage: Stage

    init(watch: consuming MarketWatch, stage: Stage) {
        self.watch = watch
        self.stage = stage
    }

    mutating func sessionBegan(_ session: SessionTimes, leader: Int) {
        watch.begin(session, leader: leader)
        stage.sessionBegan(&watch)
    }

    mutating func groupClosed(_ engine: borrowing ContractEngine) {
        if watch.takeGroup(engine) { stage.marketMoved(&watch, trades: engine.trades) }
        stage.groupEnded(&watch)
    }

    mutating func tradedGroup(_ book: borrowing ContractBook) {
        watch.takeGroup(book)
        stage.marketMoved(&watch, trades: book.assembler.trades)
    }

    mutating func secondEnded(_ engine: borrowing ContractEngine, time: UInt64) {
        watch.takeSecond(time, received: engine.clock)
        stage.secondBegan(Timestamp(nanoseconds: time), &watch)
        if watch.openOrClose() { stage.marketMoved(&watch, trades: MarketWatch.noTrades) }
        let isMarked = watch.keepMark(secondEnded: time, heard: engine.clockBefore)
        stage.secondEnded(&watch, isMarked: isMarked)
    }

    mutating func feedChanged(isLive: Bool) { watch.feedChanged(isLive: isLive) }

    mutating func tradedStatus(_ status: TradingStatus, time: UInt64, clock received: UInt64) {
        watch.takeStatus(status, time: time, received: received)
        if watch.openOrClose() { stage.marketMoved(&watch, trades: MarketWatch.noTrades) }
    }
}
