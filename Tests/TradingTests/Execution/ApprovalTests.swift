import Execution
import Orders
import Testing
import Units

@Suite struct ApprovalTests {
    static let sent = ["m1 pending 1", "> m1 entry buy 1 market"]

    @Test func `an approval is good under its epoch and under no other`() {
        for epoch in [0, 2, 99] as [UInt64] {
            var bench = GatewayBench()
            #expect(bench.open(epoch: epoch) == ["m1 rejected 0 stale_epoch"])
        }
        var bench = GatewayBench()
        #expect(bench.open(epoch: 1) == Self.sent)
        #expect(bench.commands.last?.epoch == 1)
    }

    @Test func `an approval of before a flatten is void before and after arming`() {
        var bench = GatewayBench()
        bench.tell(OperatorCommand(.flatten, epoch: 2))
        #expect(bench.open(epoch: 1) == ["m1 rejected 0 stale_epoch"])
        #expect(bench.open(epoch: 2) == ["m1 rejected 0 stale_epoch"], "locked")
        bench.answerRead(0)
        bench.answerRead(0)
        #expect(bench.notices.last?.kind == .flat)
        bench.tell(OperatorCommand(.arm, epoch: 3))
        #expect(bench.open(epoch: 1) == ["m1 rejected 0 stale_epoch"])
        #expect(bench.open(epoch: 2) == ["m1 rejected 0 stale_epoch"])
        #expect(bench.open(epoch: 3) == Self.sent)
        #expect(bench.commands.last?.epoch == 3)
        #expect(bench.gateway.voidCount == 4)
    }

    @Test func `a risk gateway that is silent leaves nothing resting that could open`() {
        var bench = GatewayBench()
        bench.open {
            $0.type = .limit
            $0.limit = Ticks(19_996)
        }
        bench.accepted(GatewayBench.entry, 1)
        #expect(bench.tell(OperatorCommand(.peerHeard)) == [])
        #expect(bench.tell(OperatorCommand(.peerSilent)) == ["> cancel m1"])
        #expect(bench.tell(OperatorCommand(.peerSilent)) == [])
        var holding = GatewayBench.holding()
        #expect(holding.tell(OperatorCommand(.peerSilent)) == [], "what protects stays")
    }

    @Test func `an approved cancel is void for nothing but being used before`() {
        var bench = GatewayBench()
        bench.open {
            $0.type = .limit
            $0.limit = Ticks(19_996)
        }
        bench.accepted(GatewayBench.entry, 1)
        bench.gateway.hold(epoch: 2, isLocked: true)
        func cancel(sequence: UInt64?) -> [String] {
            bench.open(epoch: 1, expiry: Timestamp(nanoseconds: 1), sequence: sequence) { $0.action = .cancel }
        }
        #expect(cancel(sequence: 1) == [], "an approval of that number was used")
        #expect(cancel(sequence: 2) == ["> cancel m1"])
        #expect(cancel(sequence: 3) == [], "under way")
        #expect(bench.cancelled(GatewayBench.entry) == ["m1 cancelled 0 requested"])
        #expect(cancel(sequence: 4) == [], "it has ended")
        var holding = GatewayBench.holding()
        #expect(holding.open(id: GatewayBench.own(1)) { $0.action = .cancel } == [], "a stop is not cancelled alone")
    }

    @Test func `identities go on under a later epoch, and under no earlier one`() throws {
        var bench = GatewayBench()
        bench.tell(.identities(of: 7))
        bench.tell(.identities(of: 3))
        bench.open()
        bench.filled(GatewayBench.entry, .buy, 1, "5000.25")
        let stop = ClientOrderID(epoch: 7, issuer: .execution, count: 1)
        #expect(bench.commands.contains { $0.order.id == stop && $0.order.role == .protectiveStop })
        bench.gateway = try reloaded(
            bench.gateway, into: ExecutionGateway(ExecutionConfiguration(terms: Script.terms), epoch: 1))
        bench.tell(.identities(of: 7))
        bench.open(id: ClientOrderID(epoch: 7, issuer: .manual, count: 1))
        bench.filled(ClientOrderID(epoch: 7, issuer: .manual, count: 1), .buy, 1, "5000.25")
        #expect(bench.commands.contains { $0.order.id == ClientOrderID(epoch: 7, issuer: .execution, count: 3) })
    }

