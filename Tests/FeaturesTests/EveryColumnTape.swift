import DBN
import Determinism
import MarketCalendar
import MarketData
import Testing
import Units

@testable import Features

/// A record of the tape that gives every column a value: the future's book, or what was said of the future or an
/// option.
struct MarketRecord {
    enum Content {
        case book(TapeRecord)
        case settlement([UInt8])
        case option([UInt8])
    }
    var received: UInt64
    var content: Content

    var book: TapeRecord? {
        if case .book(let record) = content { return record }
        return nil
    }
}

/// An hour and a quarter of one future and a chain of options on it, after one and twenty days that left their ranges,
/// and five sessions that left a profile. No column stays without a value.
///
/// Levels are there after eight minutes, windows of half an hour are full after 31, and forty minutes follow.
struct EveryColumnTape {
    static let second: UInt64 = 1_000_000_000
    static let start = TestSession.open + TestSession.minute
    /// Prices are mirrored about 20,000.5 ticks, so that they stay positive and logarithms exist.
    static let mirrorSum = 40_001

    let seed: UInt64
    /// What the days before left, ticks: open, high, low, close.
    private(set) var days: [[Int32]] = []
    private(set) var records: [MarketRecord] = []

    /// - Parameter books: the future's records, `RandomTape.records` or what a test made of them.
    init(seed: UInt64, books: [TapeRecord]) throws {
        self.seed = seed
        var random = SeededGenerator(seed: seed)
        for _ in 0..<21 {
            let open = 19_960 + Int32(random.below(80))
            let close = open + Int32(random.below(41)) - 20
            days.append([open, max(open, close) + Int32(random.below(9)), min(open, close) - 6, close])
        }
        var latest: UInt64 = 0
        records = books.map { book in
            // Records come in their own order, whatever each took.
            latest = max(latest, book.received)
            var book = book
            book.received = latest
            return MarketRecord(received: latest, content: .book(book))
        }
        let chain = try OptionRecords(seed: seed, books: books)
        records += chain.records.map { MarketRecord(received: $0.received, content: .option($0.bytes)) }
        records.append(try Self.settlement(ticks: 20_013))
        sort()
    }

    /// The future's records of a seed, without faults.
    static func books(seed: UInt64, groups: Int = 3_500) -> [TapeRecord] {
        RandomTape(seed: seed, start: start, groups: groups, meanGap: 1_200_000_000, withFaults: false).records
    }

    private mutating func sort() {
        let order = records.indices.sorted { (records[$0].received, $0) < (records[$1].received, $1) }
        records = order.map { records[$0] }
    }

    private static func settlement(ticks: Int) throws -> MarketRecord {
        var record = StatisticsRecord(
            header: RecordHeader(
                publisherID: 1, instrumentID: InstrumentID(1), eventTime: Timestamp(nanoseconds: start)),
            receiveTime: Timestamp(nanoseconds: start), type: .settlementPrice)
        record.flags = 1
        record.price = Price(nanos: Int64(ticks) * TapeRecord.tick)
        let day = CivilDate(year: 2024, month: 1, day: 2).daysSinceEpoch
        record.referenceTime = Timestamp(nanoseconds: UInt64(day) * 86_400 * second)
        var bytes = [UInt8](repeating: 0, count: RecordByteCount.statistics)
        bytes.withUnsafeMutableBytes { raw in
            if let base = raw.baseAddress { record.write(to: base) }
        }
        return MarketRecord(received: start, content: .settlement(bytes))
    }

    // MARK: Transformations

    /// Every price of the future so many ticks higher; the options stay.
    func shifted(by ticks: Int) throws -> EveryColumnTape {
        try moved(settlement: 20_013 + ticks, prices: { $0 + Int32(ticks) }, record: { $0.shifted(by: ticks) })
    }

    /// Prices mirrored about 20,000.5 ticks and sides exchanged.
    func mirrored() throws -> EveryColumnTape {
        let sum = Self.mirrorSum
        var copy = try moved(
            settlement: sum - 20_013, prices: { Int32(sum) - $0 }, record: { $0.mirrored.shifted(by: sum) })
        copy.days = copy.days.map { [$0[0], $0[2], $0[1], $0[3]] }
        return copy
    }

    private func moved(
        settlement: Int, prices: (Int32) -> Int32, record: (TapeRecord) -> TapeRecord
    ) throws -> EveryColumnTape {
        var copy = self
        copy.days = days.map { $0.map(prices) }
        for index in records.indices {
            switch records[index].content {
            case .book(let book): copy.records[index].content = .book(record(book))
            case .settlement: copy.records[index].content = try Self.settlement(ticks: settlement).content
            case .option: break
            }
        }
        return copy
    }

