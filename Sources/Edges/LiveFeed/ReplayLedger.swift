import DBN
import Determinism
import Units

/// What one dataset's feed has handed on, so that after a break it asks for what follows, drops what comes twice, and
/// proves that nothing lies between.
///
/// The protocol has no sequence number. Inside a session TCP keeps order and completeness; over a break the proof is
/// this. For each schema there is a boundary at least one window older than its newest record. For each instrument the
/// records since that boundary are counted and digested in their order. The replay starts at the boundary; of each
/// instrument it must first give as many records, with the same digest: these are dropped, what follows is new. An
/// instrument whose repetition differs or falls short is a hole.
///
/// What this rests on: no record comes more than a window (5 s) of the venue's time later than a newer one of its
/// schema. While a replay is under way the boundary stays where the replay starts, for its order is the gateway's own
/// business: if it breaks off, all of it is asked for again. When the repetition of one instrument lacks its beginning,
/// the gateway may not have all that it was asked for: that is a hole of every instrument of the schema.
///
/// Times are `ts_event`, of sampled quotes `ts_recv`: those by which the gateway chooses what to replay. A record costs
/// about 50 ns.
public struct ReplayLedger: Sendable {
    /// How late a record may come, ns.
    public let window: Nanoseconds
    private var clocks = [SchemaClock](repeating: SchemaClock(), count: 256)
    private var streams = StreamTable()
    /// Where a mark lay in the data's time and what time of day it was, of that mark at which these were closest.
    private var closestTime = Timestamp.undefined
    private var closestWallTime = Timestamp.undefined
    /// Until when the feed was last live, in the data's time: what there was has come, also where nothing came.
    /// Undefined before.
    public private(set) var heardUntil = Timestamp.undefined
    private var isPresent = false
    /// Silence is noticed so long after it began at most, lateness of a record included.
    private static let notice = Nanoseconds.seconds(30)

    /// More holes than this of one schema become one, of every instrument.
    public static let holesMax = 64
    private static let minute: UInt64 = 60_000_000_000

    /// - Precondition: the window is positive.
    public init(window: Nanoseconds = .seconds(5)) {
        precondition(window.count > 0, "a window has a length")
        self.window = window
    }

    // MARK: Records

    /// Takes a record of the feed, in order. False when it is one that we had.
    ///
    /// The same call, for each record of the tape that a feed wrote, makes the ledger anew.
    public mutating func take(_ record: RecordView) -> Bool {
        let type = record.type
        guard Self.isReplayable(type) else { return true }
        let time = Self.time(of: record).nanoseconds
        let clock = Int(type.rawValue)
        // A stamp that cannot be would move the boundary past everything: such a record does not count.
        guard Self.isPossible(time, record) else { return true }
        if time > clocks[clock].latest { hear(time, clock) }
        guard time >= clocks[clock].older else { return true }
        let place = streams.place(for: ReplayStream.key(type, record.instrumentID), epoch: clocks[clock].newer)
        var stream = streams[place]
        stream.settle(clocks[clock])
        stream.add(RecordFingerprint.of(record), isSinceNewer: time >= clocks[clock].newer)
        let isRepeated = !clocks[clock].isLive && stream.isRepeated(time: time)
        if isRepeated { clocks[clock].duplicates &+= 1 } else { stream.last = max(stream.last, time) }
        streams[place] = stream
        return !isRepeated
    }

    /// A newer time than any of the schema.
    private mutating func hear(_ time: UInt64, _ clock: Int) {
        let window = UInt64(window.count)
        if clocks[clock].latest == 0, clocks[clock].isLive, !clocks[clock].isKnown || time < clocks[clock].start {
            // Nobody said where it began, or a tape is served, whose records are older than its server's clock.
            clocks[clock].beginPresent(at: time, window: window)
        }
        clocks[clock].latest = time
        if clocks[clock].isLive, time >= clocks[clock].newer &+ window {
            clocks[clock].advance(to: time, window: window)
        }
    }

    /// The time by which the gateway chooses what to replay.
    public static func time(of record: RecordView) -> Timestamp {
        switch record.type {
        case .bbo1s, .bbo1m, .cbbo1s, .cbbo1m: record.receiveTime
        default: record.eventTime
        }
    }

    /// Whether a record can be of this time, ns.
    @inline(__always)
    private static func isPossible(_ time: UInt64, _ record: RecordView) -> Bool {
        time < Timestamp.latest.nanoseconds && time <= record.receiveTime.nanoseconds &+ minute
    }

    /// The same time; nil of a stamp that cannot be.
    static func possibleTime(of record: RecordView) -> Timestamp? {
        let time = Self.time(of: record)
        return isPossible(time.nanoseconds, record) ? time : nil
    }

