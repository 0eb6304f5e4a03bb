import DBN
import MarketCalendar
import MarketData
import Testing
import Units

@testable import Features

/// Records are missing: what is made of them is not defined, says so, and comes back when its span is whole again.
@Suite struct HoleTests {
    typealias Desk = EngineScenarioTests.Desk
    private static let second: UInt64 = 1_000_000_000
    private static let minute = 60 * second

    // 2024-01-03 is a Wednesday.

    /// A trade a minute from `start` on, at prices between 100 and 104.
    private static func trade(_ desk: inout Desk, from start: UInt64, minutes: Int, size: Int = 1) {
        for index in 0..<minutes {
            desk.trade(start + UInt64(index) * minute, 100 + index % 5, bid: 99, size: size)
        }
    }

    /// What an expectation cannot look at itself: the engine is not copied.
    private struct Engine {
        var hasHole, isBehindHole: Bool
        var lost: [Int]
        var tests: Int64
    }

    private static func engine(_ desk: borrowing Desk) -> Engine {
        Engine(
            hasHole: desk.player.engine.hasHole, isBehindHole: desk.player.engine.isBehindHole,
            lost: desk.player.engine.lostColumns, tests: desk.player.engine.testCount(.premarketHigh))
    }

    private static func columns(_ features: [MarketFeature], _ desk: borrowing Desk) -> [Double] {
        features.map { desk.last.values[$0] }
    }

    @Test func `a window that lacks records gives no level that day, another one and the next day do`() throws {
        var desk = try Desk()
        desk.trade(desk.instant(3, 4, 0), 105, bid: 100)
        desk.player.engine.loseRecords(from: desk.instant(3, 5, 0), to: desk.instant(3, 5, 10))
        desk.trade(desk.instant(3, 5, 10), 95, bid: 100)
        desk.trade(desk.instant(3, 9, 31), 120, bid: 100)
        desk.trade(desk.instant(3, 9, 46), 110, bid: 100)
        #expect(!desk.level(.premarketHigh).isActive && !desk.level(.premarketLow).isActive)
        #expect(desk.last.values[.premarketHigh, .distance].isNaN)
        #expect(desk.level(.openingRangeHigh).price.nearest == 120 && !desk.level(.openingRangeHigh).isPartial)
        #expect(desk.last.values[.openingRangeHigh, .touchCount] == 0)
        for hour in [4, 9] { desk.trade(desk.instant(4, hour, 0), 105, bid: 100) }
        desk.trade(desk.instant(4, 9, 31), 120, bid: 100)
        #expect(desk.level(.premarketHigh).price.nearest == 105)
        #expect(desk.last.values[.premarketHigh, .touchCount] == 0)
    }

    @Test func `a hole is told late: a level that is active already ends`() throws {
        var desk = try Desk()
        desk.trade(desk.instant(3, 9, 0), 105, bid: 100)
        desk.trade(desk.instant(3, 9, 31), 105, bid: 100)
        #expect(desk.level(.premarketHigh).isActive)
        desk.player.engine.loseRecords(from: desk.instant(3, 9, 10), to: desk.instant(3, 9, 20))
        #expect(!desk.level(.premarketHigh).isActive && !desk.isBookValid)
        desk.trade(desk.instant(3, 9, 32), 105, bid: 100)
        #expect(!desk.level(.premarketHigh).isActive && desk.isBookValid)
        #expect(Self.engine(desk).tests == 1, "its tests have been")
    }

    @Test func `a level of whole records goes on without its counts and without the test under way`() throws {
        var desk = try Desk()
        desk.trade(desk.instant(3, 9, 0), 105, bid: 104)
        desk.trade(desk.instant(3, 9, 30), 90, bid: 90)
        desk.trade(desk.instant(3, 10, 0), 105, bid: 104)
        #expect(desk.level(.premarketHigh).test.isTesting && desk.last.values[.premarketHigh, .touchCount] == 1)
        let hole = (from: desk.instant(3, 10, 0, 1), to: desk.instant(3, 10, 0, 20))
        desk.player.engine.loseRecords(from: hole.from, to: hole.to)
        desk.book(hole.to, bid: 94)
        #expect(desk.level(.premarketHigh).isActive && !desk.level(.premarketHigh).test.isTesting)
        for column in LostColumns.sinceActivation {
            #expect(desk.last.values[.premarketHigh, column].isNaN, "\(column)")
        }
        #expect(desk.last.values[.premarketHigh, .lastOutcome].isNaN, "how the test ended nobody knows")
        #expect(desk.last.values[.premarketHigh, .distance] == -10.5)
        #expect(desk.last.values[.premarketHigh, .approachSide] == 1)
        #expect(desk.last.values[.premarketHigh, .timeSinceLastTouch].isNaN)
        desk.trade(desk.instant(3, 10, 5), 105, bid: 104)
        #expect(desk.level(.premarketHigh).test.touchCount == 2, "tests are numbered on")
        #expect(desk.last.values[.premarketHigh, .touchCount].isNaN)
        #expect(desk.last.values[.premarketHigh, .timeSinceLastTouch] == 0)
        #expect(desk.last.values[.premarketHigh, .approachVelocity5s].isFinite)
    }

