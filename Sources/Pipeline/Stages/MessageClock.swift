import Units

/// The message clock of a stage's process: monotonic, never back, not even over a restart of the machine. It reads no
/// clock: its owner says what the machine's shows.
///
/// The venue's runs in the time of the market: the receive time of the last record, and on from there while none comes.
/// Where records are older than that (the feed was late), it goes on at half the machine's speed until they have come
/// up with it: what is due at a time is always done. The gateways' is that of the machine.
public struct MessageClock: Sendable {
    /// The last time that was given.
    public private(set) var last: Timestamp
    private let followsMarket: Bool
    private let offset: Int64
    private var heard = Timestamp(nanoseconds: 0)
    private var heardAt: Nanoseconds
    /// No record was heard of since the restart.
    private var isNew = true
    private var askedAt: Nanoseconds

    /// - Parameters:
    ///   - last: what the clock showed before a restart.
    ///   - machine: what the machine's monotonic clock shows.
    public init(after last: Timestamp, followsMarket: Bool, at machine: Nanoseconds) {
        self.last = last
        self.followsMarket = followsMarket
        offset = max(0, Int64(clamping: last.nanoseconds) - machine.count)
        heardAt = machine
        askedAt = machine
    }

    /// - Parameter market: the receive time of the record taken last.
    public mutating func now(_ machine: Nanoseconds, market: Timestamp) -> Timestamp {
        var time = Timestamp(nanoseconds: UInt64(clamping: machine.count + offset))
        if followsMarket {
            if market != heard {
                heard = market
                // What was given since that record, before a restart, has passed.
                heardAt = isNew && market < last ? machine - (last - market) : machine
                isNew = false
            }
            time = max(heard + (machine - heardAt), last + Nanoseconds((machine - askedAt).count / 2))
        }
        askedAt = machine
        last = max(last, time)
        return last
    }
}
