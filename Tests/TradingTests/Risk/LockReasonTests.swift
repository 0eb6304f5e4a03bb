import Orders
import Risk
import Testing
import Units

/// A limit that is passed while everything is being closed for another reason.
@Suite struct LockReasonTests {
    /// Long one from 5000.00, and being closed at an operator's word. A point is five dollars.
    static func flattening(
        loss: Int64 = 5_000, drawdown: Int64 = 1_000_000, hasBroken: Bool = false
    ) -> GateBench {
        var bench = GateBench {
            $0.dailyLoss = Money(cents: loss)
            $0.trailingDrawdown = Money(cents: drawdown)
        }
        bench.fill(.buy, at: "5000.00")
        if hasBroken { bench.book("4990.00x10 | 4990.25x10", at: "2") } else { _ = bench.gate.requestFlatten() }
        _ = bench.changes()
        return bench
    }

    static func nextDay(_ bench: inout GateBench) {
        var day = bench.gate.day
        day.tradeDate += 1
        bench.gate.begin(day)
    }

    @Test func `the day's loss at its limit locks until the next trade date, whatever began the flatten`() {
        for (price, isLocked) in [("4990.00", true), ("4990.25", false)] {
            var bench = Self.flattening()
            bench.fill(.sell, at: price, time: "2", role: .close)
            bench.flat(at: "3")
            let taken = isLocked ? ["FLATTENING to FLATTENING daily_loss"] : []
            #expect(bench.changes() == taken + ["FLATTENING to LOCKED flat"])
            #expect(bench.gate.arm() == (isLocked ? .lockedUntilNextTradeDate : .done))
            guard isLocked else { continue }
            Self.nextDay(&bench)
            #expect(bench.gate.arm() == .done)
        }
    }

    @Test func `so does a mark on the way, though the close was better`() {
        var bench = Self.flattening()
        bench.book("4990.00x10 | 4990.25x10", at: "2")
        bench.fill(.sell, at: "4999.00", time: "3", role: .close)
        bench.flat(at: "4")
        #expect(bench.gate.arm() == .lockedUntilNextTradeDate)
    }

    @Test func `the drawdown too`() {
        for (price, isLocked) in [("4990.00", true), ("4990.25", false)] {
            var bench = Self.flattening(loss: 1_000_000, drawdown: 5_000)
            bench.fill(.sell, at: price, time: "2", role: .close)
            bench.flat(at: "3")
            #expect(bench.gate.arm() == (isLocked ? .lockedUntilNextTradeDate : .done))
        }
    }

    @Test func `a limit's lock keeps its reason when the gateway flattens for another`() {
        var bench = Self.flattening(hasBroken: true)
        #expect(bench.gate.state == .flattening)
        bench.fill(.sell, at: "4999.00", time: "3", role: .close)
        bench.flat(at: "4")
        bench.gate.apply(ExecutionNotice(kind: .flattening, reason: .lateFill, time: Script.time("5")))
        #expect(bench.gate.state == .flattening)
        bench.flat(at: "6")
        #expect(bench.gate.arm() == .lockedUntilNextTradeDate)
        Self.nextDay(&bench)
        #expect(bench.gate.arm() == .done)
    }

    @Test func `a flatten of a later date, with nothing open, locks no longer`() {
        var bench = Self.flattening(loss: 1_000_000, drawdown: 5_000, hasBroken: true)
        bench.fill(.sell, at: "4990.00", time: "3", role: .close)
        bench.flat(at: "4")
        Self.nextDay(&bench)
        _ = bench.gate.requestFlatten()
        bench.flat(at: "5")
        #expect(bench.gate.arm() == .done)
    }

    /// The gateway flattens for a lock that it finds, perhaps one of yesterday's limit: only risk passes a limit.
    @Test func `a flatten that the gateway names after a limit is none of this trade date`() {
        for reason in StateReason.allCases where reason.isLimitBreach {
            var bench = GateBench()
            bench.gate.apply(ExecutionNotice(kind: .flattening, reason: reason, time: Script.time("1")))
            #expect(bench.changes() == ["ACTIVE to FLATTENING \(reason.name)"])
            #expect(bench.gate.lockReason == .operatorRequest)
            bench.flat(at: "2")
            #expect(bench.gate.arm() == .done)
        }
    }