    private static func isReplayable(_ type: RecordType) -> Bool {
        switch type {
        case .system, .error, .symbolMapping: false
        default: true
        }
    }

    // MARK: Replays

    /// A replay of the schema is going to be asked for.
    /// - Parameter start: where to begin when nothing is known yet.
    /// - Returns: where it must begin.
    /// - Precondition: when something is known, `resumeStart` is not nil.
    public mutating func beginReplay(_ schema: Schema, from start: Timestamp) -> Timestamp {
        guard let clock = Self.clock(schema) else { return start }
        let resume = clocks[clock].resumeStart
        precondition(resume != nil || !clocks[clock].isKnown, "what cannot be proved is forgotten first")
        clocks[clock].schema = schema.rawValue
        clocks[clock].isLive = false
        clocks[clock].duplicates = 0
        guard let resume, clocks[clock].latest > 0 else {
            let begin = resume ?? start.nanoseconds
            clocks[clock].beginReplay(at: begin)
            return Timestamp(nanoseconds: begin)
        }
        forEachStream(clock) { stream, clock in
            stream.settle(clock)
            stream.beginReplay()
        }
        return Timestamp(nanoseconds: resume)
    }

    /// The schema's replay is complete, or its subscription had none: from here on it is the present.
    /// - Returns: what the replay did not prove. Where that ends only the instrument's next record says: what the
    ///   replay brought last may be older than what is missing.
    public mutating func endReplay(_ schema: Schema) -> [FeedHole] {
        guard let clock = Self.clock(schema), !clocks[clock].isLive else { return [] }
        clocks[clock].becomeLive(window: UInt64(window.count))
        var holes: [FeedHole] = []
        var isCutOff = false
        forEachStream(clock) { stream, clock in
            stream.epoch = clock.newer
            (stream.newerCount, stream.newerDigest, stream.newerFirst) = (0, 0, 0)
            if stream.hadCount > 0 {
                if stream.count == 0 { stream.isCutOff = true }
                stream.doubt()
            }
            isCutOff = isCutOff || stream.isCutOff
            stream.isCutOff = false
            guard stream.gapStart > 0 else { return }
            holes.append(
                FeedHole(
                    schema: schema, instrument: stream.instrument, from: Timestamp(nanoseconds: stream.gapStart),
                    to: .undefined, reason: .unproven))
            stream.gapStart = 0
        }
        // Where one instrument lacks the beginning, others may lack records though there is nothing to compare with.
        guard isCutOff || holes.count > Self.holesMax, let first = holes.min(by: { $0.from < $1.from }) else {
            return holes
        }
        return [
            FeedHole(schema: schema, instrument: InstrumentID(0), from: first.from, to: .undefined, reason: .unproven)
        ]
    }

    /// The schema is subscribed to without a replay and nothing is known of it: it begins here.
    public mutating func beginPresent(_ schema: Schema, at start: Timestamp) {
        guard let clock = Self.clock(schema), !clocks[clock].isKnown else { return }
        clocks[clock].schema = schema.rawValue
        clocks[clock].beginPresent(at: start.nanoseconds, window: UInt64(window.count))
    }

    /// More instruments of a schema are subscribed to in the middle of a session, from about this instant on: for a
    /// window nothing can be proved.
    public mutating func widen(_ schema: Schema, at time: Timestamp) {
        guard let clock = Self.clock(schema), clocks[clock].isKnown else { return beginPresent(schema, at: time) }
        guard clocks[clock].isLive, clocks[clock].latest > 0 else { return }
        clocks[clock].beginPresent(at: max(time.nanoseconds, clocks[clock].latest), window: UInt64(window.count))
    }

    /// Nothing can be proved of the schema any more: its counts are thrown away.
    public mutating func forget(_ schema: Schema) {
        guard let clock = Self.clock(schema) else { return }
        clocks[clock] = SchemaClock()
        streams.removeAll { Int($0.type.rawValue) == clock }
    }

    /// Nothing can be proved of the schema from before this instant: it begins anew here.
    public mutating func beginAnew(_ schema: Schema, at start: Timestamp) {
        forget(schema)
        beginPresent(schema, at: start)
    }

    /// The gateway has skipped records of the schema; this is the time of the first after them. In the present the
    /// schema begins anew there. Of a replay, what has not been repeated by then is doubted.
    public mutating func skip(_ schema: Schema, to end: Timestamp) {
        guard let clock = Self.clock(schema) else { return }
        guard !clocks[clock].isLive else { return beginAnew(schema, at: end) }
        forEachStream(clock) { stream, _ in if stream.hadCount > 0 { stream.doubt() } }
    }

    // MARK: Reading

    /// Whether a record of any schema was taken since its schema began.
    public var hasRecords: Bool { clocks.contains { $0.latest > 0 } }

