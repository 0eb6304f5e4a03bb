import DBN
import Determinism
import Features
import MarketCalendar
import MarketData
import Orders
import Testing
import Units

@testable import Pipeline

/// Several contracts in one fold: who leads, who is told the time, and what a restart keeps.
@Suite struct MarketFoldTests {
    private static let second: UInt64 = 1_000_000_000
    private static let reference = CivilDate(year: 2023, month: 12, day: 8)

    /// What the fold told, in order.
    struct Told: MarketSink {
        enum Event: Equatable {
            case session(CivilDate, leader: Int)
            case group(time: UInt64, bid: Int32)
            case second(UInt64, bid: Int32)
            case traded(time: UInt64, bid: Int32)
        }
        var events: [Event] = []
        var vectors: [[UInt64]] = []

        mutating func sessionBegan(_ session: SessionTimes, leader: Int) {
            events.append(.session(session.tradeDate, leader: leader))
        }
        mutating func groupClosed(_ engine: borrowing ContractEngine) {
            events.append(.group(time: engine.group.time, bid: engine.book.pointee.bid.bestPrice))
            vectors.append(engine.vector.map(\.bitPattern))
        }
        mutating func secondEnded(_ engine: borrowing ContractEngine, time: UInt64) {
            events.append(.second(time, bid: engine.book.pointee.bid.bestPrice))
        }
        mutating func tradedStatus(_ status: TradingStatus, time: UInt64, clock: UInt64) {}
        mutating func tradedGroup(_ book: borrowing ContractBook) {
            events.append(.traded(time: book.assembler.group.time, bid: book.assembler.book.pointee.bid.bestPrice))
        }
    }

    static func instant(_ day: Int, _ hour: Int, _ minute: Int, _ second: Int = 0) throws -> UInt64 {
        try RealTape.newYork().timestamp(
            CivilDate(year: 2023, month: 12, day: day), hour: hour, minute: minute, second: second
        ).nanoseconds
    }

    static func plan(_ symbols: [(String, UInt32)]) throws -> InstrumentPlan {
        try InstrumentPlan(
            candidates: symbols.compactMap { symbol, id in
                FuturesContract(symbol, near: reference).map {
                    TapeContract(
                        contract: $0,
                        identities: [
                            .init(instrument: InstrumentID(id), start: Timestamp(nanoseconds: 0), end: .undefined)
                        ])
                }
            }, signal: "ES.c.0", traded: "MES.c.0", reference: reference)
    }

    static func configuration() throws -> FeatureConfiguration {
        FeatureConfiguration(
            calendar: .cmeEquityIndex(zone: try RealTape.newYork(), windows: .regular),
            tickSize: TickSize(nanos: 250_000_000), averageLength: 3)
    }

    /// An `mbp-10` record that is a group: ten levels on each side of a spread of one tick.
    static func book(_ id: UInt32, _ time: UInt64, bid: Int, received: UInt64? = nil) -> [UInt8] {
        let tick: Int64 = 250_000_000
        let levels = (0..<10).map { slot in
            BidAskPair(
                bidPrice: Int64(bid - slot) * tick, askPrice: Int64(bid + 1 + slot) * tick,
                bidSize: UInt32(10 + slot), askSize: UInt32(20 + bid % 7), bidCount: 2, askCount: 3)
        }
        let head = MarketByPriceRecord(
            header: RecordHeader(
                publisherID: 1, instrumentID: InstrumentID(id), eventTime: Timestamp(nanoseconds: time)),
            price: Price(nanos: Int64(bid) * tick), size: 1, action: .trade, side: .bid, flags: .last,
            receiveTime: Timestamp(nanoseconds: received ?? time + 1_000))
        var bytes = [UInt8](repeating: 0, count: RecordByteCount.mbp10)
        bytes.withUnsafeMutableBytes { raw in
            levels.withUnsafeBufferPointer { levels in
                if let base = raw.baseAddress { head.write(levels: levels, to: base) }
            }
        }
        return bytes
    }

    /// What ingest writes of a feed into the ring.
    static func mark(
        _ kind: FeedMark.Kind, _ schema: Schema? = nil, at time: UInt64, dataset: String = "GLBX.MDP3",
        reason: FeedMark.Reason = .none, from: UInt64? = nil
    ) throws -> [UInt8] {
        let stamp = Timestamp(nanoseconds: time)
        let mark = FeedMark(
            kind, dataset: try #require(DatasetName(dataset)), time: stamp, wallTime: stamp, reason: reason,
            schema: schema, from: from.map { Timestamp(nanoseconds: $0) } ?? .undefined)
        var bytes = [UInt8](repeating: 0, count: RecordByteCount.system)
        bytes.withUnsafeMutableBytes { raw in raw.baseAddress.map { _ = mark.write(to: $0) } }
        return bytes
    }

