import Orders
import Risk

/// What the risk gateway has put out.
struct StageDecisions {
    private var verdicts: [VerdictRecord] = []
    private var changes: [StateChange] = []
    private var approvals: [Approval] = []

    var isEmpty: Bool { verdicts.isEmpty && changes.isEmpty && approvals.isEmpty }
    var hasNothingToSettle: Bool { verdicts.isEmpty && changes.isEmpty }

    mutating func add(_ outputs: [StageMessage]) {
        for output in outputs {
            switch output {
            case .verdict(let verdict): verdicts.append(verdict)
            case .change(let change): changes.append(change)
            case .approval(let approval): approvals.append(approval)
            default: preconditionFailure("\(output.kind) from the risk gateway")
            }
        }
    }

    mutating func takeVerdicts() -> [VerdictRecord] {
        defer { verdicts = [] }
        return verdicts
    }

    mutating func takeChanges() -> [StateChange] {
        defer { changes = [] }
        return changes
    }

    mutating func takeApprovals() -> [Approval] {
        defer { approvals = [] }
        return approvals
    }
}

/// What the execution gateway has put out.
struct StageReports {
    private(set) var fills: [Fill] = []
    private(set) var updates: [OrderUpdate] = []
    private(set) var notices: [ExecutionNotice] = []
    private(set) var commands: [VenueCommand] = []

    var isEmpty: Bool { fills.isEmpty && updates.isEmpty && notices.isEmpty && commands.isEmpty }

    mutating func add(_ outputs: [StageMessage]) {
        for output in outputs {
            switch output {
            case .fill(let fill): fills.append(fill)
            case .update(let update): updates.append(update)
            case .notice(let notice): notices.append(notice)
            case .command(let command): commands.append(command)
            default: preconditionFailure("\(output.kind) from the execution gateway")
            }
        }
    }

    mutating func takeAll() -> StageReports {
        defer { self = StageReports() }
        return self
    }
}