    // MARK: Playing

    static func configuration(seed: UInt64) throws -> FeatureConfiguration {
        // Of an odd number of bars the average is never half a tick between two, where its nearest tick is rounded up
        // on both sides.
        var configuration = try TestSession.configuration(averageLength: 15)
        configuration.history = TestHistory.patterned(seed: seed)
        return configuration
    }

    func player() throws -> ChainPlayer {
        var player = ChainPlayer(try Self.configuration(seed: seed))
        player.live(through: days)
        return player
    }

    func rows() throws -> [AllRows.Row] {
        var player = try player()
        var sink = AllRows()
        for record in records { player.take(record, sink: &sink) }
        return sink.rows
    }
}

/// Feeds futures' and options' records to an engine and its chain, in the order in which the market's fold does.
struct ChainPlayer: ~Copyable {
    private var engine: ContractEngine
    private let board: UnsafeMutablePointer<OptionBoard>
    private var clock: UInt64 = 0
    private var sequence: UInt64 = 0

    init(_ configuration: FeatureConfiguration) {
        engine = ContractEngine(configuration: configuration)
        engine.expect(expiry: CivilDate(year: 2024, month: 3, day: 15))
        board = .allocate(capacity: 1)
        board.initialize(
            to: OptionBoard(
                configuration: configuration.options, calendar: configuration.calendar, tick: configuration.tickSize,
                symbols: ["ESH4"], identities: [[InstrumentID(1)]]))
        engine.optionBoard = board
    }

    deinit {
        board.deinitialize(count: 1)
        board.deallocate()
    }

    var isInsideGroup: Bool { engine.assembler.isOpen }
    var isSuspect: Bool { engine.isSuspect }
    mutating func rehearseRefresh() -> Double { board.pointee.rehearse() }
    var isTesting: Bool { LevelKind.allCases.contains { engine.level($0).pointee.test.isTesting } }

    /// Lets days go by that end with the one before the tape's, through the operators that look back so far: an engine
    /// would live through each of their seconds.
    mutating func live(through days: [[Int32]]) {
        let calendar = engine.configuration.calendar
        var dates = [CivilDate(year: 2024, month: 1, day: 3)]
        for _ in days { dates.insert(calendar.previousTradeDate(before: dates[0]), at: 0) }
        guard let first = calendar.session(dates[0]) else { return }
        engine.operators.pointee.auction.start(first)
        for (index, prices) in days.enumerated() {
            guard let session = calendar.session(dates[index]), let next = calendar.session(dates[index + 1]) else {
                continue
            }
            let trades = prices.map { TradeRun(price: $0, aggressor: 1, size: 10) }
            trades.withUnsafeBufferPointer { trades in
                let night = session.open.nanoseconds + TestSession.minute
                engine.operators.pointee.auction.take(trades: trades, time: night, isOpen: true)
                let regular = session.rthOpen.nanoseconds + TestSession.minute
                engine.operators.pointee.auction.take(trades: trades, time: regular, isOpen: true)
                engine.operators.pointee.volatility.takeRegular(trades)
            }
            engine.operators.pointee.auction.beginSession(next)
            engine.operators.pointee.volatility.beginSession()
        }
    }

    mutating func take<Sink: FeatureSink & ~Copyable>(_ record: MarketRecord, sink: inout Sink) {
        clock = max(clock, record.received)
        while board.pointee.nextRefresh < clock {
            let time = board.pointee.nextRefresh
            let limit = min(time - OptionBoard.second, engine.session.close.nanoseconds)
            engine.tick(clock: clock, upTo: limit, sink: &sink)
            board.pointee.setForward(0, engine.forward(at: time))
            board.pointee.refresh(leader: 0, clock: clock)
        }
        let bytes: [UInt8]
        switch record.content {
        case .book(let book): bytes = book.bytes
        case .settlement(let other), .option(let other): bytes = other
        }
        bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return }
            let view = RecordView(base)
            switch record.content {
            case .book: engine.take(view.marketByPrice, sequence: sequence, clock: clock, sink: &sink)
            case .settlement: engine.takeStatistics(view.statistics)
            case .option: _ = board.pointee.take(view, clock: clock, leader: engine.level(.premarketHigh))
            }
        }
        engine.tick(clock: clock, sink: &sink)
        sequence += 1
    }

    mutating func persist(_ archive: inout StateArchive) throws {
        try board.pointee.persist(&archive)
        try engine.persist(&archive)
        try archive.field(&clock)
        try archive.field(&sequence)
    }
}
