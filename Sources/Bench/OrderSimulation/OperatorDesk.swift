import Determinism
import Execution
import Orders
import Pipeline
import Risk
import Units

/// Operators: they pause, resume, halt, flatten, arm, order, change and cancel, at random and at once.
final class OperatorDesk {
    private struct Ask {
        let command: OperatorCommand
        let to: ProcessName
        let at: UInt64
    }

    private let world: SimulatedWorld
    private let risk: StageProcess<RiskFollower>
    private let execution: StageProcess<ExecutionFollower>
    private let approvals: SimulatedChannel
    private let configuration: RunConfiguration
    private var asks: [Ask] = []
    private var count: UInt64 = 0
    private var manualCount: UInt64 = 0
    /// A flatten that nobody has answered is asked for again.
    private var unanswered: [ProcessName: OperatorCommand] = [:]
    private var askedAt: UInt64 = 0
    private(set) var armRequests = 0
    /// Draws pairs, apart from all else; and the order that began the last one.
    private var pairs: SeededGenerator
    private var pairBegun = ClientOrderID.none
    /// Of an order more in a round: where strategies have books they have to meet, some desks like pairs, and over the
    /// break there has to be a position.
    private let eagerness: Double

    init(
        _ world: SimulatedWorld, risk: StageProcess<RiskFollower>, execution: StageProcess<ExecutionFollower>,
        approvals: SimulatedChannel, configuration: RunConfiguration
    ) {
        self.world = world
        self.approvals = approvals
        self.risk = risk
        self.execution = execution
        self.configuration = configuration
        var pairs = SeededGenerator(seed: world.seed &+ 0x7061_6972)
        eagerness = configuration.isOverBreak || configuration.trading.rules.keepsBooks || pairs.chance(0.3) ? 0.06 : 0
        self.pairs = pairs
    }

    /// Asks for something, or not.
    func act() {
        if pairs.chance(eagerness) { orderMore() }
        let state = risk.fold.read { $0.gate.state }
        if state != .active, state != .flattening, world.random.chance(0.02) {
            return state == .reducing ? resume() : arm()
        }
        if isInBreak, state == .active, world.random.chance(0.2) { return flatten(waitsForOpen: false) }
        // Nobody leaves a flatten alone that a closed market has stopped.
        if state == .flattening, isStopped, !isInBreak, world.random.chance(0.02) { return flatten(waitsForOpen: true) }
        // The worst moment: an approval is on its way.
        if !approvals.isSettled, world.random.chance(requests) {
            return flatten(waitsForOpen: world.random.chance(0.5))
        }
        guard world.random.chance(requests) else { return }
        switch world.random.draw(0...29) {
        case 0: ask(.pause, .risk)
        case 1: resume()
        case 2: ask(.halt, .risk)
        case 3: flatten(waitsForOpen: world.random.chance(0.5))
        case 4: arm()
        case 5...18: order()
        case 19...22: change()
        default: cancel()
        }
    }

    /// A position that is to be held over the break is left alone before it.
    private var requests: Double { world.faults.operatorRequest * (configuration.isOverBreak ? 0.2 : 1) }

    private var isInBreak: Bool {
        world.now >= configuration.close && world.now < configuration.close + SimulatedTape.breakTime
    }

    private var isStopped: Bool {
        execution.fold.read { stage in
            configuration.accounts.contains { stage.accounts[$0].map(\.flattening.isBlocked) ?? false }
        }
    }

    // MARK: What they ask

    /// Locks first, and then asks.
    func flatten(waitsForOpen: Bool) {
        world.lock.raise(waitsForOpen: waitsForOpen)
        world.trace("operator flattens, epoch \(world.lock.epoch)")
        count += 1
        let command = OperatorCommand(.flatten, id: count, waitsForOpen: waitsForOpen, epoch: world.lock.epoch)
        for name in Wiring.flattens {
            unanswered[name] = command
            post(command, to: name)
        }
    }

    private func resume() { ask(.resume, .risk) }

    private func arm() {
        armRequests += 1
        ask(.arm, .risk)
    }

    private func ask(_ request: OperatorRequest, _ to: ProcessName) {
        count += 1
        let epoch = request == .arm ? world.lock.epoch : 0
        let isOfStrategy = (request == .pause || request == .resume) && world.random.chance(0.2)
        post(OperatorCommand(request, id: count, scope: isOfStrategy ? .level : .account, epoch: epoch), to: to)
    }

    private func order() {
        count += 1
        post(OperatorCommand(.order, id: count, intent: intent()), to: .risk)
    }

    private func intent() -> OrderIntent {
        manualCount += 1
        let time = Timestamp(nanoseconds: world.now)
        let side: Side = world.random.chance(0.5) ? .buy : .sell
        let limit = Int(configuration.trading.limits.orderQuantity.contracts)
        let quantity = world.random.chance(0.95) ? world.random.draw(1...limit) : world.random.pick([0, limit + 1])
        var intent = OrderIntent(
            id: ClientOrderID(epoch: 1, issuer: .manual, count: manualCount), time: time, receiveTime: time,
            action: world.random.chance(0.25) ? .close : .open, side: side,
            quantity: Quantity(Int64(quantity)),
            stopDistance: Ticks(Int64(world.random.chance(0.95) ? world.random.draw(2...12) : 0)),
            targetDistance: Ticks(Int64(world.random.draw(0...12))))
        Wiring.shape(&intent, touch: Ticks(world.tape.bid), &world.random)
        pair(&intent)
        return intent
    }

