import Determinism
import Orders
import Units

/// The break/bounce signals of the five levels, in one numbered stream.
@frozen public struct LevelSignals: Sendable {
    public static let levelCount = 5

    @usableFromInline var levels: InlineArray<5, LevelBreakBounce>
    /// Levels that have been put to rest and not been judged since: a bit each.
    @usableFromInline var resting: UInt8 = 0
    /// For how long after a test a level is judged.
    public let aftermath: Nanoseconds
    /// Signals put out so far.
    public private(set) var count: UInt64 = 0

    public init(_ configuration: LevelSignalConfiguration = LevelSignalConfiguration()) {
        levels = InlineArray(repeating: LevelBreakBounce(configuration))
        aftermath = configuration.aftermath
    }

    /// No level is under judgement: nothing is to be done until one is tested again.
    @inlinable public var isResting: Bool { resting == 0x1F }

    /// Whether the level is judged at a group; one that is not is put to rest.
    @inlinable @inline(__always)
    public mutating func isJudged(_ level: Int, isInTest: Bool, testEnd: Timestamp, at time: Timestamp) -> Bool {
        let bit: UInt8 = 1 &<< UInt8(level)
        if isInTest || (testEnd.isDefined && time - testEnd < aftermath) {
            resting &= ~bit
            return true
        }
        if resting & bit == 0 { rest(level) }
        return false
    }

    @usableFromInline
    mutating func rest(_ level: Int) {
        resting |= 1 &<< UInt8(level)
        levels[level].rest()
    }

    public subscript(_ level: Int) -> LevelBreakBounce { levels[level] }

    /// Takes one level after one event group in; appends a signal if the group decided the level.
    public mutating func apply(
        _ inputs: LevelSignalInputs, level: Int, signals: inout TradingLimits.FewOutputs<Signal>
    ) {
        guard let score = levels[level].apply(inputs) else { return }
        count += 1
        let decided = levels[level]
        signals.append(
            Signal(
                sequence: count, time: inputs.time, receiveTime: inputs.receiveTime, level: UInt8(level),
                kind: decided.state == .breaking ? .breakout : .bounce, quality: inputs.quality, test: inputs.test,
                score: decided.score, confidence: decided.confidence, components: score.components))
    }
}

extension LevelSignals: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("level signals")
        try archive.field(&count)
        try archive.field(&resting)
        for i in levels.indices { try levels[i].persist(&archive) }
    }
}
