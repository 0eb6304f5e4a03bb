import Determinism
import Orders
import Pipeline

/// The word in shared memory that every sender looks at before it sends what opens: it outlives every process.
struct LockWord: Equatable {
    var epoch: UInt64 = 1
    var isLocked = false

    /// The first act of a flatten.
    mutating func raise() {
        epoch += 1
        isLocked = true
    }

    /// The last act of an arm; nothing when there was a flatten meanwhile.
    mutating func open(ifEpochIs epoch: UInt64) {
        if self.epoch == epoch { isLocked = false }
    }

    /// A command that opens may be sent in this state.
    func permits(_ command: VenueCommand) -> Bool { !isLocked && command.epoch == epoch }
}

/// What a fold has been told of the lock word: the process tells it what is new.
struct LockFollower {
    private(set) var epoch: UInt64 = 1
    private(set) var isLocked = false
    /// The last epoch under which it was told to flatten.
    private var flattened: UInt64 = 0

    /// Learns from what the fold takes, again after a restart.
    mutating func observe(_ message: StageMessage) {
        guard case .request(let command) = message, command.epoch >= epoch else { return }
        switch command.request {
        case .flatten: (epoch, isLocked, flattened) = (command.epoch, true, command.epoch)
        case .arm: (epoch, isLocked) = (command.epoch, false)
        default: break
        }
    }

    /// What the fold has to be told, if the word says something that it does not know.
    func news(_ word: LockWord) -> OperatorCommand? {
        if word.epoch < epoch { return nil }
        if word.isLocked, word.epoch == flattened { return nil }
        if !word.isLocked, word.epoch == epoch, !isLocked { return nil }
        return OperatorCommand(word.isLocked ? .flatten : .arm, waitsForOpen: word.isLocked, epoch: word.epoch)
    }
}

extension VenueCommand {
    /// It could open or enlarge a position.
    var opens: Bool {
        switch kind {
        case .submit, .modify: (order.role == .entry || order.role == .close) && !order.isReduceOnly
        case .cancel, .queryOrder, .queryOrders, .queryPosition: false
        }
    }
}
