import DBN
import Determinism
import MarketCalendar
import MarketData
import Testing
import Units

@testable import Features

/// Sessions, clocks and status: when levels begin and end, and when time passes.
@Suite struct EngineScenarioTests {
    typealias Level = TapeRecord.Level
    private static let second: UInt64 = 1_000_000_000
    private static let minute = 60 * second
    private static let hour = 60 * minute

    /// A desk with one contract: a book around a price, trades, and the clock.
    struct Desk: ~Copyable {
        var player: Player
        var sink = AllRows()
        var zone: TimeZoneRules

        init(_ windows: SessionWindows = .regular, averageLength: Int = 3, collects: Bool = false) throws {
            zone = try ZoneFile.newYork()
            var configuration = FeatureConfiguration(
                calendar: .cmeEquityIndex(zone: zone, windows: windows), tickSize: TickSize(nanos: TapeRecord.tick),
                averageLength: averageLength)
            configuration.collectsSessions = collects
            player = Player(configuration)
        }

        func instant(_ day: Int, _ hour: Int, _ minute: Int, _ second: Int = 0) -> UInt64 {
            zone.timestamp(CivilDate(year: 2024, month: 1, day: day), hour: hour, minute: minute, second: second)
                .nanoseconds
        }

        /// A book of ten levels on each side of a spread of one tick.
        mutating func book(
            _ time: UInt64, bid: Int, flags: RecordFlags = .last, asks: Bool = true, received: UInt64? = nil
        ) {
            player.take(
                TapeRecord(
                    time: time, received: received ?? time + 1_000, flags: flags,
                    bids: (0..<10).map { Level(price: bid - $0, size: 10, count: 2) },
                    asks: asks ? (0..<10).map { Level(price: bid + 1 + $0, size: 10, count: 2) } : []),
                sink: &sink)
        }

        /// A trade and the book after it, one group.
        mutating func trade(_ time: UInt64, _ price: Int, bid: Int, size: Int = 1) {
            player.take(
                TapeRecord(
                    time: time, received: time + 1_000, action: .trade, side: .bid, price: price, size: size, flags: [],
                    bids: (0..<10).map { Level(price: bid - $0, size: 10, count: 2) },
                    asks: (0..<10).map { Level(price: bid + 1 + $0, size: 10, count: 2) }), sink: &sink)
            book(time, bid: bid)
        }

        mutating func tick(_ clock: UInt64) {
            player.clock = max(player.clock, clock)
            player.engine.tick(clock: player.clock, sink: &sink)
        }

        /// A status record that is received when it happens.
        mutating func status(_ action: UInt16, _ time: UInt64) {
            if time != .max { player.clock = max(player.clock, time) }
            player.engine.takeStatus(action: action, time: time, clock: player.clock, sink: &sink)
        }

        var isOpen: Bool { player.engine.isOpen }
        var isBookValid: Bool { player.engine.isBookValid }
        var statusSource: TradingStatus.Source { player.engine.statusSource }

        func level(_ kind: LevelKind) -> LevelState { player.engine.level(kind).pointee }
        var last: AllRows.Row { sink.rows[sink.rows.count - 1] }
        var mid: MidState { player.engine.mid }
    }

    // 2024-01-03 is a Wednesday, 05 a Friday, 08 a Monday.

