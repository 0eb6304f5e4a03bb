import Accounts
import Orders
import Risk
import Testing
import Units

/// Monitors bite without any order and without the feed: nothing but the 1 s clock moves.
@Suite struct SilentFeedTests {
    /// Long one contract of the level policy from 5000.25, marked at 5000.00: 1.25 lost.
    static func long(_ limits: (inout RiskLimits) -> Void = { _ in }) -> GateBench {
        var bench = GateBench(limits)
        bench.fill(.buy, strategy: .level, issuer: .strategy)
        bench.book("5000.00x100 | 5000.25x100", at: "1.5")
        return bench
    }

    /// Ticks until something changes.
    static func ticks(_ bench: inout GateBench, from: Int, to: Int) -> (second: Int, changes: [String])? {
        for second in from...to {
            bench.tick("\(second)")
            let changes = bench.changes()
            if !changes.isEmpty { return (second, changes) }
        }
        return nil
    }

    static func limits(_ change: (inout RiskLimits) -> Void) -> RiskLimits {
        var limits = RiskLimits()
        limits.markReducing = .seconds(1_000)
        limits.markFlatten = .seconds(2_000)
        change(&limits)
        return limits
    }

    @Test(arguments: [(1_25 as Int64, true), (1_26, false)])
    func `the daily loss bites on the clock alone`(limit: Int64, bites: Bool) throws {
        // The loss is there before the limit is: a start with a lower one, and then nothing but ticks.
        var bench = Self.long()
        try bench.reload(Self.limits { $0.dailyLoss = Money(cents: limit) })
        let bite = Self.ticks(&bench, from: 2, to: 20)
        #expect(bite?.second == (bites ? 2 : nil))
        #expect(bite?.changes == (bites ? ["ACTIVE to FLATTENING daily_loss"] : nil))
    }

    @Test(arguments: [(1_25 as Int64, true), (1_26, false)])
    func `the trailing drawdown bites on the clock alone`(limit: Int64, bites: Bool) throws {
        var bench = Self.long()
        try bench.reload(Self.limits { $0.trailingDrawdown = Money(cents: limit) })
        let bite = Self.ticks(&bench, from: 2, to: 20)
        #expect(bite?.changes == (bites ? ["ACTIVE to FLATTENING trailing_drawdown"] : nil))
    }

    @Test(arguments: [(1_25 as Int64, true), (1_26, false)])
    func `a strategy's own loss locks it on the clock alone, and it wants its position closed`(
        limit: Int64, bites: Bool
    ) throws {
        var rules = RiskRules()
        rules[.level].dailyLoss = Money(cents: limit)
        var bench = GateBench(rules: rules) { $0 = Self.limits { _ in } }
        bench.fill(.buy, strategy: .level, issuer: .strategy)
        bench.book("5000.00x100 | 5000.25x100", at: "1.5")
        let before = bench.changes()
        let expected = ["level: ACTIVE to LOCKED daily_loss"]
        #expect(before + (Self.ticks(&bench, from: 2, to: 20)?.changes ?? []) == (bites ? expected : []))
        #expect(bench.gate.state == .active)
        #expect(bench.gate.strategyToClose == (bites ? .level : nil))
        guard bites else { return }
        #expect(bench.gate.arm(.level) == .lockedUntilNextTradeDate)
        #expect(bench.order(.buy, issuer: .strategy, strategy: .level) == .tradingState)
        #expect(bench.close(.level) == nil)
        bench.fill(.sell, at: "5000.00", strategy: .level, role: .close)
        #expect(bench.gate.strategyToClose == nil)
        var day = Script.day
        day.tradeDate += 1
        bench.gate.begin(day)
        #expect(bench.gate.arm(.level) == .done)
        bench.book("5000.00x100 | 5000.25x100", at: "21")
        #expect(bench.order(.buy, at: "21", issuer: .strategy, strategy: .level) == nil)
    }

    /// 500 dollars in the window of entries, 2 500 at other times.
    static func margins(balance: Int64) -> GateBench {
        var rules = RiskRules()
        rules.margins = MarginTable(rows: [
            MarginRow(
                contract: .mes, initial: Money(cents: 275_000), maintenance: Money(cents: 250_000),
                intraday: Money(cents: 50_000))
        ])
        return GateBench(rules: rules) { $0 = limits { $0.balance = Money(cents: balance) } }
    }

