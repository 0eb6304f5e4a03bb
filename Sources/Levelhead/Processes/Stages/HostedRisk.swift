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
    static var numbersOrders: Bool { true }
    static var followsEventTime: Bool { true }
    var isDiskFull = false
    /// What is wanted between two messages waits for no more than the next look at the clock.
    static var tickInterval: Nanoseconds { .zero }
    static func stage(_ trading: TradingConfiguration) -> RiskFollower { RiskFollower(trading) }

    private let setup: MarketSetup
    private let site: RunSite
    private let lockWord: TradingLock
    private let isLive: Bool
    /// Nil over recorded tape, whose account begins and ends with the run.
    private var keeper: DayKeeper?
    private var follower = LockFollower()
    private var manual: ManualOrders
    private var ledger = CommandLedger()
    private var execution = PeerWatch(.fills)
    private var audit: AuditKeeper?
    /// What audit log and digest do not have yet: a line takes tens of microseconds, which no order waits for. After a
    /// crash it is observed again.
    private var unwritten: [(message: StageMessage, outcome: OperatorOutcome?, time: Timestamp)] = []
    private static let unwrittenMax = 256
    private var tally = OrderTally()
    /// Nil over recorded tape, which is played at many speeds.
    private let signalLife: Nanoseconds?

    /// REDUCING, until a person says otherwise.
    static var diskFull: OperatorCommand? {
        OperatorCommand(.pause, sender: ShortText("disk"), reason: ShortText("the disk is full"))
    }

    init(_ site: RunSite, _ setup: MarketSetup, isLive: Bool) throws {
        let lockWord = try TradingLock(stateDirectory: site.stateDirectory)
        let epoch = try setup.trading().orderEpoch
        let keeper = isLive ? try DayKeeper(site, setup.configuration, lock: lockWord) : nil
        self.setup = setup
        self.site = site
        self.lockWord = lockWord
        self.isLive = isLive
        self.keeper = keeper
        signalLife = isLive ? setup.configuration.risk.signalLife : nil
        manual = ManualOrders(epoch: epoch)
    }

    var lock: LockFollower? { follower }
    var peer: PeerWatch? { execution }
    func hasTaken(_ command: ControlCommand) -> Bool { ledger[command.number] != nil }

    static func seal(_ site: RunSite) throws -> ApprovalSeal? {
        ApprovalSeal(try KeyStore(stateDirectory: site.stateDirectory).key(.approval))
    }

    mutating func begin(_ command: ControlCommand, _ fold: inout StageFold<RiskFollower>) -> CommandStep {
        if let known = ledger[command.number] { return beginAgain(command, known, &fold) }
        switch command.verb {
        case .pause: return .take(Self.request(.pause, command))
        case .resume: return .take(Self.request(.resume, command))
        case .arm: return beginArm(command)
        case .flatten: return beginFlatten(command, &fold)
        case .order:
            return manual.begin(command, clock: fold.clock, setup: setup, traded: fold.tradedSymbol)
        case .modify:
            return manual.beginChange(
                command, clock: fold.clock, setup: setup, gate: fold.read { $0.gate }, ledger: ledger)
        case .cancel:
            if command.arguments.isForEverything || command.arguments.isPastRisk == true { return .notConcerned }
            return manual.beginCancel(command, gate: fold.read { $0.gate })
        case .status, .stop, .reconcile, .venue: return .notConcerned
        }
    }

    private static func request(
        _ request: OperatorRequest, _ command: ControlCommand, scope: StrategyID = .account, epoch: UInt64 = 0
    ) -> OperatorCommand {
        OperatorCommand(
            request, of: command, scope: scope, waitsForOpen: command.arguments.atOpen ?? false, epoch: epoch)
    }

    /// What a process before this one has taken is not taken again: an order would be a second one, and a pause, a
    /// resume or an arm would undo what came after it.
    private mutating func beginAgain(
        _ command: ControlCommand, _ known: CommandEntry, _ fold: inout StageFold<RiskFollower>
    ) -> CommandStep {
        guard known.request.name == command.verb.name else { return .refuse(ControlRefusal.idReused.rawValue) }
        switch known.request {
        case .order, .modify, .cancel: manual.keep(command)
        default: conclude(command, known, fold)
        }
        return .wait
    }

    private func beginArm(_ command: ControlCommand) -> CommandStep {
        guard let scope = StrategyID(scope: command.arguments.scope ?? "account") else {
            return .refuse("\"\(command.arguments.scope ?? "")\": expected account or strategy:level")
        }
        let lock = lockWord.word.load()
        if let why = lock.refusal(ofArm: command.arguments.epoch) { return .refuse(why) }
        return .take(Self.request(.arm, command, scope: scope, epoch: lock.epoch))
    }

    /// The lock word has told the gate of it already, as a rule.
    private mutating func beginFlatten(
        _ command: ControlCommand, _ fold: inout StageFold<RiskFollower>
    ) -> CommandStep {
        let state = fold.read { $0.gate.state }
        let epoch = command.arguments.epoch ?? 0
        if follower.epoch >= epoch, state == .flattening || state == .locked {
            command.finish(.done, AnswerDetails(tradingState: state.name))
            return .wait
        }
        return .take(Self.request(.flatten, command, epoch: follower.flattenEpoch(asked: epoch)))
    }

    mutating func open(_ site: RunSite, at position: SnapshotPosition?) throws {
        let path = site.auditFile
        audit = AuditKeeper(
            PosixFile.exists(path)
                ? try AuditLog.resume(path, at: position?.audit ?? .start) : try AuditLog.create(path))
        audit?.keepReserve(setup.configuration.journal.reserve / 4)
    }

    // MARK: What the run leaves to the next one

    mutating func carriedOver(isNew: Bool) -> DayUsage? { keeper?.carriedOver(isNew: isNew) }

    mutating func secure(_ fold: borrowing StageFold<RiskFollower>) {
        guard keeper?.isUrgent == true else { return }
        keeper?.secure(fold.read { $0.gate }, isToldOfLock: follower.isLocked)
    }

    // MARK: What happens

    private static let clockSlack = Nanoseconds.milliseconds(1)

    /// A signal of a record that was received too long ago, or nobody knows when, opens nothing.
    func received(_ message: StageMessage, origin: UInt64, now: Timestamp, time: Timestamp) -> StageMessage {
        guard let signalLife, case .signal(let signal) = message else { return message }
        // One of the future was received before the machine's clock was set back: nobody knows when.
        let age = now - Timestamp(nanoseconds: origin)
        let isInTime = origin > 0 && age <= signalLife && age >= .zero - Self.clockSlack
        return isInTime ? message : .signal(signal.late)
    }

    mutating func observe(_ message: StageMessage, _ fold: borrowing StageFold<RiskFollower>) {
        keeper?.observe(message)
        manual.observe(message)
        ledger.observe(message)
        if case .request(let command) = message {
            let orders = command.target == .none ? [] : [command.target]
            ledger.take(command, outcome: fold.read { $0.outcome }, orders: orders)
            follower.observe(command)
            execution.observe(command)
        }
        tally.count(message)
        switch message {
        case .approval, .command, .event, .tick, .clock: return
        case .verdict, .signal, .update, .fill, .change, .notice, .request, .carried: break
        }
        unwritten.append((message, message.kind == .request ? fold.read { $0.outcome } : nil, fold.now.event))
    }

    var hasManyUnrecorded: Bool { unwritten.count >= Self.unwrittenMax }

    mutating func record() throws {
        for (message, outcome, time) in unwritten { try log(message, outcome, time) }
        unwritten.removeAll(keepingCapacity: true)
    }

    private mutating func log(_ message: StageMessage, _ outcome: OperatorOutcome?, _ time: Timestamp) throws {
        tally.digest(message)
        let terms = setup.plan.tradedSpecification
        guard let line = AuditLine.line(of: message, outcome: outcome, time: time, terms: terms) else { return }
        guard let failure = try audit?.append(Array(line.utf8)) else { return }
        Terminal.writeError("levelhead: risk: \(failure): no more lines of the audit log until risk is started again")
    }

    mutating func answer(_ command: ControlCommand, _ fold: inout StageFold<RiskFollower>) {
        guard let entry = ledger[command.number] else {
            return command.finish(.done, AnswerDetails(tradingState: fold.read { $0.gate.state.name }))
        }
        conclude(command, entry, fold)
    }

    /// Says what became of a command that the gate has taken.
    private func conclude(_ command: ControlCommand, _ entry: CommandEntry, _ fold: borrowing StageFold<RiskFollower>) {
        let state = fold.read { $0.gate.state }
        var details = AnswerDetails(tradingState: state.name)
        let isDone = entry.outcome == .done
        let isAsAsked: Bool
        switch entry.request {
        // The answer comes with the verdict and the order's first state.
        case .order, .modify, .cancel: return
        case .pause:
            isAsAsked = isDone
            if !isAsAsked { details.message = "the account is \(state.name): pause after the arm" }
        case .resume:
            details.message = isDone ? nil : fold.read { $0.gate.resumeRefusal }
            isAsAsked = details.message == nil
        case .arm:
            details.message = armRefusal(entry, command, fold)
            isAsAsked = details.message == nil
        default: isAsAsked = true
        }
        command.finish(isAsAsked ? .done : .failed, details)
    }

    /// Why an arm that the gate has taken did not do what was asked; nil when it did. That of the account takes the
    /// lock off the word, also when something restricts the account still: then it is REDUCING.
    private func armRefusal(
        _ entry: CommandEntry, _ command: ControlCommand, _ fold: borrowing StageFold<RiskFollower>
    ) -> String? {
        let gate = fold.read { $0.gate }
        let scope = StrategyID(scope: command.arguments.scope ?? "account") ?? .account
        guard scope == .account else {
            return entry.outcome == .done ? nil : gate.armRefusal(scope) ?? "not now"
        }
        // Under a word that is locked the gate may be armed already.
        let isArmed = entry.outcome == .done || gate.state == .reducing && lockWord.word.load().isLocked
        guard isArmed else { return gate.armRefusal ?? "not now" }
        return opens(entry.epoch) ? nil : "flattened meanwhile"
    }

    /// Takes the lock off the word. Its record goes with it, but for one that was there before a run over recorded tape
    /// and has to outlive it.
    private func opens(_ epoch: UInt64) -> Bool {
        let keeps = !isLive && lockWord.record?.isLasting == true
        return lockWord.open(ifEpochIs: epoch, keepsRecord: keeps)
    }

    mutating func follow(_ fold: inout StageFold<RiskFollower>) {
        manual.follow(ledger, setup.configuration)
        let now = MonotonicClock.now()
        if keeper?.isDue(now) == true { keeper?.keep(fold.read { $0.gate }, now) }
    }

    func report(_ desk: ProcessDesk, _ fold: borrowing StageFold<RiskFollower>) {
        desk.report(account: fold.read { $0.gate })
        desk.report(contract: fold.contractPlaces) { (fold.tradedSymbol, fold.nextSymbol) }
    }

    mutating func checkpoint() throws -> AuditPosition {
        if setup.configuration.journal.outlivesPower { try audit?.sync() }
        return try audit?.checkpoint() ?? .start
    }

    mutating func finish(_ site: RunSite, _ fold: borrowing StageFold<RiskFollower>, records: UInt64) throws {
        try record()
        try audit?.finish()
        keeper?.finish(fold.read { $0.gate })
        let members = tally.members + Self.members(symbol: fold.tradedSymbol, gate: fold.read { $0.gate })
        try site.write(.risk, [("records", JSONText.integer(records))] + members)
    }

    /// The account's part of the results alone.
    static func writeAccount(_ site: RunSite, symbol: String, gate: RiskGate) throws {
        try site.write(.risk, members(symbol: symbol, gate: gate))
    }

    /// What the account came to.
    static func members(symbol: String, gate: RiskGate) -> [(String, String)] {
        [
            ("position", "{\(JSONText.string(symbol)): \(gate.position.quantity.contracts)}"),
            ("net_pnl_usd", JSONText.string(gate.runProfit.description)),
            ("rule_breaches", RuleBreachText.json(gate.ruleBreaches)),
            ("value_at_risk_usd", gate.valueAtRiskEstimate.map { JSONText.string($0.description) } ?? "null"),
            ("trading_state", JSONText.string(gate.state.name)),
        ] + (gate.rules.hasTwoAccounts ? [(opposedKey, JSONText.integer(gate.opposed.contracts))] : [])
    }

    /// Contracts that one of two accounts holds long and the other short, which the position does not show.
    static let opposedKey = "opposed_contracts"

    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        precondition(unwritten.isEmpty, "what is saved has been written down")
        try archive.marker("risk ledger")
        try tally.persistDigest(&archive)
        try follower.persist(&archive)
        try execution.persist(&archive)
        try manual.persist(&archive)
        try ledger.persist(&archive)
        try tally.persistCounts(&archive)
        try keeper?.persist(&archive)
    }
}

extension RiskGate {
    /// Why an arm does not take the lock off; nil when no limit keeps it on.
    fileprivate var armRefusal: String? {
        if let end = programmeEnd {
            return "the programme is over: equity of \(end.equity) USD came down to its floor of \(end.floor) USD"
        }
        guard isHeldByLimit else { return nil }
        return Self.refusal(isLockedByLimit ? lockReason : .dailyLoss, on: isLockedByLimit ? lockDate : day.tradeDate)
    }

    /// Why a resume has not made the account ACTIVE; nil when it is.
    fileprivate var resumeRefusal: String? {
        switch state {
        case .active: nil
        case .reducing: "REDUCING still: \(restrictions.description)"
        case .halted, .flattening, .locked: "the account is \(state.name): that ends by levelhead arm"
        }
    }

    fileprivate func armRefusal(_ strategy: StrategyID) -> String? {
        let status = strategies[strategy]
        return status.state == .locked ? Self.refusal(.dailyLoss, on: status.lockDate) : nil
    }

    private static func refusal(_ reason: StateReason, on tradeDate: Int32) -> String {
        "locked by \(reason.name) on trade date \(TradeDateText.text(tradeDate)): no arm before the next one"
    }
}
