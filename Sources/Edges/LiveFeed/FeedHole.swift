import DBN
import Units

/// Records that are missing, or of which nothing proves that none is: from the instant of the last record that came to
/// that of the first after it, in the venue's time.
public struct FeedHole: Hashable, Sendable {
    /// Nil for every schema.
    public var schema: Schema?
    /// 0 for every instrument.
    public var instrument: InstrumentID
    public var from: Timestamp
    /// Undefined for what ends with the next record of the instrument.
    public var to: Timestamp
    public var reason: FeedMark.Reason

    public init(
        schema: Schema?, instrument: InstrumentID, from: Timestamp, to: Timestamp, reason: FeedMark.Reason
    ) {
        self.schema = schema
        self.instrument = instrument
        self.from = from
        self.to = to
        self.reason = reason
    }
}

extension FeedHole {
    /// Books move within the first minute of a session: where the first comes later, others came before it.
    private static let minute = Nanoseconds.seconds(60)

    /// What a run lacks of the session of its first book: what came before that; nil when nothing did.
    ///
    /// - Parameters:
    ///   - first: the event time of the book.
    ///   - session: when its session began.
    ///   - replay: where the replay begins that was asked for; nil when none was.
    ///   - presentSession: when the session began in which the run did. Of a later one it was there from the beginning:
    ///     over a weekend nothing comes.
    public static func unseen(
        before first: Timestamp, session: Timestamp, replay: Timestamp?, presentSession: Timestamp
    ) -> FeedHole? {
        let wasThere = session > presentSession
        let from = wasThere ? session : replay ?? session
        guard first > from + (wasThere || replay != nil ? minute : .zero) else { return nil }
        return FeedHole(schema: nil, instrument: InstrumentID(0), from: from, to: first, reason: .unreplayed)
    }
}

/// Records of a schema that are missing from an instant on, until its next record says how far.
struct OpenHole {
    let schema: Schema
    let from: Timestamp
    let reason: FeedMark.Reason
    /// An older record shows that nothing is missing.
    var oldest = Timestamp(nanoseconds: 0)
    /// When the session was there, by our clock, of which the next record comes: from then on nothing is missing, also
    /// where nothing came.
    var present = Timestamp(nanoseconds: .max)

    /// Where it ends when the schema's next record is of `time`. Where the data lie ahead of our clock, that says
    /// nothing of them.
    func end(before time: Timestamp) -> Timestamp { max(from, present > from ? min(time, present) : time) }
}

extension FeedHole: CustomStringConvertible {
    public var description: String {
        "hole: \(schema?.name ?? "every schema"), "
            + (instrument.raw == 0 ? "every instrument" : "instrument \(instrument.raw)")
            + ", after \(from.nanoseconds) up to \(to.isDefined ? "\(to.nanoseconds)" : "the next record"): \(reason)"
    }
}