    @Test(arguments: [(50_125 as Int64, false), (50_124, true)])
    func `margin that is no longer there bites on the clock alone`(balance: Int64, bites: Bool) throws {
        // As in the others 1.25 is lost, and 500 are asked for one contract within the window.
        var bench = Self.margins(balance: 1_000_000)
        bench.book("5000.00x100 | 5000.25x100", at: "50000")
        bench.fill(.buy, time: "50000")
        bench.book("5000.00x100 | 5000.25x100", at: "50001")
        #expect(bench.changes() == [])
        try bench.reload(Self.limits { $0.balance = Money(cents: balance) })
        let bite = Self.ticks(&bench, from: 50_002, to: 50_020)
        #expect(bite?.second == (bites ? 50_002 : nil))
        #expect(bite?.changes == (bites ? ["ACTIVE to FLATTENING maintenance_margin"] : nil))
        guard bites else { return }
        // No limit of the day: an arm is enough.
        bench.fill(.sell, at: "5000.00", time: "50003", role: .close, issuer: .execution)
        bench.flat(at: "50003")
        #expect(bench.gate.state == .locked)
        #expect(bench.gate.arm() == .done)
    }

    @Test(arguments: [(250_125 as Int64, false), (250_124, true)])
    func `where the window ends, maintenance margin is asked for`(balance: Int64, bites: Bool) {
        var bench = Self.margins(balance: balance)
        bench.book("5000.00x100 | 5000.25x100", at: "59990")
        bench.fill(.buy, time: "59990")
        bench.book("5000.00x100 | 5000.25x100", at: "59991")
        let bite = Self.ticks(&bench, from: 59_992, to: 60_003)
        #expect(bite?.second == (bites ? 60_000 : nil))
        #expect(bite?.changes == (bites ? ["ACTIVE to FLATTENING maintenance_margin"] : nil))
    }

    @Test func `without a position no margin is asked for`() {
        var bench = Self.margins(balance: 1)
        bench.book("5000.00x100 | 5000.25x100", at: "50000")
        #expect(Self.ticks(&bench, from: 50_001, to: 50_020) == nil)
    }

    @Test func `the flat-by time and its grace bite on the clock alone`() {
        var bench = GateBench { $0 = Self.limits { $0.flatByGrace = .seconds(5) } }
        bench.book("5000.00x100 | 5000.25x100", at: "59990")
        bench.fill(.buy, time: "59990", strategy: .level, issuer: .strategy)
        let bite = Self.ticks(&bench, from: 59_991, to: 60_100)
        #expect(bite?.second == 60_005)
        #expect(bite?.changes == ["ACTIVE to FLATTENING flat_by"])
    }

    @Test(arguments: [OrderRole.close, .target])
    func `a person's contracts stay after the flat-by time when the strategy's are gone`(role: OrderRole) {
        var bench = GateBench { $0 = Self.limits { $0.flatByGrace = .seconds(5) } }
        bench.book("5000.00x100 | 5000.25x100", at: "59990")
        bench.fill(.sell, time: "59990", strategy: .level, issuer: .strategy)
        bench.fill(.sell, 2, time: "59991")
        bench.fill(.buy, time: "59992", strategy: .level, role: role, issuer: .strategy)
        #expect(bench.gate.position.quantity == Quantity(-2))
        #expect(Self.ticks(&bench, from: 59_993, to: 60_020) == nil)
        // With one of the strategy's again, it is that one's time.
        bench.fill(.sell, time: "60020", strategy: .level, issuer: .strategy)
        #expect(Self.ticks(&bench, from: 60_021, to: 60_022)?.changes == ["ACTIVE to FLATTENING flat_by"])
    }

    @Test func `no valid mark means reducing after five seconds and flat after thirty`() {
        var bench = Self.long()
        let first = Self.ticks(&bench, from: 2, to: 100)
        // The mark is of 1.5 s.
        #expect(first?.second == 7)
        #expect(first?.changes == ["ACTIVE to REDUCING no_valid_mark"])
        let second = Self.ticks(&bench, from: 8, to: 100)
        #expect(second?.second == 32)
        #expect(second?.changes == ["REDUCING to FLATTENING no_valid_mark"])
    }

    @Test func `no valid mark bites at its very instant`() {
        var bench = Self.long()
        bench.tick("6.499999999")
        #expect(bench.changes() == [])
        bench.tick("6.5")
        #expect(bench.changes() == ["ACTIVE to REDUCING no_valid_mark"])
        bench.tick("31.499999999")
        #expect(bench.changes() == [])
        bench.tick("31.5")
        #expect(bench.changes() == ["REDUCING to FLATTENING no_valid_mark"])
    }

