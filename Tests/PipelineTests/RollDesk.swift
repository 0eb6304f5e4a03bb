import DBN
import Determinism
import Execution
import Features
import Orders
import PaperVenue
import Risk
import Units

@testable import Pipeline

/// Risk, execution and paper venue over the same records, each with its own market and its own message queue.
struct RollDesk: ~Copyable {
    private let plan: InstrumentPlan
    private let features: FeatureConfiguration
    private var risk: StageFold<RiskFollower>
    private var execution: StageFold<ExecutionFollower>
    private var paper: StageFold<VenueFollower>
    private var count: UInt64 = 0
    private var orders: UInt64 = 0
    private var verdict: String?

    /// Every stage is saved and loaded after every seventh record.
    var restarts = false
    private(set) var changes: [String] = []
    private(set) var fills: [Fill] = []
    /// After each record from the first fill on.
    private(set) var equity: [Money] = []

    init(plan: InstrumentPlan, features: FeatureConfiguration) throws {
        var trading = EventClockTests.trading
        // Nothing comes between two records, which are a second apart.
        trading.execution.stopAcknowledgement = .seconds(5)
        trading.execution.unknownAfter = .seconds(5)
        trading.execution.fillWithin = .seconds(5)
        self.plan = plan
        self.features = features
        risk = StageFold(
            plan: plan, features: features, trading: trading, stage: RiskFollower(trading, isLogical: true))
        execution = StageFold(
            plan: plan, features: features, trading: trading, stage: ExecutionFollower(trading, isLogical: true))
        paper = StageFold(plan: plan, features: features, trading: trading, stage: VenueFollower(trading))
    }

    var gate: RiskGate { risk.read { $0.gate } }
    /// The contract that orders are for, and the one that waits; the same at every stage.
    var symbols: [String] {
        let all = [
            [risk.tradedSymbol, risk.nextSymbol], [execution.tradedSymbol, execution.nextSymbol],
            [paper.tradedSymbol, paper.nextSymbol],
        ].map { $0.compactMap { $0 } }
        return all.allSatisfy { $0 == all[0] } ? all[0] : all.flatMap { $0 }
    }

    mutating func take(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return }
            paper.take(RecordView(base), sequence: count)
            risk.take(RecordView(base), sequence: count)
            execution.take(RecordView(base), sequence: count)
        }
        count += 1
        settle()
        if !fills.isEmpty { equity.append(gate.equity) }
        if restarts, count % 7 == 0 { try? restart() }
    }

    /// Why risk refuses an order by hand, or "approved".
    mutating func order(_ side: Side, _ quantity: Int64, limit: Int64? = nil) -> String? {
        orders += 1
        let time = risk.clock.event
        var intent = OrderIntent(
            id: ClientOrderID(epoch: 1, issuer: .manual, count: orders), time: time, receiveTime: time, action: .open,
            side: side, quantity: Quantity(quantity), stopDistance: Ticks(40))
        if let limit {
            intent.type = .limit
            intent.limit = Ticks(limit)
        }
        verdict = nil
        risk.take(.request(OperatorCommand(.order, id: orders, intent: intent)), at: risk.clock.message)
        settle()
        return verdict
    }

    mutating func arm() { ask(.arm) }

    /// An operator's flatten at the execution gateway itself.
    mutating func flatten() {
        execution.take(
            .request(OperatorCommand(.flatten, id: 1_001, sender: ShortText("test"), epoch: 2)),
            at: execution.clock.message)
        settle()
    }

    mutating func ask(_ request: OperatorRequest, epoch: UInt64 = 0) {
        risk.take(.request(OperatorCommand(request, id: 1_000, epoch: epoch)), at: risk.clock.message)
        settle()
    }

    /// Every stage goes on from what it has saved.
    mutating func restart() throws {
        var desk = try RollDesk(plan: plan, features: features)
        try Self.copy(&risk, &desk.risk)
        try Self.copy(&execution, &desk.execution)
        try Self.copy(&paper, &desk.paper)
        swap(&risk, &desk.risk)
        swap(&execution, &desk.execution)
        swap(&paper, &desk.paper)
    }

    private static func copy<Stage: TradingStage>(
        _ fold: inout StageFold<Stage>, _ next: inout StageFold<Stage>
    ) throws {
        var saving = StateArchive()
        try fold.persist(&saving)
        var loading = StateArchive(loading: saving.finish())
        try next.persist(&loading)
        try loading.checkEnd()
    }

    /// Hands every output on until there is none.
    private mutating func settle() {
        var isQuiet = false
        while !isQuiet {
            var messages: [StageMessage] = []
            paper.drain { messages.append($0) }
            execution.drain { messages.append($0) }
            risk.drain { messages.append($0) }
            isQuiet = messages.isEmpty
            for message in messages { hand(message) }
        }
    }

    private mutating func hand(_ message: StageMessage) {
        switch message {
        case .event, .approval: execution.take(message, at: execution.clock.message)
        case .change(let change):
            changes.append("\(change.to.name) \(change.reason.name)")
            execution.take(message, at: execution.clock.message)
        case .fill(let fill):
            fills.append(fill)
            risk.take(message, at: risk.clock.message)
        case .update, .notice: risk.take(message, at: risk.clock.message)
        case .command: paper.take(message, at: paper.clock.message)
        case .verdict(let found): verdict = found.reason?.rawValue ?? "approved"
        case .signal, .request, .tick, .clock, .carried: break
        }
    }
}
