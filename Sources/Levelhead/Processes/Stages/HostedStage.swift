import Control
import Determinism
import Orders
import Pipeline
import Risk
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
    /// - Parameter isLive: the run's records come from a gateway.
    init(_ site: RunSite, _ setup: MarketSetup, isLive: Bool) throws
    /// Opens the files that go on from where they stood.
    mutating func open(_ site: RunSite, at position: SnapshotPosition?) throws
    /// What the stage is to take of a message that came through a channel. `origin`: when the record was received that
    /// it follows from, by our wall clock, ns; 0 when unknown. `now` is of that clock too, `time` of the message clock.
    func received(_ message: StageMessage, origin: UInt64, now: Timestamp, time: Timestamp) -> StageMessage
    /// Sees every message that the stage has taken or puts out, in order, again after a restart.
    mutating func observe(_ message: StageMessage, _ fold: borrowing StageFold<Stage>)
    /// Writes down for people what was observed since the last time. What follows from it has left: nobody waits.
    mutating func record() throws
    /// More waits for `record` than should: what it follows from is kept first, and then it is written in mid-work.
    var hasManyUnrecorded: Bool { get }
    /// What is to become of an operator's command.
    mutating func begin(_ command: ControlCommand, _ fold: inout StageFold<Stage>) -> CommandStep
    /// The stage has taken what `begin` made of the command, and everything that follows has left: answers it, or
    /// keeps it until there is an answer.
    mutating func answer(_ command: ControlCommand, _ fold: inout StageFold<Stage>)
    /// Answers those that were kept, as far as that is possible now.
    mutating func follow(_ fold: inout StageFold<Stage>)
    /// Ticks of the message clock are wanted every millisecond.
    var isHurried: Bool { get }
    /// What the stage takes first of all when its process has a predecessor; nil for nothing.
    static var afterRestart: OperatorCommand? { get }
    /// What it puts out goes to the venue, and is journaled before it leaves. What others put out follows from their
    /// inputs, is made again after a crash, and is journaled when it has left.
    static var sendsOrders: Bool { get }
    /// It gives out identities of orders.
    static var numbersOrders: Bool { get }
    /// It has timers of event time, which go on while a live feed is silent.
    static var followsEventTime: Bool { get }
    /// What the stage has been told of the lock word; nil for one that need not know.
    var lock: LockFollower? { get }
    /// Whose silence the stage has to be told; nil for nobody's.
    var peer: PeerWatch? { get }
    /// A process before this one has taken the command: it is answered for.
    func hasTaken(_ command: ControlCommand) -> Bool
    /// For how long it may not be heard, beyond what makes it silent.
    static var peerPatience: Nanoseconds { get }
    /// Takes messages from the process's door for others than its channels' ends; nil when there is none.
    mutating func nextVisitor() -> StageMessage?
    /// Shows the state of the stage to whoever asks for the process's status.
    func report(_ desk: ProcessDesk, _ fold: borrowing StageFold<Stage>)
    /// What the stage has put out and found no room for.
    func dropped(_ fold: borrowing StageFold<Stage>) -> UInt64
    /// What the stage is to be told when the disk is full; nil for one that opens nothing.
    static var diskFull: OperatorCommand? { get }
    /// Something that the process writes beside its journals found no space.
    var isDiskFull: Bool { get set }
    /// What an earlier run has left for this one and it does not have yet; nil for nothing.
    mutating func carriedOver(isNew: Bool) -> DayUsage?
    /// Puts into the state directory what has to outlive the run, before what follows from it leaves.
    mutating func secure(_ fold: borrowing StageFold<Stage>)
    mutating func checkpoint() throws -> AuditPosition
    mutating func finish(_ site: RunSite, _ fold: borrowing StageFold<Stage>, records: UInt64) throws
    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure)
}

/// What a process does with an operator's command.
enum CommandStep {
    case notConcerned
    /// It cannot be done, and why.
    case refuse(String)
    /// The stage is to take this.
    case take(OperatorCommand)
    /// The stage knows of it already: the answer comes with `follow`.
    case wait
}

extension HostedStage where Self: ~Copyable {
    static var tickInterval: Nanoseconds { .milliseconds(20) }
    static func seal(_ site: RunSite) throws -> ApprovalSeal? { nil }
    static var diskFull: OperatorCommand? { nil }
    mutating func open(_ site: RunSite, at position: SnapshotPosition?) throws {}
    func received(_ message: StageMessage, origin: UInt64, now: Timestamp, time: Timestamp) -> StageMessage { message }
    mutating func observe(_ message: StageMessage, _ fold: borrowing StageFold<Stage>) {}
    mutating func record() throws {}
    var hasManyUnrecorded: Bool { false }
    mutating func begin(_ command: ControlCommand, _ fold: inout StageFold<Stage>) -> CommandStep { .notConcerned }
    mutating func answer(_ command: ControlCommand, _ fold: inout StageFold<Stage>) { command.finish(.done) }
    mutating func follow(_ fold: inout StageFold<Stage>) {}
    var lock: LockFollower? { nil }
    var isHurried: Bool { false }
    static var afterRestart: OperatorCommand? { nil }
    static var sendsOrders: Bool { false }
    static var numbersOrders: Bool { false }
    static var followsEventTime: Bool { false }
    var peer: PeerWatch? { nil }
    func hasTaken(_ command: ControlCommand) -> Bool { false }
    static var peerPatience: Nanoseconds { .zero }
    mutating func nextVisitor() -> StageMessage? { nil }
    func dropped(_ fold: borrowing StageFold<Stage>) -> UInt64 { 0 }
    mutating func carriedOver(isNew: Bool) -> DayUsage? { nil }
    mutating func secure(_ fold: borrowing StageFold<Stage>) {}
    mutating func checkpoint() throws -> AuditPosition { .start }
    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {}
}
