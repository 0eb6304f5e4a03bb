import Platform
import Streams

/// The newest rows of a topic of records, as JSON, and what is known to be missing among them.
struct RecentRows {
    static let capacity = 50

    /// Newest last.
    private(set) var rows: [String] = []
    /// Rows that came.
    private(set) var count: UInt64 = 0
    /// Rows that were lost for good.
    private(set) var missedCount: UInt64 = 0
    /// Rows from before the first one that was to be here: kept no more by the publisher, or by us since another run.
    private(set) var forgottenCount: UInt64 = 0
    private var isNew: Bool { count == 0 && missedCount == 0 }
    /// The number of the row that follows.
    private(set) var next: UInt64 = 0

    /// - Parameter first: rows before this one are not to be had here any more.
    init(from first: UInt64 = 0) { (forgottenCount, next) = (first, first) }

    /// Takes a row; returns its JSON, the values that `levelhead subscribe` prints.
    @discardableResult
    mutating func add(_ frame: StreamFrame, _ columns: FrameColumns) -> String {
        let row = JSONText.object(columns.columns.map { ($0.name, columns.json($0, frame)) })
        if isNew, forgottenCount == 0 { forgottenCount = frame.sequence }
        next = frame.sequence + 1
        if rows.count == Self.capacity { rows.removeFirst() }
        rows.append(row)
        count += 1
        return row
    }

    mutating func miss(_ range: ClosedRange<UInt64>) {
        next = range.upperBound + 1
        if isNew, range.lowerBound == 0 {
            forgottenCount += UInt64(range.count)
        } else {
            if isNew { forgottenCount = range.lowerBound }
            missedCount += UInt64(range.count)
        }
    }

    /// Newest first.
    var json: String {
        JSONText.object([
            "count": JSONText.integer(count), "missed": JSONText.integer(missedCount),
            "forgotten": JSONText.integer(forgottenCount), "rows": JSONText.array(rows.reversed()),
        ])
    }
}
