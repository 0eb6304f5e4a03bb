import Features
import MarketData
import Pipeline
import Platform

/// What a market's fold has counted of its records: the same in a replay and in a run of several processes.
struct MarketTally {
    let eventGroups: UInt64
    let crossedGroups: UInt64
    private let missingLast: UInt64
    private let late: UInt64
    /// Of signal contracts, and left out: their book is doubted until it is told anew.
    let rejected: UInt64
    private let unused: UInt64
    let ignoredDefinitions: UInt64
    let statusSource: String
    let levelTests: [(level: String, tests: Int64)]

    init(_ market: borrowing MarketFold) {
        let totals = market.signalCounters
        eventGroups = totals.groups
        crossedGroups = totals.crossedGroups
        missingLast = totals.missingLast
        late = totals.late
        rejected = totals.rejected.indices.reduce(0) { $0 + totals.rejected[$1] }
        unused = market.unusedRecords
        ignoredDefinitions = market.options.pointee.ignoredDefinitions
        statusSource = market.statusSource == .status ? "status" : "calendar"
        levelTests = market.levelTests.map { ($0.key.name, $0.value) }
    }

    var summary: String {
        Self.summary("\(eventGroups)", crossed: "\(crossedGroups)", status: statusSource, rejected: rejected)
    }

    /// Rejected records are named when there are any.
    static func summary(_ groups: String, crossed: String, status: String, rejected: UInt64) -> String {
        "\(groups), \(crossed) crossed, status by \(status)"
            + (rejected > 0 ? ", rejected records \(rejected)" : "")
    }

    /// What the fold has put out, first of all results.
    func outputs(
        records: UInt64, featureRows: UInt64, featureDigest: String, signals: UInt64, signalDigest: String
    ) -> [(String, String)] {
        [
            ("records", JSONText.integer(records)), ("event_groups", JSONText.integer(eventGroups)),
            ("feature_rows", JSONText.integer(featureRows)), ("feature_sha256", JSONText.string(featureDigest)),
            ("signals", JSONText.integer(signals)), ("signal_sha256", JSONText.string(signalDigest)),
        ]
    }

    /// By the names that results give them, the groups not among them.
    var members: [(String, String)] { Self.fields.map { ($0.key, $0.value(self)) } }

    /// Those that the results of the processes have in common with a replay's.
    static var keys: [String] { fields.map(\.key) }

    private static let fields: KeyValuePairs<String, @Sendable (MarketTally) -> String> = [
        "status_source": { JSONText.string($0.statusSource) },
        "ignored_definitions": { JSONText.integer($0.ignoredDefinitions) },
        "unused_records": { JSONText.integer($0.unused) },
        "rejected_records": { JSONText.integer($0.rejected) },
        "missing_last": { JSONText.integer($0.missingLast) },
        "crossed_groups": { JSONText.integer($0.crossedGroups) },
        "late": { JSONText.integer($0.late) },
        "level_tests": { JSONText.object($0.levelTests.map { ($0.level, JSONText.integer($0.tests)) }) },
    ]
}
