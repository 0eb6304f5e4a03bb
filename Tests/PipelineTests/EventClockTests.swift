import Accounts
import DBN
import Determinism
import Execution
import MarketCalendar
import Orders
import PaperVenue
import Risk
import Testing
import Units

@testable import Pipeline

/// Event time while nothing comes from the ring, and what the stages make of it.
@Suite struct EventClockTests {
    private static let start = Timestamp(nanoseconds: 1_709_596_800_000_000_000)

    // MARK: The clock

    @Test func `after two seconds of nothing the stage is told once a second`() {
        var clock = EventClock(at: Timestamp(nanoseconds: 0), now: .seconds(100))
        #expect(clock.due(.seconds(110)) == nil, "before the first record there is no time")
        clock.hear(Self.start, isLive: true, now: .seconds(200))
        #expect(clock.due(.milliseconds(201_999)) == nil)
        #expect(clock.due(.seconds(202)) == Self.start + .seconds(2))
        #expect(clock.due(.milliseconds(202_900)) == nil)
        #expect(clock.due(.milliseconds(202_900), every: .zero) == Self.start + .milliseconds(2_900))
        #expect(clock.due(.milliseconds(203_900)) == Self.start + .milliseconds(3_900))
        clock.hear(Self.start + .seconds(5), isLive: true, now: .seconds(205))
        #expect(clock.due(.milliseconds(206_999)) == nil)
        #expect(clock.due(.seconds(207)) == Self.start + .seconds(7))
    }

    @Test func `records of the past do not hold it up`() {
        var clock = EventClock(at: Self.start, now: .seconds(0))
        // The feed is down: its marks say so, at the time of the last record.
        clock.hear(Self.start, isLive: false, now: .seconds(1))
        #expect(clock.due(.seconds(3)) == Self.start + .seconds(3))
        // Session after session begins a replay and breaks off.
        for second in 4...40 as ClosedRange<Int64> {
            clock.hear(Self.start + .milliseconds(second), isLive: false, now: .seconds(second))
            #expect(clock.due(.seconds(second)) == Self.start + .seconds(second))
        }
        // The replay comes as far as was told: from there on its records are the time.
        clock.hear(Self.start + .seconds(41), isLive: false, now: .milliseconds(40_500))
        #expect(clock.due(.seconds(42)) == nil)
        #expect(clock.due(.milliseconds(42_500)) == Self.start + .seconds(43))
    }

    @Test func `records that move no time while the feed is gone do not hold it up`() {
        var clock = EventClock(at: Timestamp(nanoseconds: 0), now: .seconds(0))
        clock.hear(Self.start, isLive: true, now: .seconds(0))
        // The futures' feed is down, and options come a hundred times a second.
        for hundredth in 1...3_000 as ClosedRange<Int64> {
            let now = Nanoseconds.milliseconds(10 * hundredth)
            clock.hear(Self.start, isLive: false, now: now)
            let isDue = hundredth >= 200 && hundredth % 100 == 0
            #expect(clock.due(now) == (isDue ? Self.start + now : nil))
        }
    }

    @Test func `a gateway whose own time stood still meanwhile is the time again when it is live`() {
        var clock = EventClock(at: Self.start, now: .seconds(0))
        #expect(clock.due(.seconds(60)) == Self.start + .seconds(60))
        clock.hear(Self.start + .seconds(1), isLive: true, now: .seconds(61))
        #expect(clock.due(.seconds(64)) == nil, "time never goes back")
        #expect(clock.due(.seconds(121)) == Self.start + .seconds(61))
    }

    // MARK: The risk gateway

    private static let terms = ContractTerms(
        tickSize: TickSize(nanos: 250_000_000), multiplier: 5, feePerSide: Money(cents: 62))

    static var trading: TradingConfiguration {
        let window = TradingWindowRule(
            entryStart: TimeOfDay(hour: 9, minute: 30), entryEnd: TimeOfDay(hour: 15, minute: 45),
            flatBy: TimeOfDay(hour: 15, minute: 55), earlyCloseEntryMinutes: 15, earlyCloseFlatMinutes: 5)
        return TradingConfiguration(
            window: window, execution: ExecutionConfiguration(terms: terms),
            venue: PaperVenueConfiguration(terms: terms))
    }

