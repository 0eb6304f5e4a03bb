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
        return judgeLevels(engine)
    }

    @inline(never)
    private mutating func judgeLevels(_ engine: borrowing ContractEngine) -> Bool {
        let time = Timestamp(nanoseconds: engine.group.time)
        for index in 0..<FeatureSchema.levelCount {
            let level = engine.level(at: index)
            let end = level.pointee.test.testEnd
            let testEnd: Timestamp = end > 0 ? Timestamp(nanoseconds: end) : .undefined
            let isInTest = level.pointee.test.isTesting
            guard signals.isJudged(index, isInTest: isInTest, testEnd: testEnd, at: time) else { continue }
            let quality = engine.dataQuality.union(isFeedLive ? [] : .warming).union(engine.isBehindHole ? .gap : [])
            let offset = index * LevelFeature.count
            let values = engine.vector.extracting(offset..<offset + LevelFeature.count)
            let inputs = LevelSignalInputs(
                level: level, values: values, group: engine.group, clock: engine.clock, quality: quality)
            signals.apply(inputs, level: index, signals: &decided)
        }
        return !decided.isEmpty
    }

    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try signals.persist(&archive)
        try archive.field(&isFeedLive)
    }
}
