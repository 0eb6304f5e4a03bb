import Determinism
import Orders
import Pipeline
import Risk
import Units

/// A defect put between a fold and its channels, so that it is seen whether an invariant notices it. A check that
/// cannot fail is a defect itself.
public enum SeededDefect: String, CaseIterable, Sendable {
    /// The execution gateway's stops never leave.
    case dropStop = "drop_stop"
    /// Every opening order leaves twice.
    case sendTwice = "send_twice"
    /// Opening orders leave with one contract more than was approved.
    case enlargeEntry = "enlarge_entry"
    /// Changes of opening orders leave with one contract more than was approved.
    case enlargeChange = "enlarge_change"
    /// An opening order leaves that nobody approved.
    case unapprovedEntry = "unapproved_entry"
    /// Closing orders leave with twice their contracts.
    case doubleClose = "double_close"
    /// Nobody looks at the lock word before a send, and folds are not told of it.
    case ignoreEpoch = "ignore_epoch"
    /// Nobody looks at the age of an approval before a send.
    case ignoreAge = "ignore_age"
    /// The risk gateway does not hear of every third fill.
    case loseFill = "lose_fill"
    /// An unknown order is reported as cancelled.
    case unknownIsCancelled = "unknown_is_cancelled"
    /// LOCKED ends by itself.
    case unlock = "unlock"
    /// A fee is wrong by a billionth of a dollar.
    case wrongFee = "wrong_fee"
    /// The gateway says that it is flat when it begins to flatten.
    case falseFlat = "false_flat"
    /// The execution gateway does not hear that a limit takes an operator's flatten over.
    case loseTakeover = "lose_takeover"
    /// The execution gateway hears of no state in which nothing opens.
    case loseRestriction = "lose_restriction"
    /// A crash loses entries of the journal that were flushed.
    case loseJournal = "lose_journal"
    /// The approvals of risk carry no limit: every order passes at ten times its quantity.
    case noLimit = "no_limit"
    /// Where books net: stops leave for twice their contracts, and as orders that may turn the position.
    case turningStop = "turning_stop"
    /// Where books net: fills of entries are told as those of the other book.
    case swapBooks = "swap_books"
    /// Of two accounts: what opens a short position goes to the one that holds what is long.
    case wrongAccount = "wrong_account"
    /// Of two accounts: what closes the second leaves, and its fills are told as the first's.
    case mixedFills = "mixed_fills"

    /// The process that has it; nil for one of the world's.
    var owner: ProcessName? {
        switch self {
        case .dropStop, .sendTwice, .enlargeEntry, .enlargeChange, .unapprovedEntry, .doubleClose,
            .unknownIsCancelled, .loseRestriction, .wrongFee, .falseFlat, .turningStop, .swapBooks, .wrongAccount,
            .mixedFills:
            .execution
        case .loseFill, .unlock, .loseTakeover, .noLimit: .risk
        case .ignoreEpoch, .ignoreAge, .loseJournal: nil
        }
    }

    /// The invariants that may notice it first.
    public var noticedBy: Set<Invariant> {
        switch self {
        case .dropStop: [.positionHasStop, .settles, .flattens]
        case .sendTwice: [.sentOnce]
        case .enlargeEntry, .enlargeChange: [.approvedOnly, .limitsHold]
        case .unapprovedEntry: [.approvedOnly]
        case .doubleClose: [.selfIssuedShrinks]
        case .ignoreEpoch: [.epochInForce]
        case .ignoreAge: [.approvalInForce]
        case .loseFill: [.positionIsSumOfFills]
        case .unknownIsCancelled: [.unknownIsNotUnfilled]
        case .unlock: [.lockedUntilArmed]
        case .wrongFee: [.moneyAddsUp]
        case .falseFlat: [.flatIsTrue]
        case .loseTakeover: [.flattens]
        case .loseRestriction: [.restsOnlyWhileItMayOpen]
        case .loseJournal: [.refoldEqual, .positionFollowsVenue]
        case .noLimit: [.limitsHold]
        case .turningStop: [.selfIssuedShrinks]
        case .swapBooks: [.settles, .flattens]
        case .wrongAccount: [.accountsKeepTheirSides, .positionFollowsVenue]
        case .mixedFills: [.positionIsSumOfFills, .selfIssuedShrinks]
        }
    }
}

