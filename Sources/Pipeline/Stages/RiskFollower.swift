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
    /// What became of the last request; not saved, for it is looked at when it has just been made.
    public private(set) var outcome = OperatorOutcome.done
    /// The message clock, which says when an approval expires: what is wanted between two messages waits for a tick.
    private var messageTime = Timestamp(nanoseconds: 0)

    /// - Parameter isLogical: signals are reviewed when their group ends, as in a replay, and not at once.
    public init(_ configuration: TradingConfiguration, isLogical: Bool = false) {
        self.isLogical = isLogical
        risk = RiskStage(configuration, epoch: configuration.orderEpoch)
    }

    public var gate: RiskGate { risk.gate }
    public var awaitsTime: Bool { !isLogical && risk.hasIntents }
    public var mayPutOut: Bool {
        risk.gate.looksAtEveryUpdate || risk.gate.state == .reducing || risk.hasIntents || risk.gate.awaitsRoll
            || risk.gate.awaitsProgrammeEnd
    }
    public var isAtRest: Bool { risk.isAtRest }

    public mutating func sessionBegan(_ watch: inout MarketWatch) {
        risk.begin(watch.day, keepsContract: watch.keepsFormer)
    }

    public mutating func contractChanged() { risk.changeContract() }

    public mutating func marketMoved(_ watch: inout MarketWatch, trades: UnsafeBufferPointer<TradeRun>) {
        risk.apply(watch.update(depth: 1))
    }

    public mutating func groupEnded(_ watch: inout MarketWatch) {
        if isLogical { risk.review(watch.clock) } else { _ = risk.collectIntents(watch.now) }
    }

    public mutating func secondEnded(_ watch: inout MarketWatch, isMarked: Bool) {
        if isMarked { risk.mark(watch.update(depth: 1)) }
        risk.advance(to: watch.clock.event)
    }

    public mutating func feedChanged(_ feed: FeedCondition) {
        risk.gate.feedChanged(
            isLive: feed == .live, hasPresentBooks: feed.hasPresentBooks, isLate: feed == .late)
    }

    public mutating func take(_ message: StageMessage, at time: Timestamp, _ watch: inout MarketWatch) {
        messageTime = max(messageTime, time)
        switch message {
        case .signal(let signal):
            risk.apply(signal)
            if !isLogical { review(watch) }
        case .fill(let fill): risk.apply(fill)
        case .update(let update): risk.apply(update)
        case .notice(let notice):
            risk.apply(notice)
            if !isLogical, notice.kind == .bookClose { review(watch) }
        case .request(let request):
            risk.approvalTime = isLogical ? watch.clock.message : messageTime
            outcome = risk.apply(request)
        case .tick: if !isLogical { review(watch) }
        case .clock:
            risk.advance(to: watch.now.event)
            if !isLogical { review(watch) }
        case .carried(let usage): risk.gate.carry(usage)
        case .approval, .change, .verdict, .command, .event:
            preconditionFailure("a message for another process: the receiver checks kinds")
        }
    }

    private mutating func review(_ watch: borrowing MarketWatch) {
        guard risk.collectIntents(watch.now) else { return }
        risk.approvalTime = messageTime
        risk.reviewIntents()
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
        try archive.field(&messageTime)
    }
}
