import Units

/// The time of what comes: the largest receive time that can be believed, for whoever dates a tape or its marks by it.
/// A stamp that cannot be changes nothing here, for nothing could bring the clock back.
///
/// What is at most a week ahead counts. A record that is further ahead counts if it was received within a week of its
/// own event, and only when a second one says the same: a wrong stamp is not taken for the next month's first record.
/// Nor is one that Databento itself calls wrong.
public struct DataClock: Sendable {
    /// The largest time so far; 0 before the first.
    public private(set) var time: Timestamp
    /// A time that jumped and that no second record has confirmed yet, ns; 0 for none.
    private var jump: UInt64 = 0

    /// A stamp further in the future than this is not believed.
    private static let farthest = Timestamp.nanosecondsPerWeek

    public init(at time: Timestamp = Timestamp(nanoseconds: 0)) { self.time = time }

    /// Hears of a record's time.
    @inlinable @inline(__always)
    public mutating func hear(_ record: RecordView) {
        let received = record.receiveTime
        if received > time { advance(to: received, record) }
    }

    @usableFromInline mutating func advance(to received: Timestamp, _ record: RecordView) {
        let stamp = received.nanoseconds
        guard stamp < Timestamp.latest.nanoseconds, !record.hasWrongReceiveTime else { return }
        if time.nanoseconds > 0, stamp <= time.nanoseconds &+ Self.farthest {
            jump = 0
            time = received
            return
        }
        // What a gateway or an ingest says of itself has one time alone, and proves nothing about it.
        switch record.type {
        case .system, .symbolMapping, .error: return
        default: break
        }
        guard Self.areNear(stamp, record.eventTime.nanoseconds) else { return }
        guard time.nanoseconds == 0 || jump > 0 && Self.areNear(stamp, jump) else {
            jump = stamp
            return
        }
        jump = 0
        time = received
    }

    /// When a tape begins whose first record this is: its receive time, unless that cannot be.
    ///
    /// - Parameter now: nothing has been received much later than that. A record may tell of something long past (a
    ///   definition, an order that rests for months), but not be received before it happened.
    public static func beginning(_ record: RecordView, now: Timestamp) -> Timestamp? {
        let (received, event) = (record.receiveTime.nanoseconds, record.eventTime.nanoseconds)
        let latest = Timestamp.latest.nanoseconds
        if received < latest, event <= received &+ farthest,
            areNear(received, event) || received <= now.nanoseconds &+ farthest {
            return Timestamp(nanoseconds: received)
        }
        return event < latest && event <= now.nanoseconds &+ farthest ? Timestamp(nanoseconds: event) : nil
    }

    private static func areNear(_ a: UInt64, _ b: UInt64) -> Bool {
        a <= b &+ farthest && b <= a &+ farthest
    }
}
