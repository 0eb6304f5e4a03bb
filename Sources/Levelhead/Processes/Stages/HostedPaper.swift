import Configuration
import Control
import Execution
import Orders
import PaperVenue
import Pipeline
import Platform
import Units

/// The paper venue as a process.
struct HostedPaper: ~Copyable, HostedStage {
    static var role: ProcessRole { .paper }
    /// A command's way to the venue by default: nobody waits longer than the model says by more than this.
    static var tickInterval: Nanoseconds { .microseconds(500) }
    var isDiskFull = false
    static func stage(_ trading: TradingConfiguration) -> VenueFollower { VenueFollower(trading) }

    private struct QueryKey: Hashable {
        let kind: VenueCommandKind
        let account: VenueAccount
        let query: UInt64
    }

    private let mailbox = ControlMailbox(capacity: 64)
    private let door: ControlServer
    /// Questions at the door that have no answer yet. One that the venue has no room to answer gets none.
    private var visits = PendingQuestions<ControlCommand, QueryKey>(patience: DirectFlatten.answer)
    /// What the venue is still to be handed, in order; from the end.
    private var waiting: [StageMessage] = []
    private let accountCount: Int
    private let moneyPerTick: Money
    private let lockWord: EpochWord

    init(_ site: RunSite, _ setup: MarketSetup, isLive: Bool) throws {
        let moneyPerTick = try setup.trading().execution.terms.moneyPerTick
        let key = try KeyStore(stateDirectory: site.stateDirectory).key(.control)
        let lockWord = try EpochWord(stateDirectory: site.stateDirectory)
        door = try ControlServer(
            stateDirectory: VenueDoor.directory(site.stateDirectory), key: key,
            board: ProcessBoard(name: Self.role.rawValue, run: site.name), mailbox: mailbox, verbs: [.venue])
        accountCount = setup.configuration.risk.books == .twoAccounts ? 2 : 1
        self.moneyPerTick = moneyPerTick
        self.lockWord = lockWord
    }

    // MARK: The door

    mutating func nextVisitor() -> StageMessage? {
        if waiting.isEmpty { takeVisit() }
        return waiting.popLast()
    }

    private mutating func takeVisit() {
        guard let command = mailbox.pop() else { return }
        // While there was no ring nothing was taken, and who asked has asked again or has gone.
        guard WallClock.now() - command.sentAt <= DirectFlatten.answer else {
            return command.finish(.refused, AnswerDetails(message: "too late: ask again"))
        }
        let arguments = command.arguments
        var messages: [StageMessage] = []
        if arguments.closesSession == true {
            messages.append(.request(OperatorCommand(.flatten, of: command, epoch: arguments.epoch ?? 0)))
        }
        var queries: Set<QueryKey> = []
        for text in arguments.commands ?? [] {
            guard case .command(var found)? = VenueDoor.message(text) else {
                return command.finish(.refused, AnswerDetails(message: "not a command"))
            }
            guard found.account == .first || accountCount > 1 else {
                return command.finish(.refused, AnswerDetails(message: "not an account"))
            }
            found.isDirect = true
            messages.append(.command(found))
            switch found.kind {
            case .queryOrder, .queryOrders, .queryPosition:
                queries.insert(QueryKey(kind: found.kind, account: found.account, query: found.query))
            case .submit, .cancel, .modify: break
            }
        }
        visits.ask(command, awaiting: queries, at: MonotonicClock.now())
        waiting = messages.reversed()
    }

    mutating func observe(_ message: StageMessage, _ fold: borrowing StageFold<VenueFollower>) {
        guard !visits.isEmpty, case .event(let event) = message, let text = VenueDoor.text(message) else { return }
        let answered = event.kind.answers.map { QueryKey(kind: $0, account: event.account, query: event.query) }
        visits.hear(text, answering: answered)
    }

    mutating func follow(_ fold: inout StageFold<VenueFollower>) {
        guard !visits.isEmpty, waiting.isEmpty else { return }
        let quote = fold.quote()
        let isOpen = quote.quality.isDisjoint(with: .notTrading) && !quote.quality.contains(.noBook)
        for (command, events) in visits.takeAnswered() {
            var details = AnswerDetails()
            details.events = events
            details.isOpen = isOpen
            details.accounts = accountCount
            details.moneyPerTick = moneyPerTick.description
            details.bid = isOpen && quote.bid.size > 0 ? quote.bid.price.count : nil
            details.ask = isOpen && quote.ask.size > 0 ? quote.ask.price.count : nil
            command.finish(.done, details)
        }
        for command in visits.takeLate(at: MonotonicClock.now()) {
            command.finish(.failed, AnswerDetails(message: "no answer in time: ask again"))
        }
    }

    /// The account's lock that was taken off opens the venue for the gateway again. A strategy's is none of it.
    mutating func begin(_ command: ControlCommand, _ fold: inout StageFold<VenueFollower>) -> CommandStep {
        guard command.verb == .arm, StrategyID(scope: command.arguments.scope ?? "account") == .account else {
            return .notConcerned
        }
        let lock = lockWord.load()
        // The venue would hold to an epoch that nobody else has, and refuse every close.
        if let why = lock.refusal(ofArm: command.arguments.epoch) { return .refuse(why) }
        return .take(OperatorCommand(.arm, of: command, epoch: lock.epoch))
    }

    func report(_ desk: ProcessDesk, _ fold: borrowing StageFold<VenueFollower>) {
        desk.report(contract: fold.contractPlaces) { (fold.tradedSymbol, fold.nextSymbol) }
        desk.report(held: fold.read { $0.accounts.held }, fold.quote())
    }

    func dropped(_ fold: borrowing StageFold<VenueFollower>) -> UInt64 { fold.read { $0.accounts.dropped } }

    mutating func finish(_ site: RunSite, _ fold: borrowing StageFold<VenueFollower>, records: UInt64) throws {
        door.stop()
        let orders = fold.read { $0.accounts.orderCount }
        try site.write(
            .paper, [("records", JSONText.integer(records)), ("working_orders", JSONText.integer(orders))])
    }
}

extension VenueEventKind {
    /// The kind of query that it ends.
    fileprivate var answers: VenueCommandKind? {
        switch self {
        case .orderStatus: .queryOrder
        case .queryEnd: .queryOrders
        case .positionStatus: .queryPosition
        default: nil
        }
    }
}
