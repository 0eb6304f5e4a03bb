import Determinism
import MarketData
import Orders
import Risk
import Units

/// The risk gateway's fold: takes signals, fills, order updates, notices and requests; puts out verdicts, changes of
/// the trading state and approvals.
public struct RiskFollower: TradingStage {
    private var risk: RiskStage
    private let isLogical: Bool

    /// - Parameter isLogical: signals are reviewed when their group ends, as in a replay, and not at once.
    public init(_ configuration: TradingConfiguration, isLogical: Bool = false) {
        self.isLogical = isLogical
        risk = RiskStage(configuration, epoch: configuration.orderEpoch)
    }

    public var gate: RiskGate { risk.gate }
    public var awaitsTime: Bool { false }
    public var mayPutOut: Bool { !risk.gate.position.isFlat || risk.gate.state == .reducing || risk.hasIntents }

    public mutating func sessionBegan(_ watch: inout MarketWatch) { risk.begin(watch.day) }

    public mutating func marketMoved(_ watch: inout MarketWatch, trades: UnsafeBufferPointer<TradeRun>) {
        risk.apply(watch.update(depth: 1))
    }

    public mutating func groupEnded(_ watch: inout MarketWatch) { risk.review(watch.clock) }

    public mutating func secondEnded(_ watch: inout MarketWatch, isMarked: Bool) {
        if isMarked { risk.apply(watch.update(depth: 1)) }
        risk.advance(to: watch.clock.event)
    }

    public mutating func take(_ message: StageMessage, at time: Timestamp, _ watch: inout MarketWatch) {
        switch message {
        case .signal(let signal):
            risk.apply(signal)
            if !isLogical { risk.review(watch.clock) }
        case .fill(let fill): risk.apply(fill)
        case .update(let update): risk.apply(update)
        case .notice(let notice): risk.apply(notice)
        case .request(let request): _ = risk.apply(request)
        case .tick: break
        case .approval, .change, .verdict, .command, .event:
            preconditionFailure("a message for another process: the receiver checks kinds")
        }
    }

    public mutating func drain(_ body: (StageMessage) -> Void) {
        for index in risk.gate.verdicts.indices { body(.verdict(risk.gate.verdicts[index])) }
        risk.gate.verdicts.removeAll()
        for index in risk.gate.changes.indices { body(.change(risk.gate.changes[index])) }
        risk.gate.changes.removeAll()
        for index in risk.approvals.indices { body(.approval(risk.approvals[index])) }
        risk.approvals.removeAll()
    }

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try risk.persist(&archive)
    }
}
