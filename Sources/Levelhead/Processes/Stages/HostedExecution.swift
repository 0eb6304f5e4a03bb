import Configuration
import Control
import Determinism
import Execution
import Orders
import Pipeline
import Platform
import Risk
import Units

/// The execution gateway as a process.
struct HostedExecution: ~Copyable, HostedStage {
    static var role: ProcessRole { .execution }
    static var numbersOrders: Bool { true }
    static var sendsOrders: Bool { true }
    static var followsEventTime: Bool { true }
    var isDiskFull = false
    static func stage(_ trading: TradingConfiguration) -> ExecutionFollower { ExecutionFollower(trading) }

    static func seal(_ site: RunSite) throws -> ApprovalSeal? {
        ApprovalSeal(try KeyStore(stateDirectory: site.stateDirectory).key(.approval))
    }

    private let site: RunSite
    /// Accounts at the venue, all of which a flatten closes.
    private let accountCount: Int
    /// How long an approval is good.
    private let life: Nanoseconds
    private var follower = LockFollower()
    private var flatten = FlattenLedger()
    /// Who watches the account's limits.
    private var risk = PeerWatch(.approvals)
    /// The gateway is asking the venue: its timers are short.
    private(set) var isHurried = false
    /// The certificate of the last flatten; empty when it could not be written.
    private var certificate = ""
    /// Commands without an answer.
    private var flattens: [ControlCommand] = []
    private var cancels: [ControlCommand] = []
    private var reconciliation = ReconciliationLedger()
    /// Cancels and flattens: how far each has come.
    private var ledger = CommandLedger()

    init(_ site: RunSite, _ setup: MarketSetup, isLive: Bool) throws {
        self.site = site
        accountCount = setup.configuration.risk.books == .twoAccounts ? 2 : 1
        life = setup.configuration.risk.approvalLife
    }

    var lock: LockFollower? { follower }
    var peer: PeerWatch? { risk }
    /// Risk is back sooner when it died, and may take as long to end in order.
    static var peerPatience: Nanoseconds { .seconds(2) }

    /// What is live and what is open is for the venue to say, when this process was not there to see it.
    static var afterRestart: OperatorCommand? { OperatorCommand(.reconcile, sender: ShortText("restart")) }

    // MARK: What happens

    /// An approval that has expired is refused by the gateway, unless it cancels. Either process, or their channel,
    /// stood still that long.
    func received(_ message: StageMessage, origin: UInt64, now: Timestamp, time: Timestamp) -> StageMessage {
        if case .approval(let approval) = message, approval.intent.action != .cancel, approval.expiry <= time {
            let change = approval.intent.action == .modify ? "the change of " : ""
            let age = ((time - approval.expiry + life).seconds * 1_000).rounded() / 1_000
            Terminal.writeError(
                "levelhead: execution: \(change)\(approval.intent.id) is not sent: expected its approval within "
                    + "\(life.seconds) s (risk.approval_life_ms), found it \(age) s old")
        }
        return message
    }

    mutating func observe(_ message: StageMessage, _ fold: borrowing StageFold<ExecutionFollower>) {
        reconciliation.observe(message)
        ledger.observe(message)
        switch message {
        case .request(let command):
            follower.observe(command)
            risk.observe(command)
            if command.request == .cancel || command.request == .flatten {
                ledger.take(command, orders: Self.orders(endedBy: command, fold))
            }
            if command.request == .flatten {
                flatten.begin(epoch: command.epoch, sender: command.sender, reason: command.reason)
            }
        case .change(let change) where change.scope != .account: break
        // A limit takes over what is under way, and asks for nothing new.
        case .change(let change) where change.from == change.to: break
        case .change(let change) where change.to == .flattening: flatten.riskAsks(change.reason)
        case .change: flatten.riskIsDone()
        case .notice(let notice): if flatten.take(notice) { certificate = write() }
        case .fill(let fill): flatten.add(fill)
        default: break
        }
    }

    /// Of a cancel, which the gateway has taken: what it is to end.
    private static func orders(
        endedBy command: OperatorCommand, _ fold: borrowing StageFold<ExecutionFollower>
    ) -> [ClientOrderID] {
        guard command.request == .cancel else { return [] }
        if command.target != .none { return [command.target] }
        return fold.read { $0.accounts.liveOrders.filter { $0.order.role == .entry }.map(\.order.id) }
    }

    /// A full disk does not make a flat account less flat: then there is no certificate. One that an earlier life of
    /// the process wrote of the same proof stays as it is.
    private func write() -> String {
        let directory = "\(site.directory)/certificates"
        let path = "\(directory)/flat-\(flatten.proofEpoch)-\(flatten.account.proven.nanoseconds).json"
        if PosixFile.exists(path) { return path }
        let lock = try? TradingLock(stateDirectory: site.stateDirectory).record
        let locked = lock.flatMap { $0.epoch == flatten.proofEpoch ? $0.lockedNanoseconds : nil }
        let text = flatten.certificate(
            site, accounts: accountCount, locked: locked, now: WallClock.now().nanoseconds)
        do {
            try Directory.make(directory, mode: 0o700)
            try PosixFile.replace(path, with: Array((text + "\n").utf8))
            return path
        } catch {
            Terminal.writeError("levelhead: execution: no certificate: \(error)")
            return ""
        }
    }

    // MARK: Commands

