import Determinism
import Orders
import Units

@frozen public enum LevelDecision: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    /// Not being tested, too little known, or no clear answer for long enough.
    case undecided = 0
    case breaking = 1
    case bouncing = 2
}

/// Break or bounce at one level (FEATURES F.5): evaluated at every event group while the level is tested and for 60 s
/// after.
///
/// Decided when the score has been beyond the threshold at every group for the hold time of event time. Each test is
/// decided on its own: what held during an earlier test does not count for the next.
@frozen public struct LevelBreakBounce: Sendable {
    private let configuration: LevelSignalConfiguration
    private let weights: SIMD8<Double>
    private let weightTotal: Double
    /// State decided now.
    public private(set) var state = LevelDecision.undecided
    /// s and c of the last group; 0 when not evaluated or too little is known.
    public private(set) var score = 0.0
    public private(set) var confidence = 0.0
    /// What the score points at now and since when.
    private var leaning = LevelDecision.undecided
    private var leaningSince = Timestamp(nanoseconds: 0)
    private var test: UInt32 = 0

    public init(_ configuration: LevelSignalConfiguration = LevelSignalConfiguration()) {
        self.configuration = configuration
        weights = BreakScore.weights(configuration)
        weightTotal = Double(configuration.weightTotal)
    }

    /// Takes one event group in. Returns the score behind a state that was decided by this group, else nil.
    ///
    /// Costs a few nanoseconds while the level is not tested, about 20 while it is.
    @inline(__always)
    public mutating func apply(_ inputs: LevelSignalInputs) -> BreakScore? {
        guard isEvaluated(inputs) else {
            rest()
            return nil
        }
        if inputs.test != test {
            clear()
            test = inputs.test
        }
        let result = BreakScore(
            inputs, weights: weights, penetrationFull: configuration.penetrationFull,
            velocityFull: configuration.velocityFull)
        guard result.weight >= configuration.weightNeeded, !inputs.approachSide.isNaN else {
            clear()
            return nil
        }
        score = inputs.approachSide * result.value
        let volume = BreakScore.clip(inputs.testVolume / configuration.volumeFull, 0, 1)
        confidence = volume.isNaN ? 0 : Double(result.weight) / weightTotal * volume
        return decide(result.value, at: inputs.time) ? result : nil
    }

    /// While the level is tested and for some time after.
    @inline(__always)
    private func isEvaluated(_ inputs: LevelSignalInputs) -> Bool {
        if inputs.isInTest { return true }
        return inputs.testEnd.isDefined && inputs.time - inputs.testEnd < configuration.aftermath
    }

    /// The level is not judged at this group: nothing is decided any more.
    public mutating func rest() {
        if leaning != .undecided || state != .undecided || score != 0 || confidence != 0 { clear() }
    }

    @inline(__always)
    private mutating func decide(_ value: Double, at time: Timestamp) -> Bool {
        let now: LevelDecision =
            value >= configuration.threshold
            ? .breaking : (value <= -configuration.threshold ? .bouncing : .undecided)
        if now != leaning {
            leaning = now
            leaningSince = time
            state = .undecided
        }
        guard now != .undecided, state == .undecided, time - leaningSince >= configuration.hold else { return false }
        state = now
        return true
    }

    private mutating func clear() {
        state = .undecided
        leaning = .undecided
        score = 0
        confidence = 0
    }
}

extension LevelBreakBounce: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.code(&state)
        try archive.field(&score)
        try archive.field(&confidence)
        try archive.code(&leaning)
        try archive.field(&leaningSince)
        try archive.field(&test)
    }
}
