import Units

/// The message clock of a process: monotonic, never back, not even over a restart. The venue's runs in the time of the
/// market: the receive time of the last record, and on from there while none comes. The gateways' is the machine's.
struct SimulatedMessageClock {
    private(set) var last: Timestamp
    private let followsMarket: Bool
    private var heard = Timestamp(nanoseconds: 0)
    private var heardAt: UInt64 = 0

    init(followsMarket: Bool, after last: Timestamp) {
        self.followsMarket = followsMarket
        self.last = last
    }

    /// - Parameter market: the receive time of the record taken last.
    mutating func now(_ machine: UInt64, market: Timestamp) -> Timestamp {
        var time = Timestamp(nanoseconds: machine)
        if followsMarket {
            if market != heard {
                heard = market
                heardAt = machine
            }
            time = heard + Nanoseconds(Int64(machine - heardAt))
        }
        last = max(last, time)
        return last
    }
}