    /// One that the market fills soon, or a pair at once, its sides at random.
    private func orderMore() {
        let isPair = pairs.chance(0.4)
        let begun = ClientOrderID(epoch: 1, issuer: .manual, count: manualCount + 1)
        let most = Int(configuration.trading.limits.orderQuantity.contracts)
        for _ in 0..<(isPair ? 2 : 1) {
            manualCount += 1
            let time = Timestamp(nanoseconds: world.now)
            var intent = OrderIntent(
                id: ClientOrderID(epoch: 1, issuer: .manual, count: manualCount), time: time, receiveTime: time,
                action: .open, side: pairs.chance(0.5) ? .buy : .sell, quantity: Quantity(Int64(pairs.draw(1...most))),
                stopDistance: Ticks(Int64(pairs.draw(2...12))), targetDistance: Ticks(Int64(pairs.draw(0...12))))
            if isPair {
                intent.link = begun
                intent.type = pairs.chance(0.5) ? .limit : .stop
                let away = Ticks(Int64(pairs.draw(0...4)) * (intent.type == .limit ? -1 : 1) * intent.side.sign)
                let price = Ticks(world.tape.bid) + away
                if intent.type == .limit { intent.limit = price } else { intent.trigger = price }
            }
            count += 1
            post(OperatorCommand(.order, id: count, intent: intent), to: .risk)
        }
    }

    /// Makes some orders the first or the second of a pair, among them such as cannot be.
    private func pair(_ intent: inout OrderIntent) {
        guard intent.action == .open, intent.type != .market, pairs.chance(0.5) else { return }
        if pairBegun != .none, pairs.chance(0.7) {
            intent.link = pairBegun
            if pairs.chance(0.8) { pairBegun = .none }
        } else {
            intent.link = intent.id
            pairBegun = intent.id
        }
    }

    /// Changes an order that the risk gateway thinks is live: an entry, a stop, a target, a close.
    private func change() {
        let orders = risk.fold.read { stage in
            stage.gate.working.indices.map { stage.gate.working[$0].id }
        }
        guard !orders.isEmpty else { return }
        let id = world.random.pick(orders)
        guard let (order, placed) = risk.fold.read({ $0.gate.workingOrder(id) }) else { return }
        let time = Timestamp(nanoseconds: world.now)
        var quantity = placed.quantity
        if world.random.chance(0.6) { quantity = Quantity(Int64(world.random.draw(0...7))) }
        func moved(_ price: Ticks) -> Ticks {
            price > .zero && world.random.chance(0.6) ? price + Ticks(Int64(world.random.draw(-6...6))) : price
        }
        count += 1
        let intent = OrderIntent(
            id: id, time: time, receiveTime: time, action: .modify, side: order.side, quantity: quantity,
            type: placed.type, limit: moved(placed.limit), trigger: moved(placed.trigger), trail: moved(placed.trail),
            isReduceOnly: order.role != .entry, strategy: order.strategy)
        post(OperatorCommand(.modify, id: count, intent: intent), to: .risk)
    }

    /// Cancels an order that is live, one that never was, or everything that opens.
    private func cancel() {
        let live = execution.fold.read { $0.accounts.liveOrders.map(\.order.id) }
        var target = ClientOrderID.none
        if !live.isEmpty, world.random.chance(0.7) { target = world.random.pick(live) }
        if world.random.chance(0.05) { target = ClientOrderID(epoch: 1, issuer: .manual, count: 999_999) }
        count += 1
        // One order is cancelled through risk; past it, when that does not answer.
        let isThroughRisk = target != .none && world.random.chance(0.8)
        post(OperatorCommand(.cancel, id: count, target: target), to: isThroughRisk ? .risk : Wiring.cancels)
    }

    private func post(_ command: OperatorCommand, to name: ProcessName) {
        asks.append(Ask(command: command, to: name, at: world.now + world.random.microseconds(10...20_000)))
    }

    // MARK: How they ask it

    /// Brings what is due; to a process that is dead, nothing can be brought.
    func deliver() {
        if !unanswered.isEmpty, world.now >= askedAt + 300_000_000 {
            askedAt = world.now
            for name in ProcessName.allCases { unanswered[name].map { post($0, to: name) } }
        }
        for ask in asks where ask.at <= world.now {
            switch ask.to {
            case .risk: if risk.isAlive { risk.mailbox.append(ask.command) }
            case .execution: if execution.isAlive { execution.mailbox.append(ask.command) }
            case .engine, .venue: break
            }
        }
        asks.removeAll { $0.at <= world.now }
    }

    /// A process has taken what it was asked.
    func heard(_ command: OperatorCommand, from name: ProcessName) {
        if unanswered[name]?.id == command.id { unanswered[name] = nil }
        guard command.request == .arm, name == .risk else { return }
        if risk.fold.read({ $0.gate.state }) == .active { world.lock.open(ifEpochIs: command.epoch) }
    }
}
