import Accounts
import Execution
import Orders
import Risk
import Units

/// Where tests of several suites begin.
extension GateBench {
    /// One trade date on, without a session's times.
    mutating func beginNextTradeDate() {
        var day = gate.day
        day.tradeDate += 1
        gate.begin(day)
    }

    /// Long one at 5000.00, and a flatten has been asked for.
    static func flattening(loss: Int64 = 5_000, drawdown: Int64 = 1_000_000) -> GateBench {
        var bench = GateBench {
            $0.dailyLoss = Money(cents: loss)
            $0.trailingDrawdown = Money(cents: drawdown)
        }
        bench.fill(.buy, at: "5000.00")
        _ = bench.gate.requestFlatten()
        _ = bench.changes()
        return bench
    }

    /// One contract from 49,900, five from 50,000, which is what it begins with.
    static func tiered() -> GateBench {
        var rules = RiskRules()
        rules.programme = RulePack(
            startingBalance: Money(cents: 5_000_000),
            tiers: [
                ContractTier(balance: Money(cents: 4_990_000), contracts: Quantity(1)),
                ContractTier(balance: Money(cents: 5_000_000), contracts: Quantity(5)),
            ])
        return GateBench(rules: rules)
    }

    /// One ES is held elsewhere, of so many MES that may be held together.
    static func exposed(_ limit: Int64) -> GateBench {
        var rules = RiskRules()
        rules.exposureLimit = ExactRatio(billionths: limit * 1_000_000_000)
        var bench = GateBench(rules: rules)
        bench.gate.hold(ContractExposure(contract: .es, position: Quantity(1)))
        return bench
    }
}

extension GatewayBench {
    static let reads = ["> orders?", "> position?"]

    mutating func reload() throws {
        gateway = try reloaded(gateway, into: ExecutionGateway(gateway.configuration, epoch: 1))
    }

    /// A flatten of one contract whose stop and target are gone.
    static func cancelling() -> GatewayBench {
        var bench = GatewayBench.holding(.buy, 1)
        bench.tell(.flatten())
        bench.cancelled(own(1))
        bench.cancelled(own(2))
        return bench
    }

    /// A limit order that was asked about, then taken, with a change of its price under way.
    static func changing() -> GatewayBench {
        var bench = GatewayBench()
        bench.open(.buy, 1) {
            $0.type = .limit
            $0.limit = Script.price("4990.00")
        }
        bench.wait(250)
        bench.accepted(entry, 1)
        bench.open(.buy, 1) {
            $0.action = .modify
            $0.type = .limit
            $0.limit = Script.price("4991.00")
        }
        return bench
    }
}

extension GatewayBench {
    /// A linked limit order of two, with a change of its price under way, of which the other of the pair has taken one.
    static func reducedWhileChanging() -> GatewayBench {
        var bench = GatewayBench()
        bench.open(.buy, 2) {
            $0.type = .limit
            $0.limit = Script.price("4990.00")
            $0.link = entry
        }
        bench.accepted(entry, 2)
        bench.open(.buy, 2) {
            $0.action = .modify
            $0.type = .limit
            $0.limit = Script.price("4991.00")
        }
        bench.say(.reduced, entry) {
            $0.leaves = Quantity(1)
            $0.reason = .linked
        }
        return bench
    }

    /// The venue says that the order is changed, and that two may fill.
    mutating func changed(_ order: ClientOrderID) -> [String] {
        say(.modified, order) {
            $0.quantity = Quantity(2)
            $0.leaves = Quantity(2)
        }
    }
}

extension OperatorCommand {
    static func flatten(waitsForOpen: Bool = false) -> OperatorCommand {
        OperatorCommand(
            .flatten, id: 77, sender: ShortText("ann"), reason: ShortText("x"), waitsForOpen: waitsForOpen, epoch: 2)
    }
}

extension ExecutionNotice {
    static func told(_ kind: ExecutionNotice.Kind, _ reason: StateReason, _ time: String) -> ExecutionNotice {
        ExecutionNotice(kind: kind, reason: reason, time: Script.time(time), rounds: 0)
    }
}

extension Fill {
    /// One contract bought by this entry.
    static func opening(_ parent: ClientOrderID) -> Fill {
        var fill = Fill.blank
        fill.parent = parent
        fill.side = .buy
        fill.quantity = Quantity(1)
        return fill
    }
}
