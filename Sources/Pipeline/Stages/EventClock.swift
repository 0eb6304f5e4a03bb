import Units

/// Event time of a live run while nothing comes from the ring: the newest record's, and on from there by a clock of the
/// machine that never steps back.
///
/// Says when the stage is to be told, once a second: that is an input of the stage, journaled as any other. It does not
/// ask why nothing comes (a feed that is gone or silent, an ingest that is stopped or dead).
public struct EventClock: Sendable {
    /// For so long nothing has come before the stage is told: a live feed's ingest says something once a second.
    public static let patience = Nanoseconds.seconds(2)
    /// Between two times that the stage is told.
    public static let interval = Nanoseconds.seconds(1)

    /// Event time at `anchoredAt`, by the last record that moved it.
    private var anchor: Timestamp
    private var anchoredAt: Nanoseconds
    /// When the last record of the present came.
    private var heardAt: Nanoseconds
    /// What the stage was told last, and when.
    private var told: Timestamp
    private var toldAt: Nanoseconds

    /// - Parameters:
    ///   - time: event time as the stage knows it; 0 before the first record.
    ///   - now: the machine's clock.
    public init(at time: Timestamp, now: Nanoseconds) {
        anchor = time
        anchoredAt = now
        heardAt = now
        told = time
        toldAt = now
    }

    /// Records came, and event time by them is `time`.
    ///
    /// Records of a replay are of the past. Until they have come as far as the stage was told, or the feed says that it
    /// is live, time goes on as if there were none, however often a session begins and breaks off. So it does when
    /// records come that move no time: those of the options' own dataset, while the futures' feed is gone.
    public mutating func hear(_ time: Timestamp, isLive: Bool, now: Nanoseconds) {
        guard isLive || time >= told && time != anchor else { return }
        heardAt = now
        // What a feed says of itself moves no time, and takes none back.
        guard time != anchor else { return }
        anchor = time
        anchoredAt = now
    }

    /// What the stage is to be told now; nil for nothing.
    ///
    /// - Parameter interval: since the last time, at least.
    public mutating func due(_ now: Nanoseconds, every interval: Nanoseconds = EventClock.interval) -> Timestamp? {
        guard anchor.nanoseconds > 0, now - heardAt >= Self.patience, now - toldAt >= interval else { return nil }
        toldAt = now
        let time = anchor + (now - anchoredAt)
        guard time > told else { return nil }
        told = time
        return time
    }
}
