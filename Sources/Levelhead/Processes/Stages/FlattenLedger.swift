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
    /// The same of the last proof.
    private(set) var proofEpoch: UInt64 = 0
    private(set) var rounds: UInt32 = 0
    /// The market is closed: nothing can be closed before it opens.
    var isBlocked = false
    private var sender = ShortText()
    private var reason = ShortText()
    private var fees = Money.zero
    /// The risk gateway's is under way: an operator's that comes meanwhile is the same one.
    private var isRiskAsked = false
    /// What the gateway itself says of it, from its first notice on.
    private(set) var account = FlattenCertificate()

    /// An operator asked for it, or the gateway began it itself.
    mutating func begin(epoch: UInt64, sender: ShortText, reason: ShortText) {
        if phase == .underWay {
            // Two at once are one: the first who says under which lock.
            if self.epoch == 0, epoch > 0 { (self.sender, self.reason) = (sender, reason) }
            self.epoch = max(self.epoch, epoch)
            return
        }
        let paid = isRiskAsked ? fees : .zero
        self = FlattenLedger()
        fees = paid
        phase = .underWay
        self.epoch = epoch
        self.sender = sender
        self.reason = reason
    }

    /// The risk gateway asked for it. The gateway begins nothing of that when it has proven it already.
    mutating func riskAsks(_ why: StateReason) {
        guard phase != .underWay else { return }
        sender = ShortText(OperatorCommand.riskGate)
        reason = ShortText(why.name)
        fees = .zero
        isRiskAsked = true
    }

    /// The risk gateway has heard of the proof.
    mutating func riskIsDone() { isRiskAsked = false }

    mutating func add(_ fill: Fill) { fees += fill.fee }

    /// What the gateway says about its flatten. True for a proof that was not told before.
    mutating func take(_ notice: ExecutionNotice) -> Bool {
        switch notice.kind {
        case .flattening: begin(epoch: 0, sender: ShortText("execution"), reason: ShortText(notice.reason.name))
        case .flattenBlocked: isBlocked = true
        case .flat:
            if notice.certificate.proven == account.proven { return false }
            proofEpoch = phase == .underWay ? epoch : 0
            phase = .flat
            isRiskAsked = false
        case .flattenLate: break
        case .reconciliationQuestion, .reconciled, .strayOrder, .bookClose, .cancelAsked, .reconciliationAsked:
            return false
        }
        rounds = notice.rounds
        account = notice.certificate
        return notice.kind == .flat
    }

    /// Message time from the request to the proof.
    private var duration: Nanoseconds { account.proven - account.startMessage }

    /// The certificate as JSON; `ms` from the request to the proof, which was just given.
    ///
    /// - Parameter locked: when the lock was set that it was asked under, wall time in ns; nil when nothing says so.
    ///   The gateway may have been dead or stopped then.
    func certificate(_ site: RunSite, accounts: Int, locked: UInt64?, now: UInt64) -> String {
        let begun = now &- UInt64(max(0, duration.count))
        let asked = min(begun, locked ?? begun)
        return CertificateText.object(
            epoch: proofEpoch, who: "\(sender)", why: "\(reason)", run: site.directory, accounts: accounts,
            asked: asked, proven: now, rounds: UInt64(rounds), fills: UInt64(account.fills),
            contracts: account.contracts.contracts, slippage: account.slippage, fees: fees,
            more: [
                ("first_read_ns", JSONText.integer(account.firstProof.nanoseconds)),
                ("second_read_ns", JSONText.integer(account.secondProof.nanoseconds)),
                ("answered_ns", JSONText.integer(account.proven.nanoseconds)),
            ])
    }

    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("flatten ledger")
        var code = phase.rawValue
        try archive.field(&code)
        phase = Phase(rawValue: code) ?? .none
        try archive.field(&epoch)
        try archive.field(&proofEpoch)
        try archive.field(&rounds)
        try archive.field(&isBlocked)
        try archive.field(&sender)
        try archive.field(&reason)
        try archive.field(&fees)
        try archive.field(&isRiskAsked)
        try account.persist(&archive)
    }
}
