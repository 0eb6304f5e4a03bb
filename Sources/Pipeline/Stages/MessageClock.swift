import Units

/// The message clock of a stage's process: monotonic, never back, not even over a restart of the machine. It reads no
/// clock: its owner says what the machine's shows.
///
/// The venue's runs in the time of the market: the receive time of the last record, and on from there while none comes.
/// The gateways' is that of the machine.
public struct MessageClock: Sendable {
    /// The last time that was given.
    public private(set) var last: Timestamp
    private let followsMarket: Bool
    private let offset: Int64
    private var heard = Timestamp(nanoseconds: 0)
    private var heardAt: Nanoseconds

    /// - Parameters:
    ///   - last: what the clock showed before a restart.
    ///   - machine: what the machine's monotonic clock shows.
    public init(after last: Timestamp, followsMarket: Bool, at machine: Nanoseconds) {
        self.last = last
        self.followsMarket = followsMarket
        offset = max(0, Int64(clamping: last.nanoseconds) - machine.count)
        heardAt = machine
    }

    /// - Parameter market: the receive time of the record taken last.
    public mutating func now(_ machine: Nanoseconds, market: Timestamp) -> Timestamp {
        var time = Timestamp(nanoseconds: UInt64(clamping: machine.count + offset))
        if followsMarket {
            if market != heard {
                heard = market
                heardAt = machine
            }
            time = heard + (machine - heardAt)
        }
        last = max(last, time)
        return last
    }
}
