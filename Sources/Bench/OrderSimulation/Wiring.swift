import Determinism
import Orders
import Pipeline
import Units

/// How the processes are put together: who takes what an operator asks, and what the processes tell their folds.
enum Wiring {
    /// Who is asked to flatten, and who to cancel everything that opens.
    static let flattens: [ProcessName] = [.execution, .risk]
    static let cancels = ProcessName.execution

    /// What a process tells its fold of an order that did not leave.
    static func withheld(_ order: ClientOrderID, isExpired: Bool) -> OperatorCommand {
        OperatorCommand(isExpired ? .expired : .withheld, target: order)
    }

    static func withheldOrder(_ message: StageMessage) -> ClientOrderID? {
        guard case .request(let command) = message else { return nil }
        return command.request == .withheld || command.request == .expired ? command.target : nil
    }

    /// What a process tells its fold when it has been started again.
    static func atStart(_ name: ProcessName) -> OperatorCommand? {
        name == .execution ? OperatorCommand(.reconcile) : nil
    }

    /// Gives a manual order its type and prices, among them such as cannot be.
    static func shape(_ intent: inout OrderIntent, touch: Ticks, _ random: inout SeededGenerator) {
        guard intent.action == .open, random.chance(0.7) else { return }
        intent.type = random.pick(OrderType.allCases)
        intent.timeInForce = random.pick(TimeInForce.allCases)
        let near = touch + Ticks(Int64(random.draw(-8...8)))
        switch intent.type {
        case .market: break
        case .limit: intent.limit = near
        case .stop: intent.trigger = near
        case .stopLimit:
            intent.trigger = near
            intent.limit = near + Ticks(Int64(random.draw(-3...3)))
        case .trailingStop: intent.trail = Ticks(Int64(random.draw(0...6)))
        }
        intent.isReduceOnly = random.chance(0.05)
    }
}
