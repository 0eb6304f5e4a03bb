import Orders
import Risk
import Testing
import Units

@Suite struct RiskTests {
    func play(
        _ script: String, _ limits: RiskLimits = RiskLimits(), sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try TradingTests.play({ DeskScenario(limits) }, script, sourceLocation: sourceLocation)
    }

    static let book = "1.000 book 5000.00x50 | 5000.25x50\n"

    @Test func `an order at the quantity limit passes, one more contract does not`() throws {
        try play(Self.book + """
            1.001 m1 buy 5
            -> approved m1
            -> send m1 entry buy 5 market
            1.001 m2 buy 6
            -> refused m2 order_quantity
            1.001 m3 buy 0
            -> refused m3 order_quantity
            1.001 m4 buy -1
            -> refused m4 order_quantity
            """)
    }

    @Test func `the position limit counts everything that is working`() throws {
        try play(Self.book + """
            1.001 m1 buy 5
            -> approved m1
            -> send m1 entry buy 5 market
            1.001 m2 buy 4 limit 4999.00
            -> approved m2
            -> send m2 entry buy 4 limit 4999.00
            1.001 m3 buy 2 limit 4999.00
            -> refused m3 position_limit
            1.001 m4 buy 1 limit 4999.00
            -> approved m4
            -> send m4 entry buy 1 limit 4999.00
            1.002 m5 buy 1 limit 4999.00
            -> refused m5 position_limit
            """)
        try play(Self.book + """
            1.001 m1 sell 5 limit 5001.00
            -> approved m1
            -> send m1 entry sell 5 limit 5001.00
            1.001 m2 sell 5 limit 5001.00
            -> approved m2
            -> send m2 entry sell 5 limit 5001.00
            1.001 m3 sell 1
            -> refused m3 position_limit
            """)
    }

    @Test func `what ends unfilled no longer counts`() throws {
        var limits = RiskLimits()
        limits.position = Quantity(1)
        try play(
            Self.book + """
                1.001 m1 buy 1 limit 4999.00
                -> approved m1
                -> send m1 entry buy 1 limit 4999.00
                1.002 m2 buy 1
                -> refused m2 position_limit
                1.003 pull m1
                -> pull sent
                -> cancel m1
                1.005 tick
                -> m1 working 1
                -> m1 cancelled 0 requested
                1.006 m3 buy 1
                -> approved m3
                -> send m3 entry buy 1 market
                """, limits)
    }

    @Test func `a strategy needs good data, an operator a usable book`() throws {
        let cases: [(word: String, strategy: String?, manual: String?)] = [
            ("gap", "data_gap", nil), ("crossed", "data_crossed", "data_crossed"),
            ("onesided", "market_data_bad", nil), ("bad", "market_data_bad", "market_data_bad"),
            ("halted", "instrument_status", "instrument_status"),
            ("closed", "instrument_status", "instrument_status"),
            ("warming", "data_warming", nil), ("nobook", "no_book", "no_book"),
            ("stale", "market_data_stale", "market_data_stale"), ("replayed", nil, nil), ("nohistory", nil, nil),
            ("good", nil, nil),
        ]
        for (word, strategy, manual) in cases {
            for (name, reason) in [("s1", strategy), ("m1", manual)] {
                let expected = reason.map { "-> refused \(name) \($0)" }
                    ?? "-> approved \(name)\n-> send \(name) entry buy 1 market"
                try play(Self.book + "1.001 quality \(word)\n1.002 \(name) buy 1\n" + expected)
            }
        }
    }

    @Test func `the quality of the data behind the decision counts too`() throws {
        try play(Self.book + """
            1.001 s1 buy 1 quality warming
            -> refused s1 data_warming
            1.001 s2 buy 1 quality stale
            -> refused s2 market_data_stale
            1.001 m1 buy 1 quality warming
            -> approved m1
            -> send m1 entry buy 1 market
            """)
    }

    @Test func `without any book nothing opens`() throws {
        try play("""
            1.001 m1 buy 1
            -> refused m1 no_book
            """)
    }

    @Test func `a book may be five seconds old and no older`() throws {
        try play(Self.book + """
            6.000 s1 buy 1
            -> approved s1
            -> send s1 entry buy 1 market
            """)
        try play(Self.book + """
            6.000000001 s1 buy 1
            -> refused s1 market_data_stale
            """)
    }

    @Test func `an entry has a stop`() throws {
        try play(Self.book + """
            1.001 m1 buy 1 stop 0
            -> refused m1 stop_required
            1.001 m2 buy 1 stop 1
            -> approved m2
            -> send m2 entry buy 1 market
            """)
    }

    @Test func `strategies enter inside their window, operators while the session is open`() throws {
        let book = "49999.000 book 5000.00x50 | 5000.25x50\n"
        try play(book + """
            49999.999999999 s1 buy 1
            -> approved s1
            -> send s1 entry buy 1 market
            """)
        try play(book + """
            50000.000 s1 buy 1
            -> refused s1 session_window
            50000.000 m1 buy 1
            -> approved m1
            -> send m1 entry buy 1 market
            """)
        try play("""
            99999.000 book 5000.00x50 | 5000.25x50
            100000.000 m1 buy 1
            -> refused m1 session_window
            """)
    }