    @Test func `the average begins anew with bars that lie wholly behind the hole`() throws {
        var desk = try Desk()
        let start = desk.instant(3, 12, 0)
        Self.trade(&desk, from: start, minutes: 10)
        #expect(desk.level(.movingAverage).isActive)
        // The bar of 12:10 has trades before the hole, that of 12:12 behind it, and neither counts.
        desk.trade(start + 10 * Self.minute, 500, bid: 99)
        desk.player.engine.loseRecords(from: start + 11 * Self.minute, to: start + 13 * Self.minute)
        #expect(!desk.level(.movingAverage).isActive)
        Self.trade(&desk, from: start + 13 * Self.minute, minutes: 7)
        #expect(!desk.level(.movingAverage).isActive, "two bars, of 12:14 and 12:16, and one under way")
        desk.trade(start + 20 * Self.minute, 101, bid: 99)
        #expect(desk.level(.movingAverage).isActive)
        // The closes of 12:14, 12:16 and 12:18, each of its second minute.
        let closes = [2, 4, 6].map { 100 + $0 % 5 }
        #expect(desk.level(.movingAverage).price == LevelPrice(numerator: Int64(closes.reduce(0, +)), denominator: 3))
        #expect(!desk.level(.movingAverage).isPartial, "it became active behind the hole")
    }

    @Test func `sums of the session are not defined until the next, those of seconds until these have passed`() throws {
        var desk = try Desk()
        let start = desk.instant(3, 11, 0)
        let sums: [MarketFeature] = [.sessionVolume, .volumeDelta, .vwapSessionDistance, .vwapRegularDistance]
        Self.trade(&desk, from: start, minutes: 40, size: 10)
        #expect(Self.columns(sums + [.volumeDeltaChange300, .averageTrueRange], desk).allSatisfy { $0.isFinite })
        #expect(desk.last.values[.sessionVolume] == 400 && !Self.engine(desk).hasHole)
        let hole = (from: start + 40 * Self.minute, to: start + 41 * Self.minute)
        desk.player.engine.loseRecords(from: hole.from, to: hole.to)
        #expect(Self.engine(desk).hasHole)
        desk.trade(hole.to, 100, bid: 99, size: 10)
        #expect(Self.columns(sums + [.volumeDeltaChange300, .averageTrueRange], desk).allSatisfy { $0.isNaN })
        #expect(desk.last.values[.mid].isFinite && desk.last.values[.bidAskSpread] == 1, "the book is whole")
        #expect(Self.engine(desk).isBehindHole)
        desk.trade(hole.to + 302 * Self.second - 1, 100, bid: 99, size: 10)
        #expect(desk.last.values[.volumeDeltaChange300].isNaN && !Self.engine(desk).isBehindHole)
        desk.trade(hole.to + 302 * Self.second, 100, bid: 99, size: 10)
        #expect(desk.last.values[.volumeDeltaChange300] == 20, "two trades of ten in the window")
        Self.trade(&desk, from: hole.to + 6 * Self.minute, minutes: 20)
        #expect(desk.last.values[.averageTrueRange].isFinite, "fifteen new bars")
        #expect(Self.columns(sums, desk).allSatisfy { $0.isNaN } && Self.engine(desk).hasHole)
        desk.trade(desk.instant(3, 18, 0, 1), 100, bid: 99, size: 7)
        #expect(!Self.engine(desk).hasHole && Self.engine(desk).lost.isEmpty)
        #expect(desk.last.values[.sessionVolume] == 7 && desk.last.values[.vwapSessionDistance].isFinite)
    }

