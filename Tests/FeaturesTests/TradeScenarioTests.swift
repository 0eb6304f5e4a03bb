import DBN
import MarketData
import Testing

@testable import Features

/// Trade and volatility rows where sessions, faults and warm-ups meet.
@Suite struct TradeScenarioTests {
    private static let second: UInt64 = 1_000_000_000
    /// 17:00 of trade date 2024-01-03 and the 18:00 that follows.
    private static let close = TestSession.open + 23 * 3_600 * second
    private static let reopen = close + 3_600 * second

    /// A book of one tick's spread, with its best bid at `bid`.
    private func record(
        at time: UInt64, bid: Int = 20_000, ask: Int? = nil, action: Action = .add, side: BookSide = .none,
        price: Int? = nil, size: Int = 0, flags: RecordFlags = .last
    ) -> TapeRecord {
        let ask = ask ?? bid + 1
        return TapeRecord(
            time: time, received: time + 50_000, action: action, side: side, price: price, size: size, flags: flags,
            bids: (0..<10).map { TapeRecord.Level(price: bid - $0, size: 20, count: 4) },
            asks: (0..<10).map { TapeRecord.Level(price: ask + $0, size: 20, count: 4) })
    }

    private func trade(at time: UInt64, buys: Bool, size: Int, bid: Int = 20_000) -> TapeRecord {
        record(
            at: time, bid: bid, action: .trade, side: buys ? .bid : .ask, price: buys ? bid + 1 : bid, size: size)
    }

    @Test func `18:00 ends sums and windows of trades; lambda goes on`() throws {
        let start = Self.close - 400 * Self.second
        var records = [record(at: start)]
        for index in 1..<380 {
            let up = index % 2
            let time = start + UInt64(index) * Self.second
            records.append(trade(at: time + 200_000_000, buys: up == 1, size: 10 + up))
            records.append(record(at: time + 300_000_000, bid: 20_000 + up))
        }
        records.append(record(at: Self.reopen + 500_000_000))
        let rows = Player.rows(records, try TestSession.configuration())
        let before = try #require(rows.last { $0.time < Self.close })
        let after = try #require(rows.last)
        #expect(after.time == Self.reopen + 500_000_000 && after.isGroup)
        #expect(before.values[.volumeDelta] == 190 * 11 - 189 * 10)
        #expect(before.values[.volumeDeltaChange300] != 0 && before.values[.rollSpread] > 0)
        let ended: [MarketFeature] = [
            .tradeImbalance300, .averageTradeSize, .effectiveSpread, .realizedSpread, .priceImpact,
        ]
        for row in ended {
            #expect(!before.values[row].isNaN && after.values[row].isNaN, "\(row)")
        }
        #expect(after.values[.volumeDelta] == 0 && after.values[.volumeDeltaChange300] == 0)
        #expect(after.values[.rollSpread].isNaN)
        #expect(after.values[.kyleLambda] == before.values[.kyleLambda] && after.values[.kyleLambda] > 0)
        #expect(after.values[.realizedVolatility300].isNaN, "half a second of this session has passed")
    }

    @Test func `a warm-up that ends inside a second ends for the next group`() throws {
        let start = TestSession.open + 3_600 * Self.second + 400_000_000
        var records: [TapeRecord] = []
        for index in 0..<1_240 {
            let time = start + UInt64(index) * 250_000_000
            records.append(trade(at: time, buys: true, size: 3, bid: 20_000 + index % 8))
        }
        let rows = Player.rows(records, try TestSession.configuration())
        let due = start + 300 * Self.second
        for row in [MarketFeature.kyleLambda, .realizedVolatility300] {
            let isDefined = rows.filter { !$0.values[row].isNaN }.map(\.time)
            #expect(isDefined.first == due, "\(row)")
        }
    }

    @Test func `a locked book before a trade gives no effective spread but an impact`() throws {
        let start = TestSession.open + 3_600 * Self.second
        let records = [
            record(at: start, bid: 20_000, ask: 20_000),
            record(
                at: start + Self.second, bid: 20_000, ask: 20_000, action: .trade, side: .bid, price: 20_000, size: 4),
            record(at: start + 2 * Self.second, bid: 20_002), record(at: start + 8 * Self.second, bid: 20_002),
        ]
        let rows = Player.rows(records, try TestSession.configuration())
        let last = try #require(rows.last)
        #expect(last.values[.effectiveSpread].isNaN)
        // 2·(20002.5 − 20000) and its negative, known at the end of the second five after the trade's.
        #expect(last.values[.priceImpact] == 5 && last.values[.realizedSpread] == -5)
        let known = rows.first { !$0.values[.priceImpact].isNaN }?.time
        #expect(known == start + 7 * Self.second)
    }

    @Test func `a bad book freezes what trades add, and not their bars`() throws {
        let start = TestSession.open + 3_600 * Self.second
        var bad = trade(at: start + Self.second, buys: true, size: 7)
        bad.flags.insert(.maybeBadBook)
        let rows = Player.rows([record(at: start), bad], try TestSession.configuration())
        let last = try #require(rows.last)
        #expect(last.values[.volumeDelta] == 0 && last.values[.averageTradeSize].isNaN)
        #expect(last.values[.sessionVolume] == 7)
    }

    @Test func `regular hours alone make the volatility since the open`() throws {
        // 18:05 is the regular open of the test's calendar.
        let open = TestSession.open + 5 * TestSession.minute
        var records: [TapeRecord] = []
        for index in 0..<800 {
            let time = open - 100 * Self.second + UInt64(index) * Self.second + 500_000_000
            // A wild minute before the open, then a tick up and down every ten seconds.
            let bid = time < open ? 20_000 + index % 50 * 10 : 20_000 + index / 10 % 2
            records.append(record(at: time, bid: bid))
        }
        let rows = Player.rows(records, try TestSession.configuration())
        let isDefined = rows.filter { !$0.values[.realizedVolatilityRegular].isNaN }
        #expect(isDefined.first?.time == open + 300 * Self.second)
        let value = try #require(isDefined.last?.values[.realizedVolatilityRegular])
        // About one return of 1/20000 every ten seconds.
        let expected = (252.0 * 23 * 3_600 / 10).squareRoot() / 20_000.5 * 100
        #expect(abs(value - expected) < 0.02 * expected, "\(value), about \(expected)")
        var regularHours = try TestSession.configuration()
        regularHours.annualizationHours = 6.5
        let shorter = try #require(Player.rows(records, regularHours).last?.values[.realizedVolatilityRegular])
        #expect(abs(shorter / value - (6.5 / 23.0).squareRoot()) < 1e-12)
    }
}