    @Test func `an identity counts once, and older ones not at all`() throws {
        try play(Self.book + """
            1.001 s2 buy 1
            -> approved s2
            -> send s2 entry buy 1 market
            1.001 s2 buy 1
            -> refused s2 duplicate_id
            1.001 s1 buy 1
            -> refused s1 duplicate_id
            1.001 m1 buy 9
            -> refused m1 order_quantity
            1.001 m1 buy 1
            -> refused m1 duplicate_id
            """)
    }

    @Test func `what cannot be is malformed`() throws {
        try play(Self.book + """
            1.001 x1 buy 1
            -> refused x1 malformed
            1.001 m1 buy 1 target -1
            -> refused m1 malformed
            1.001 m2 buy 1 timestop -1
            -> refused m2 malformed
            1.001 m3 buy 1 limit 0.00
            -> refused m3 malformed
            1.001 m4 buy 1 asstop
            -> refused m4 malformed
            """)
    }

    @Test func `an order against the position closes it whole or is refused`() throws {
        try play(ExecutionTests.long + """

            2.000 m1 sell 2
            -> refused m1 opposite_side
            2.000 m2 sell 1 limit 5001.00
            -> refused m2 opposite_side
            2.000 m3 sell 1
            -> approved m3
            -> send m3 close sell 1 market
            2.002 tick
            -> m3 working 1
            -> fill m3 sell 1 @ 5000.00
            -> m3 filled 0
            -> x1 cancelled 0 linked
            -> x2 cancelled 0 linked
            """)
        try play(Self.book + """
            1.001 m1 buy 1 limit 4999.00
            -> approved m1
            -> send m1 entry buy 1 limit 4999.00
            1.001 m2 sell 1 limit 5001.00
            -> refused m2 opposite_side
            1.001 m3 close
            -> refused m3 nothing_to_close
            """)
    }