    @Test func `where nothing is missing, nothing is changed: a hole while the market is closed`() throws {
        var rows: [[[UInt64]]] = []
        for isTold in [false, true] {
            var desk = try Desk()
            Self.trade(&desk, from: desk.instant(3, 16, 30), minutes: 29)
            desk.tick(desk.instant(3, 17, 5))
            if isTold {
                desk.player.engine.loseRecords(from: desk.instant(3, 17, 10), to: desk.instant(3, 17, 40))
            }
            desk.book(desk.instant(3, 17, 45), bid: 99, flags: [.last, .snapshot])
            Self.trade(&desk, from: desk.instant(3, 18, 0, 1), minutes: 10)
            rows.append(desk.sink.rows.map { $0.values.map(\.bitPattern) })
            #expect(!Self.engine(desk).hasHole)
        }
        #expect(rows[0] == rows[1])
    }

    @Test func `a run that begins when the session is under way lacks its past`() throws {
        var desk = try Desk()
        let start = desk.instant(3, 8, 0)
        desk.player.engine.loseRecords(from: desk.instant(2, 18, 0), to: start)
        Self.trade(&desk, from: start, minutes: 50)
        #expect(Self.engine(desk).hasHole && desk.last.values[.sessionVolume].isNaN)
        #expect(desk.level(.movingAverage).isActive, "its bars are whole")
        desk.trade(desk.instant(3, 9, 31), 120, bid: 100)
        desk.trade(desk.instant(3, 9, 46), 110, bid: 100)
        #expect(!desk.level(.premarketHigh).isActive && desk.level(.openingRangeHigh).isActive)
        #expect(desk.last.values[.vwapSessionDistance].isNaN && desk.last.values[.vwapRegularDistance].isFinite)
    }

    @Test func `a mark that ends later than the next group ends with it`() throws {
        var desk = try Desk()
        Self.trade(&desk, from: desk.instant(3, 3, 0), minutes: 5)
        desk.player.engine.loseRecords(from: desk.instant(3, 3, 5), to: .max)
        Self.trade(&desk, from: desk.instant(3, 3, 6), minutes: 5)
        desk.trade(desk.instant(3, 5, 0), 105, bid: 100)
        desk.trade(desk.instant(3, 9, 31), 100, bid: 100)
        #expect(desk.level(.premarketHigh).isActive && Self.engine(desk).hasHole)
    }

    @Test func `a session that begins in a hole lacks its beginning`() throws {
        var desk = try Desk()
        Self.trade(&desk, from: desk.instant(3, 16, 50), minutes: 5)
        desk.player.engine.loseRecords(from: desk.instant(3, 16, 54), to: desk.instant(3, 18, 10))
        desk.tick(desk.instant(3, 18, 5))
        #expect(Self.engine(desk).hasHole)
        Self.trade(&desk, from: desk.instant(3, 18, 10), minutes: 5)
        #expect(Self.engine(desk).hasHole && desk.last.values[.sessionVolume].isNaN)
        #expect(desk.last.values[.overnightRangeRatio].isNaN)
    }

    @Test func `the prior session's value area and close are none when its regular hours lack records`() throws {
        for isLost in [false, true] {
            var desk = try Desk()
            Self.trade(&desk, from: desk.instant(3, 10, 0), minutes: 10)
            if isLost {
                desk.player.engine.loseRecords(from: desk.instant(3, 10, 9), to: desk.instant(3, 10, 12))
            }
            Self.trade(&desk, from: desk.instant(3, 10, 15), minutes: 5)
            desk.trade(desk.instant(4, 9, 30, 1), 110, bid: 109)
            let values = Self.columns([.priorPointOfControlDistance, .openingGap], desk)
            #expect(values.allSatisfy { $0.isNaN == isLost })
        }
    }

    @Test func `a volatility has no return in which a hole ends`() throws {
        var desk = try Desk()
        let start = desk.instant(3, 11, 0)
        // A point of the five-second grid is the end of a second divisible by five: the return from 351 s to 356 s has
        // what happened in the hole, and leaves the last 300 s at 656 s, 303.5 s behind it.
        let (from, to) = (start + 351 * Self.second, start + 352 * Self.second + Self.second / 2)
        for index in 0..<720 as Range<UInt64> {
            let time = start + index * Self.second + Self.second / 2
            if time == to { desk.player.engine.loseRecords(from: from, to: to) }
            desk.book(time, bid: (time < to ? 100 : 150) + Int(index % 2))
        }
        let rows = desk.sink.rows.map { (time: $0.time, value: $0.values[.realizedVolatility300]) }
        let before = try #require(rows.last { $0.time < from }?.value)
        let behind = rows.filter { $0.time >= to && $0.value.isFinite }
        #expect(before.isFinite && behind.allSatisfy { $0.value < before })
        #expect(behind.first { $0.time > to }?.time == to + 307 * Self.second)
    }

