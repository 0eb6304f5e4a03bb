import Execution
import Orders
import Testing
import Units

/// A flatten that risk hears of twice, or late, is one flatten.
@Suite struct FlattenEchoTests {
    /// The risk gateway's word for what an operator asked.
    static func change(_ reason: StateReason = .operatorRequest, from: TradingState = .active) -> StateChange {
        StateChange(
            sequence: 1, time: Script.time("1"), from: from, to: .flattening, reason: reason, scope: .account,
            command: 77)
    }

    /// Flat and proven at an operator's word.
    static func flat() -> GatewayBench {
        var bench = GatewayBench()
        bench.tell(FlattenTests.command())
        bench.answerRead(0)
        #expect(bench.answerRead(0) == ["flat"])
        return bench
    }

    @Test func `risk's word for the same flatten, behind its proof, begins nothing`() {
        var bench = Self.flat()
        #expect(bench.take(Self.change()) == [])
        #expect(bench.gateway.isIdle)
    }

    @Test func `a gate that was LOCKED before is told again, with the same proof`() {
        var bench = Self.flat()
        let proof = bench.notices.last!.certificate
        #expect(bench.take(Self.change(from: .locked)) == ["flat"])
        #expect(bench.notices.last!.certificate == proof)
    }

    @Test func `another reason begins another flatten`() {
        var bench = Self.flat()
        #expect(bench.take(Self.change(.dailyLoss)) == GatewayBench.reads)
    }

    @Test func `what was heard, sent or armed since makes it a new one`() {
        var heard = Self.flat()
        heard.say(.cancelRejected, GatewayBench.own(9)) { $0.reason = .unknownOrder }
        #expect(heard.take(Self.change()) == GatewayBench.reads)

        var armed = Self.flat()
        armed.tell(OperatorCommand(.arm, sender: ShortText("ann"), epoch: 2))
        #expect(armed.take(Self.change()) == GatewayBench.reads)

        var sent = Self.flat()
        sent.tell(OperatorCommand(.arm, sender: ShortText("ann"), epoch: 2))
        sent.open(epoch: 2)
        #expect(sent.take(Self.change()) == ["> cancel m1"])
    }

    @Test func `risk's own flatten is its own, however often it wants one`() {
        var bench = GatewayBench()
        #expect(bench.take(Self.change(.dailyLoss)) == GatewayBench.reads)
        bench.answerRead(0)
        #expect(bench.answerRead(0) == ["flat"])
        #expect(bench.take(Self.change(.dailyLoss)) == GatewayBench.reads)
    }

    @Test func `a lock that risk has raised is for its reason, and its word for it no other flatten`() {
        for (sender, why, reason) in [
            ("risk", "daily_loss", StateReason.dailyLoss), ("risk", "no such reason", .operatorRequest),
            ("ann", "daily_loss", .operatorRequest),
        ] {
            var bench = GatewayBench()
            bench.tell(
                .lockWord(.flatten, epoch: 2, sender: ShortText(sender), reason: ShortText(why)))
            bench.answerRead(0)
            #expect(bench.answerRead(0) == ["flat"])
            #expect(bench.notices.map(\.reason) == [reason, reason])
            #expect(bench.notices.last?.certificate.reason == ShortText(why))
            #expect(bench.take(Self.change(reason)) == [])
        }
        // An operator's command is for no limit, whatever it is called.
        var asked = OperatorCommand.lockWord(
            .flatten, epoch: 2, sender: ShortText("risk"), reason: ShortText("daily_loss"))
        asked.number = CommandNumber(high: 1, low: 1)
        #expect(asked.stateReason == .operatorRequest)
        for reason in StateReason.allCases { #expect(StateReason(name: reason.name) == reason) }
    }

    @Test func `a second operator's lock is in the certificate of the flatten that was under way`() {
        var bench = GatewayBench()
        bench.tell(FlattenTests.command(2))
        bench.tell(FlattenTests.command(3))
        bench.answerRead(0)
        #expect(bench.answerRead(0) == ["flat"])
        #expect(bench.notices.last?.certificate.epoch == 3)
    }

    @Test func `what is found wrong while a roll closes the account is told, for its lock would end by itself`() {
        var bench = GatewayBench()
        #expect(bench.take(Self.change(.contractRolls)) == GatewayBench.reads)
        // A fill of an order that nobody knows of is a contradiction.
        bench.filled(GatewayBench.entry, .buy, 1, "5000.00")
        #expect(bench.notices.contains { $0.kind == .flattening && $0.reason != .contractRolls })
        var limit = GatewayBench()
        #expect(limit.take(Self.change(.dailyLoss)) == GatewayBench.reads)
        limit.filled(GatewayBench.entry, .buy, 1, "5000.00")
        #expect(!limit.notices.contains { $0.kind == .flattening })
    }
}
