import Features
import MarketCalendar
import Platform

/// The profile and the micro-price table in force on a trade date.
struct HistoryDump {
    let root: String
    /// Nil: all sessions count.
    let date: CivilDate?
    let profile: TimeOfDayProfile
    let table: MicroPriceTable?

    init(_ history: RunHistory, date: CivilDate?) {
        root = history.root
        self.date = date
        let limit = date ?? CivilDate(daysSinceEpoch: .max)
        profile = history.sessions.profile(before: limit)
        table = history.sessions.microPrice(before: limit)
    }

    var json: String {
        JSONText.object([
            "version": JSONText.integer(1), "root": JSONText.string(root),
            "date": date.map { JSONText.string($0.description) } ?? "null",
            "sessions": JSONText.integer(profile.sessionCount),
            "metrics": JSONText.object(ProfileMetric.allCases.map { ($0.name, metric($0)) }),
            "mean_session_volume": Self.number(profile.meanSessionVolume),
            "micro_price": table.map(Self.object) ?? "null",
        ])
    }

    private func metric(_ metric: ProfileMetric) -> String {
        let buckets = 0..<SessionBuckets.count
        return JSONText.object([
            "mean": JSONText.array(buckets.map { Self.number(profile.mean(metric, $0)) }),
            "deviation": JSONText.array(buckets.map { Self.number(profile.deviation(metric, $0)) }),
        ])
    }

    private static func object(_ table: MicroPriceTable) -> String {
        JSONText.object([
            "version": JSONText.integer(MicroPriceTable.version), "date": JSONText.string(table.date.description),
            "offsets": rows(table.offsets.map(number)), "samples": rows(table.samples.map { JSONText.integer($0) }),
        ])
    }

    /// One array for each spread.
    private static func rows(_ values: [String]) -> String {
        JSONText.array(
            [values.prefix(MicroPriceState.tenths), values.suffix(MicroPriceState.tenths)].map {
                JSONText.array(Array($0))
            })
    }

    private static func number(_ value: Double) -> String { value.isNaN ? "null" : "\(value)" }

    var text: String {
        let volume = profile.meanSessionVolume
        let micro = table.map { "from sessions up to \($0.date)" } ?? "none"
        return """
            root            \(root)
            in force on     \(date.map { "\($0)" } ?? "any later date")
            sessions        \(profile.sessionCount) of at most \(TimeOfDayProfile.longest), \
            \(TimeOfDayProfile.fewest) needed
            session volume  \(volume.isNaN ? "not defined" : "\(volume.rounded()) contracts on average")
            micro-price     \(micro)
            """
    }
}