    private static func fold() throws -> StageFold<RiskFollower> {
        StageFold(
            plan: try MarketFoldTests.plan([("ESZ3", 1)]), features: try MarketFoldTests.configuration(),
            trading: trading, stage: RiskFollower(trading))
    }

    private static func take(_ bytes: [UInt8], _ number: UInt64, _ fold: inout StageFold<RiskFollower>) {
        bytes.withUnsafeBytes { raw in
            if let base = raw.baseAddress { fold.take(RecordView(base), sequence: number) }
        }
    }

    /// A minute of books, then a contract bought by hand, unless the account is to be flat. Gives the last book's time.
    private static func begin(_ fold: inout StageFold<RiskFollower>, buys: Bool = true) throws -> Timestamp {
        let start = try MarketFoldTests.instant(8, 10, 0)
        for second in 0...60 {
            let time = start + UInt64(second) * 1_000_000_000
            take(MarketFoldTests.book(1, time, bid: 18_000), UInt64(second), &fold)
        }
        let time = fold.clock.event
        if buys {
            let id = ClientOrderID(epoch: 1, issuer: .manual, count: 1)
            let fill = Fill(
                sequence: 1, venueTime: time, time: time, order: id, parent: id, role: .entry, side: .buy,
                quantity: Quantity(1), price: Ticks(18_001), fee: Money(cents: 62), liquidity: .taker)
            fold.take(.fill(fill), at: time)
        }
        return time
    }

    private static func changes(_ fold: inout StageFold<RiskFollower>) -> [String] {
        var found: [String] = []
        fold.drain { message in
            if case .change(let change) = message { found.append("\(change.to.name) \(change.reason.name)") }
        }
        return found
    }

    private static func order(_ count: UInt64, _ fold: inout StageFold<RiskFollower>) -> String? {
        let time = fold.clock.event
        let intent = OrderIntent(
            id: ClientOrderID(epoch: 1, issuer: .manual, count: count), time: time, receiveTime: time, action: .open,
            side: .buy, quantity: Quantity(1), stopDistance: Ticks(8))
        fold.take(.request(OperatorCommand(.order, id: count, intent: intent)), at: time)
        var reason: String?
        fold.drain { message in
            if case .verdict(let verdict) = message { reason = verdict.reason?.rawValue ?? "approved" }
        }
        return reason
    }

    private static func state(_ fold: inout StageFold<RiskFollower>) throws -> [UInt8] {
        var archive = StateArchive()
        try fold.persist(&archive)
        return archive.finish()
    }

    @Test func `without records a position is reducing after 5 s and flattened after 30`() throws {
        var fold = try Self.fold()
        let time = try Self.begin(&fold)
        #expect(Self.changes(&fold).isEmpty)
        for second in 2...4 as ClosedRange<Int64> { fold.take(.clock(time + .seconds(second)), at: time) }
        #expect(Self.changes(&fold).isEmpty)
        fold.take(.clock(time + .seconds(5)), at: time)
        #expect(Self.changes(&fold) == ["REDUCING no_valid_mark"])
        // A restart goes on from there.
        var again = try Self.fold()
        var archive = StateArchive(loading: try Self.state(&fold))
        try again.persist(&archive)
        try archive.checkEnd()
        #expect(again.now.event == time + .seconds(5) && again.clock.event == time)
        for second in 6...29 as ClosedRange<Int64> { again.take(.clock(time + .seconds(second)), at: time) }
        #expect(Self.changes(&again).isEmpty)
        again.take(.clock(time + .seconds(30)), at: time)
        #expect(Self.changes(&again) == ["FLATTENING no_valid_mark"])
    }

    @Test func `when records return so does the mark`() throws {
        var fold = try Self.fold()
        let time = try Self.begin(&fold)
        fold.take(.clock(time + .seconds(10)), at: time)
        #expect(Self.changes(&fold) == ["REDUCING no_valid_mark"])
        // A replay's book is as old as it is.
        Self.take(MarketFoldTests.book(1, (time + .seconds(1)).nanoseconds, bid: 18_000), 61, &fold)
        #expect(Self.changes(&fold).isEmpty)
        Self.take(MarketFoldTests.book(1, (time + .seconds(10)).nanoseconds, bid: 18_000), 62, &fold)
        #expect(Self.changes(&fold) == ["ACTIVE mark_returned"])
    }

