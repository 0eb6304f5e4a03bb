import MarketCalendar

/// Mean and sample standard deviation of each metric in each bucket over past sessions (FEATURES A.12).
public struct TimeOfDayProfile: Sendable {
    public static let longest = 20
    /// Fewer sessions make no mean.
    public static let fewest = 5

    /// How many sessions it was made from.
    public let sessionCount: Int
    /// `SessionBuckets.valueCount` values each; NaN where fewer than `fewest` sessions had the metric.
    public let means: [Double]
    public let deviations: [Double]

    /// - Parameter sessions: in the order of their dates.
    public init(_ sessions: [SessionRecord]) {
        sessionCount = sessions.count
        var means = [Double](repeating: .nan, count: SessionBuckets.valueCount)
        var deviations = means
        for index in means.indices {
            var count = 0
            var sum = 0.0
            for session in sessions where !session.values[index].isNaN {
                count += 1
                sum += session.values[index]
            }
            guard count >= Self.fewest else { continue }
            let mean = sum / Double(count)
            var squares = 0.0
            for session in sessions where !session.values[index].isNaN {
                let difference = session.values[index] - mean
                squares += difference * difference
            }
            means[index] = mean
            deviations[index] = (squares / Double(count - 1)).squareRoot()
        }
        self.means = means
        self.deviations = deviations
    }

    public func mean(_ metric: ProfileMetric, _ bucket: Int) -> Double {
        means[SessionBuckets.offset(metric, bucket)]
    }

    public func deviation(_ metric: ProfileMetric, _ bucket: Int) -> Double {
        deviations[SessionBuckets.offset(metric, bucket)]
    }

    /// Contracts of a whole session.
    public var meanSessionVolume: Double { mean(.cumulativeVolume, SessionBuckets.count - 1) }

    /// V of VPIN's volume buckets, a fiftieth of a session, at least one contract; 0 without enough sessions.
    public var volumeBucketSize: Int64 {
        meanSessionVolume.isNaN ? 0 : max(1, Int64((meanSessionVolume / 50).rounded(.toNearestOrEven)))
    }
}

/// The past sessions of one root, in the order of their dates. What it gives for a trade date comes from sessions
/// before that date only.
public struct SessionHistory: Sendable {
    /// Sessions that the micro-price is made from.
    public static let microPriceSessions = 5

    public let sessions: [SessionRecord]

    public init(_ sessions: [SessionRecord]) { self.sessions = sessions.sorted { $0.tradeDate < $1.tradeDate } }

    public func profile(before date: CivilDate) -> TimeOfDayProfile {
        let usable = sessions.filter { $0.tradeDate < date && $0.isInProfile }
        return TimeOfDayProfile(Array(usable.suffix(TimeOfDayProfile.longest)))
    }

    /// Nil when no session before `date` had regular hours.
    public func microPrice(before date: CivilDate) -> MicroPriceTable? {
        let recent = sessions.filter { $0.tradeDate < date && $0.regularGroups > 0 }.suffix(Self.microPriceSessions)
        guard let newest = recent.last else { return nil }
        var counts = MicroPriceCounts()
        for session in recent { counts += session.microPrice }
        return MicroPriceTable(counts: counts, date: newest.tradeDate)
    }
}