    @Test func `the time while the market is closed does not age a mark`() {
        var bench = GateBench()
        bench.book("5000.00x100 | 5000.25x100", at: "99997")
        bench.fill(.buy, time: "99997")
        // Event time jumps over the close at 100000: three seconds count.
        bench.tick("150000")
        #expect(bench.changes() == [])
        bench.beginNextDay()
        bench.tick("200004.999999999")
        #expect(bench.changes() == [])
        bench.tick("200005")
        #expect(bench.changes() == ["ACTIVE to REDUCING no_valid_mark"])
        bench.tick("200030")
        #expect(bench.changes() == ["REDUCING to FLATTENING no_valid_mark"])
    }

    @Test func `a feed that is dead over the close ages a mark from the next open on by the calendar`() throws {
        var day = Script.day
        day.reopen = Script.time("200000")
        var bench = GateBench(day: day)
        bench.book("5000.00x100 | 5000.25x100", at: "99997")
        bench.fill(.buy, time: "99997")
        try bench.reload()
        // No record says that the next session has begun: three seconds, and two.
        bench.tick("200001.999999999")
        #expect(bench.changes() == [])
        bench.tick("200002")
        #expect(bench.changes() == ["ACTIVE to REDUCING no_valid_mark"])
        bench.tick("200027")
        #expect(bench.changes() == ["REDUCING to FLATTENING no_valid_mark"])
    }

    @Test func `nor does it when the exchange closes before the calendar does, but for the next session`() throws {
        var bench = GateBench()
        bench.book("5000.00x100 | 5000.25x100", at: "50000")
        bench.fill(.buy, time: "50000")
        // Three seconds count before the close, and one behind it.
        bench.quality(.closed, at: "50003")
        try bench.reload()
        bench.tick("70000")
        #expect(bench.changes() == [])
        bench.quality(.noBook, at: "70001")
        bench.tick("70002.999999999")
        #expect(bench.changes() == [])
        bench.tick("70003")
        #expect(bench.changes() == ["ACTIVE to REDUCING no_valid_mark"])
        bench.quality(.closed, at: "70004")
        bench.tick("99999")
        #expect(bench.changes() == [])
        // What was said in a session that is over does not hold the next one.
        bench.beginNextDay()
        // Nobody has told the market of it that it is open.
        bench.quality(.closed, at: "200005")
        bench.tick("200030")
        #expect(bench.changes() == ["REDUCING to FLATTENING no_valid_mark"])
    }

    @Test func `a close before the position was opened, or behind a book that cannot mark it, is no part of its age`() {
        var bench = GateBench()
        bench.book("5000.00x100 | 5000.25x100", at: "50000")
        bench.quality(.closed, at: "50001")
        bench.quality(.noBook, at: "60001")
        bench.fill(.buy, time: "60001")
        bench.tick("60006")
        #expect(bench.changes() == ["ACTIVE to REDUCING no_valid_mark"])

        var other = GateBench()
        other.book("5000.00x100 | 5000.25x100", at: "50000")
        other.fill(.buy, time: "50000")
        other.quality(.closed, at: "50001")
        other.quality(.noBook, at: "60001")
        // No bid.
        other.book("- | 5000.25x100", at: "60002", quality: .oneSided)
        other.tick("60003.999999999")
        #expect(other.changes() == [])
        other.tick("60005")
        #expect(other.changes() == ["ACTIVE to REDUCING no_valid_mark"])
    }

    @Test func `a market that opens a moment early ages no mark, and a fill is worth its price`() {
        var day = Script.day
        day.reopen = Script.time("200000")
        var bench = GateBench(day: day)
        bench.book("5000.00x100 | 5000.25x100", at: "59999")
        bench.fill(.buy, time: "59999")
        bench.quality(.closed, at: "60000")
        bench.quality([], at: "199999")
        bench.tick("199999.5")
        #expect(bench.changes() == [])
        // A stop over a gap.
        var flat = GateBench(day: day) { $0.dailyLoss = Money(cents: 5_000) }
        flat.quality(.closed, at: "100000")
        flat.quality([], at: "199999")
        flat.fill(.buy, at: "5020.25", time: "199999.6")
        #expect(flat.changes() == [] && flat.gate.dayProfit == .zero)
    }

