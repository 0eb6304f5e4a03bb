import DBN
import Determinism
import Features
import MarketCalendar
import Units

/// Keeps near what an engine needs for its next group and for the end of a second.
///
/// Within a millisecond or two of nothing to do a core's caches lose code and memory to whoever shares them, also while
/// it turns in a loop, and what comes then takes three times as long (docs/performance.md). A copy of the leading
/// contract's engine goes the same ways meanwhile: at each step a second of its own time ends and a group closes.
/// Nothing comes of it, for its output is its own.
public struct EngineRehearsal<Output: EngineOutput & ~Copyable>: ~Copyable {
    /// Books that are taken in turn, so that each step changes something.
    private static var bookCount: Int { 2 }
    private static var second: UInt64 { 1_000_000_000 }

    private var engine: ContractEngine
    private var sink: EngineSink<Output>
    private let books: UnsafeMutableRawBufferPointer
    /// Books that are still to come: the first ones, and newer ones.
    private var missing = Self.bookCount
    private var wanted = 0
    private var turn = 0
    private var clock: UInt64 = 0
    /// Of the session: a step over it would have the next one's history worked out.
    private var end: UInt64 = 0

    /// - Parameter output: of the steps; nobody may wait for what is put into it.
    public init(features: FeatureConfiguration, trading: TradingConfiguration, output: consuming Output) {
        engine = ContractEngine(configuration: features)
        sink = EngineSink(judge: LevelJudge(trading.signals), output: output)
        books = .allocate(byteCount: Self.bookCount * RecordByteCount.mbp10, alignment: 8)
    }

    deinit { books.deallocate() }

    /// Goes on from where the leading contract's engine is, and wants newer books; nothing before its first record.
    /// O(its state): a tenth of a millisecond, and what the end of a session takes where there is a history.
    public mutating func begin(from pipeline: inout EnginePipeline<Output>) throws(StateArchive.Failure) {
        guard try pipeline.copyLeader(to: &engine) else { return }
        clock = engine.clock
        end = engine.session.close.nanoseconds
        wanted = Self.bookCount
    }

    /// Reaches the output of the steps.
    public mutating func withOutput<Result>(_ body: (inout Output) throws -> Result) rethrows -> Result {
        try body(&sink.output)
    }

    /// Books of the leading contract are wanted.
    public var wantsBooks: Bool { wanted > 0 }

    /// Keeps a book of the leading contract; other records are left alone.
    public mutating func keep(_ record: RecordView, of pipeline: borrowing EnginePipeline<Output>) {
        guard wantsBooks, pipeline.market.isLeadersBook(record) else { return }
        wanted -= 1
        missing = min(missing, wanted)
        let bytes = UnsafeRawBufferPointer(start: record.bytes, count: RecordByteCount.mbp10)
        let place = wanted * bytes.count..<(wanted + 1) * bytes.count
        UnsafeMutableRawBufferPointer(rebasing: books[place]).copyMemory(from: bytes)
    }

    /// A second ends and a group closes; nothing when the session of the copy is over. Some microseconds; allocates
    /// nothing, if the output does not.
    public mutating func step() {
        guard missing == 0, clock &+ Self.second < end, let first = books.baseAddress else { return }
        turn = (turn + 1) % Self.bookCount
        let book = first + turn * RecordByteCount.mbp10
        clock &+= Self.second
        MarketByPriceView.restamp(book, at: Timestamp(nanoseconds: clock))
        engine.take(RecordView(book).marketByPrice, sequence: 0, clock: clock, sink: &sink)
    }
}
