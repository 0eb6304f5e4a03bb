import DBN
import Determinism
import MarketCalendar
import Testing
import Units

@testable import Features

/// The operators of the session's auction, by hand.
@Suite struct SessionAuctionTests {
    // MARK: Volume-weighted price

    @Test func `a flat market has a mean, no deviation, and no z-score`() {
        var price = VolumeWeightedPrice()
        #expect(price.offset.isNaN && price.deviation.isNaN)
        for size in [3, 1, 999_999_999] as [Int64] { price.add(price: 24_001, size: size) }
        price.settle()
        #expect(price.distance(twiceMid: 48_003) == 0.5)
        #expect(price.deviation.isNaN)
    }

    @Test func `mean and deviation are those of the definition, also of large sums`() {
        var price = VolumeWeightedPrice()
        for (tick, size) in [(100, 1), (102, 1), (104, 2)] as [(Int32, Int64)] { price.add(price: tick, size: size) }
        price.settle()
        // P̄ = (100 + 102 + 208)/4 = 102.5; Σ v (p − P̄)²/4 = (6.25 + 0.25 + 4.5)/4 = 2.75.
        #expect(price.distance(twiceMid: 206) == 0.5)
        #expect(price.deviation == 2.75.squareRoot())
        // A day's volume, 40 ticks around the first price: the sums pass 64 bits.
        var heavy = VolumeWeightedPrice()
        heavy.add(price: 20_000, size: 1)
        for tick in [19_960, 20_040] as [Int32] { heavy.add(price: tick, size: 2_000_000_000) }
        heavy.settle()
        #expect(abs(heavy.deviation - 40) < 1e-8)
        #expect(heavy.distance(twiceMid: 40_000) == 0)
    }

    @Test func `the price of five minutes ago is exact, whichever way time goes`() {
        var history = VolumeWeightedHistory(capacity: 4)
        let second: UInt64 = 1_000_000_000
        #expect(history.offset(before: 900 * second).isNaN)
        for index in 0..<40 as Range<UInt64> {
            history.push(time: (1_000 + 10 * index) * second, offset: Double(index))
        }
        // Twice at one time: the later counts.
        history.push(time: 1_390 * second, offset: 39.5)
        // The entry of 1 090 s is the last that can still be asked for.
        #expect(history.offset(before: 1_400 * second) == 10)
        #expect(history.offset(before: 1_399 * second) == 9)
        #expect(history.offset(before: 1_690 * second) == 39.5)
        #expect(history.offset(before: 1_690 * second - 1) == 38)
        #expect(history.offset(before: 1_405 * second) == 10)
        history.clear()
        #expect(history.offset(before: 9_000 * second).isNaN)
    }

    // MARK: Profile

    private static func area(_ trades: [(Int32, Int64)]) -> ValueArea? {
        var profile = VolumeProfile(capacity: 8)
        for (price, size) in trades { profile.add(price: price, size: size) }
        _ = profile.evaluate()
        return profile.area
    }

    private static func expect(
        _ trades: [(Int32, Int64)], control: Int32, low: Int32, high: Int32,
        location: SourceLocation = #_sourceLocation
    ) {
        let area = area(trades)
        #expect(area?.pointOfControl == control, sourceLocation: location)
        #expect(area?.low == low && area?.high == high, "\(String(describing: area))", sourceLocation: location)
    }

    @Test func `the value area takes the larger neighbour until seventy percent are inside`() {
        let isEmpty = Self.area([]) == nil
        #expect(isEmpty)
        Self.expect([(50, 7)], control: 50, low: 50, high: 50)
        // 10 of 20, then 3 above: 13; then 2 below beats 1 above: 15 ≥ 14.
        Self.expect([(9, 4), (10, 2), (11, 10), (12, 3), (13, 1)], control: 11, low: 10, high: 12)
        // Exactly seventy percent is enough.
        Self.expect([(1, 7), (2, 3)], control: 1, low: 1, high: 1)
        // Equal neighbours: the upper first.
        Self.expect([(1, 2), (2, 6), (3, 2)], control: 2, low: 2, high: 3)
        // Gaps count nothing, two of them tie: up, past the gap, until the other price is inside.
        Self.expect([(10, 6), (13, 5), (7, 1)], control: 10, low: 10, high: 13)
        // The side above has run out: below only.
        Self.expect([(1, 3), (2, 3), (3, 5)], control: 3, low: 2, high: 3)
    }

    @Test func `equal volumes: the price nearest the middle of the range, then the lower`() {
        Self.expect([(1, 5), (4, 5), (9, 1)], control: 4, low: 1, high: 9)
        Self.expect([(2, 5), (4, 5), (6, 5)], control: 4, low: 2, high: 6)
        // 3 and 5 are as near to 4.
        let tied = Self.area([(3, 5), (5, 5)])
        #expect(tied?.pointOfControl == 3)
    }

