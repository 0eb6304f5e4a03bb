import DBN
import Units

// A replay whose gateway sends one contract or one schema after the other.
extension MarketFold {
    /// A contract's records that lie so far behind what another stream has said are not in the order of time, ns.
    private static let disorder: UInt64 = 60_000_000_000
    /// As close as it has to come again.
    private static let closeness: UInt64 = 250_000_000

    /// The time that a contract's engine is told with a record of a replay. Where other streams have been replayed to
    /// the present before it, one that has not begun lives through its own past by its own records. For one that has,
    /// its past has been closed by theirs, and what it lacks is a hole (`endReplay`).
    mutating func replayClock(of slot: Int, _ record: MarketByPriceView) -> UInt64 {
        let received = record.receiveTime.nanoseconds
        let isBehind = received < clock &- min(clock, lagging[slot] > 0 ? Self.closeness : Self.disorder)
        guard isBehind else {
            lagging[slot] = 0
            return clock
        }
        if lagging[slot] == 0, hasStarted(slot) {
            belated[slot] = min(belated[slot], record.record.eventTime.nanoseconds)
            return clock
        }
        lagging[slot] = max(lagging[slot], received)
        return lagging[slot]
    }

    /// The books are of the present again.
    mutating func endReplay<Sink: MarketSink & ~Copyable>(sink: inout Sink) {
        areBooksPast = false
        for slot in plan.signal.indices {
            lagging[slot] = 0
            guard belated[slot] < .max else { continue }
            loseSignal(slot, from: belated[slot], sink: &sink)
            belated[slot] = .max
        }
    }
}