    @Test func `levels begin at the first record past their window, with late trades of it, and end at 17 00`() throws {
        var desk = try Desk()
        desk.trade(desk.instant(3, 3, 59, 59), 130, bid: 100)
        desk.trade(desk.instant(3, 4, 0), 105, bid: 100)
        desk.trade(desk.instant(3, 9, 29, 59), 95, bid: 100)
        #expect(!desk.level(.premarketHigh).isActive)
        // A trade of the window that comes after one second of the next.
        desk.tick(desk.instant(3, 9, 30, 2))
        #expect(!desk.level(.premarketHigh).isActive, "time alone does not begin a level")
        desk.trade(desk.instant(3, 9, 29, 59), 108, bid: 100)
        #expect(!desk.level(.premarketHigh).isActive, "nor does a record of the window")
        desk.trade(desk.instant(3, 9, 30, 3), 120, bid: 100)
        #expect(desk.level(.premarketHigh).price.nearest == 108 && desk.level(.premarketLow).price.nearest == 95)
        #expect(desk.level(.premarketHigh).activeSince == desk.instant(3, 9, 30, 3))
        #expect(desk.level(.premarketHigh).test.approachSide == 1 && desk.level(.premarketLow).test.approachSide == -1)
        #expect(desk.last.values[.premarketHigh, .volumeShare] == 0, "the group's own trade counts, outside the band")
        #expect(!desk.level(.openingRangeHigh).isActive)
        desk.trade(desk.instant(3, 9, 45), 111, bid: 110)
        #expect(desk.level(.openingRangeHigh).price.nearest == 120, "the trade at its end is not of the window")
        #expect(desk.level(.openingRangeLow).price.nearest == 120)
        desk.book(desk.instant(3, 16, 59, 59), bid: 110)
        #expect(desk.level(.premarketHigh).isActive)
        desk.tick(desk.instant(3, 17, 0) + 249_000_000)
        #expect(desk.level(.premarketHigh).isActive)
        desk.tick(desk.instant(3, 17, 0) + 250_000_000)
        for kind in LevelKind.allCases { #expect(!desk.level(kind).isActive, "\(kind)") }
        desk.book(desk.instant(3, 17, 10), bid: 110)
        #expect(desk.last.values[.premarketHigh, .distance].isNaN)
        // The next day has had no trade in its windows.
        desk.book(desk.instant(4, 9, 50), bid: 110)
        for kind in LevelKind.allCases where kind != .movingAverage { #expect(!desk.level(kind).isActive, "\(kind)") }
    }

    @Test func `the average ends at 17 00 and begins again from nothing with the next session's first group`() throws {
        var desk = try Desk()
        for minutes in 0..<8 as Range<UInt64> {
            desk.trade(desk.instant(3, 16, 40) + minutes * 2 * Self.minute, 100, bid: 99)
        }
        #expect(desk.level(.movingAverage).isActive && desk.level(.movingAverage).test.touchCount > 0)
        desk.book(desk.instant(3, 17, 30), bid: 99)
        #expect(!desk.level(.movingAverage).isActive, "17:00 to 18:00")
        desk.tick(desk.instant(3, 18, 0, 5))
        #expect(!desk.level(.movingAverage).isActive, "the first group, not the clock")
        desk.book(desk.instant(3, 18, 0, 6), bid: 99)
        #expect(desk.level(.movingAverage).isActive)
        #expect(desk.level(.movingAverage).test.touchCount == 0)
        #expect(desk.level(.movingAverage).activeSince == desk.instant(3, 18, 0, 6))
        #expect(desk.level(.movingAverage).price == LevelPrice(numerator: 300, denominator: 3))
    }

    @Test func `time near a level counts the second for which the mid is held, and no more`() throws {
        var desk = try Desk()
        desk.trade(desk.instant(3, 9, 0), 100, bid: 99)
        let start = desk.instant(3, 9, 30)
        desk.book(start, bid: 99)
        desk.book(start + 10 * Self.second, bid: 99)
        #expect(desk.last.values[.premarketHigh, .timeNear] == 10)
        // One-sided from here: the mid is held for a second.
        desk.book(start + 12 * Self.second, bid: 99, asks: false)
        #expect(desk.last.values[.premarketHigh, .timeNear] == 12)
        desk.book(start + 20 * Self.second, bid: 99, asks: false)
        #expect(desk.last.values[.premarketHigh, .timeNear] == 13)
        desk.book(start + 30 * Self.second, bid: 99)
        desk.book(start + 31 * Self.second, bid: 120)
        desk.book(start + 50 * Self.second, bid: 120)
        #expect(desk.last.values[.premarketHigh, .timeNear] == 14)
    }

    @Test func `the mid is held for less than a second after the book is bad`() throws {
        for flags in [RecordFlags.last, [.last, .maybeBadBook]] {
            var desk = try Desk()
            let start = desk.instant(3, 12, 0)
            desk.book(start, bid: 99)
            desk.book(start + 100, bid: 99, flags: flags, asks: flags.contains(.maybeBadBook))
            #expect(desk.mid.isUsable(at: start + 100 + Self.second - 1))
            #expect(!desk.mid.isUsable(at: start + 100 + Self.second))
            // Staying bad does not hold it longer.
            desk.book(start + 600_000_000, bid: 99, flags: flags, asks: flags.contains(.maybeBadBook))
            #expect(!desk.mid.isUsable(at: start + 100 + Self.second))
        }
    }

    @Test func `another stream's clock ends a second 250 ms late, a record of the contract at once`() throws {
        var desk = try Desk()
        let start = desk.instant(3, 12, 0)
        desk.book(start + 400_000_000, bid: 99)
        func seconds() -> [UInt64] { desk.sink.rows.filter { !$0.isGroup }.map { ($0.time - start) / Self.second } }
        desk.tick(start + 1_249_999_999)
        #expect(seconds() == [])
        desk.tick(start + 1_250_000_000)
        #expect(seconds() == [1])
        desk.book(start + 2_000_000_000, bid: 99)
        #expect(seconds() == [1, 2], "a group at the end of a second belongs to the next")
        // Its own receive time is a clock too.
        desk.book(start + 2_500_000_000, bid: 99, received: start + 4_250_000_000)
        #expect(seconds() == [1, 2, 3, 4])
        #expect(desk.last.isGroup)
    }

    @Test func `a second ends before the group that ends it is applied`() throws {
        var desk = try Desk()
        let start = desk.instant(3, 12, 0)
        desk.book(start + 100, bid: 99)
        desk.book(start + 2 * Self.second, bid: 105)
        let rows = desk.sink.rows
        #expect(rows.map(\.isGroup) == [true, false, false, true])
        #expect(rows[2].values[.mid] == 99.5 * 0.25 && rows[3].values[.mid] == 105.5 * 0.25)
    }

    @Test func `a weekend passes at once: the grid is empty, averages go on, the session is Monday's`() throws {
        var desk = try Desk()
        let friday = desk.instant(5, 16, 50)
        for minutes in 0..<20 as Range<UInt64> {
            desk.trade(friday + minutes * 30 * Self.second, 100 + Int(minutes % 3), bid: 99)
        }
        let range = desk.last.values[.averageTrueRange]
        #expect(range.isNaN, "ten bars")
        let bars = desk.level(.movingAverage).price
        // Sunday 18:00 opens Monday.
        let sunday = desk.instant(7, 18, 0)
        desk.book(sunday + 5, bid: 99)
        #expect(desk.player.engine.session.tradeDate == CivilDate(year: 2024, month: 1, day: 8))
        let rows = desk.sink.rows.filter { !$0.isGroup && $0.time > friday + 10 * Self.minute }
        #expect(rows.map(\.time) == [sunday], "no row while the market is closed, one at its open")
        #expect(desk.last.values[.movingAverage, .approachVelocity5s].isNaN)
        #expect(desk.last.values[.sessionVolume] == 0)
        #expect(desk.level(.movingAverage).isActive)
        #expect(desk.level(.movingAverage).price.denominator == bars.denominator)
        for seconds in 1...6 as ClosedRange<UInt64> { desk.book(sunday + seconds * Self.second + 5, bid: 99) }
        #expect(desk.last.values[.movingAverage, .approachVelocity5s] == 0)
    }

    @Test func `a status record closes and opens the market, and from then on the calendar does not`() throws {
        var desk = try Desk()
        let start = desk.instant(3, 12, 0)
        desk.book(start, bid: 99)
        #expect(desk.statusSource == .calendar && desk.isBookValid == true)
        desk.book(start + 90 * Self.second, bid: 99)
        let spread = desk.last.values[.bidAskSpreadMean]
        #expect(spread == 1)
        desk.status(TradingStatus.haltAction, start + 100 * Self.second)
        #expect(desk.isBookValid == false && desk.isOpen == false)
        #expect(desk.statusSource == .status)
        #expect(
            desk.mid.isUsable(at: start + 101 * Self.second - 1)
                && !desk.mid.isUsable(at: start + 101 * Self.second))
        desk.trade(start + 105 * Self.second, 130, bid: 99, size: 7)
        #expect(desk.last.values[.bidAskSpread].isNaN && desk.last.values[.sessionVolume] == 7)
        #expect(desk.last.values[.orderFlowImbalance10] == 0)
        desk.status(TradingStatus.tradingAction, start + 110 * Self.second)
        #expect(desk.isBookValid == true)
        desk.book(start + 111 * Self.second, bid: 99)
        #expect(desk.last.values[.bidAskSpread] == 1)
    }

    @Test func `a halt is no time of the means, and at the reopening the book in force counts at once`() throws {
        var desk = try Desk()
        let start = desk.instant(3, 12, 0)
        func left(_ seconds: Double) -> Double { DeterministicMath.exp2(-seconds / 60) }
        // A spread of one for 60 s, then of eleven for one second until the halt.
        desk.book(start, bid: 99)
        desk.player.take(
            TapeRecord(
                time: start + 60 * Self.second, received: start + 60 * Self.second,
                bids: [Level(price: 99, size: 1, count: 1)], asks: [Level(price: 110, size: 1, count: 1)]),
            sink: &desk.sink)
        desk.status(TradingStatus.haltAction, start + 61 * Self.second)
        desk.book(start + 361 * Self.second, bid: 99)
        let weight = 1 - left(61)
        let mean = ((left(1) - left(61)) + 11 * (1 - left(1))) / weight
        #expect(abs(desk.last.values[.bidAskSpreadMean] - mean) < 1e-9)
        desk.status(TradingStatus.tradingAction, start + 362 * Self.second)
        desk.book(start + 422 * Self.second, bid: 99)
        let old = weight * left(361)
        let expected = (mean * old + (1 - left(60))) / (old + 1 - left(60))
        #expect(abs(desk.last.values[.bidAskSpreadMean] - expected) < 1e-9)
    }

    @Test func `seconds before a status record end before it is applied`() throws {
        var desk = try Desk()
        let start = desk.instant(3, 12, 0)
        desk.status(TradingStatus.haltAction, start)
        desk.book(start + 1, bid: 99)
        desk.status(TradingStatus.tradingAction, start + 3 * Self.second + 500_000_000)
        let seconds = desk.sink.rows.filter { !$0.isGroup }
        #expect(seconds.map { ($0.time - start) / Self.second } == [1, 2, 3])
        #expect(seconds.allSatisfy { $0.values[.mid].isNaN }, "the market was closed")
        desk.book(start + 4 * Self.second, bid: 99)
        #expect(!desk.sink.rows[desk.sink.rows.count - 2].values[.mid].isNaN)
    }

    @Test func `a status record from the end of time stops no clock`() throws {
        var desk = try Desk()
        let start = desk.instant(3, 12, 0)
        desk.book(start, bid: 99)
        desk.status(TradingStatus.tradingAction, .max)
        desk.book(start + 61 * Self.second, bid: 99)
        #expect(desk.last.values[.bidAskSpreadMean] == 1)
        #expect(desk.mid.isValid)
    }
}
