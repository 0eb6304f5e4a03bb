/// From which side price comes to a level, and whether it is being tested: FEATURES A.11.
///
/// ARMED → IN_TEST at the first trade within `touch` ticks; IN_TEST → ARMED at the first mid at least `reset` ticks
/// away: a break if price left on the far side, a rejection if it went back. Within a group trades come first, then the
/// mid.
public struct LevelTest: BitwiseCopyable, Sendable {
    /// a: +1 price is below the level, −1 above, 0 not known yet.
    public private(set) var approachSide: Int32 = 0
    public private(set) var isTesting = false
    /// a when the test began.
    public private(set) var testSide: Int32 = 0
    public private(set) var touchCount: Int64 = 0
    public private(set) var rejectionCount: Int64 = 0
    public private(set) var breakCount: Int64 = 0
    /// +1 break, −1 rejection, 0 none yet.
    public private(set) var lastOutcome: Int32 = 0
    /// ns.
    public private(set) var testStart: UInt64 = 0
    /// ns; 0 before the first test ended.
    public private(set) var testEnd: UInt64 = 0
    /// Time of the last trade within `touch` ticks, ns; 0 before the first.
    public private(set) var lastTouch: UInt64 = 0
    /// Greatest a·(n(p) − L/τ) over the trades of the test, at least 0.
    public private(set) var penetration: Double = 0
    public private(set) var greatestPenetration: Double = 0

    public init() {}

    /// Sets the side from the mid that was in force when the level became active.
    public mutating func activate(at offset: Int64?) {
        guard let offset, offset != 0 else { return }
        approachSide = offset < 0 ? 1 : -1
    }

    /// Takes a trade. True when it starts a test.
    public mutating func trade(
        price: Int32, level: borrowing LevelPrice, parameters: LevelParameters, time: UInt64
    ) -> Bool {
        let touches = level.isWithin(Int64(parameters.touch), ofPrice: price)
        guard touches || isTesting else { return false }
        return tradeNear(price: price, touches: touches, level: level, time: time)
    }

    private mutating func tradeNear(
        price: Int32, touches: Bool, level: borrowing LevelPrice, time: UInt64
    ) -> Bool {
        var starts = false
        if touches {
            lastTouch = time
            if !isTesting {
                starts = true
                isTesting = true
                touchCount &+= 1
                testSide = approachSide
                testStart = time
                penetration = 0
            }
        }
        let beyond = Double(testSide) * (Double(price) - level.ticks)
        penetration = max(penetration, beyond)
        greatestPenetration = max(greatestPenetration, penetration)
        return starts
    }

    /// Takes a valid mid, as its offset from the level in units of 1/(2·denominator) tick. True when it ends a test.
    public mutating func mid(
        offset: Int64, level: borrowing LevelPrice, parameters: LevelParameters, time: UInt64
    ) -> Bool {
        let limit = 2 &* Int64(parameters.reset) &* level.denominator
        if approachSide == 0, offset != 0 { approachSide = offset < 0 ? 1 : -1 }
        guard abs(offset) >= limit else { return false }
        let ended = isTesting
        if isTesting { end(offset: offset, time: time) }
        approachSide = offset < 0 ? 1 : -1
        return ended
    }

    /// Records are missing: no test is under way any more, and from which side price comes the next mid says. Counts
    /// go on, as they number the tests.
    mutating func loseRecords() {
        approachSide = 0
        isTesting = false
        testSide = 0
        testStart = 0
        testEnd = 0
        lastTouch = 0
        penetration = 0
    }

    private mutating func end(offset: Int64, time: UInt64) {
        isTesting = false
        testEnd = time
        if Int64(testSide) * offset > 0 {
            breakCount &+= 1
            lastOutcome = 1
        } else {
            rejectionCount &+= 1
            lastOutcome = -1
        }
    }
}
