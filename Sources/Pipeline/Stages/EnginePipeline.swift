import DBN
import Determinism
import Features
import MarketCalendar
import MarketData
import Orders
import Signals
import Units

/// What an engine puts out.
public protocol EngineOutput: ~Copyable {
    /// A group of the leading contract closed; `engine.vector` is current. Signals that it led to were told before.
    mutating func vector(_ engine: borrowing ContractEngine)
    /// A second of event time ended with this vector.
    mutating func secondVector(_ engine: borrowing ContractEngine, time: UInt64)
    /// A level was decided: for whoever waits for it. A group's signals are all announced before `signal` is told of
    /// the first.
    mutating func announce(_ signal: Signal)
    /// A group's signals have all been announced.
    mutating func announced()
    /// A level was decided on the engine's vector, in the group that closed.
    mutating func signal(_ signal: Signal, _ engine: borrowing ContractEngine)
    /// What the feed adds to the quality of every vector from here on.
    mutating func feedChanged(_ quality: DataQuality)
    /// The option chain was refreshed at `time`, as `MarketSink.chainRefreshed` says; what the leading contract's row
    /// would be worth.
    mutating func strikes(
        _ strikes: UnsafeBufferPointer<OptionStrike>, at time: UInt64, sequence: UInt64, quality: DataQuality)
}

extension EngineOutput where Self: ~Copyable {
    public mutating func feedChanged(_ quality: DataQuality) {}
    public mutating func strikes(
        _ strikes: UnsafeBufferPointer<OptionStrike>, at time: UInt64, sequence: UInt64, quality: DataQuality
    ) {}
}

/// The engine's fold: records in; features and signals out. The first half of the pipeline.
public struct EnginePipeline<Output: EngineOutput & ~Copyable>: ~Copyable {
    public private(set) var market: MarketFold
    private let sink: UnsafeMutablePointer<EngineSink<Output>>

    public init(
        plan: InstrumentPlan, features: FeatureConfiguration, trading: TradingConfiguration, output: consuming Output
    ) {
        market = MarketFold(plan: plan, configuration: features)
        sink = .allocate(capacity: 1)
        sink.initialize(to: EngineSink(judge: LevelJudge(trading.signals), output: output))
    }

    deinit {
        sink.deinitialize(count: 1)
        sink.deallocate()
    }

    /// Takes the next record. `sequence` is its position in the ring.
    public mutating func take(_ record: RecordView, sequence: UInt64) {
        market.take(record, sequence: sequence, sink: &sink.pointee)
    }

    /// What the feed adds to the quality of every vector.
    public var feedQuality: DataQuality { sink.pointee.feedQuality }

    /// What is wrong with the vector that there would be now.
    public var quality: DataQuality { market.leaderQuality.union(sink.pointee.feedQuality) }

    /// Makes `engine` what the leading contract's is now. False when that has no record yet.
    mutating func copyLeader(to engine: inout ContractEngine) throws(StateArchive.Failure) -> Bool {
        try market.copyLeader(to: &engine)
    }

    mutating func rehearseRefresh() -> Double { market.rehearseRefresh() }

    /// Reaches the output.
    public mutating func withOutput<Result>(_ body: (inout Output) throws -> Result) rethrows -> Result {
        try body(&sink.pointee.output)
    }
}

extension EnginePipeline: PersistentState where Output: ~Copyable {
    /// The output is not saved.
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("engine")
        try archive.field(&market)
        try sink.pointee.judge.persist(&archive)
        try archive.field(&sink.pointee.feedQuality)
    }
}

extension ContractEngine {
    /// What is wrong with the contract's book, as the order path names it.
    public var dataQuality: DataQuality {
        let (isOpen, isSuspect) = (isOpen, isSuspect)
        // Both sides, and not crossed.
        if isBookValid, isOpen, !isSuspect { return [] }
        let quality = MarketView.quality(of: book, isOpen: isOpen, isHalted: isHalted, isSuspect: isSuspect)
        return isBookOld ? quality.union(.stale) : quality
    }

    /// What is wrong with the vector: with the book, with what was summed before it, and with what it is compared with.
    public var rowQuality: DataQuality {
        var quality = dataQuality
        if hasHole { quality.insert(.gap) }
        if !knowsUsualDay { quality.insert(.noHistory) }
        return quality
    }
}

struct EngineSink<Output: EngineOutput & ~Copyable>: ~Copyable, MarketSink {
    var judge: LevelJudge
    var output: Output
    /// What the feed adds to the quality of a vector.
    var feedQuality: DataQuality = []

    init(judge: consuming LevelJudge, output: consuming Output) {
        self.judge = judge
        self.output = output
    }

    /// Signals first: risk waits for them, and nobody for a row.
    mutating func groupClosed(_ engine: borrowing ContractEngine) {
        if judge.judge(engine) {
            for index in judge.decided.indices { output.announce(judge.decided[index]) }
            output.announced()
            for index in judge.decided.indices { output.signal(judge.decided[index], engine) }
            judge.decided.removeAll()
        }
        output.vector(engine)
    }

    mutating func secondEnded(_ engine: borrowing ContractEngine, time: UInt64) {
        output.secondVector(engine, time: time)
    }

    mutating func feedChanged(_ feed: FeedCondition) {
        judge.isFeedLive = feed == .live
        feedQuality =
            switch feed {
            case .live: []
            case .catchingUp: .warming
            case .replaying: [.warming, .replayed]
            case .lost, .late: [.warming, .stale]
            }
        output.feedChanged(feedQuality)
    }

    mutating func chainRefreshed(
        _ strikes: UnsafeBufferPointer<OptionStrike>, at time: UInt64, sequence: UInt64,
        leader: borrowing ContractEngine
    ) { output.strikes(strikes, at: time, sequence: sequence, quality: leader.rowQuality) }

    mutating func tradedGroup(_ book: borrowing ContractBook) {}
    mutating func tradedStatus(_ status: TradingStatus, time: UInt64, clock received: UInt64) {}
    mutating func sessionBegan(_ session: SessionTimes, leader: Int) {}
}
