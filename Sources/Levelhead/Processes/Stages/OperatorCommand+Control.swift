import Control
import Orders
import Units

extension OperatorCommand {
    /// What a fold is to take of an operator's command: under its whole number, so that whoever comes after a crash
    /// knows it again.
    init(
        _ request: OperatorRequest, of command: ControlCommand, intent: OrderIntent = .blank,
        target: ClientOrderID = .none, scope: StrategyID = .account, waitsForOpen: Bool = false, epoch: UInt64 = 0
    ) {
        self.init(
            request, id: command.id.high, rest: command.id.low, sender: ShortText(command.sender),
            reason: ShortText(command.arguments.reason ?? ""), intent: intent, target: target, scope: scope,
            waitsForOpen: waitsForOpen, epoch: epoch)
    }
}

extension ControlCommand {
    /// Its number, as folds and journals have it.
    var number: CommandNumber { CommandNumber(high: id.high, low: id.low) }
}
