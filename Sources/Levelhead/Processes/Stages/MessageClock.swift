import Orders
import Platform
import Units

/// The message clock of a stage's process: monotonic, never back, not even over a restart of the machine.
///
/// The venue's runs in the time of the market: the receive time of the last record, and on from there while none comes.
/// The gateways' is that of the machine.
struct MessageClock {
    /// The last time that was given.
    private(set) var last: Timestamp
    private let offset: Int64
    private var heard = Timestamp(nanoseconds: 0)
    private var heardAt = MonotonicClock.now()

    /// - Parameter last: what the clock showed before a restart.
    init(after last: Timestamp) {
        self.last = last
        let now = MonotonicClock.now().count
        offset = max(0, Int64(clamping: last.nanoseconds) - now)
    }

    mutating func now(_ role: ProcessRole, _ market: TradingClock) -> Timestamp {
        let machine = MonotonicClock.now()
        var time = Timestamp(nanoseconds: UInt64(clamping: machine.count + offset))
        if role == .paper {
            if market.message != heard {
                heard = market.message
                heardAt = machine
            }
            time = heard + (machine - heardAt)
        }
        last = max(last, time)
        return last
    }
}
