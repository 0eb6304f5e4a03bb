import Control
import Determinism
import Foundation
import Orders
import Pipeline
import Platform
import Units

/// What a flatten came to, for its certificate: collected from what goes in and out of the execution gateway.
struct FlattenLedger {
    enum Phase: UInt8, Equatable, BitwiseCopyable {
        case none = 0
        case underWay = 1
        /// Proven flat, and a certificate was written or could not be.
        case flat = 2
    }

    private(set) var phase = Phase.none
    /// Of the lock word that it was asked under; 0 for one that nobody asked for.
    private(set) var epoch: UInt64 = 0
    private(set) var rounds: UInt32 = 0
    /// The market is closed: nothing can be closed before it opens.
    var isBlocked = false
    private var sender = ShortText()
    private var reason = ShortText()
    private var startedAt: UInt64 = 0
    private var fillCount: UInt64 = 0
    private var contracts: Int64 = 0
    /// What the fills cost against the price at which the position could have been left at the start, in ticks times
    /// contracts: positive when it cost more.
    private var slippage: Int64 = 0
    private var fees = Money.zero
    /// Bid and ask at the start; zero when there was none.
    private var bid = Ticks.zero
    private var ask = Ticks.zero

    /// An operator asked for it, or the gateway began it itself.
    mutating func begin(epoch: UInt64, sender: ShortText, reason: ShortText) {
        if phase == .underWay {
            // Two at once are one: the first who says under which lock.
            if self.epoch == 0, epoch > 0 { (self.sender, self.reason) = (sender, reason) }
            self.epoch = max(self.epoch, epoch)
            return
        }
        self = FlattenLedger()
        phase = .underWay
        self.epoch = epoch
        self.sender = sender
        self.reason = reason
        startedAt = MonotonicClock.wallTime().nanoseconds
    }

    mutating func setQuote(bid: Ticks, ask: Ticks) {
        guard phase == .underWay, self.bid == .zero, self.ask == .zero else { return }
        self.bid = bid
        self.ask = ask
    }

    mutating func add(_ fill: Fill) {
        guard phase == .underWay else { return }
        fillCount += 1
        contracts += fill.quantity.contracts
        fees += fill.fee
        let reference = fill.side == .sell ? bid : ask
        if reference != .zero { slippage += fill.side.sign * (fill.price - reference).count * fill.quantity.contracts }
    }

    mutating func setRounds(_ rounds: UInt32) { self.rounds = rounds }
    mutating func finish() { phase = .flat }

    /// The certificate as JSON; `ms` from the request to the proof.
    func certificate(_ site: RunSite, terms: ContractTerms, now: UInt64) -> String {
        JSONText.object([
            "flat": "true", "epoch": JSONText.integer(epoch), "who": JSONText.string("\(sender)"),
            "why": JSONText.string("\(reason)"), "run": JSONText.string(site.directory),
            "asked_ns": JSONText.integer(startedAt), "proven_ns": JSONText.integer(now),
            "ms": "\(Double(now &- startedAt) / 1e6)", "rounds": JSONText.integer(rounds),
            "fills": JSONText.integer(fillCount), "contracts": JSONText.integer(contracts),
            "slippage_usd": JSONText.string((terms.moneyPerTick * slippage).description),
            "fees_usd": JSONText.string(fees.description),
        ])
    }

    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("flatten ledger")
        var code = phase.rawValue
        try archive.field(&code)
        phase = Phase(rawValue: code) ?? .none
        try archive.field(&epoch)
        try archive.field(&rounds)
        try archive.field(&isBlocked)
        try archive.field(&sender)
        try archive.field(&reason)
        try archive.field(&startedAt)
        try archive.field(&fillCount)
        try archive.field(&contracts)
        try archive.field(&slippage)
        try archive.field(&fees)
        try archive.field(&bid)
        try archive.field(&ask)
    }
}
