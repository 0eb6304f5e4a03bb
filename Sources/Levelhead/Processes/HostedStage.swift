import Control
import Determinism
import Orders
import Pipeline
import Security
import Storage
import Units

/// What differs between the processes of the order path: which fold, and what becomes of what goes in and out of it.
protocol HostedStage: ~Copyable {
    associatedtype Stage: TradingStage
    static var role: ProcessRole { get }
    /// Time between two ticks of the message clock while one is awaited.
    static var tickInterval: Nanoseconds { get }
    static func stage(_ trading: TradingConfiguration) -> Stage
    /// The approvals' seal, for those who have its key.
    static func seal(_ site: RunSite) throws -> ApprovalSeal?
    /// What an operator's command asks of this process; nil when it does not concern it.
    static func request(_ command: ControlCommand) -> OperatorCommand?

    init(_ site: RunSite, _ setup: MarketSetup) throws
    /// Opens the files that go on from where they stood.
    mutating func open(_ site: RunSite, at position: SnapshotPosition?) throws
    /// Sees every message that the stage takes or puts out, in order, again after a restart.
    mutating func observe(_ message: StageMessage)
    /// Answers a command that the stage has taken.
    func answer(_ command: ControlCommand, _ fold: borrowing StageFold<Stage>)
    /// Shows the state of the stage to whoever asks for the process's status.
    func report(_ desk: ProcessDesk, _ fold: borrowing StageFold<Stage>)
    mutating func checkpoint() throws -> AuditPosition
    mutating func finish(_ site: RunSite, _ fold: borrowing StageFold<Stage>, records: UInt64) throws
    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure)
}

extension HostedStage where Self: ~Copyable {
    static var tickInterval: Nanoseconds { .milliseconds(20) }
    static func seal(_ site: RunSite) throws -> ApprovalSeal? { nil }
    static func request(_ command: ControlCommand) -> OperatorCommand? { nil }
    mutating func open(_ site: RunSite, at position: SnapshotPosition?) throws {}
    mutating func observe(_ message: StageMessage) {}
    func answer(_ command: ControlCommand, _ fold: borrowing StageFold<Stage>) { command.finish(.done) }
    mutating func checkpoint() throws -> AuditPosition { .start }
    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {}
}