    @Test func `each session is collected from the contract that leads in it`() throws {
        var configuration = try Self.configuration()
        configuration.collectsSessions = true
        var fold = MarketFold(plan: try Self.plan([("ESZ3", 1), ("ESH4", 2)]), configuration: configuration)
        var told = Told()
        // Monday the 11th is ESH4's. Before the close ESZ3 has three and one groups, ESH4 two and four.
        var records: [[UInt8]] = []
        for (day, counts) in [(8, [3, 2]), (11, [1, 4])] {
            for (slot, count) in counts.enumerated() {
                for second in 0..<count {
                    let time = try Self.instant(day, 15, 58, 10 * slot + second)
                    records.append(Self.book(UInt32(slot + 1), time, bid: 18_000 + 100 * slot))
                }
            }
        }
        Self.take(&fold, records, &told)
        let first = fold.takeEndedSessions()
        #expect(first.map(\.session.tradeDate.description) == ["2023-12-08"])
        #expect(first.map(\.regularGroups) == [3])
        fold.endTape(sink: &told)
        let second = fold.takeEndedSessions()
        #expect(second.map(\.session.tradeDate.description) == ["2023-12-11"])
        #expect(second.map(\.regularGroups) == [4] && second.allSatisfy { $0.reachesRegularClose })
        #expect(fold.takeEndedSessions().isEmpty && told.vectors.isEmpty, "no vectors are made")
    }

