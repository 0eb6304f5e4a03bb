import Pipeline

/// What stands between a fold and its channels: the venue's lies, or a seeded defect. A function of what passed through
/// it before, so that a fold that is folded again passes the same.
protocol MessageTap: AnyObject {
    /// What becomes of a message that the fold put out.
    func pass(_ message: StageMessage) -> [StageMessage]
    /// What becomes of a message that the fold is to take.
    func admit(_ message: StageMessage) -> [StageMessage]
    /// Its state, for snapshots; empty at the start.
    var saved: [UInt8] { get set }
}

/// Nothing stands between them.
final class OpenTap: MessageTap {
    var saved: [UInt8] = []
    func pass(_ message: StageMessage) -> [StageMessage] { [message] }
    func admit(_ message: StageMessage) -> [StageMessage] { [message] }
}
