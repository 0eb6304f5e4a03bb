import MarketCalendar
import Units

/// Records that are missing: those after the instant `from` and before `to`, ns.
struct RecordHole: BitwiseCopyable {
    var from: UInt64
    var to: UInt64

    func overlaps(_ start: Timestamp, _ end: Timestamp) -> Bool {
        start.isDefined && from < end.nanoseconds && to > start.nanoseconds
    }
}

/// Spans of the session under way of which records are missing.
struct LostSpans: OptionSet, BitwiseCopyable {
    var rawValue: UInt16
    static var session: LostSpans { LostSpans(rawValue: 1) }
    /// From 18:00 to the regular open.
    static var overnight: LostSpans { LostSpans(rawValue: 2) }
    static var premarket: LostSpans { LostSpans(rawValue: 4) }
    static var openingRange: LostSpans { LostSpans(rawValue: 8) }
    static var initialBalance: LostSpans { LostSpans(rawValue: 16) }
    static var regular: LostSpans { LostSpans(rawValue: 32) }
    /// From the regular open to 17:00.
    static var sinceOpen: LostSpans { LostSpans(rawValue: 64) }
    /// Of the options, at any time of the session.
    static var options: LostSpans { LostSpans(rawValue: 128) }

    init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The spans that the hole reaches into.
    init(_ hole: RecordHole, _ session: SessionTimes) {
        self = []
        add(.session, hole.overlaps(session.open, session.close))
        add(.premarket, hole.overlaps(session.premarketStart, session.premarketEnd))
        add(.openingRange, hole.overlaps(session.openingRangeStart, session.openingRangeEnd))
        guard session.hasRTH else { return }
        add(.overnight, hole.overlaps(session.open, session.rthOpen))
        add(.initialBalance, hole.overlaps(session.rthOpen, session.initialBalanceEnd))
        add(.regular, hole.overlaps(session.rthOpen, session.rthClose))
        add(.sinceOpen, hole.overlaps(session.rthOpen, session.close))
    }

    private mutating func add(_ span: LostSpans, _ isLost: Bool) {
        if isLost { insert(span) }
    }
}

/// What a contract's features lack because records are missing.
///
/// A hole is open from the feed's word on until the contract's next group, which says how far it reached at most.
struct LostHistory: BitwiseCopyable {
    /// How long what decays over 30 s at a level still lacks a noticeable part, ns: five half-lives.
    private static let aftermath: UInt64 = 150_000_000_000
    /// After a hole of so long ago no row of a fixed number of seconds lacks anything, ns.
    private static let longestWindow: UInt64 = 1_807_000_000_000

    private(set) var isOpen = false
    /// A row may lack something.
    private(set) var isAny = false
    private var from = UInt64.max
    private var to: UInt64 = 0
    private(set) var spans: LostSpans = []
    /// Where the newest hole ended, ns; 0 without one.
    private(set) var end: UInt64 = 0
    /// Bars that began before are not whole, ns.
    private(set) var barsFrom: UInt64 = 0
    /// Where the hole of options that reaches furthest ends, ns; 0 without one.
    private var optionsEnd: UInt64 = 0
    /// The session before; nil in the first.
    private var prior: SessionTimes?

    /// Records after `from` and before `to`, ns, are missing; no further than the next group.
    mutating func begin(from: UInt64, to: UInt64) {
        self.from = isOpen ? min(self.from, from) : from
        self.to = isOpen ? max(self.to, to) : to
        isOpen = true
    }

    /// The open hole as far as it has come at `time`, ns.
    func hole(at time: UInt64) -> RecordHole {
        RecordHole(from: from, to: max(min(to, time), from == .max ? from : from &+ 1))
    }

    mutating func close() { isOpen = false }

    /// The newest hole: all of it when it is not open any more.
    var newest: Range<UInt64>? { end > 0 ? min(from, end)..<end : nil }

    mutating func add(_ hole: RecordHole, _ lost: LostSpans) {
        isAny = true
        spans.formUnion(lost)
        end = max(end, hole.to)
        barsFrom = max(barsFrom, hole.to)
    }

    /// Records of options before `to`, ns, are missing.
    mutating func loseOptions(to: UInt64, _ session: SessionTimes) {
        optionsEnd = max(optionsEnd, to)
        addOptions(session)
    }

    private mutating func addOptions(_ session: SessionTimes) {
        guard optionsEnd > session.open.nanoseconds else { return }
        isAny = true
        spans.insert(.options)
    }

    /// No row lacks anything any more.
    mutating func forget() { isAny = false }

    /// 18:00: nothing of the session that begins is known to be missing, unless a hole of options reaches into it.
    mutating func beginSession(_ session: SessionTimes, after ended: SessionTimes) {
        spans = []
        prior = ended
        addOptions(session)
    }

    /// Something is missing, in the session under way or in the one before.
    func concerns(_ hole: RecordHole, _ spans: LostSpans) -> Bool {
        !spans.isEmpty || prior.map { hole.from < $0.close.nanoseconds } ?? false
    }

    /// The spans of the session before that the hole reaches into.
    func priorSpans(_ hole: RecordHole) -> LostSpans { prior.map { LostSpans(hole, $0) } ?? [] }

    /// Some row lacks something at `time`, ns, besides those that wait for bars.
    func isHiding(at time: UInt64) -> Bool { !spans.isEmpty || lacks(Self.longestWindow, at: time) }

    /// What decays quickly lacks a noticeable part.
    func isRecent(at time: UInt64) -> Bool { isOpen || lacks(Self.aftermath, at: time) }

    /// A row over the last `span` ns reaches into the newest hole. Its newest second may be the one before that of
    /// `time`, so two seconds more.
    func lacks(seconds: UInt64, at time: UInt64) -> Bool { lacks((seconds &+ 2) &* 1_000_000_000, at: time) }

    /// An open hole goes on as far as it was told to, or as time does.
    private func lacks(_ span: UInt64, at time: UInt64) -> Bool {
        let end = isOpen ? max(end, hole(at: time).to) : end
        return end > 0 && time < end &+ span
    }
}