    @Test func `a profile grows past its first room, and a price that is none has no place in it`() throws {
        var profile = VolumeProfile(capacity: 8)
        for price in [100, 97, 300, -40, 299] as [Int32] { profile.add(price: price, size: 2) }
        profile.add(price: 1 << 28, size: 1_000)
        profile.add(price: 100, size: 7)
        let evaluated = (profile.evaluate(), profile.evaluate())
        #expect(evaluated == (true, false), "once per change")
        #expect(profile.area?.pointOfControl == 100)
        // 9 of 17 at 100; over empty prices up to 299 and 300.
        #expect(profile.area?.high == 300 && profile.area?.low == 100)
        var saving = StateArchive()
        try profile.persist(&saving)
        var other = VolumeProfile(capacity: 8)
        var loading = StateArchive(loading: saving.bytes)
        try other.persist(&loading)
        for price in [-40, 300] as [Int32] {
            profile.add(price: price, size: 50)
            other.add(price: price, size: 50)
        }
        _ = (profile.evaluate(), other.evaluate())
        let (one, two) = (profile.area, other.area)
        #expect(one?.pointOfControl == two?.pointOfControl && one?.high == two?.high && one?.low == two?.low)
        profile.clear()
        let isEmpty = !profile.evaluate() && profile.area == nil
        #expect(isEmpty)
    }

    // MARK: Settlement

    @Test func `of one trade date the settlement received last counts, also when it is withdrawn`() {
        var settlements = Settlements()
        #expect(!settlements.price(days: 10...10).isDefined)
        settlements.take(Price(nanos: 5), day: 10, received: 100)
        settlements.take(Price(nanos: 6), day: 10, received: 99)
        #expect(settlements.price(days: 10...10).nanos == 5)
        settlements.take(Price(nanos: 7), day: 10, received: 100)
        #expect(settlements.price(days: 10...10).nanos == 7)
        for day in 11...13 as ClosedRange<Int32> {
            settlements.take(Price(nanos: Int64(day)), day: day, received: 200)
        }
        settlements.take(.undefined, day: 12, received: 300)
        #expect(settlements.price(days: 10...10).nanos == 7 && settlements.price(days: 13...13).nanos == 13)
        #expect(!settlements.price(days: 12...12).isDefined)
        // The oldest makes room; one older than all is of no use.
        settlements.take(Price(nanos: 14), day: 14, received: 400)
        settlements.take(Price(nanos: 9), day: 9, received: 500)
        #expect(!settlements.price(days: 10...10).isDefined && !settlements.price(days: 9...9).isDefined)
        #expect(settlements.price(days: 14...14).nanos == 14)
        // Of a holiday there may be one, or none.
        #expect(settlements.price(days: 13...14).nanos == 14 && settlements.price(days: 11...12).nanos == 11)
    }

    // MARK: Ranges

    @Test func `gap, fill, nights and initial balance by hand`() throws {
        let calendar = TradingCalendar.cmeEquityIndex(zone: try ZoneFile.newYork(), windows: .regular)
        let session = try #require(calendar.session(CivilDate(year: 2024, month: 1, day: 3)))
        var ranges = SessionRanges()
        func add(_ price: Int32, _ hour: Int, _ minute: Int) {
            let time = calendar.instant(TimeOfDay(hour: hour, minute: minute), on: session.tradeDate)
            ranges.add(price, at: time, session: session)
        }
        for night in 1...20 as ClosedRange<Int32> {
            add(100, 18, 0)
            add(100 + night, 9, 29)
            add(100, 9, 30)
            add(104, 15, 59)
            add(150, 16, 0)
            ranges.beginSession(isNext: true)
        }
        #expect(ranges.priorClose == 104)
        #expect(ranges.overnightRatio.isNaN && ranges.openingGap.isNaN && ranges.regularRange.isNaN)
        add(90, 3, 0)
        add(111, 4, 0)
        // 21 against a mean of 10.5.
        #expect(ranges.overnightRatio == 2)
        add(110, 9, 30)
        #expect(ranges.openingGap == 6 && ranges.openingGapFill == 0)
        #expect(ranges.initialBalanceRange.isNaN && ranges.regularRange.isNaN)
        add(107, 10, 29)
        #expect(ranges.openingGapFill == 0.5 && ranges.initialBalanceRange == 3)
        add(111, 10, 30)
        add(101, 15, 0)
        // 1 above, 6 below, of 3.
        #expect(ranges.initialBalanceExtension == -5.0 / 3 && ranges.regularRange == 10)
        #expect(ranges.openingGapFill == 1)
        add(140, 16, 30)
        #expect(ranges.regularRange == 10 && ranges.initialBalanceExtension == -5.0 / 3)
        ranges.beginSession(isNext: false)
        #expect(ranges.priorClose == nil)
        add(100, 9, 30)
        #expect(ranges.openingGap.isNaN && ranges.openingGapFill.isNaN)
    }

