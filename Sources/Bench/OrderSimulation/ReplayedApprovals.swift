import Determinism
import Orders
import Pipeline
import Risk

/// Somebody keeps approvals and hands them to the execution gateway again, later. Each is good once, so that nothing
/// may come of it.
final class ReplayedApprovals: MessageTap {
    private let rate: Double
    private let seed: UInt64
    /// Messages admitted so far, and approvals among them.
    private var count: UInt64 = 0
    private var kept: [Approval] = []

    init(rate: Double, seed: UInt64) {
        self.rate = rate
        self.seed = seed
    }

    func pass(_ message: StageMessage) -> [StageMessage] { [message] }

    func admit(_ message: StageMessage) -> [StageMessage] {
        count += 1
        var random = SeededGenerator(seed: seed &+ count)
        var messages = [message]
        if !kept.isEmpty, random.chance(rate) { messages.append(.approval(random.pick(kept))) }
        if case .approval(let approval) = message { kept.append(approval) }
        return messages
    }

    var saved: [UInt8] {
        get {
            var archive = StateArchive()
            try? persist(&archive)
            return archive.bytes
        }
        set {
            count = 0
            kept = []
            if newValue.isEmpty { return }
            var archive = StateArchive(loading: newValue)
            try? persist(&archive)
        }
    }

    private func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&count)
        var number = kept.count
        try archive.field(&number)
        if archive.isLoading { kept = (0..<number).map { _ in Approval.blank } }
        for index in kept.indices { try kept[index].persist(&archive) }
    }
}
