import Units

/// What a feed says about its own data: a quality mark in ring and tape.
///
/// It travels as a version 3 `system` record, so that every reader of DBN can read the tape, with code "unset" (255,
/// which Databento gives to texts it does not know) and a text of `key=value` fields:
///
///     levelhead=gap|dataset=GLBX.MDP3|schema=mbp-10|from=1767225600000000000|to=…|reason=silent|at=…
///
/// The record's `instrument_id` is the instrument that is concerned, 0 for all; its `ts_event` is the place of the mark
/// in the data's own time, which during a replay is not the time of day (`wallTime`, the field `at`).
@frozen public struct FeedMark: Hashable, BitwiseCopyable, Sendable {
    /// What has happened.
    public enum Kind: UInt8, BitwiseCopyable, CaseIterable, Sendable {
        /// The session ended; what follows is missing until it is replayed or a gap is marked.
        case down
        /// A replay has been asked for, from `from` on: until `replayed` of this schema its records are old.
        case replaying
        /// The replay of a schema is complete.
        case replayed
        /// Every replay is complete: what follows is the present.
        case live
        /// The gateway will not have us; nobody tries again.
        case refused
        /// Records between `from` and `to` are missing, or nothing proves that none is.
        case gap
        /// The gateway says that we read too slowly; nothing is lost.
        case slow
        /// The books come late: what they say is not so any more.
        case behind
        /// They are of the present again.
        case abreast
    }

    /// Why.
    public enum Reason: UInt8, BitwiseCopyable, CaseIterable, Sendable {
        case none
        /// The gateway closed the session.
        case closed
        /// The connection broke.
        case reset
        /// Nothing came for longer than the heartbeat interval allows.
        case silent
        /// No connection came about.
        case unreachable
        /// The handshake did not end in time, or was not understood.
        case handshake
        /// The gateway refused us, now or for good.
        case refused
        /// What came is not the protocol.
        case malformed
        /// The gateway reported an error of its own.
        case gateway
        /// The gateway skipped records because we read too slowly (error code 7).
        case skipped
        /// The gateway no longer has what we asked it to replay (error code 8).
        case aged
        /// The replay lacks records that we had, or differs from them: what else it lacks cannot be told.
        case unproven
        /// The subscription was made again without a replay.
        case unreplayed
        /// We closed the session.
        case stopped
    }

    public var kind: Kind
    public var reason: Reason
    public var dataset: DatasetName
    /// 0 for every instrument of the dataset.
    public var instrument: InstrumentID
    /// Nil for every schema.
    public var schema: Schema?
    /// The place in the data's own time.
    public var time: Timestamp
    /// The time of day when it was noticed.
    public var wallTime: Timestamp
    /// Of a gap: the last instant (venue time) before it. Of a replay: its start. Else undefined.
    public var from: Timestamp
    /// Of a gap: the first instant after it; undefined where that is the instrument's next record. Else undefined.
    public var to: Timestamp

    public init(
        _ kind: Kind, dataset: DatasetName, time: Timestamp, wallTime: Timestamp, reason: Reason = .none,
        schema: Schema? = nil, instrument: InstrumentID = InstrumentID(0), from: Timestamp = .undefined,
        to: Timestamp = .undefined
    ) {
        self.kind = kind
        self.reason = reason
        self.dataset = dataset
        self.instrument = instrument
        self.schema = schema
        self.time = time
        self.wallTime = wallTime
        self.from = from
        self.to = to
    }
}

extension FeedMark.Kind {
    var name: StaticString {
        switch self {
        case .down: "down"
        case .replaying: "replaying"
        case .replayed: "replayed"
        case .live: "live"
        case .refused: "refused"
        case .gap: "gap"
        case .slow: "slow"
        case .behind: "behind"
        case .abreast: "abreast"
        }
    }
}

extension FeedMark.Reason {
    var name: StaticString {
        switch self {
        case .none: "none"
        case .closed: "closed"
        case .reset: "reset"
        case .silent: "silent"
        case .unreachable: "unreachable"
        case .handshake: "handshake"
        case .refused: "refused"
        case .malformed: "malformed"
        case .gateway: "gateway"
        case .skipped: "skipped"
        case .aged: "aged"
        case .unproven: "unproven"
        case .unreplayed: "unreplayed"
        case .stopped: "stopped"
        }
    }
}