    @Test func `nothing opens by hand on a book that is older than the limit`() throws {
        var fold = try Self.fold()
        let time = try Self.begin(&fold, buys: false)
        fold.take(.clock(time + .seconds(5)), at: time)
        #expect(Self.order(1, &fold) == "approved")
        fold.take(.clock(time + .seconds(5) + Nanoseconds(1)), at: time)
        #expect(fold.read { $0.gate.bookQuality } == .stale)
        #expect(Self.order(2, &fold) == RefusalReason.marketDataStale.rawValue)
        #expect(Self.changes(&fold).isEmpty, "a flat account needs no mark")
    }

    @Test func `a strategy's position is closed at its time without a record`() throws {
        var fold = try Self.fold()
        let time = try Self.begin(&fold, buys: false)
        let id = ClientOrderID(epoch: 1, issuer: .strategy, count: 1)
        fold.take(
            .fill(
                Fill(
                    sequence: 1, venueTime: time, time: time, order: id, parent: id, role: .entry, side: .buy,
                    quantity: Quantity(1), price: Ticks(18_001), fee: Money(cents: 62), liquidity: .taker,
                    strategy: .level)), at: time)
        let flatBy = Timestamp(nanoseconds: try MarketFoldTests.instant(8, 15, 55))
        #expect(fold.read { $0.gate.day.flatBy } == flatBy)
        fold.take(.clock(flatBy + .seconds(5)), at: time)
        #expect(Self.changes(&fold) == ["FLATTENING flat_by"])
    }

    @Test func `strategies are flat before a programme's time, as before an early close`() throws {
        var trading = Self.trading
        trading.rules.programme = RulePack(
            startingBalance: Money(cents: 5_000_000), flatBy: TimeOfDay(hour: 15, minute: 10))
        var fold = StageFold(
            plan: try MarketFoldTests.plan([("ESZ3", 1)]), features: try MarketFoldTests.configuration(),
            trading: trading, stage: RiskFollower(trading))
        _ = try Self.begin(&fold, buys: false)
        let day = fold.read { $0.gate.day }
        let hour = Timestamp(nanoseconds: try MarketFoldTests.instant(8, 14, 0))
        let times = [55, 65, 70].map { hour + .minutes($0) }
        #expect([day.entryClose, day.flatBy, day.programmeFlatBy] == times)
    }

    @Test func `a feed that is gone keeps no mark, whatever else tells the time`() throws {
        var fold = try Self.fold()
        let time = try Self.begin(&fold)
        let dataset = try #require(DatasetName("GLBX.MDP3"))
        var bytes = [UInt8](repeating: 0, count: RecordByteCount.system)
        func write(_ kind: FeedMark.Kind, at seconds: Int64, dataset: DatasetName) {
            let mark = FeedMark(kind, dataset: dataset, time: time + .seconds(seconds), wallTime: time)
            bytes.withUnsafeMutableBytes { raw in raw.baseAddress.map { _ = mark.write(to: $0) } }
        }
        write(.down, at: 0, dataset: dataset)
        Self.take(bytes, 61, &fold)
        #expect(Self.changes(&fold) == ["REDUCING warming"])
        // The options' feed lives, and the seconds go by: by the clock, as it says nothing of the futures' time.
        let options = try #require(DatasetName("OPRA.PILLAR"))
        for second in 1...32 as ClosedRange<Int64> {
            write(.live, at: second, dataset: options)
            Self.take(bytes, UInt64(61 + second), &fold)
            #expect(fold.clock.event == time)
            fold.take(.clock(time + .seconds(second)), at: time)
        }
        #expect(Self.changes(&fold) == ["FLATTENING no_valid_mark"])
    }

    @Test func `the clock travels as any message`() throws {
        let bytes = try StageMessage.clock(Self.start).bytes
        guard case .clock(let time) = try StageMessage(bytes: bytes) else {
            Issue.record("another message")
            return
        }
        #expect(time == Self.start)
    }
}
