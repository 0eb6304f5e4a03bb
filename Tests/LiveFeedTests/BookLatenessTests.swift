import DBN
import LiveFeed
import Testing
import Units

@Suite struct BookLatenessTests {
    private static let now = Timestamp(nanoseconds: 1_773_000_000_000_000_000)

    /// - Parameter ages: milliseconds; what is said is of each that is said twice.
    private static func told(_ ages: [Int64], limit: Int64 = 5_000) -> [FeedMark.Kind?] {
        var lateness = BookLateness(limit: .milliseconds(limit))
        return ages.map { age in
            let first = lateness.take(now - .milliseconds(age), received: now)
            #expect(first == nil)
            return lateness.take(now - .milliseconds(age), received: now)
        }
    }

    @Test func `books that come later than the limit are behind, until they come within half of it`() {
        #expect(
            Self.told([30, 5_000, 5_001, 9_000, 2_501, 2_500, 3_000, 5_001])
                == [nil, nil, .behind, nil, nil, .abreast, nil, .behind])
        // Of a clock that is slow, too.
        #expect(Self.told([-3_000, 6_000, -3_000]) == [nil, .behind, .abreast])
        // A second is the least.
        #expect(Self.told([999, 1_000, 1_001, 500], limit: 1) == [nil, nil, .behind, .abreast])
    }

    @Test func `a feed that was never of the time of day is late by nothing`() {
        // A tape of years ago, one of this morning, one of tomorrow.
        #expect(Self.told([90_000_000_000, 14_400_000, -86_400_000, 14_400_000]) == [nil, nil, nil, nil])
        // Minutes are no tape's age.
        #expect(Self.told([600_000]) == [.behind])
        #expect(Self.told([600_001]) == [nil])
        #expect(Self.told([10, 14_400_000]) == [nil, .behind])
    }

    @Test func `one stamp that cannot be says nothing`() {
        var lateness = BookLateness(limit: .seconds(5))
        let wrong = [Timestamp.undefined, Timestamp(nanoseconds: 0), Self.now - .seconds(3_600), .latest]
        for stamp in wrong {
            for vendor in [Self.now, stamp, Self.now] {
                #expect(lateness.take(vendor, received: Self.now) == nil)
            }
        }
        _ = lateness.take(Self.now - .seconds(6), received: Self.now)
        #expect(lateness.take(Self.now - .seconds(6), received: Self.now) == .behind)
        for vendor in [Self.now, Self.now - .seconds(6), Self.now] {
            #expect(lateness.take(vendor, received: Self.now) == nil)
        }
        #expect(lateness.take(Self.now, received: Self.now) == .abreast)
    }

    @Test func `a session that begins is of the present until its books say otherwise`() {
        var lateness = BookLateness(limit: .seconds(5))
        let late = Self.now - .seconds(6)
        for _ in 0..<2 {
            #expect(lateness.take(late, received: Self.now) == nil && !lateness.isBehind)
            #expect(lateness.take(late, received: Self.now) == .behind && lateness.isBehind)
            lateness.begin()
        }
    }
}
