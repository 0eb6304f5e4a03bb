import DBN
import Features
import MarketData
import Testing
import Units

@testable import Pipeline

/// Replays whose gateway does not send in the order of time.
@Suite struct ReplayOrderTests {
    typealias Told = MarketFoldTests.Told
    private static let second: UInt64 = 1_000_000_000
    private static let signal: UInt32 = 1
    private static let traded: UInt32 = 3

    /// Twenty minutes of both contracts, a book of each every seven seconds, then a minute of the present.
    private struct Market {
        var signal: [[UInt8]] = [], traded: [[UInt8]] = [], present: [[UInt8]] = []
        let start, end: UInt64

        init() throws {
            start = try MarketFoldTests.instant(8, 10, 0)
            end = start + 1_200 * ReplayOrderTests.second
            for step in 0..<190 as Range<UInt64> {
                let (time, bid) = (start + step * 7 * ReplayOrderTests.second, 18_000 + Int(step % 11))
                let books = [
                    MarketFoldTests.book(ReplayOrderTests.traded, time + 1_000_000, bid: bid),
                    MarketFoldTests.book(ReplayOrderTests.signal, time + 2_000_000, bid: bid),
                ]
                if time >= end { present += books } else {
                    traded.append(books[0])
                    signal.append(books[1])
                }
            }
        }

        var inTime: [[UInt8]] { zip(traded, signal).flatMap { [$0, $1] } }
    }

    private static func play(
        _ replay: [[UInt8]], _ market: Market
    ) throws -> (told: Told, late: UInt64, hasHole: Bool) {
        var fold = MarketFold(
            plan: try MarketFoldTests.plan([("ESZ3", signal), ("MESZ3", traded)]),
            configuration: try MarketFoldTests.configuration())
        var told = Told()
        let before = try MarketFoldTests.mark(.replaying, .mbp10, at: market.start)
        let after = [
            try MarketFoldTests.mark(.replayed, .mbp10, at: market.end),
            try MarketFoldTests.mark(.live, at: market.end),
        ]
        for (place, bytes) in ([before] + replay + after + market.present).enumerated() {
            bytes.withUnsafeBytes { raw in
                if let base = raw.baseAddress { fold.take(RecordView(base), sequence: UInt64(place), sink: &told) }
            }
        }
        return (told, fold.signalCounters.late, fold.withLeader { $0.hasHole })
    }

    private static func isOfSignal(_ event: Told.Event) -> Bool {
        switch event {
        case .group, .second: true
        case .session, .traded: false
        }
    }

    @Test func `a warm start is the same bits, whichever contract is replayed first`() throws {
        let market = try Market()
        let inTime = try Self.play(market.inTime, market)
        let signalFirst = try Self.play(market.signal + market.traded, market)
        let tradedFirst = try Self.play(market.traded + market.signal, market)
        #expect(inTime.late == 0 && inTime.told.vectors.count == 190)
        for other in [signalFirst, tradedFirst] {
            #expect(other.late == 0 && !other.hasHole)
            #expect(other.told.events.filter(Self.isOfSignal) == inTime.told.events.filter(Self.isOfSignal))
            #expect(other.told.vectors == inTime.told.vectors)
        }
    }

    @Test func `what a replay after a break brings too late is a hole when it is over`() throws {
        let market = try Market()
        // The first ten minutes had come before the break.
        let known = Array(market.inTime[..<170])
        let left = (traded: Array(market.traded[85...]), signal: Array(market.signal[85...]))
        let inTime = try Self.play(known + zip(left.traded, left.signal).flatMap { [$0, $1] }, market)
        #expect(inTime.late == 0 && !inTime.hasHole)
        let tradedFirst = try Self.play(known + left.traded + left.signal, market)
        #expect(tradedFirst.late > 0 && tradedFirst.hasHole)
    }
}
