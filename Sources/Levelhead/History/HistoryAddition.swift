import Features
import MarketCalendar
import Platform
import Storage

/// What became of one session of a tape.
struct HistoryOutcome {
    enum Fate: String {
        case added
        /// It was there already, with the same bytes.
        case unchanged
        case skipped
    }

    let date: CivilDate
    let fate: Fate
    /// What it serves for, or why it was left out.
    let note: String
}

/// Takes sessions that have ended into a history.
struct HistoryAddition {
    let root: String
    let calendar: TradingCalendar
    private(set) var outcomes: [HistoryOutcome] = []

    init(root: String, calendar: TradingCalendar) {
        self.root = root
        self.calendar = calendar
    }

    /// Keeps a session, unless it has no regular hours or is not over, or one that saw more of the day is there. One
    /// from which no records are missing saw more than one with a hole.
    mutating func add(_ ended: CollectedSession, to store: inout HistoryStore) throws {
        let date = ended.session.tradeDate
        func note(_ fate: HistoryOutcome.Fate, _ text: String) {
            outcomes.append(HistoryOutcome(date: date, fate: fate, note: text))
        }
        if let reason = Self.refusal(ended) { return note(.skipped, reason) }
        let record = SessionRecord(
            tradeDate: date, kind: .init(of: date, root: root, calendar: calendar),
            isComplete: ended.isComplete, bucketCount: ended.bucketCount,
            regularGroups: ended.regularGroups, values: ended.values, microPrice: ended.microPrice)
        let bytes = record.bytes
        if let kept = try store.session(root: root, date: date.yyyymmdd) {
            guard kept != bytes else { return note(.unchanged, Self.use(of: record)) }
            let known = SessionRecord(bytes: kept)
            let keptCount = known?.bucketCount ?? 0
            let wasComplete = known?.isComplete ?? false
            let isBetter = record.isComplete == wasComplete ? record.bucketCount > keptCount : record.isComplete
            guard isBetter else {
                return note(
                    .skipped, "the history has other numbers for this date, from \(keptCount) of 276 buckets")
            }
        }
        try store.put(root: root, date: date.yyyymmdd, bytes)
        note(.added, Self.use(of: record))
    }

    private static func refusal(_ ended: CollectedSession) -> String? {
        if !ended.session.hasRTH { return "no regular hours on this date" }
        if !ended.reachesRegularClose { return "the tape ends before the regular close" }
        return ended.regularGroups == 0 ? "no group in regular hours" : nil
    }

    private static func use(of record: SessionRecord) -> String {
        if record.isInProfile { return "profile and micro-price" }
        let reason =
            switch record.kind {
            case .earlyClose: "early close"
            case .roll: "the lead changes"
            case .regular where record.bucketCount >= SessionRecord.fewestBuckets: "records of the day are missing"
            case .regular: "the tape covers \(record.bucketCount) of 276 buckets"
            }
        return "micro-price only: \(reason)"
    }

    var json: String {
        func list(_ fate: HistoryOutcome.Fate) -> String {
            JSONText.array(
                outcomes.filter { $0.fate == fate }.map {
                    JSONText.object([
                        "date": JSONText.string($0.date.description), "note": JSONText.string($0.note),
                    ])
                })
        }
        return JSONText.object([
            "root": JSONText.string(root), "added": list(.added), "unchanged": list(.unchanged),
            "skipped": list(.skipped),
        ])
    }

    var text: String {
        outcomes.isEmpty
            ? "no session on these tapes"
            : outcomes.map { "\($0.date)  \($0.fate.rawValue)  \($0.note)" }.joined(separator: "\n")
    }
}