    @Test func `a gap down is filled from above, by trades after the regular close too`() throws {
        let calendar = TradingCalendar.cmeEquityIndex(zone: try ZoneFile.newYork(), windows: .regular)
        let session = try #require(calendar.session(CivilDate(year: 2024, month: 1, day: 3)))
        let open = session.rthOpen
        var ranges = SessionRanges()
        ranges.add(108, at: open, session: session)
        ranges.beginSession(isNext: true)
        ranges.add(100, at: open, session: session)
        ranges.add(90, at: open + .minutes(1), session: session)
        #expect(ranges.openingGap == -8 && ranges.openingGapFill == 0)
        ranges.add(102, at: session.rthClose + .minutes(1), session: session)
        #expect(ranges.openingGapFill == 0.25)
    }

    // MARK: Clock

    private static func clock(
        _ date: CivilDate, windows: SessionWindows = .regular
    ) throws -> (clock: SessionClock, calendar: TradingCalendar) {
        let calendar = TradingCalendar.cmeEquityIndex(zone: try ZoneFile.newYork(), windows: windows)
        return (SessionClock(session: try #require(calendar.session(date)), calendar: calendar), calendar)
    }

    /// The segments from each time of day on; the nanosecond before belongs to the one before.
    private static func expectSegments(
        _ date: CivilDate, windows: SessionWindows = .regular, _ parts: [(String, Double)]
    ) throws {
        var (clock, calendar) = try clock(date, windows: windows)
        var before = -1.0
        for (text, segment) in parts {
            let time = calendar.instant(try #require(TimeOfDay(text)), on: date).nanoseconds
            clock.enter(time - 1)
            #expect(clock.phase.segment == before && clock.phase.end == time, "before \(text)")
            clock.enter(time)
            #expect(clock.phase.segment == segment && clock.phase.start == time, "\(text)")
            before = segment
        }
        clock.enter(clock.session.close.nanoseconds)
        #expect(clock.phase.segment == -1 && clock.phase.end == .max)
        #expect(clock.phase.isAfterOpen == clock.session.hasRTH)
    }

    @Test func `segments of a usual day, of an early close and of a day without regular hours`() throws {
        let usual = [("18:00", 0.0), ("04:00", 1), ("09:30", 2), ("09:45", 3)]
        try Self.expectSegments(
            CivilDate(year: 2024, month: 1, day: 3),
            usual + [("11:30", 4), ("14:00", 5), ("15:30", 6), ("16:00", 7)])
        try Self.expectSegments(CivilDate(year: 2024, month: 7, day: 3), usual + [("11:30", 4), ("13:00", 7)])
        try Self.expectSegments(
            CivilDate(year: 2024, month: 1, day: 15), [("18:00", 0.0), ("04:00", 1), ("09:30", 7)])
    }

    @Test func `segments when regular hours lie in the evening`() throws {
        let windows = try SessionWindows(
            premarketStart: TimeOfDay(hour: 18, minute: 30), premarketEnd: TimeOfDay(hour: 18, minute: 35),
            openingRangeStart: TimeOfDay(hour: 18, minute: 35), openingRangeMinutes: 5,
            rthOpen: TimeOfDay(hour: 18, minute: 20), rthClose: TimeOfDay(hour: 18, minute: 55),
            initialBalanceMinutes: 10)
        try Self.expectSegments(
            CivilDate(year: 2023, month: 12, day: 26), windows: windows,
            [("18:00", 0), ("18:20", 2), ("18:40", 3), ("18:55", 7)])
        var (clock, calendar) = try Self.clock(CivilDate(year: 2023, month: 12, day: 26), windows: windows)
        let time = calendar.instant(TimeOfDay(hour: 18, minute: 30), on: clock.session.tradeDate).nanoseconds
        clock.enter(time - 1)
        #expect(!clock.phase.isAfterBalance && clock.phase.isRegular && clock.phase.isAfterOpen)
        clock.enter(time)
        #expect(clock.phase.isAfterBalance && clock.phase.isRegular)
        #expect(clock.minutesSinceOpen(time) == 10 && clock.minutesToClose(time) == 25)
        #expect(clock.minutesSinceOpen(time - 900_000_000_000) == -5)
    }

    @Test func `the hands are sine and cosine of the wall clock, on the days the clocks change too`() throws {
        let zone = try ZoneFile.newYork()
        let dates = [(2024, 1, 3), (2024, 3, 8), (2024, 11, 1)].map { CivilDate(year: $0.0, month: $0.1, day: $0.2) }
        for date in dates {
            var (clock, calendar) = try Self.clock(date)
            // To Sunday's open: the clocks change in the weekend.
            var random = SeededGenerator(seed: 5)
            for _ in 0..<4_000 {
                let time = clock.session.open.nanoseconds + random.below(4 * 86_400_000_000_000)
                let local = zone.local(Timestamp(nanoseconds: time)).time.seconds
                let seconds = Double(local) + Double(time % 1_000_000_000) * 1e-9
                let angle = 2 * Double.pi * seconds / 86_400
                if !clock.knowsHands(at: time) { clock.moveHands(to: time, calendar: calendar) }
                let hands = clock.hands(at: time)
                let error = max(
                    abs(hands.sine - DeterministicMath.sin(angle)), abs(hands.cosine - DeterministicMath.cos(angle)))
                #expect(error < 2e-15, "seed 5, \(date) \(time): \(error)")
            }
        }
    }
}