    static func status(_ id: UInt32, _ time: UInt64, _ action: StatusAction) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: RecordByteCount.status)
        let header = RecordHeader(
            publisherID: 1, instrumentID: InstrumentID(id), eventTime: Timestamp(nanoseconds: time))
        bytes.withUnsafeMutableBytes { raw in
            guard let base = raw.baseAddress else { return }
            StatusRecord(header: header, receiveTime: Timestamp(nanoseconds: time), action: action)
                .write(to: base)
        }
        return bytes
    }

    @Test func `a halt of the session under way stands over missing status records`() throws {
        let morning = try Self.instant(8, 10, 0), halted = morning + 10 * Self.second
        func isHalted(_ hole: [UInt8]) throws -> Bool {
            var fold = MarketFold(plan: try Self.plan([("ESZ3", 1)]), configuration: try Self.configuration())
            var told = Told()
            let first = [
                Self.status(1, morning, .trading), Self.book(1, morning + Self.second, bid: 18_000),
                Self.status(1, halted, .halt), hole, Self.book(1, halted + 60 * Self.second, bid: 18_000),
            ]
            Self.take(&fold, first, &told)
            return fold.withLeader { $0.isHalted }
        }
        let later = halted + 50 * Self.second
        #expect(try isHalted(try Self.mark(.gap, .status, at: later, reason: .aged, from: halted)))
        #expect(try isHalted(try Self.mark(.gap, .status, at: later, reason: .unproven)))
        #expect(try !isHalted(try Self.mark(.gap, .status, at: later, reason: .aged)), "of all that was before")
    }

    /// A close that is the last word before a hole of status records says nothing of the session behind it.
    @Test func `after missing status records the calendar says whether the market is open`() throws {
        let closed = try Self.instant(8, 17, 0)
        let sunday = try Self.instant(10, 18, 0)
        func open(_ hole: [[UInt8]]) throws -> [Bool] {
            var fold = MarketFold(plan: try Self.plan([("ESZ3", 1)]), configuration: try Self.configuration())
            var told = Told()
            let friday = [
                Self.status(1, closed - 60 * Self.second, .trading), Self.book(1, closed - Self.second, bid: 18_000),
                Self.status(1, closed, .close),
            ]
            let next = (1...2).map { Self.book(1, sunday + $0 * Self.second, bid: 18_010) }
            Self.take(&fold, friday + hole + next, &told)
            let before = fold.withLeader { $0.isOpen }
            Self.take(&fold, [Self.status(1, sunday + 3 * Self.second, .halt)], &told)
            return [before, fold.withLeader { $0.isOpen }]
        }
        #expect(try open([]) == [false, false])
        #expect(try open([try Self.mark(.gap, .status, at: sunday)]) == [true, false])
        #expect(try open([try Self.mark(.gap, .statistics, at: sunday)]) == [false, false])
    }

    private static func take(_ fold: inout MarketFold, _ records: [[UInt8]], _ told: inout Told) {
        for (index, bytes) in records.enumerated() {
            bytes.withUnsafeBytes { raw in
                guard let base = raw.baseAddress else { return }
                fold.take(RecordView(base), sequence: UInt64(index), sink: &told)
            }
        }
    }

    /// Two contracts of one root over the roll of December 2023: Friday's last seconds, Sunday's first.
    private static func rollTape() throws -> [[UInt8]] {
        var records: [[UInt8]] = []
        let friday = try instant(8, 16, 59, 50)
        for index in 0..<6 as Range<UInt64> {
            records.append(book(1, friday + index * second, bid: 18_000 + Int(index)))
            records.append(book(2, friday + index * second + 1, bid: 18_200 + Int(index)))
        }
        let sunday = try instant(10, 18, 0)
        for index in 0..<90 as Range<UInt64> {
            records.append(book(1, sunday + index * second + 5, bid: 18_010 + Int(index % 5)))
            records.append(book(2, sunday + index * second + 6, bid: 18_210 + Int(index % 5)))
        }
        return records
    }

    @Test func `at 18 00 that begins the roll's Monday the next contract leads, warm, and alone has vectors`() throws {
        let records = try Self.rollTape()
        var fold = MarketFold(plan: try Self.plan([("ESZ3", 1), ("ESH4", 2)]), configuration: try Self.configuration())
        var told = Told()
        Self.take(&fold, records, &told)
        let sunday = try Self.instant(10, 18, 0)
        let sessions = told.events.filter { if case .session = $0 { true } else { false } }
        #expect(
            sessions == [
                .session(CivilDate(year: 2023, month: 12, day: 8), leader: 0),
                .session(CivilDate(year: 2023, month: 12, day: 11), leader: 1),
            ])
        #expect(fold.leader == 1)
        for event in told.events {
            switch event {
            case .group(let time, let bid), .second(let time, let bid):
                #expect((bid < 18_100) == (time < sunday), "\(event)")
            case .session, .traded: break
            }
        }
        // The seconds of Friday's session are told before Monday's begins.
        let monday = try #require(told.events.firstIndex(of: sessions[1]))
        let friday = try Self.instant(8, 17, 0)
        let fridaySeconds = told.events[..<monday].filter { if case .second = $0 { true } else { false } }
        #expect(fridaySeconds.count == 9, "16:59:51 to 16:59:59; 17:00 is no instant of the session")
        #expect(fridaySeconds.last == .second(friday - Self.second, bid: 18_005))

        // The new leader's vectors are those of an engine that has had its records alone.
        var alone = MarketFold(plan: try Self.plan([("ESH4", 2)]), configuration: try Self.configuration())
        var toldAlone = Told()
        Self.take(&alone, records.filter { $0[4] == 2 }, &toldAlone)
        #expect(told.vectors.suffix(90) == toldAlone.vectors.suffix(90))
    }

    /// The loss of a day counts from 18:00 on, and what is lost is the traded contract's.
    @Test func `a session begins with its first book, the traded contract's too, but not with a replayed one`() throws {
        let (friday, sunday) = (try Self.instant(8, 16, 59), try Self.instant(10, 18, 0))
        let evening: [[UInt8]] = [
            Self.book(2, sunday - 60 * Self.second, bid: 18_000), Self.book(2, sunday, bid: 18_010),
            Self.book(2, sunday + Self.second, bid: 18_011), Self.book(1, sunday + 600 * Self.second, bid: 18_012),
        ]
        for isReplayed in [false, true] {
            let plan = try Self.plan([("ESH4", 1), ("MESH4", 2)])
            var fold = MarketFold(plan: plan, configuration: try Self.configuration())
            var told = Told()
            var records = [Self.book(1, friday, bid: 18_000)]
            if isReplayed { records.append(try Self.mark(.replaying, at: friday + Self.second)) }
            Self.take(&fold, records + evening, &told)
            let monday = Told.Event.session(CivilDate(year: 2023, month: 12, day: 11), leader: 0)
            let begin = try #require(told.events.firstIndex(of: monday))
            let traded = try #require(told.events.firstIndex(of: .traded(time: sunday, bid: 18_010)))
            #expect(isReplayed ? traded < begin : traded == begin + 1, "\(told.events)")
            #expect(told.events.count { if case .session = $0 { true } else { false } } == 2)
        }
    }

    @Test func `any record tells every engine the time`() throws {
        var fold = MarketFold(
            plan: try Self.plan([("ESZ3", 1), ("MESZ3", 3)]), configuration: try Self.configuration())
        var told = Told()
        let noon = try Self.instant(8, 12, 0)
        Self.take(&fold, [Self.book(1, noon + 100, bid: 18_000)], &told)
        // The traded contract, an unknown instrument, a status record: each a second and a quarter later.
        Self.take(&fold, [Self.book(3, noon + Self.second, bid: 18_000, received: noon + 1_249_999_999)], &told)
        #expect(told.events.last == .traded(time: noon + Self.second, bid: 18_000))
        Self.take(&fold, [Self.book(9, noon, bid: 1, received: noon + 1_250_000_000)], &told)
        #expect(told.events.last == .second(noon + Self.second, bid: 18_000))
        #expect(fold.unusedRecords == 1)
        Self.take(&fold, [Self.status(1, noon + 2_250_000_000, .trading)], &told)
        #expect(told.events.last == .second(noon + 2 * Self.second, bid: 18_000))
        #expect(fold.statusSource == .status)
    }

    @Test func `an undefined receive time does not move the clock`() throws {
        var fold = MarketFold(plan: try Self.plan([("ESZ3", 1)]), configuration: try Self.configuration())
        var told = Told()
        let noon = try Self.instant(8, 12, 0)
        Self.take(&fold, [Self.book(1, noon, bid: 18_000), Self.book(1, noon + 1, bid: 18_001, received: .max)], &told)
        #expect(fold.clock == noon + 1_000)
        #expect(told.events.count == 3)
    }

    @Test func `a fold that is saved and loaded between any two records goes on with the same bits`() throws {
        let records = try Self.rollTape()
        let plan = try Self.plan([("ESZ3", 1), ("ESH4", 2)])
        var whole = MarketFold(plan: plan, configuration: try Self.configuration())
        var told = Told()
        Self.take(&whole, records, &told)
        var random = SeededGenerator(seed: 5)
        var fold = MarketFold(plan: plan, configuration: try Self.configuration())
        var again = Told()
        for record in records {
            Self.take(&fold, [record], &again)
            guard random.below(9) == 0 else { continue }
            var saving = StateArchive()
            try fold.persist(&saving)
            var next = MarketFold(plan: plan, configuration: try Self.configuration())
            var loading = StateArchive(loading: saving.bytes)
            try next.persist(&loading)
            try loading.checkEnd()
            fold = next
        }
        #expect(again.events == told.events && again.vectors == told.vectors, "seed 5")
        var saving = StateArchive()
        try fold.persist(&saving)
        for bytes in [Array(saving.bytes.dropLast()), saving.bytes + [0]] {
            var other = MarketFold(plan: plan, configuration: try Self.configuration())
            var loading = StateArchive(loading: bytes)
            #expect(throws: StateArchive.Failure.self) {
                try other.persist(&loading)
                try loading.checkEnd()
            }
        }
    }
}