    /// Where a replay of the schema would begin; nil when nothing could be proved of it.
    public func resumeStart(_ schema: Schema) -> Timestamp? {
        Self.clock(schema).flatMap { clocks[$0].resumeStart }.map { Timestamp(nanoseconds: $0) }
    }

    /// Whether no replay of the schema is under way.
    func isLive(_ schema: Schema) -> Bool { Self.clock(schema).map { clocks[$0].isLive } ?? false }

    /// Whether records of the schema came, or its subscription began.
    public func isKnown(_ schema: Schema) -> Bool { Self.clock(schema).map { clocks[$0].isKnown } ?? false }

    /// The newest record's time; undefined when there was none.
    public func latest(_ schema: Schema) -> Timestamp {
        guard let clock = Self.clock(schema), clocks[clock].latest > 0 else { return .undefined }
        return Timestamp(nanoseconds: clocks[clock].latest)
    }

    /// Records of the replay under way, or the last one, that we had.
    public func duplicates(_ schema: Schema) -> UInt64 { Self.clock(schema).map { clocks[$0].duplicates } ?? 0 }

    private static func clock(_ schema: Schema) -> Int? { schema.recordType.map { Int($0.rawValue) } }

    private mutating func forEachStream(_ clock: Int, _ body: (inout ReplayStream, SchemaClock) -> Void) {
        for place in 0..<streams.count where Int(streams[place].type.rawValue) == clock {
            var stream = streams[place]
            body(&stream, clocks[clock])
            streams[place] = stream
        }
    }
}

extension ReplayLedger {
    /// Hears where a mark lies in the data's time and when that was, of the feed or of its tape. Before the first data
    /// it lies nowhere (0 on a tape).
    mutating func noteTime(of mark: FeedMark) {
        let wasPresent = isPresent
        switch mark.kind {
        case .live: isPresent = true
        case .down, .refused, .replaying: isPresent = false
        case .replayed, .gap, .slow, .behind, .abreast: return
        }
        let end = min(mark.time, mark.wallTime)
        guard mark.kind != .replaying, mark.time.isDefined, mark.wallTime.isDefined,
            end > Timestamp(nanoseconds: 0) + Self.notice
        else { return }
        if wasPresent, mark.kind != .live { heardUntil = end - Self.notice }
        let isCloser = !closestTime.isDefined
            || (mark.wallTime - mark.time).count.magnitude < (closestWallTime - closestTime).count.magnitude
        if isCloser { (closestTime, closestWallTime) = (mark.time, mark.wallTime) }
    }

    /// Whether the data are of the time of day, which those of a tape that is served are not: once within a minute of
    /// it, or in its session, which may have been over.
    func isOnTime(_ sessionStart: (Timestamp) -> Timestamp) -> Bool {
        guard closestTime.isDefined else { return false }
        return (closestWallTime - closestTime).count.magnitude <= Self.minute
            || sessionStart(closestTime) == sessionStart(closestWallTime)
    }

    /// Takes a mark of the tape, between its records, so that a ledger made anew stands where the feed's did.
    public mutating func take(_ mark: FeedMark) {
        noteTime(of: mark)
        guard let schema = mark.schema, let clock = Self.clock(schema) else { return }
        switch mark.kind {
        case .replaying:
            // The repeated records are not on the tape: counts go on where they stand.
            if clocks[clock].latest == 0, mark.from.isDefined {
                clocks[clock].beginReplay(at: mark.from.nanoseconds)
            }
            clocks[clock].schema = schema.rawValue
            clocks[clock].isLive = false
            forEachStream(clock) { stream, clock in stream.settle(clock) }
        case .replayed: _ = endReplay(schema)
        case .gap where [.aged, .unreplayed].contains(mark.reason): beginAnew(schema, at: mark.end)
        case .gap where mark.reason == .skipped: skip(schema, to: mark.end)
        case .down, .live, .refused, .gap, .slow, .behind, .abreast: break
        }
    }
}

extension FeedMark {
    /// The same before the first data, as it is on a tape.
    var nowhere: FeedMark {
        var mark = self
        mark.time = Timestamp(nanoseconds: 0)
        return mark
    }

    /// Of a gap: where it ends.
    fileprivate var end: Timestamp { to.isDefined ? to : time }
}

extension ReplayLedger: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("replay-ledger")
        var window = window
        try archive.field(&window)
        guard window == self.window else { throw .mismatch(offset: 0, expected: "the ledger's window") }
        try archive.field(&closestTime)
        try archive.field(&closestWallTime)
        try archive.field(&isPresent)
        try archive.field(&heardUntil)
        for clock in clocks.indices { try archive.field(&clocks[clock]) }
        try archive.field(&streams)
    }
}
