import Features
import MarketCalendar
import MarketData
import Units

/// Which columns are not defined because the past that they need is not there: `no_history`.
///
/// Three things are past: sessions before the one under way, which `--history` or a longer tape gives; the part of
/// this session that a level is made of, which a replay from 18:00 on gives; and records that the feed has lost
/// (`LostColumns`). A column that only has to wait is not named.
public enum ColumnHistory {
    private static let needPast: [Int] = FeatureSchema.columns.indices.filter {
        FeatureSchema.columns[$0].definition.needsPastSessions
    }

    /// The columns of a contract without history now, in their order.
    ///
    /// - Parameter averageSpan: the time after 18:00 in which the moving average becomes whole.
    public static func missing(_ engine: borrowing ContractEngine, averageSpan: Nanoseconds) -> [Int] {
        let session = engine.session
        let time = Timestamp(nanoseconds: engine.group.time)
        guard time >= session.open, time < session.close else { return [] }
        var columns: [Int] = []
        var next = FeatureSchema.marketOffset
        for kind in LevelKind.allCases {
            let begin = FeatureSchema.offset(of: kind)
            let due =
                switch kind {
                case .premarketHigh, .premarketLow: session.premarketEnd
                case .openingRangeHigh, .openingRangeLow: session.openingRangeEnd
                case .movingAverage: session.open + averageSpan
                }
            next = begin + LevelFeature.count
            if !engine.level(kind).pointee.isActive {
                if time >= due { columns += begin..<next }
            } else {
                columns += pastless(begin..<next, engine.vector)
            }
        }
        columns += pastless(next..<FeatureSchema.columnCount, engine.vector)
        let lost = engine.lostColumns
        return lost.isEmpty ? columns : Set(columns).union(lost).sorted()
    }

    private static func pastless(_ range: Range<Int>, _ vector: UnsafeBufferPointer<Double>) -> [Int] {
        needPast.filter { range.contains($0) && vector[$0].isNaN }
    }
}

extension MarketFold {
    /// The leading contract's columns without history now.
    public func columnsWithoutHistory(averageSpan: Nanoseconds) -> [Int] {
        withLeader { ColumnHistory.missing($0, averageSpan: averageSpan) }
    }
}
