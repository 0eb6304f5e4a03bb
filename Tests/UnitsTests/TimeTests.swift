import Determinism
import Testing
import Units

@Suite struct TimeTests {
    @Test func `no time is none, and after every time`() {
        #expect(!Timestamp.undefined.isDefined && Timestamp.undefined.nanoseconds == .max)
        for nanoseconds in [0, 1, Timestamp.latest.nanoseconds, UInt64(Int64.max), .max - 1] as [UInt64] {
            let time = Timestamp(nanoseconds: nanoseconds)
            #expect(time.isDefined && time < .undefined)
        }
        // 2100-01-01: 130 years, of which 32 had a leap day.
        #expect(Timestamp.latest.nanoseconds == (130 * 365 + 32) * Timestamp.nanosecondsPerDay)
        #expect(Timestamp.nanosecondsPerWeek == 7 * Timestamp.nanosecondsPerDay)
    }

    private static let differences: [(later: UInt64, earlier: UInt64, span: Int64)] = [
        (0, 0, 0), (5, 3, 2), (3, 5, -2), (1_700_000_000_000_000_001, 1_700_000_000_000_000_000, 1),
        // As far apart as a span can say, and one step farther: stamps come from outside, and nothing traps.
        (UInt64(Int64.max), 0, .max), (UInt64(Int64.max) + 1, 0, .min), (0, UInt64(Int64.max) + 1, .min),
        (.max, 0, -1), (0, .max, 1), (.max, .max, 0),
    ]

    @Test(arguments: differences)
    func `the time between two instants, wrapped where it does not fit`(later: UInt64, earlier: UInt64, span: Int64) {
        let (a, b) = (Timestamp(nanoseconds: later), Timestamp(nanoseconds: earlier))
        #expect(a - b == Nanoseconds(span))
        #expect(b + Nanoseconds(span) == a && a - Nanoseconds(span) == b)
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func `going on by a span and back is where one was, from anywhere`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let (a, b) = (Timestamp(nanoseconds: generator.next()), Timestamp(nanoseconds: generator.next()))
            let span = Nanoseconds(Int64(bitPattern: generator.next()))
            #expect(b + (a - b) == a && a + span - span == a && (a + span) - a == span)
            // Two instants of any real day are in the order that their difference says.
            let day = Timestamp(nanoseconds: a.nanoseconds % Timestamp.latest.nanoseconds)
            let other = Timestamp(nanoseconds: b.nanoseconds % Timestamp.latest.nanoseconds)
            #expect((day < other) == (day - other < .zero))
        }
    }

    @Test func `spans are named by their units`() {
        #expect(Nanoseconds.microseconds(3).count == 3_000 && Nanoseconds.milliseconds(-3).count == -3_000_000)
        #expect(Nanoseconds.seconds(1) == .milliseconds(1_000) && Nanoseconds.minutes(2) == .seconds(120))
        #expect(Nanoseconds.hours(24).count == Int64(Timestamp.nanosecondsPerDay))
        #expect(Nanoseconds.milliseconds(1_500).seconds == 1.5 && Nanoseconds.seconds(-1) * 3 == .seconds(-3))
        #expect(Nanoseconds.seconds(1) - .milliseconds(1) == .milliseconds(999) && Nanoseconds.zero < .microseconds(1))
    }

    @Test func `a span that does not fit traps`() async {
        await #expect(processExitsWith: .failure) { _ = Nanoseconds.seconds(9_223_372_037) }
        await #expect(processExitsWith: .failure) { _ = Nanoseconds(.max) + Nanoseconds(1) }
        await #expect(processExitsWith: .failure) { _ = Nanoseconds(.max) * 2 }
    }
}
