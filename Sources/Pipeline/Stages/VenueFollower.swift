import Determinism
import MarketData
import Orders
import PaperVenue
import Units

/// The paper venue's fold: takes commands, puts out events when they are due.
///
/// Its message clock is the receive time of the records, moved on by ticks while the feed is silent.
public struct VenueFollower: TradingStage {
    private var paper: PaperAccounts
    private var messageTime = Timestamp(nanoseconds: 0)
    /// Of the first account, and of the second.
    private var voice: FaultyVoice
    private var otherVoice: FaultyVoice

    public init(_ configuration: TradingConfiguration) {
        paper = PaperAccounts(configuration.venue, areTwo: configuration.hasTwoAccounts)
        voice = FaultyVoice(configuration.venue.faults, seed: configuration.venue.seed)
        otherVoice = FaultyVoice(configuration.venue.faults, seed: ~configuration.venue.seed)
    }

    public var accounts: PaperAccounts { paper }
    /// Of the only account, or of the first.
    public var venue: PaperVenue { paper.first }
    // Asked in every round of the process: of one account it alone is asked, for what is borrowed is copied.
    public var awaitsTime: Bool {
        if !paper.areTwo { return !paper.first.isIdle || paper.first.hasEvents }
        return !paper.isIdle || paper.hasEvents
    }

    public var mayPutOut: Bool { awaitsTime }

    public var isAtRest: Bool { paper.isAtRest }

    public mutating func sessionBegan(_ watch: inout MarketWatch) {
        follow(watch)
        paper.begin(watch.day)
    }

    public mutating func secondBegan(_ time: Timestamp, _ watch: inout MarketWatch) {
        follow(watch)
        paper.advance(to: time)
    }

    public mutating func marketMoved(_ watch: inout MarketWatch, trades: UnsafeBufferPointer<TradeRun>) {
        follow(watch)
        if paper.isIdleNow { return }
        paper.apply(watch.update(depth: TradingLimits.bookLevels, trades: trades))
    }

    public mutating func marketPassed(_ time: Timestamp, _ watch: inout MarketWatch) {
        follow(watch)
        paper.advance(to: time)
    }

    public mutating func secondEnded(_ watch: inout MarketWatch, isMarked: Bool) {}

    public mutating func take(_ message: StageMessage, at time: Timestamp, _ watch: inout MarketWatch) {
        messageTime = max(messageTime, time)
        follow(watch)
        // What comes when nothing of the old contract is left is for the one that leads.
        if watch.keepsFormer, case .command = message { _ = watch.roll(isAtRest: isAtRest) }
        switch message {
        case .command(let command):
            paper.receive(command, at: messageTime, market: watch.update(depth: TradingLimits.bookLevels))
        case .request(let request): obey(request)
        case .tick: paper.advance(to: messageTime)
        case .signal, .approval, .change, .verdict, .event, .fill, .update, .notice, .clock, .carried:
            preconditionFailure("a message for another process: the receiver checks kinds")
        }
    }

    /// What an operator tells the venue itself, with the gateways' processes alive or not. A flatten holds to its epoch
    /// and closes the gateway's session: who asks closes by direct commands. An arm holds to its epoch and opens the
    /// session again, unless that was closed under a later one; a halt only holds.
    private mutating func obey(_ request: OperatorCommand) {
        switch request.request {
        case .flatten: paper.closeSession()
        case .arm: if request.epoch == 0 || request.epoch >= venue.heldEpoch { paper.openSession() }
        case .halt: break
        case .pause, .resume, .order, .modify, .cancel, .withheld, .expired, .identities, .reconcile, .peerSilent,
            .peerHeard:
            return
        }
        paper.hold(request.epoch)
    }

    public mutating func drain(_ body: (StageMessage) -> Void) {
        guard paper.hasEventsNow else { return }
        while let event = paper.nextEvent(until: messageTime) {
            if voice.isHonest {
                body(.event(event))
            } else if event.account == .first {
                voice.tell(event) { body(.event($0)) }
            } else {
                otherVoice.tell(event) { body(.event($0)) }
            }
        }
    }

    private mutating func follow(_ watch: borrowing MarketWatch) {
        messageTime = max(messageTime, watch.clock.message)
    }

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try paper.persist(&archive)
        try archive.field(&messageTime)
        if voice.isHonest { return }
        try voice.persist(&archive)
        if paper.areTwo { try otherVoice.persist(&archive) }
    }
}