extension MarketFoldTests {
    @Test func `the traded contract's book is open by its own status and by the calendar`() throws {
        var fold = MarketFold(
            plan: try Self.plan([("ESZ3", 1), ("MESZ3", 3)]), configuration: try Self.configuration())
        struct Opens: MarketSink {
            var open: [Bool] = []
            mutating func sessionBegan(_ session: SessionTimes, leader: Int) {}
            mutating func tradedStatus(_ status: TradingStatus, time: UInt64, clock: UInt64) {}
            mutating func groupClosed(_ engine: borrowing ContractEngine) {}
            mutating func secondEnded(_ engine: borrowing ContractEngine, time: UInt64) {}
            mutating func tradedGroup(_ book: borrowing ContractBook) { open.append(book.isOpen) }
        }
        var opens = Opens()
        for bytes in [
            Self.book(3, try Self.instant(8, 12, 0), bid: 9), Self.book(3, try Self.instant(8, 17, 30), bid: 9),
            Self.book(3, try Self.instant(10, 18, 0), bid: 9),
            Self.status(3, try Self.instant(10, 18, 0, 1), .halt), Self.book(3, try Self.instant(10, 18, 0, 2), bid: 9),
            Self.status(3, try Self.instant(10, 18, 0, 3), .trading),
            Self.book(3, try Self.instant(10, 18, 0, 4), bid: 9),
        ] {
            bytes.withUnsafeBytes { raw in
                if let base = raw.baseAddress { fold.take(RecordView(base), sequence: 0, sink: &opens) }
            }
        }
        #expect(opens.open == [true, false, true, false, true])
    }