    @Test func `rows over seconds do not come back while the hole is open`() throws {
        var desk = try Desk()
        let start = desk.instant(3, 11, 0)
        Self.trade(&desk, from: start, minutes: 10)
        #expect(desk.last.values[.volumeDeltaChange300].isFinite)
        // The clock of the mark is that of the last record.
        desk.player.engine.loseRecords(from: start + 9 * Self.minute, to: .max)
        for second in 1...900 as ClosedRange<UInt64> { desk.tick(start + 9 * Self.minute + second * Self.second) }
        let rows = desk.sink.rows.filter { $0.time > start + 9 * Self.minute }
        #expect(rows.count > 600 && rows.allSatisfy { $0.values[.volumeDeltaChange300].isNaN })
        desk.trade(start + 30 * Self.minute, 100, bid: 99)
        desk.trade(start + 35 * Self.minute + 2 * Self.second, 100, bid: 99)
        #expect(desk.last.values[.volumeDeltaChange300].isFinite)
    }

    @Test(arguments: [(17, 30), (18, 3)], [false, true])
    func `a session that is over when it is told to lack records is no prior one`(
        told: (hour: Int, minute: Int), isLost: Bool
    ) throws {
        var desk = try Desk(collects: true)
        desk.player.engine.isLeading = false
        let open = desk.instant(2, 18, 0)
        for index in 0..<276 as Range<UInt64> {
            desk.trade(open + index * 5 * Self.minute + Self.second, 100 + Int(index % 5), bid: 99)
        }
        let evening = desk.instant(3, 18, 0)
        let time = desk.instant(3, told.hour, told.minute)
        if time > evening { desk.trade(evening + Self.second, 100, bid: 99) }
        desk.tick(time)
        if isLost {
            desk.player.engine.loseRecords(from: desk.instant(3, 15, 50), to: desk.instant(3, 15, 51))
        }
        desk.trade(evening + 5 * Self.minute, 100, bid: 99)
        #expect(desk.player.engine.takeEndedSessions().map(\.isComplete) == [!isLost])
        desk.tick(desk.instant(4, 9, 30, 1))
        desk.player.engine.isLeading = true
        desk.trade(desk.instant(4, 9, 30, 2), 110, bid: 109)
        let values = Self.columns([.priorPointOfControlDistance, .openingGap], desk)
        #expect(values.allSatisfy { $0.isNaN == isLost })
        // What the session under way has is whole.
        #expect(desk.last.values[.sessionVolume].isFinite && !Self.engine(desk).hasHole)
        desk.tick(desk.instant(4, 17, 1))
        #expect(desk.player.engine.takeEndedSessions().count == 1)
    }

    @Test func `ranges of nights and bars of days forget a session that lacked records`() throws {
        let session = try TestSession.configuration().calendar.sessionInForce(Timestamp(nanoseconds: TestSession.open))
        var ranges = SessionRanges()
        func pass(night: Int32) {
            for price in [100, 100 + night] { ranges.add(price, at: session.open, session: session) }
            ranges.beginSession(isNext: true)
        }
        for night in 1...30 as ClosedRange<Int32> { pass(night: night) }
        let before = ranges
        pass(night: 1_000)
        ranges.losePriorNight()
        ranges.losePriorNight()
        pass(night: 31)
        var wanted = before
        swap(&wanted, &ranges)
        pass(night: 31)
        for price in [100, 200] as [Int32] {
            ranges.add(price, at: session.open, session: session)
            wanted.add(price, at: session.open, session: session)
        }
        #expect(ranges.overnightRatio.isFinite && ranges.overnightRatio == wanted.overnightRatio)
        var daily = DailyVolatility(length: 2)
        for day in 0..<3 as Range<Int32> {
            for price in [100, 103 + day, 99 - day, 101 + 2 * day] { daily.add(price: price, size: 1) }
            daily.endDay()
        }
        #expect(daily.variance.isFinite)
        daily.losePrior()
        #expect(daily.variance.isNaN)
    }
}
