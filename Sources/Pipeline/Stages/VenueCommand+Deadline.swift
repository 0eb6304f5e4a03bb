import Orders
import Risk
import Units

extension VenueCommand {
    /// Until when a command that opens may leave, by the message clock: as long as its approval holds. What had to wait
    /// longer, for a venue that is not there or for a disk, is not what was approved any more.
    ///
    /// - Parameters:
    ///   - cause: what the gateway took when it put the command out.
    ///   - time: when that was.
    ///   - life: of an approval.
    public func deadline(after cause: StageMessage?, at time: Timestamp, life: Nanoseconds) -> Timestamp {
        if case .approval(let approval) = cause, approval.intent.id == order.id { return approval.expiry }
        return time + life
    }
}