    @Test func `a session's first book that cannot mark is no mark`() {
        var bench = GateBench()
        bench.book("5000.00x100 | 5000.25x100", at: "99997")
        bench.fill(.buy, time: "99997")
        bench.beginNextDay()
        bench.quality(.closed, at: "200000")
        bench.tick("200005")
        #expect(bench.changes() == ["ACTIVE to REDUCING no_valid_mark"])
        bench.book("- | 5000.25x100", at: "200010", quality: .oneSided)
        bench.tick("200030")
        #expect(bench.changes() == ["REDUCING to FLATTENING no_valid_mark"])
    }

    @Test func `a gap over the break counts for the new day, of a strategy as of the account`() {
        var day = Script.day
        day.reopen = Script.time("200000")
        var bench = GateBench(day: day)
        bench.fill(.buy, 2, at: "5000.25", time: "99997")
        bench.book("5000.00x100 | 5000.25x100", at: "99998")
        #expect(bench.gate.dayProfit == Money(cents: -250))
        // The market opens a moment early, with the old book, and the new one is of the same instant.
        bench.quality(.closed, at: "100000")
        bench.quality([], at: "199999")
        bench.book("5001.00x100 | 5001.25x100", at: "199999")
        #expect(bench.gate.dayProfit == Money(cents: -250) && bench.gate.dayProfit(of: .account) == Money(cents: -250))
        bench.beginNextDay()
        #expect(bench.gate.dayProfit == .zero && bench.gate.dayProfit(of: .account) == .zero)
        bench.book("5001.00x100 | 5001.25x100", at: "200001")
        bench.book("5006.25x100 | 5006.50x100", at: "200001")
        #expect(bench.gate.dayProfit == Money(cents: 6_250))
        #expect(bench.gate.dayProfit(of: .account) == Money(cents: 6_250))
    }

    @Test func `a loss by a fill bites without a book`() {
        var bench = Self.long { $0 = Self.limits { $0.dailyLoss = Money(cents: 10_000) } }
        _ = bench.changes()
        bench.fill(.sell, at: "4980.25", time: "9", strategy: .level, role: .protectiveStop, issuer: .execution)
        #expect(bench.changes() == ["ACTIVE to FLATTENING daily_loss"])
    }

    // MARK: What survives a restart

    @Test func `a breach locks until the next trade date and an arm, over restarts`() throws {
        var bench = Self.long()
        try bench.reload(Self.limits { $0.dailyLoss = Money(cents: 125) })
        bench.tick("2")
        try bench.reload()
        bench.fill(.sell, at: "5000.00", time: "3", role: .close, issuer: .execution)
        bench.flat(at: "3")
        try bench.reload()
        #expect(bench.gate.state == .locked)
        #expect(bench.gate.arm() == .lockedUntilNextTradeDate)
        var day = Script.day
        bench.gate.begin(day)
        #expect(bench.gate.arm() == .lockedUntilNextTradeDate)
        day.tradeDate += 1
        bench.gate.begin(day)
        try bench.reload()
        #expect(bench.order(.buy, at: "4") == .tradingState)
        #expect(bench.gate.arm() == .done)
        #expect(bench.order(.buy, at: "4") == nil)
    }

    @Test func `the day's loss is as it was after a restart in the middle of the day`() throws {
        var bench = Self.long { $0 = Self.limits { _ in } }
        bench.fill(.sell, at: "4990.25", time: "3", strategy: .level, role: .protectiveStop, issuer: .execution)
        let loss = bench.gate.dayProfit
        #expect(loss == Money(cents: -5_000))
        try bench.reload(Self.limits { $0.dailyLoss = Money(cents: 5_001) })
        #expect(bench.gate.dayProfit == loss)
        // One tick more of loss, and the limit is reached.
        bench.fill(.buy, time: "4", strategy: .level, issuer: .strategy)
        bench.book("5000.00x100 | 5000.25x100", at: "5")
        #expect(bench.changes() == ["ACTIVE to FLATTENING daily_loss"])
    }

    @Test func `the loss of the day turns with the session, the drawdown does not`() {
        var bench = Self.long { $0 = Self.limits { _ in } }
        #expect(bench.gate.dayProfit == Money(cents: -125))
        var day = Script.day
        day.tradeDate += 1
        bench.gate.begin(day)
        #expect(bench.gate.dayProfit == .zero)
        #expect(bench.gate.drawdown == Money(cents: 125))
    }

