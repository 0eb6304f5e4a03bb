import Orders
import Risk
import Testing
import Units

/// Every entry of the transition table, allowed and refused, through the gate's own inputs.
@Suite struct TradingStateTests {
    /// What the table must say; everything else is refused.
    static let allowed: [TradingState: [StateEvent: TradingState]] = [
        .active: [.restrict: .reducing, .halt: .halted, .flatten: .flattening],
        .reducing: [.release: .active, .halt: .halted, .flatten: .flattening],
        .halted: [.flatten: .flattening, .arm: .active],
        .flattening: [.provenFlat: .locked],
        .locked: [.flatten: .flattening, .arm: .active],
    ]

    static let all = TradingState.allCases.flatMap { state in StateEvent.allCases.map { (state, $0) } }

    @Test(arguments: all)
    func `the table has what it allows and nothing else`(state: TradingState, event: StateEvent) {
        #expect(state.after(event) == Self.allowed[state]?[event])
    }

    @Test(arguments: all)
    func `the gate follows the table and tells each change once`(state: TradingState, event: StateEvent) {
        var bench = Self.bench(in: state)
        #expect(bench.gate.state == state)
        _ = bench.changes()
        Self.raise(event, &bench)
        let expected = Self.allowed[state]?[event]
        #expect(bench.gate.state == expected ?? state)
        #expect(bench.changes().map { $0.split(separator: " ").prefix(3).joined(separator: " ") }
            == (expected.map { ["\(state.name) to \($0.name)"] } ?? []))
    }

    static func bench(in state: TradingState) -> GateBench {
        var bench = GateBench()
        switch state {
        case .active: break
        case .reducing: _ = bench.gate.pause()
        case .halted: _ = bench.gate.halt()
        case .flattening: _ = bench.gate.requestFlatten()
        case .locked:
            _ = bench.gate.requestFlatten()
            bench.flat(at: "1")
        }
        return bench
    }

    static func raise(_ event: StateEvent, _ bench: inout GateBench) {
        switch event {
        case .restrict: bench.gate.restrict(.paused, .operatorRequest)
        case .release: bench.gate.release(.paused, .operatorRequest)
        case .halt: _ = bench.gate.halt()
        case .flatten: _ = bench.gate.requestFlatten()
        case .provenFlat: bench.flat(at: "2")
        case .arm: _ = bench.gate.arm()
        }
    }

    @Test(arguments: TradingState.allCases)
    func `an operator hears what became of the request`(state: TradingState) {
        func outcome(_ body: (inout RiskGate) -> OperatorOutcome) -> OperatorOutcome {
            var bench = Self.bench(in: state)
            return body(&bench.gate)
        }
        #expect(outcome { $0.pause() } == ([.active, .reducing].contains(state) ? .done : .notNow))
        #expect(outcome { $0.resume() } == (state == .reducing ? .done : .notNow))
        #expect(outcome { $0.halt() } == ([.flattening, .locked].contains(state) ? .notNow : .done))
        #expect(outcome { $0.requestFlatten() } == .done)
        #expect(outcome { $0.arm() } == ([.reducing, .flattening].contains(state) ? .notNow : .done))
    }

    @Test func `a change carries the number of the command that led to it`() {
        var bench = GateBench()
        bench.gate.command = 77
        _ = bench.gate.pause()
        bench.gate.command = 0
        _ = bench.gate.halt()
        #expect(bench.gate.changes[0].command == 77)
        #expect(bench.gate.changes[1].command == 0)
        #expect(bench.gate.changes[1].sequence == 2)
    }

    // MARK: What restricts

    @Test func `the account is active again when the last restriction is gone`() {
        var bench = GateBench()
        _ = bench.gate.losePeer()
        bench.gate.restrict(.feed, .warming)
        _ = bench.gate.pause()
        #expect(bench.changes() == ["ACTIVE to REDUCING peer_silent"])
        bench.gate.release(.feed, .warmed)
        #expect(bench.gate.resume() == .restricted)
        #expect(bench.changes() == [])
        _ = bench.gate.hearPeer()
        #expect(bench.changes() == ["REDUCING to ACTIVE peer_heard"])
        _ = bench.gate.hearPeer()
        #expect(bench.changes() == [])
    }

    @Test func `what restricts outlives a lock, and the arm leads back to it`() {
        var bench = GateBench()
        _ = bench.gate.losePeer()
        _ = bench.gate.requestFlatten()
        bench.flat(at: "1")
        _ = bench.changes()
        #expect(bench.gate.arm() == .done)
        #expect(bench.changes() == ["LOCKED to ACTIVE armed", "ACTIVE to REDUCING peer_silent"])
        _ = bench.gate.hearPeer()
        #expect(bench.gate.state == .active)
    }

    @Test func `what was proven flat under a lock is not asked for again under it, and under the next one it is`() {
        var bench = GateBench()
        _ = bench.gate.requestFlatten(epoch: 2)
        bench.flat(at: "1", epoch: 2)
        #expect(bench.changes() == ["ACTIVE to FLATTENING operator", "FLATTENING to LOCKED flat"])
        #expect(bench.gate.requestFlatten(epoch: 2) == .done)
        #expect(bench.changes() == [])
        #expect(bench.gate.requestFlatten(epoch: 3) == .done)
        #expect(bench.changes() == ["LOCKED to FLATTENING operator"])
        bench.flat(at: "2", epoch: 3)
        #expect(bench.gate.requestFlatten() == .done, "without a lock word it is always asked for")
        #expect(bench.gate.state == .flattening)
    }

    @Test(arguments: PeerLoss.allCases)
    func `a silent gateway leads to the configured state`(loss: PeerLoss) {
        var rules = RiskRules()
        rules.peerLoss = loss
        var bench = GateBench(rules: rules)
        _ = bench.gate.losePeer()
        let expected: [PeerLoss: TradingState] = [
            .reducing: .reducing, .halted: .halted, .flattening: .flattening,
        ]
        #expect(bench.gate.state == expected[loss])
        _ = bench.gate.losePeer()
        #expect(bench.changes().count == 1)
    }

    // MARK: One strategy

    @Test func `a strategy is paused and resumed alone`() {
        var bench = GateBench()
        #expect(bench.gate.pause(.level) == .done)
        #expect(bench.gate.pause(.level) == .done)
        #expect(bench.order(.buy, issuer: .strategy, strategy: .level) == .tradingState)
        #expect(bench.order(.buy) == nil)
        #expect(bench.gate.arm(.level) == .notNow)
        #expect(bench.gate.resume(.level) == .done)
        #expect(bench.gate.resume(.level) == .notNow)
        #expect(bench.order(.buy, issuer: .strategy, strategy: .level) == nil)
        #expect(bench.changes() == ["level: ACTIVE to REDUCING operator", "level: REDUCING to ACTIVE operator"])
        #expect(bench.gate.state == .active)
    }

    @Test func `a broker's venue begins locked and is locked again after a flatten`() {
        var rules = RiskRules()
        rules.venue = .broker
        var bench = GateBench(rules: rules)
        #expect(bench.gate.state == .locked)
        #expect(bench.order(.buy) == .liveToken)
        #expect(bench.gate.arm() == .done)
        #expect(bench.order(.buy) == nil)
        _ = bench.gate.requestFlatten()
        bench.flat(at: "1")
        #expect(bench.order(.buy) == .liveToken)
    }
}
