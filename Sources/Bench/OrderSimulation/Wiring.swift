import Determinism
import Orders
import Pipeline
import Units

/// How the processes are put together: who takes what an operator asks, and what the processes tell their folds.
enum Wiring {
    /// The lock word is looked at before what opens is sent.
    static let looksAtLock = false
    /// Who is asked to flatten.
    static let flattens: [ProcessName] = [.risk]

    /// What a process tells its fold of an order that did not leave.
    static func withheld(_ order: ClientOrderID) -> OperatorCommand {
        OperatorCommand(.cancel, target: order)
    }

    static func withheldOrder(_ message: StageMessage) -> ClientOrderID? {
        nil
    }
}

extension Wiring {
    /// Who is asked to cancel.
    static let cancels = ProcessName.risk

    /// Gives a manual order its type and prices.
    static func shape(_ intent: inout OrderIntent, touch: Ticks, _ random: inout SeededGenerator) {
        guard intent.action == .open, random.chance(0.5) else { return }
        intent.type = .limit
        intent.limit = touch + Ticks(Int64(random.draw(-8...8)))
    }
}
