import Determinism
import Orders
import Risk
import Signals
import Units

/// What the processes of the order path tell each other, and what an operator tells them.
///
/// On the wire and in journals: one byte for the kind, then the fields of the value as `StateArchive` writes them.
public enum StageMessage: Sendable {
    /// Engine to risk gateway.
    case signal(Signal)
    /// Risk gateway to execution gateway.
    case approval(Approval)
    case change(StateChange)
    /// Of the risk gateway, for its journal.
    case verdict(VerdictRecord)
    /// Execution gateway to venue.
    case command(VenueCommand)
    /// Venue to execution gateway.
    case event(VenueEvent)
    /// Execution gateway to risk gateway.
    case fill(Fill)
    case update(OrderUpdate)
    case notice(ExecutionNotice)
    /// An operator to a gateway.
    case request(OperatorCommand)
    /// The message clock moved on and nothing else happened.
    case tick
    /// No record came for a while: event time has gone on to this by itself.
    case clock(Timestamp)
    /// Of the risk gateway's process, to its fold: what an earlier run has left of the account's trade date.
    case carried(DayUsage)

    public enum Kind: UInt8, Sendable, CaseIterable {
        case signal = 1
        case approval, change, verdict, command, event, fill, update, notice, request, tick, clock, carried
    }

    public var kind: Kind {
        switch self {
        case .signal: .signal
        case .approval: .approval
        case .change: .change
        case .verdict: .verdict
        case .command: .command
        case .event: .event
        case .fill: .fill
        case .update: .update
        case .notice: .notice
        case .request: .request
        case .tick: .tick
        case .clock: .clock
        case .carried: .carried
        }
    }

    public var bytes: [UInt8] {
        get throws(StateArchive.Failure) {
            var archive = StateArchive(reserving: Self.usualByteCount)
            try save(into: &archive)
            return archive.finish()
        }
    }

    /// Bytes of a signal's message.
    public static let signalByteCount = 1 + Signal.byteCount

    /// Writes the bytes of a signal's message: those of `bytes`, in a few instructions and without the heap, for of
    /// this way every microsecond counts.
    public static func write(_ signal: Signal, into writer: inout CanonicalWriter) {
        writer.put(Kind.signal.rawValue)
        writer.put(signal.sequence)
        writer.put(signal.time.nanoseconds)
        writer.put(signal.receiveTime.nanoseconds)
        writer.put(signal.level)
        writer.put(signal.kind.rawValue)
        writer.put(signal.quality.rawValue)
        writer.put(signal.test)
        // As their bits, for there are many numbers that are not defined.
        writer.put(signal.score.bitPattern)
        writer.put(signal.confidence.bitPattern)
        for index in signal.components.indices { writer.put(signal.components[index].bitPattern) }
    }

    /// Most messages have fewer.
    public static let usualByteCount = 512

    /// Appends `bytes`.
    public func save(into archive: inout StateArchive) throws(StateArchive.Failure) {
        var kind = kind
        try archive.code(&kind)
        switch self {
        case .signal(let value): try Self.save(value, &archive)
        case .approval(let value): try Self.save(value, &archive)
        case .change(let value): try Self.save(value, &archive)
        case .verdict(let value): try Self.save(value, &archive)
        case .command(let value): try Self.save(value, &archive)
        case .event(let value): try Self.save(value, &archive)
        case .fill(let value): try Self.save(value, &archive)
        case .update(let value): try Self.save(value, &archive)
        case .notice(let value): try Self.save(value, &archive)
        case .request(let value): try Self.save(value, &archive)
        case .tick: break
        case .clock(var time): try archive.field(&time)
        case .carried(let value): try Self.save(value, &archive)
        }
    }

    /// - Throws: the bytes are not those of one message.
    public init(bytes: [UInt8]) throws(StateArchive.Failure) {
        var archive = StateArchive(loading: bytes)
        var kind = Kind.tick
        try archive.code(&kind)
        switch kind {
        case .signal: self = .signal(try Self.load(&archive))
        case .approval: self = .approval(try Self.load(&archive))
        case .change: self = .change(try Self.load(&archive))
        case .verdict: self = .verdict(try Self.load(&archive))
        case .command: self = .command(try Self.load(&archive))
        case .event: self = .event(try Self.load(&archive))
        case .fill: self = .fill(try Self.load(&archive))
        case .update: self = .update(try Self.load(&archive))
        case .notice: self = .notice(try Self.load(&archive))
        case .request: self = .request(try Self.load(&archive))
        case .tick: self = .tick
        case .clock:
            var time = Timestamp(nanoseconds: 0)
            try archive.field(&time)
            self = .clock(time)
        case .carried: self = .carried(try Self.load(&archive))
        }
        try archive.checkEnd()
    }

    private static func save<Value: BoundedElement>(
        _ value: Value, _ archive: inout StateArchive
    ) throws(StateArchive.Failure) {
        var value = value
        try value.persist(&archive)
    }

    private static func load<Value: BoundedElement>(
        _ archive: inout StateArchive
    ) throws(StateArchive.Failure) -> Value {
        var value = Value.blank
        try value.persist(&archive)
        return value
    }
}