    @Test func `what a late fill lost under the lock is judged before the account is flat again`() {
        for (price, isLocked) in [("4990.00", true), ("4990.25", false)] {
            var bench = GateBench {
                $0.dailyLoss = Money(cents: 1_000_000)
                $0.trailingDrawdown = Money(cents: 5_000)
            }
            _ = bench.gate.requestFlatten()
            bench.flat(at: "1")
            bench.fill(.buy, at: "5000.00", time: "2")
            bench.fill(.sell, at: price, time: "2", role: .close)
            #expect(bench.gate.state == .locked)
            bench.gate.apply(ExecutionNotice(kind: .flattening, reason: .lateFill, time: Script.time("3")))
            bench.flat(at: "4")
            #expect(bench.gate.arm() == (isLocked ? .lockedUntilNextTradeDate : .done))
        }
    }

    // MARK: The drawdown's peak

    @Test func `an operator's flatten and an arm do not make the drawdown forgotten`() {
        var bench = Self.flattening(loss: 1_000_000, drawdown: 5_000)
        bench.fill(.sell, at: "4991.00", time: "2", role: .close)
        bench.flat(at: "3")
        #expect(bench.gate.arm() == .done)
        #expect(bench.gate.drawdown == Money(cents: 4_500))
        _ = bench.changes()
        bench.fill(.buy, at: "4991.00", time: "4")
        bench.book("4990.25x10 | 4990.50x10", at: "5")
        #expect(bench.changes() == [])
        bench.book("4990.00x10 | 4990.25x10", at: "6")
        #expect(bench.changes() == ["ACTIVE to FLATTENING trailing_drawdown"])
    }

    @Test func `after a limit's lock the next trade date has a drawdown of its own`() {
        var bench = Self.flattening(loss: 1_000_000, drawdown: 5_000, hasBroken: true)
        bench.fill(.sell, at: "4990.00", time: "3", role: .close)
        bench.flat(at: "4")
        #expect(bench.gate.drawdown == Money(cents: 5_000))
        Self.nextDay(&bench)
        #expect(bench.gate.arm() == .done)
        #expect(bench.gate.drawdown == .zero)
        bench.fill(.buy, at: "4990.00", time: "5")
        bench.book("4989.75x10 | 4990.00x10", at: "6")
        #expect(bench.gate.state == .active)
    }

    // MARK: A closed market

    /// The gateway says that a closed market has stopped an operator's flatten.
    static func block(_ bench: inout GateBench) {
        bench.gate.apply(
            ExecutionNotice(
                kind: .flattenBlocked, reason: .operatorRequest, time: Script.time("1"), rounds: 0,
                block: .marketClosed))
    }

    @Test func `a flatten that a closed market has stopped goes on for a limit that is passed, once`() throws {
        var bench = Self.flattening()
        Self.block(&bench)
        try bench.reload()
        bench.book("4990.25x10 | 4990.50x10", at: "2")
        #expect(bench.changes() == [])
        bench.book("4990.00x10 | 4990.25x10", at: "3")
        bench.book("4980.00x10 | 4980.25x10", at: "4")
        #expect(bench.changes() == ["FLATTENING to FLATTENING daily_loss"])
        bench.fill(.sell, at: "4980.00", time: "5", role: .close)
        bench.flat(at: "6")
        #expect(bench.gate.arm() == .lockedUntilNextTradeDate)
    }

    @Test func `so it does for a limit that was passed before the market closed`() {
        var bench = Self.flattening()
        bench.book("4990.00x10 | 4990.25x10", at: "2")
        #expect(bench.changes() == ["FLATTENING to FLATTENING daily_loss"])
        Self.block(&bench)
        bench.book("4980.00x10 | 4980.25x10", at: "3")
        #expect(bench.changes() == [])
    }

    @Test func `one that goes on by itself keeps its reason and is not told of what it does anyway`() {
        var bench = Self.flattening(hasBroken: true)
        Self.block(&bench)
        bench.book("4980.00x10 | 4980.25x10", at: "4")
        Self.nextDay(&bench)
        bench.book("4970.00x10 | 4970.25x10", at: "5")
        #expect(bench.changes() == [])
    }

    @Test func `so it does for what a strategy should be rid of`() {
        var day = Script.day
        day.flatBy = Script.time("100")
        var bench = GateBench(day: day)
        bench.fill(.buy, at: "5000.00", strategy: .level, issuer: .strategy)
        _ = bench.gate.requestFlatten()
        Self.block(&bench)
        _ = bench.changes()
        bench.tick("99")
        #expect(bench.changes() == [])
        bench.book("5000.00x10 | 5000.25x10", at: "131")
        #expect(bench.changes() == ["FLATTENING to FLATTENING flat_by"])
    }

    @Test func `the reason survives a restart`() throws {
        var bench = Self.flattening()
        bench.fill(.sell, at: "4990.00", time: "2", role: .close)
        bench.flat(at: "3")
        try bench.reload()
        #expect(bench.gate.arm() == .lockedUntilNextTradeDate)
    }
}
