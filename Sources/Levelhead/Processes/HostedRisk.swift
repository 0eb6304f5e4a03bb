import Configuration
import Control
import Determinism
import Orders
import Pipeline
import Platform
import Risk
import Security
import Signals
import Storage
import Units

/// The risk gateway as a process: it sees every signal, verdict, order and fill, so it keeps the run's audit log and
/// the digest of its orders.
struct HostedRisk: ~Copyable, HostedStage {
    static var role: ProcessRole { .risk }
    static func stage(_ trading: TradingConfiguration) -> RiskFollower { RiskFollower(trading) }

    private let setup: MarketSetup
    private var audit: AuditLog?
    private var orders = RecordDigest()
    private var fillCount: UInt64 = 0
    private var orderCount: UInt64 = 0
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 256, alignment: 8)
    private var failure: (any Error)?

    init(_ site: RunSite, _ setup: MarketSetup) throws { self.setup = setup }

    deinit { scratch.deallocate() }

    static func seal(_ site: RunSite) throws -> ApprovalSeal? {
        ApprovalSeal(try KeyStore(stateDirectory: site.stateDirectory).key(.approval))
    }

    static func request(_ command: ControlCommand) -> OperatorCommand? {
        let request: OperatorRequest
        switch command.verb {
        case .pause: request = .pause
        case .resume: request = .resume
        case .status, .flatten, .arm, .stop: return nil
        }
        return OperatorCommand(
            request, id: command.id.high, sender: ShortText(command.sender),
            reason: ShortText(command.arguments.reason ?? ""))
    }

    mutating func open(_ site: RunSite, at position: SnapshotPosition?) throws {
        let path = site.auditFile
        audit =
            PosixFile.exists(path)
            ? try AuditLog.resume(path, at: position?.audit ?? .start) : try AuditLog.create(path)
    }

    mutating func observe(_ message: StageMessage) {
        switch message {
        case .signal(let signal): log(AuditLine.signal(signal))
        case .verdict(let verdict):
            digest(verdict)
            log(AuditLine.verdict(verdict))
        case .update(let update):
            if update.state == .pending { orderCount += 1 }
            digest(update)
            log(AuditLine.update(update))
        case .fill(let fill):
            fillCount += 1
            digest(fill)
            log(AuditLine.fill(fill, terms: setup.plan.tradedSpecification))
        case .change(let change): log(AuditLine.change(change))
        case .notice(let notice): log(AuditLine.notice(notice))
        case .request(let request): log(AuditLine.request(request))
        case .approval, .command, .event, .tick: break
        }
    }

    private mutating func digest<Item: CanonicalBytes>(_ item: Item) {
        var writer = CanonicalWriter(scratch)
        item.write(into: &writer)
        orders.add(UnsafeRawBufferPointer(rebasing: scratch[..<writer.count]))
    }

    private mutating func log(_ line: String) {
        guard failure == nil else { return }
        do { try audit?.append(Array(line.utf8)) } catch { failure = error }
    }

    func answer(_ command: ControlCommand, _ fold: borrowing StageFold<RiskFollower>) {
        let state = fold.read { $0.gate.state }
        let isAsAsked =
            switch command.verb {
            case .pause: state != .active
            case .resume: state == .active
            default: true
            }
        command.finish(isAsAsked ? .done : .failed, AnswerDetails(tradingState: state.name))
    }

    func report(_ desk: ProcessDesk, _ fold: borrowing StageFold<RiskFollower>) {
        desk.report(account: fold.read { $0.gate })
    }

    mutating func checkpoint() throws -> AuditPosition {
        if let failure { throw failure }
        return try audit?.checkpoint() ?? .start
    }

    mutating func finish(_ site: RunSite, _ fold: borrowing StageFold<RiskFollower>, records: UInt64) throws {
        if let failure { throw failure }
        try audit?.finish()
        let gate = fold.read { $0.gate }
        let symbol = JSONText.string(fold.tradedSymbol)
        try PosixFile.replace(
            site.result(.risk),
            with: Array(
                (JSONText.object([
                    "records": JSONText.integer(records), "orders": JSONText.integer(orderCount),
                    "order_sha256": JSONText.string(orders.chain.hexadecimal), "fills": JSONText.integer(fillCount),
                    "position": "{\(symbol): \(gate.position.quantity.contracts)}",
                    "net_pnl_usd": JSONText.string(gate.equity.description),
                    "rule_breaches": RuleBreachText.json(gate.ruleBreaches),
                    "value_at_risk_usd": gate.valueAtRiskEstimate.map { JSONText.string($0.description) } ?? "null",
                    "trading_state": JSONText.string(gate.state.name),
                ]) + "\n").utf8))
    }

    /// The account's part of the results alone.
    static func writeAccount(_ site: RunSite, symbol: String, gate: RiskGate) throws {
        try PosixFile.replace(
            site.result(.risk),
            with: Array(
                (JSONText.object([
                    "position": "{\(JSONText.string(symbol)): \(gate.position.quantity.contracts)}",
                    "net_pnl_usd": JSONText.string(gate.equity.description),
                    "rule_breaches": RuleBreachText.json(gate.ruleBreaches),
                    "value_at_risk_usd": gate.valueAtRiskEstimate.map { JSONText.string($0.description) } ?? "null",
                    "trading_state": JSONText.string(gate.state.name),
                ]) + "\n").utf8))
    }

    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("risk ledger")
        try orders.persist(&archive)
        try archive.field(&fillCount)
        try archive.field(&orderCount)
    }
}
