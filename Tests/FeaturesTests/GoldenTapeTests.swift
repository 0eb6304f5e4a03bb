import DBN
import Features
import MarketCalendar
import Testing
import Units

/// The mini-tape of FEATURES I.1 and its numbers.
@Suite struct GoldenTapeTests {
    /// Pre-market 09:59–10:00 ET on 2024-01-03, in which 24000 trades, so that pm_high lies there from t = 0.
    private static func rows() throws -> LastRows {
        let zone = try ZoneFile.newYork()
        let windows = try SessionWindows(
            premarketStart: TimeOfDay(hour: 9, minute: 59), premarketEnd: TimeOfDay(hour: 10, minute: 0),
            openingRangeStart: TimeOfDay(hour: 11, minute: 0), openingRangeMinutes: 15,
            rthOpen: TimeOfDay(hour: 9, minute: 30), rthClose: TimeOfDay(hour: 16, minute: 0),
            initialBalanceMinutes: 60)
        let calendar = TradingCalendar.cmeEquityIndex(zone: zone, windows: windows)
        let origin = zone.timestamp(CivilDate(year: 2024, month: 1, day: 3), hour: 10, minute: 0, second: 0).nanoseconds
        var tape = TestTape(origin: origin)
        tape.add(at: -30, action: .trade, side: .none, price: 24_000, size: 1)
        for i in 0..<10 {
            tape.bids.append(.init(price: 23_998 - i, size: 10 * (i + 1), count: i + 1))
            tape.asks.append(.init(price: 23_999 + i, size: 15 + 10 * i, count: i + 2))
        }
        tape.add(at: 0, flags: [.last, .snapshot])
        tape.asks[1] = .init(price: 24_000, size: 30, count: 4)
        tape.add(at: 1, side: .ask, price: 24_000, size: 5)
        tape.trade(at: 2, price: 23_999, size: 15, aggressor: .bid) {
            $0.asks.removeFirst()
            $0.asks.append(.init(price: 24_009, size: 115, count: 12))
        }
        tape.bids.insert(.init(price: 23_999, size: 8, count: 1), at: 0)
        tape.bids.removeLast()
        tape.add(at: 3, side: .bid, price: 23_999, size: 8)
        tape.trade(at: 5, price: 24_000, size: 12, aggressor: .bid) {
            $0.asks[0] = .init(price: 24_000, size: 23, count: 3)
        }
        tape.asks[1] = .init(price: 24_001, size: 25, count: 3)
        tape.add(at: 6, action: .cancel, side: .ask, price: 24_001, size: 10)
        tape.trade(at: 8, price: 23_999, size: 3, aggressor: .ask) {
            $0.bids[0] = .init(price: 23_999, size: 5, count: 1)
        }
        tape.add(at: 10, action: .none)
        var engine = ContractEngine(
            configuration: FeatureConfiguration(calendar: calendar, tickSize: TickSize(nanos: 250_000_000)))
        var rows = LastRows()
        tape.play(&engine, sink: &rows)
        return rows
    }

    private static let level: [(LevelFeature, Double)] = [
        (.bidAdded, 0.762176827), (.askAdded, 0.953738409), (.bidCancelled, 0), (.askCancelled, 1.021101121),
        (.bidFilled, 0.320817961), (.askFilled, 2.593776249), (.orderFlowImbalance, 0.548958176),
        (.cancelToAdd, 1.070630176), (.replenishment, 0.263837002), (.tradedToDisplayed, 0.4),
        (.delta, 20.294828248), (.tradeImbalance, 0.779854115), (.deltaOfTest, 24), (.tradeIntensity, 0.298331451),
        (.bidDepthInBand, 65), (.askDepthInBand, 213), (.queueImbalance, -0.532374101),
        (.orderCountImbalance, -0.548387097), (.bidDepthAtLevel, 0), (.askDepthAtLevel, 23), (.depthToLevel, 0),
        (.depthBeyond, 550), (.largestQueueOffset, 9), (.distance, -0.5), (.touchCount, 1), (.approachSide, 1),
    ]

    private static let market: [(MarketFeature, Double)] = [
        (.bidAskSpread, 1), (.queueImbalanceBest, -0.642857143), (.weightedMidOffset, -0.321428571),
        (.orderFlowImbalance10, 15.877911094), (.orderFlowImbalance60, 24.730007161),
        (.orderFlowImbalanceLevel2, 28.285346568), (.bidBookSlope, 37.969924812), (.askBookSlope, 62.308270677),
        (.bidDepthDistance, 6.763736264), (.askDepthDistance, 6.263081395), (.buyImpact100, 1.86),
        (.sellImpact100, 3.3), (.depthImbalanceTop3, -0.453125), (.depthImbalanceTop5, -0.339622642),
        (.depthImbalanceTop10, -0.203849519),
    ]

    @Test func `the mini-tape gives the catalogue's level numbers at the group at ten seconds`() throws {
        let rows = try Self.rows()
        for (feature, expected) in Self.level {
            #expect(abs(rows.group[.premarketHigh, feature] - expected) < 1e-9, "\(feature)")
        }
    }

    @Test func `the mini-tape gives the catalogue's market numbers at the group at ten seconds`() throws {
        let rows = try Self.rows()
        for (feature, expected) in Self.market {
            #expect(abs(rows.group[feature] - expected) < 1e-9, "\(feature)")
        }
    }

    @Test func `the end of the tenth second has the same numbers before its group is applied`() throws {
        let rows = try Self.rows()
        for (feature, expected) in Self.level {
            #expect(abs(rows.second[.premarketHigh, feature] - expected) < 1e-9, "\(feature)")
        }
        for (feature, expected) in Self.market {
            #expect(abs(rows.second[feature] - expected) < 1e-9, "\(feature)")
        }
    }
}