    @Test func `stamps that cannot be move neither the clock nor the market, a second witness moves both`() throws {
        var fold = MarketFold(plan: try Self.plan([("ESZ3", 1)]), configuration: try Self.configuration())
        var told = Told()
        let start = try Self.instant(8, 12, 0)
        let (day, year) = (86_400_000_000_000 as UInt64, 31_536_000_000_000_000 as UInt64)
        Self.take(&fold, [Self.book(1, start, bid: 9)], &told)
        let clock = fold.clock
        for absurd in [start + year, 1 << 62, UInt64(Int64.max) - 2, UInt64.max - 5_000] as [UInt64] {
            Self.take(&fold, [Self.book(1, absurd, bid: 9)], &told)
            #expect(fold.clock == clock, "both stamps \(absurd)")
        }
        Self.take(&fold, [Self.book(1, start + day, bid: 9, received: start + 2_000)], &told)
        #expect(fold.clock == clock + 1_000 && fold.signalCounters.groups == 1)
        let later = start + 8 * day
        Self.take(&fold, [Self.book(1, later, bid: 9), Self.book(1, later + 1, bid: 9)], &told)
        #expect(fold.clock == later + 1_001 && fold.signalCounters.groups == 2)
    }

    @Test func `a gateway's messages do not say what time it is, a heartbeat that follows the present does`() throws {
        var fold = MarketFold(plan: try Self.plan([("ESZ3", 1)]), configuration: try Self.configuration())
        var told = Told()
        let start = try Self.instant(8, 12, 0)
        func message(_ code: SystemCode, _ time: UInt64) throws -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: RecordByteCount.system)
            try bytes.withUnsafeMutableBytes { raw in
                let base = try #require(raw.baseAddress)
                try ControlRecord.writeSystem(code, "", at: Timestamp(nanoseconds: time), to: base)
            }
            return bytes
        }
        let hour = 3_600 * Self.second
        Self.take(&fold, [try message(.subscriptionAcknowledged, start + 3 * hour)], &told)
        Self.take(&fold, [try message(.heartbeat, start)], &told)
        #expect(fold.clock == 0)
        Self.take(&fold, [Self.book(1, start, bid: 9), try message(.subscriptionAcknowledged, start + 2)], &told)
        #expect(fold.clock == start + 1_000)
        Self.take(&fold, [try message(.heartbeat, start + hour)], &told)
        #expect(fold.clock == start + 1_000, "of the time at which the past was replayed")
        Self.take(&fold, [try message(.heartbeat, start + 30 * Self.second)], &told)
        #expect(fold.clock == start + 30 * Self.second)
    }

    @Test func `an open market view closes and opens once each`() {
        var view = MarketView()
        let unknown = view.setTrading(.closed)
        #expect(!unknown, "there is no book yet")
        var two = Book()
        (two.bid.levelCount, two.bid.prices[0], two.ask.levelCount, two.ask.prices[0]) = (1, 5, 1, 6)
        withUnsafePointer(to: two) { view.take($0, quality: [], group: EventGroup()) }
        let steps = [view.setTrading([]), view.setTrading(.closed), view.setTrading(.closed), view.setTrading([])]
        #expect(steps == [false, true, false, true] && view.quality == [])
    }

    private static func quality(of book: Book, isOpen: Bool, isSuspect: Bool) -> DataQuality {
        withUnsafePointer(to: book) {
            MarketView.quality(of: $0, isOpen: isOpen, isHalted: false, isSuspect: isSuspect)
        }
    }

    @Test func `what is wrong with a book has a name each`() {
        var two = Book()
        (two.bid.levelCount, two.bid.prices[0], two.ask.levelCount, two.ask.prices[0]) = (1, 5, 1, 6)
        var crossed = two
        crossed.bid.prices[0] = 7
        var one = two
        one.ask = Book().ask
        #expect(Self.quality(of: two, isOpen: true, isSuspect: false) == [])
        #expect(Self.quality(of: two, isOpen: false, isSuspect: true) == [.closed, .badBook])
        #expect(Self.quality(of: crossed, isOpen: true, isSuspect: false) == [.crossed])
        #expect(Self.quality(of: one, isOpen: true, isSuspect: false) == [.oneSided])
        #expect(Self.quality(of: Book(), isOpen: true, isSuspect: false) == [.noBook])
    }
}