/// Puts a defect between a fold and its channels.
final class DefectTap: MessageTap {
    private let defect: SeededDefect
    private var count: UInt64 = 0

    init(_ defect: SeededDefect) { self.defect = defect }

    var saved: [UInt8] {
        get { withUnsafeBytes(of: count) { Array($0) } }
        set { count = newValue.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
    }

    func admit(_ message: StageMessage) -> [StageMessage] {
        if defect == .loseRestriction, case .change(let change) = message,
            change.to == .reducing || change.to == .halted {
            return []
        }
        guard defect == .loseFill, case .fill = message else { return [message] }
        count += 1
        return count.isMultiple(of: 3) ? [] : [message]
    }

    func pass(_ message: StageMessage) -> [StageMessage] {
        switch message {
        case .command(let command) where command.kind == .submit: submission(command)
        case .command(let command) where command.kind == .modify: changed(command)
        case .update(let update): changed(update)
        case .fill(let fill): changed(fill)
        case .notice(let notice): changed(notice)
        case .change(let change): changed(change)
        case .approval(let approval): changed(approval)
        default: [message]
        }
    }

    private func submission(_ original: VenueCommand) -> [StageMessage] {
        var command = original
        switch (defect, command.order.role) {
        case (.dropStop, .protectiveStop): return []
        case (.sendTwice, .entry): return [.command(command), .command(command)]
        case (.enlargeEntry, .entry): command.order.quantity += Quantity(1)
        case (.turningStop, .protectiveStop) where command.order.isReduceOnly:
            command.order.quantity += command.order.quantity
            command.order.isReduceOnly = false
        case (.doubleClose, .close): command.order.quantity += command.order.quantity
        case (.unapprovedEntry, .entry):
            count += 1
            command.order.id = ClientOrderID(epoch: 1, issuer: .strategy, count: 1_000_000 + count)
            return [.command(original), .command(command)]
        case (.wrongAccount, .entry): command.order.account = .first
        default: break
        }
        return [.command(command)]
    }

    private func changed(_ command: VenueCommand) -> [StageMessage] {
        var command = command
        if defect == .enlargeChange, command.order.role == .entry { command.order.quantity += Quantity(1) }
        return [.command(command)]
    }

    private func changed(_ update: OrderUpdate) -> [StageMessage] {
        var update = update
        if defect == .unknownIsCancelled, update.state == .unknown {
            update.state = .cancelled
            update.leaves = .zero
        }
        return [.update(update)]
    }

    private func changed(_ fill: Fill) -> [StageMessage] {
        var fill = fill
        if defect == .mixedFills { fill.account = .first }
        if defect == .wrongFee { fill.fee += Money(nanos: 1) }
        if defect == .swapBooks, fill.role == .entry { fill.strategy = fill.strategy == .account ? .level : .account }
        return [.fill(fill)]
    }

    private func changed(_ notice: ExecutionNotice) -> [StageMessage] {
        var notice = notice
        if defect == .falseFlat, notice.kind == .flattening { notice.kind = .flat }
        return [.notice(notice)]
    }

    private func changed(_ change: StateChange) -> [StageMessage] {
        if defect == .loseTakeover, change.from == .flattening, change.to == .flattening { return [] }
        guard defect == .unlock, change.to == .locked else { return [.change(change)] }
        var again = change
        (again.from, again.to) = (.locked, .active)
        return [.change(change), .change(again)]
    }

    private func changed(_ approval: Approval) -> [StageMessage] {
        var approval = approval
        if defect == .noLimit {
            approval.intent.quantity = Quantity(approval.intent.quantity.contracts * 10)
        }
        return [.approval(approval)]
    }
}