    @Test func `counters survive a restart`() throws {
        var bench = GateBench {
            $0.tradesPerDay = 4
            $0.orderRate = RateLimit(perSecond: 3)
            $0.cancelRate = RateLimit(perMinute: 2)
        }
        for _ in 0..<3 { #expect(bench.order(.buy) == nil) }
        _ = bench.cancelFirst()
        _ = bench.cancelFirst()
        try bench.reload()
        #expect(bench.order(.buy) == .orderRate)
        #expect(bench.cancelFirst() == .cancelRate)
        #expect(bench.order(.buy, at: "3") == nil)
        #expect(bench.order(.buy, at: "4") == .tradesPerDay)
        var day = Script.day
        day.tradeDate += 1
        bench.gate.begin(day)
        #expect(bench.order(.buy, at: "5") == nil)
    }

    /// Books that come too late have a price, and are no younger marks for it.
    @Test(arguments: [true, false])
    func `a position under books that come late has no valid mark`(isLate: Bool) throws {
        var bench = GateBench {
            $0.markReducing = .seconds(5)
            $0.markFlatten = .seconds(30)
        }
        bench.fill(.buy, at: "5000.00")
        bench.book("5000.00x10 | 5000.25x10", at: "2")
        bench.gate.feedChanged(isLive: !isLate, hasPresentBooks: !isLate, isLate: isLate)
        _ = bench.changes()
        try bench.reload()
        for second in 3...31 {
            bench.book("5001.00x10 | 5001.25x10", at: "\(second)")
            #expect(bench.gate.mark.price == Script.price("5001.00"))
        }
        #expect(bench.gate.state == (isLate ? .reducing : .active))
        #expect(bench.gate.restrictions.contains(.mark) == isLate)
        bench.book("5001.00x10 | 5001.25x10", at: "32")
        #expect(bench.changes() == (isLate ? ["REDUCING to FLATTENING no_valid_mark"] : []))
    }

    private static func late(_ rules: RiskRules = RiskRules()) -> GateBench {
        var bench = GateBench(rules: rules) {
            $0.markReducing = .seconds(5)
            $0.markFlatten = .seconds(30)
        }
        bench.gate.feedChanged(isLive: false, hasPresentBooks: false, isLate: true)
        return bench
    }

    @Test func `the time while the market was closed does not age a mark under late books`() {
        var bench = Self.late()
        bench.fill(.buy, at: "5000.00", time: "2")
        bench.quality(.closed, at: "3")
        bench.book("5001.00x10 | 5001.25x10", at: "1003")
        bench.book("5001.00x10 | 5001.25x10", at: "1004")
        #expect(bench.gate.state == .reducing && !bench.gate.restrictions.contains(.mark))
        bench.tick("1031.999")
        #expect(bench.gate.state == .reducing)
        bench.tick("1032")
        #expect(bench.gate.state == .flattening)
    }

    @Test func `a feed that breaks off while it is late makes no mark younger`() throws {
        var bench = Self.late()
        bench.fill(.buy, at: "5000.00", time: "2")
        for second in 3...27 { bench.book("5001.00x10 | 5001.25x10", at: "\(second)") }
        bench.gate.feedChanged(isLive: false, hasPresentBooks: false)
        try bench.reload()
        bench.tick("31.999")
        #expect(bench.gate.state == .reducing)
        bench.tick("32")
        #expect(bench.gate.state == .flattening)
    }

    @Test func `a fill at the machine's time is priced by late books all the same`() {
        var bench = Self.late()
        bench.tick("50")
        bench.fill(.buy, at: "5000.00", time: "50")
        bench.book("4990.00x10 | 4990.25x10", at: "20")
        #expect(bench.gate.mark.price == Script.price("4990.00") && bench.gate.mark.time == Script.time("50"))
    }

    @Test(arguments: [true, false])
    func `of two accounts, what a stop leaves open under late books is no younger`(isLate: Bool) {
        var rules = RiskRules()
        rules.hasTwoAccounts = true
        var bench = Self.late(rules)
        if !isLate { bench.gate.feedChanged(isLive: true, hasPresentBooks: true) }
        bench.fill(.buy, at: "5000.00", time: "2", strategy: .level, issuer: .strategy)
        bench.fill(.sell, at: "5000.00", time: "2")
        #expect(bench.gate.opposed == Quantity(1))
        let before = bench.gate.mark.time
        bench.book("4990.00x10 | 4990.25x10", at: "19")
        if !isLate { #expect(bench.gate.mark.time > before) }
        let held = bench.gate.mark.time
        bench.fill(.buy, at: "4990.25", time: "20", role: .protectiveStop)
        #expect(bench.gate.position.quantity == Quantity(1))
        #expect((bench.gate.mark.time == held) == isLate && held >= before)
        #expect(bench.gate.mark.price == Script.price("4990.00"))
    }
}
