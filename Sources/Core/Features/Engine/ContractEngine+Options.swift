import MarketCalendar
import MarketData
import Units

extension ContractEngine {
    /// What options on this contract are valued with at `time` (ns): its mid, points, valid or held; NaN for none.
    public func forward(at time: UInt64) -> Double {
        let mid = self.mid
        if mid.isUsable(at: time) { return points(twiceMid: mid.twiceMid) }
        // At the instant at which a session opens, the book that stands is valid, although no group has come yet.
        let instant = Timestamp(nanoseconds: time)
        guard hasStarted, instant >= session.close, status.isOpen(byCalendar: true),
            operators.pointee.configuration.calendar.sessionContaining(instant) != nil,
            book.pointee.isTwoSided, !book.pointee.isCrossed, !isSuspect
        else { return .nan }
        return points(twiceMid: book.pointee.twiceMid)
    }

    private func points(twiceMid: Int32) -> Double {
        Double(twiceMid) * 0.5 * operators.pointee.tickPoints
    }
}