    @Test func `the lock word never goes back`() {
        var bench = GatewayBench()
        bench.gateway.hold(epoch: 5, isLocked: true)
        bench.gateway.hold(epoch: 4, isLocked: false)
        #expect(bench.gateway.epoch == 5)
        #expect(bench.gateway.isLocked)
    }

    @Test func `an approval is void from its expiry on`() {
        var bench = GatewayBench()
        #expect(bench.open(expiry: bench.now) == ["m1 rejected 0 not_sent"])
        #expect(bench.open(expiry: bench.now + Nanoseconds(1)) == Self.sent)
    }

    @Test func `an approval is good once`() {
        var bench = GatewayBench()
        #expect(bench.open(sequence: 7) == Self.sent)
        #expect(bench.open(sequence: 7) == [])
        #expect(bench.open(sequence: 6) == [])
        #expect(bench.gateway.voidCount == 2)
        #expect(bench.gateway.live.count == 1)
    }

    @Test func `nothing opens in a flatten, nor before the venue has been asked`() {
        var bench = GatewayBench()
        bench.gateway.reconcile(bench.clock)
        #expect(bench.gateway.isReconciling)
        #expect(bench.open().first == "m1 rejected 0 not_sent")
        bench.answerRead(0)
        #expect(bench.notices.last?.kind == .reconciled)
        #expect(bench.open() == Self.sent)
    }

    @Test func `nothing opens against the position`() {
        var bench = GatewayBench.holding()
        let id = ClientOrderID(epoch: 1, issuer: .manual, count: 2)
        #expect(bench.open(.sell, id: id) == ["m2 rejected 0 not_sent"])
    }

    @Test func `an order that its process did not send is over`() {
        var bench = GatewayBench()
        bench.open()
        let withheld = OperatorCommand(.withheld, target: GatewayBench.entry, epoch: 2)
        #expect(bench.tell(withheld) == ["m1 rejected 0 stale_epoch"])
        #expect(bench.gateway.live.isEmpty)
        #expect(bench.tell(withheld) == [])
    }

    @Test func `an order that waited for the venue for longer than its approval held was not sent`() {
        var bench = GatewayBench()
        bench.open()
        let expired = OperatorCommand(.expired, target: GatewayBench.entry)
        #expect(bench.tell(expired) == ["m1 rejected 0 not_sent"])
        #expect(bench.gateway.live.isEmpty)
        #expect(bench.tell(expired) == [])
    }

    @Test func `every order type and time in force goes to the venue as it was approved`() {
        var count: UInt64 = 0
        for type in [OrderType.market, .limit, .stop, .stopLimit, .trailingStop] {
            for time in [TimeInForce.goodTillCancelled, .immediateOrCancel, .fillOrKill, .day] {
                var bench = GatewayBench()
                count += 1
                bench.open(id: ClientOrderID(epoch: 1, issuer: .manual, count: count)) {
                    $0.type = type
                    $0.timeInForce = time
                    $0.limit = type == .limit || type == .stopLimit ? Ticks(20_004) : .zero
                    $0.trigger = type.hasTrigger ? Ticks(20_003) : .zero
                    $0.trail = type == .trailingStop ? Ticks(6) : .zero
                    $0.strategy = .level
                }
                let order = bench.commands[0].order
                #expect(order.type == type)
                #expect(order.timeInForce == time)
                #expect(order.price == (type == .limit ? Ticks(20_004) : (type.hasTrigger ? Ticks(20_003) : .zero)))
                #expect(order.limit == (type == .stopLimit ? Ticks(20_004) : .zero))
                #expect(order.trail == (type == .trailingStop ? Ticks(6) : .zero))
                #expect(order.strategy == .level)
                #expect(order.id.count == count)
            }
        }
    }

    @Test func `orders without an approval say so`() {
        let bench = GatewayBench.holding()
        for update in bench.updates {
            #expect(update.isSelfIssued == (update.order.role != .entry))
        }
        #expect(bench.updates.contains { $0.isSelfIssued })
    }
}
