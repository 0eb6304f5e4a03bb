import Determinism
import Features
import MarketData
import Orders
import Signals
import Units

/// Turns the features of levels that are being tested into signals: the last step of the engine.
struct LevelJudge: ~Copyable {
    private(set) var signals: LevelSignals
    /// Records of the present come, not those of a replay after a break.
    var isFeedLive = true
    /// Signals that nobody has taken yet.
    var decided = TradingLimits.FewOutputs<Signal>()

    init(_ configuration: LevelSignalConfiguration) { signals = LevelSignals(configuration) }

    /// Judges every level at the end of a group. True when something was decided.
    mutating func judge(_ engine: borrowing ContractEngine) -> Bool {
        if signals.isResting, !engine.hasRecentTest(within: UInt64(signals.aftermath.count)) { return false }
        let time = Timestamp(nanoseconds: engine.group.time)
        for index in 0..<FeatureSchema.levelCount {
            guard let kind = LevelKind(rawValue: index) else { continue }
            let test = engine.test(kind)
            let testEnd: Timestamp = test.end > 0 ? Timestamp(nanoseconds: test.end) : .undefined
            guard signals.isJudged(index, isInTest: test.isUnderWay, testEnd: testEnd, at: time) else { continue }
            let group = engine.group
            let quality = engine.dataQuality.union(isFeedLive ? [] : .warming)
            let values = engine.vector.extracting(
                FeatureSchema.offset(of: kind)..<FeatureSchema.offset(of: kind) + LevelFeature.count)
            let inputs = LevelSignalInputs(
                level: engine.level(kind), values: values, group: group, quality: quality)
            signals.apply(inputs, level: kind.rawValue, signals: &decided)
        }
        return !decided.isEmpty
    }

    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try signals.persist(&archive)
        try archive.field(&isFeedLive)
    }
}