    @Test func `thirty-two opening orders may work and no more`() {
        var limits = RiskLimits()
        limits.position = Quantity(64)
        var scenario = DeskScenario(limits)
        _ = scenario.play("1.000 book 5000.00x50 | 5000.25x50")
        for i in 1...32 { #expect(scenario.play("1.001 m\(i) buy 1 limit 4999.00").first == "approved m\(i)") }
        #expect(scenario.play("1.001 m33 buy 1 limit 4999.00") == ["refused m33 too_many_orders"])
    }

    @Test func `every reason has a code and a name of its own`() {
        #expect(Set(RefusalReason.allCases.map(\.code)).count == RefusalReason.allCases.count)
        for reason in RefusalReason.allCases { #expect(RefusalReason(code: reason.code) == reason) }
        #expect(RefusalReason(code: 0) == nil)
        #expect(RefusalReason.allCases.map(\.code) == Array(1...UInt8(RefusalReason.allCases.count)))
    }

    // MARK: Monitors

    static func limits(loss: Int64 = 1_000_000, drawdown: Int64 = 1_000_000) -> RiskLimits {
        var limits = RiskLimits()
        limits.dailyLoss = Money(cents: loss)
        limits.trailingDrawdown = Money(cents: drawdown)
        return limits
    }

    /// Long 1 from 5000.25 with its stop far away; 0.62 paid. At bid B the loss is (5000.25 − B)·5 + 0.62.
    static let far = """
        1.000 book 5000.00x10 | 5000.25x10
        1.001 s1 buy 1 stop 800 target 0 timestop 0
        -> approved s1
        -> send s1 entry buy 1 market
        1.003 tick
        -> s1 working 1
        -> fill s1 buy 1 @ 5000.25
        -> s1 filled 0
        -> send x1 protectiveStop sell 1 stop 4800.25
        1.005 tick
        -> x1 working 1

        """

    @Test func `the daily loss bites at its limit, marked at the bid, without any order`() throws {
        // At a bid of 4990.25 the loss is 50.62.
        try play(
            Self.far + """
                2.000 book 4990.50x10 | 4990.75x10
                2.001 profit
                -> profit -49.37 drawdown 49.37
                3.000 book 4990.25x10 | 4999.00x10
                -> ACTIVE to FLATTENING daily_loss
                -> cancel x1
                3.002 tick
                -> x1 cancelled 0 requested
                3.004 tick
                -> send x2 close sell 1 limit 4985.25
                3.006 tick
                -> x2 working 1
                -> fill x2 sell 1 @ 4990.25
                -> x2 filled 0
                3.008 tick
                3.010 tick
                -> flat after 1 rounds
                -> FLATTENING to LOCKED flat
                4.000 arm
                -> locked_until_next_trade_date
                5.000 day 20240305
                5.001 arm
                -> locked_until_next_trade_date
                6.000 day 20240306
                6.001 s2 buy 1
                -> refused s2 trading_state
                6.002 arm
                -> LOCKED to ACTIVE armed
                6.003 profit
                -> profit 0.00 drawdown 0.00
                """, Self.limits(loss: 50_62))
        try play(
            Self.far + """
                3.000 book 4990.25x10 | 4999.00x10
                """, Self.limits(loss: 50_63))
    }

    @Test func `the trailing drawdown is measured from the highest equity`() throws {
        // Up to a bid of 5010.25: +49.38. Down to 5000.25: −0.62, which is 50.00 lower.
        for (limit, bites) in [(50_00, true), (50_01, false)] {
            try play(
                Self.far + """
                    2.000 book 5010.25x10 | 5010.50x10
                    2.001 profit
                    -> profit 49.38 drawdown 0.00
                    3.000 book 5000.25x10 | 5000.50x10

                    """ + (bites ? "-> ACTIVE to FLATTENING trailing_drawdown\n-> cancel x1" : ""),
                Self.limits(drawdown: Int64(limit)))
        }
    }

    @Test func `a short position is marked at the ask`() throws {
        try play(
            """
            1.000 book 5000.00x10 | 5000.25x10
            1.001 m1 sell 1 stop 800 target 0
            -> approved m1
            -> send m1 entry sell 1 market
            1.003 tick
            -> m1 working 1
            -> fill m1 sell 1 @ 5000.00
            -> m1 filled 0
            -> send x1 protectiveStop buy 1 stop 5200.00
            1.005 tick
            -> x1 working 1
            2.000 book 4990.00x10 | 5002.00x10
            2.001 profit
            -> profit -10.62 drawdown 10.62
            """)
    }

    @Test func `no valid mark for five seconds means reducing, for thirty flat, on the clock alone`() throws {
        try play(Self.far + """
            6.002999999 tick
            6.003 tick
            -> ACTIVE to REDUCING no_valid_mark
            6.004 s2 buy 1
            -> refused s2 trading_state
            31.002999999 tick
            31.003 tick
            -> REDUCING to FLATTENING no_valid_mark
            -> cancel x1
            """)
    }

    @Test func `a book that is not usable marks nothing, and a mark that returns ends reducing`() throws {
        try play(Self.far + """
            2.000 book 5000.00x10 | 5000.25x10
            3.000 quality crossed
            6.500 quality crossed
            7.000 quality halted
            -> ACTIVE to REDUCING no_valid_mark
            8.000 book - | 5000.25x10
            9.000 book 5000.00x10 | -
            -> REDUCING to ACTIVE mark_returned
            """)
    }

    @Test func `reducing on an operator's word does not end by itself`() throws {
        try play(Self.far + """
            2.000 pause
            -> ACTIVE to REDUCING operator
            2.001 s2 buy 1
            -> refused s2 trading_state
            3.000 book 5000.00x10 | 5000.25x10
            4.000 resume
            -> REDUCING to ACTIVE operator
            """)
        try play(Self.far + """
            6.003 tick
            -> ACTIVE to REDUCING no_valid_mark
            6.004 resume
            -> not_now
            6.005 pause
            7.000 book 5000.00x10 | 5000.25x10
            8.000 resume
            -> REDUCING to ACTIVE operator
            """)
    }

    @Test func `a strategy's position that is there after the flat-by time and its grace is flattened`() throws {
        let late = Self.far.split(separator: "\n").map { line in
            line.hasPrefix("->") ? String(line) : "4999" + String(line)
        }.joined(separator: "\n") + "\n"
        #expect(late.hasPrefix("49991.000 book"))
        try play(late + """
            60004.000 book 5000.00x10 | 5000.25x10
            60004.999999999 tick
            60005.000 tick
            -> ACTIVE to FLATTENING flat_by
            -> cancel x1
            """)
        // An operator's position may stay.
        try play(late.replacing("s1", with: "m1") + """
            60004.000 book 5000.00x10 | 5000.25x10
            60005.000 tick
            """)
    }

    @Test func `halted takes closes and nothing else, until armed`() throws {
        try play(Self.far + """
            2.000 halt
            -> ACTIVE to HALTED operator
            2.001 m1 buy 1
            -> refused m1 trading_state
            2.002 resume
            -> not_now
            2.003 m2 close
            -> approved m2
            -> send m2 close sell 1 market
            2.004 arm
            -> HALTED to ACTIVE armed
            """)
    }

    @Test func `limits that make no sense have the key's name`() {
        #expect(RiskLimits().problem == nil)
        var limits = RiskLimits()
        limits.position = Quantity(TradingLimits.positionContracts)
        #expect(limits.problem == nil)
        limits.position = Quantity(TradingLimits.positionContracts + 1)
        #expect(limits.problem == "position")
        limits = RiskLimits()
        limits.markFlatten = .seconds(4)
        #expect(limits.problem == "markFlatten")
        limits = RiskLimits()
        limits.dailyLoss = .zero
        #expect(limits.problem == "dailyLoss")
    }
}
