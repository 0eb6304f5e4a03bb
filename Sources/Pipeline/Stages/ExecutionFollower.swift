import Determinism
import Execution
import MarketData
import Orders
import Risk
import Units

/// The execution gateway's fold: takes approvals, changes of the trading state, operators' commands and what the venue
/// says; puts out commands to the venue, and fills, order updates and notices.
public struct ExecutionFollower: TradingStage {
    private var execution: ExecutionAccounts
    /// The message clock: monotonic, and journaled with every message and tick.
    private var messageTime = Timestamp(nanoseconds: 0)

    private let isLogical: Bool

    /// - Parameter isLogical: messages have the time of the market, as in a replay.
    public init(_ configuration: TradingConfiguration, isLogical: Bool = false) {
        self.isLogical = isLogical
        execution = ExecutionAccounts(
            configuration.execution, epoch: configuration.orderEpoch, areTwo: configuration.hasTwoAccounts)
    }

    public var accounts: ExecutionAccounts { execution }
    /// Of the only account, or of the first.
    public var gateway: ExecutionGateway { execution.first }
    // Asked in every round of the process: of one account it alone is asked, for what is borrowed is copied.
    public var awaitsTime: Bool {
        if !execution.areTwo { return !execution.first.isIdle && !execution.first.awaitsMarket }
        return !execution.isIdle && !execution.awaitsMarket
    }

    public var mayPutOut: Bool {
        if !execution.areTwo { return !execution.first.isIdle || !execution.first.brackets.isEmpty }
        return !execution.isIdle || execution.hasBrackets
    }

    public var isAtRest: Bool { execution.isIdle && !execution.hasBrackets }

    public mutating func marketMoved(_ watch: inout MarketWatch, trades: UnsafeBufferPointer<TradeRun>) {
        advance(&watch)
    }

    public mutating func marketPassed(_ time: Timestamp, _ watch: inout MarketWatch) { advance(&watch) }

    public mutating func secondEnded(_ watch: inout MarketWatch, isMarked: Bool) { advance(&watch) }

    private mutating func advance(_ watch: inout MarketWatch) {
        if !execution.isIdleNow { execution.follow(watch.quote()) }
        execution.advance(clock(watch))
    }

    public mutating func take(_ message: StageMessage, at time: Timestamp, _ watch: inout MarketWatch) {
        messageTime = max(messageTime, time)
        // Risk approves nothing of another contract before all of the old one is gone.
        if watch.keepsFormer, case .approval = message { _ = watch.roll(isAtRest: isAtRest) }
        execution.follow(watch.quote())
        switch message {
        case .approval(let approval): execution.accept(approval, clock(watch))
        case .change(let change): execution.apply(change, clock(watch))
        case .event(let event):
            if isLogical { execution.checkStops(at: event.deliveryTime, clock(watch)) }
            execution.apply(event, clock(watch))
        case .request(let command):
            if let notice = ExecutionNotice(of: command, at: watch.now.event) { execution.first.notices.append(notice) }
            execution.apply(command, clock(watch))
        case .tick, .clock: execution.advance(clock(watch))
        case .signal, .verdict, .command, .fill, .update, .notice, .carried:
            preconditionFailure("a message for another process: the receiver checks kinds")
        }
    }

    public mutating func drain(_ body: (StageMessage) -> Void) {
        for index in execution.first.fills.indices { body(.fill(execution.first.fills[index])) }
        for index in execution.first.updates.indices { body(.update(execution.first.updates[index])) }
        for index in execution.first.notices.indices { body(.notice(execution.first.notices[index])) }
        for index in execution.first.commands.indices { body(.command(execution.first.commands[index])) }
        execution.first.fills.removeAll()
        execution.first.updates.removeAll()
        execution.first.notices.removeAll()
        execution.first.commands.removeAll()
    }

    private func clock(_ watch: borrowing MarketWatch) -> TradingClock {
        isLogical ? watch.clock : TradingClock(event: watch.now.event, message: messageTime)
    }

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try execution.persist(&archive)
        try archive.field(&messageTime)
    }
}
