import Orders
import Risk
import Units

/// What becomes of a command in the last instant before it would leave.
public enum Departure: Equatable, Sendable {
    case leaves
    /// For a venue that is not there.
    case waits
    /// It does not leave: a question about its order (`VenueCommand.asQuestion`) does in its place, under its number,
    /// so that a message which an earlier life of the process has sent under it does not shift those behind it.
    case withheld(isExpired: Bool)
}

extension VenueCommand {
    /// It could open or enlarge a position.
    public var opens: Bool {
        switch kind {
        case .submit, .modify: (order.role == .entry || order.role == .close) && !order.isReduceOnly
        case .cancel, .queryOrder, .queryOrders, .queryPosition: false
        }
    }

    /// The question about the order that a command is for.
    public var asQuestion: VenueCommand { VenueCommand(.queryOrder, order, epoch: epoch) }

    /// Until when a command may leave, by the message clock: as long as its approval holds, for one that opens; nil for
    /// every other. What had to wait longer, for a venue that is not there or for a disk, is not what was approved any
    /// more.
    ///
    /// - Parameters:
    ///   - cause: what the gateway took when it put the command out.
    ///   - time: when that was.
    ///   - life: of an approval.
    public func deadline(after cause: StageMessage?, at time: Timestamp, life: Nanoseconds) -> Timestamp? {
        guard opens else { return nil }
        if case .approval(let approval) = cause, approval.intent.id == order.id { return approval.expiry }
        return time + life
    }

    /// The last look before a command is sent.
    ///
    /// - Parameters:
    ///   - deadline: as `deadline(after:at:life:)` gave it.
    ///   - time: now, by the message clock.
    ///   - isVenueThere: it is heard. What opens is not handed to one that is not: it would leave later, unseen.
    ///   - isTaken: the venue has had the command from an earlier life of this process, so that it is only counted.
    ///   - isPermitted: nothing else is against it, such as the lock word.
    public func departure(
        deadline: Timestamp?, at time: Timestamp, isVenueThere: Bool, isTaken: Bool,
        isPermitted: (VenueCommand) -> Bool
    ) -> Departure {
        guard let deadline else { return .leaves }
        let isExpired = time >= deadline
        guard isVenueThere || isExpired else { return .waits }
        if isTaken { return .leaves }
        return isExpired || !isPermitted(self) ? .withheld(isExpired: isExpired) : .leaves
    }
}
