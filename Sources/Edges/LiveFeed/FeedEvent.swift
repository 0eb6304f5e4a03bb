import DBN
import Units

/// Where a feed stands.
public enum FeedState: Equatable, Sendable {
    /// No session; the next attempt is due at some time.
    case down
    case connecting
    /// Connected; the stream has not begun.
    case authenticating
    /// Records of the past come: nothing to trade on.
    case replaying
    /// Records of the present come, and all that was asked for of the past has come.
    case live
    /// The gateway will not have us, for a reason that time does not mend. Nobody tries again.
    case refused
    /// Closed by us.
    case closed
}

/// Why a session ended.
public struct FeedFailure: Equatable, Sendable {
    public var reason: FeedMark.Reason
    /// One line for a person. Never holds a key.
    public var text: String

    public init(_ reason: FeedMark.Reason, _ text: String) {
        self.reason = reason
        self.text = text.printable
    }
}

/// What a replay after a break has proved.
public struct FeedCatchUp: Equatable, Sendable {
    /// Records that came twice and were dropped.
    public var duplicates: UInt64 = 0
    /// Holes told on the way.
    public var holes = 0

    public init() {}
}

/// What happens to a feed. Each is a step of its state, told between the records in whose place it happened.
public enum FeedEvent: Equatable, Sendable {
    /// The first attempt is 1; it counts failures since a session that lasted.
    case connecting(attempt: Int)
    case connected(peer: String)
    case accepted(sessionID: String)
    /// The stream has begun.
    case started(version: UInt8, isCompressed: Bool)
    case acknowledged(subscription: UInt32?, schema: Schema?)
    /// The schema's records come from here on, until `replayed`.
    case replaying(Schema, from: Timestamp)
    case replayed(Schema)
    /// Every replay is complete.
    case live(FeedCatchUp)
    case heartbeat
    case slowReader(schema: Schema?)
    /// The gateway dropped records (code 7); holes follow.
    case skippedRecords(text: String)
    /// The gateway no longer has all that was asked for (code 8): the next session asks for less; holes follow then.
    case replayAged(text: String)
    case hole(FeedHole)
    case notResolved(text: String)
    /// Another error of the gateway's.
    case gatewayError(code: ErrorCode, text: String)
    /// A system message that is new.
    case message(code: SystemCode, text: String)
    case disconnected(FeedFailure)
    case reconnecting(attempt: Int, delay: Nanoseconds)
    case refused(text: String)
    case closed
}

/// Takes what a feed gives, in order.
public protocol LiveFeedSink: ~Copyable {
    /// A record of data, or a symbol mapping: version 3, without send time, valid during the call.
    /// - Parameters:
    ///   - sendTime: when the gateway sent it; undefined if it did not say.
    ///   - receiveTime: when we read it, the time of day; the same for all records that came at once.
    mutating func record(_ record: RecordView, sendTime: Timestamp, receiveTime: Timestamp)

    /// - Parameter mark: what belongs in ring and tape at this place, if anything does.
    mutating func event(_ event: FeedEvent, mark: FeedMark?)
}

/// What a feed has counted.
public struct FeedCounters: Equatable, Sendable {
    /// Records handed on, mappings among them.
    public var records: UInt64 = 0
    /// Records of a replay that we had.
    public var duplicates: UInt64 = 0
    /// Records of types that nobody here knows.
    public var skipped: UInt64 = 0
    public var bytes: UInt64 = 0
    public var sessions: UInt64 = 0
    public var holes: UInt64 = 0

    public init() {}
}