    mutating func begin(_ command: ControlCommand, _ fold: inout StageFold<ExecutionFollower>) -> CommandStep {
        switch command.verb {
        case .flatten: return beginFlatten(command, &fold)
        case .cancel: return beginCancel(command, &fold)
        case .reconcile: return reconciliation.begin(command, fold.read { $0.accounts })
        case .status, .pause, .resume, .arm, .stop, .order, .modify, .venue: return .notConcerned
        }
    }

    private mutating func beginFlatten(
        _ command: ControlCommand, _ fold: inout StageFold<ExecutionFollower>
    ) -> CommandStep {
        flattens.append(command)
        // A process before this one has taken it.
        if ledger[command.number] != nil { return .wait }
        let epoch = command.arguments.epoch ?? 0
        let waits = command.arguments.atOpen ?? false
        // The lock word has told us of it already; an arm since has ended what that was.
        let isKnown = epoch == follower.epoch && !follower.isArmedAgain
            && flatten.phase != .none && flatten.epoch >= epoch
        if isKnown, !(waits && flatten.isBlocked) { return .wait }
        return .take(
            OperatorCommand(.flatten, of: command, waitsForOpen: waits, epoch: follower.flattenEpoch(asked: epoch)))
    }

    private mutating func beginCancel(
        _ command: ControlCommand, _ fold: inout StageFold<ExecutionFollower>
    ) -> CommandStep {
        let target = command.arguments.target ?? ""
        // Of one order, the risk gateway hands it on.
        guard command.arguments.isForEverything || command.arguments.isPastRisk == true else { return .notConcerned }
        // A process before this one has taken it: what was opened since is not cancelled with it.
        if ledger[command.number] != nil {
            cancels.append(command)
            return .wait
        }
        var id = ClientOrderID.none
        if !command.arguments.isForEverything {
            guard let named = ClientOrderID(printed: target) else { return .refuse("\"\(target)\" is no order") }
            let live = fold.read { $0.accounts.liveOrders }
            guard let order = live.first(where: { $0.order.id == named }) else { return .refuse("not_live") }
            if order.order.role == .protectiveStop { return .refuse("protects_position") }
            id = named
        }
        cancels.append(command)
        return .take(OperatorCommand(.cancel, of: command, target: id))
    }

    mutating func answer(_ command: ControlCommand, _ fold: inout StageFold<ExecutionFollower>) {}

    mutating func follow(_ fold: inout StageFold<ExecutionFollower>) {
        let (isFlattening, isBlocked) = fold.read { ($0.accounts.isFlattening, $0.accounts.isBlocked) }
        isHurried = isFlattening || fold.read { $0.accounts.isReconciling }
        flatten.isBlocked = isBlocked
        followFlattens(isFlattening: isFlattening)
        if reconciliation.isAwaited { reconciliation.follow(fold.read { $0.accounts }) }
        if !cancels.isEmpty { followCancels() }
    }

    private mutating func followCancels() {
        cancels.removeAll { command in
            let entry = ledger[command.number]
            guard entry?.isOver ?? true else { return false }
            var details = AnswerDetails.cancelled(
                command.arguments.target ?? "", verdict: "sent", state: entry?.state.map { "\($0)" })
            if let entry, entry.isOver, entry.state == nil { details.message = "nothing to cancel" }
            command.finish(.done, details)
            return true
        }
    }

    private mutating func followFlattens(isFlattening: Bool) {
        if flattens.isEmpty { return }
        let isFlat = flatten.phase == .flat && !isFlattening
        var details = AnswerDetails(isFlat: isFlat, rounds: Int(flatten.rounds))
        if isFlat {
            details.certificate = certificate.isEmpty ? nil : certificate
            finishFlattens(.done, details)
        } else if flatten.isBlocked {
            details.message = "market_closed"
            finishFlattens(.failed, details) { $0.arguments.atOpen != true }
            details.message = "market_closed: closes at the reopen"
            for command in flattens where command.currentAnswer().details.message != details.message {
                command.report(details)
            }
        }
    }

    private mutating func finishFlattens(
        _ outcome: ControlOutcome, _ details: AnswerDetails, where isOver: (ControlCommand) -> Bool = { _ in true }
    ) {
        for command in flattens where isOver(command) { command.finish(outcome, details) }
        flattens.removeAll(where: isOver)
    }

    func report(_ desk: ProcessDesk, _ fold: borrowing StageFold<ExecutionFollower>) {}

    mutating func finish(_ site: RunSite, _ fold: borrowing StageFold<ExecutionFollower>, records: UInt64) throws {
        let members = Self.members(fold.read { $0.accounts })
        try site.write(.execution, [("records", JSONText.integer(records))] + members)
    }

    static func write(_ site: RunSite, _ accounts: ExecutionAccounts) throws {
        try site.write(.execution, members(accounts))
    }

    /// For the results.
    static func members(_ accounts: ExecutionAccounts) -> [(String, String)] {
        [
            ("orders", JSONText.integer(accounts.sentCount)),
            ("working_orders", JSONText.integer(accounts.liveCount)),
        ]
    }

    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("execution ledger")
        try follower.persist(&archive)
        try flatten.persist(&archive)
        try ledger.persist(&archive)
        try risk.persist(&archive)
    }
}

extension AnswerDetails {
    static func cancelled(_ order: String, verdict: String, state: String?) -> AnswerDetails {
        var details = AnswerDetails()
        details.order = order
        details.verdict = verdict
        details.state = state
        return details
    }
}
