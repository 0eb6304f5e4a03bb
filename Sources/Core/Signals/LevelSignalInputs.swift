import Orders
import Units

/// What the break/bounce signal of one level reads after one event group: nine features of the level and where its test
/// stands. NaN is "not defined now".
@frozen public struct LevelSignalInputs: BitwiseCopyable, Sendable {
    /// Group time and receive time.
    public var time, receiveTime: Timestamp
    /// Quality of the book and the features behind the numbers; it travels with the signal.
    public var quality: DataQuality
    public var isInTest: Bool
    /// The number of the test in its session: 1 for the first, 0 before it.
    public var test: UInt32
    /// When the last test ended; undefined before that.
    public var testEnd: Timestamp

    /// a: +1 price below the level, −1 above.
    public var approachSide: Double
    public var tradeImbalance: Double
    public var orderFlowImbalance: Double
    public var replenishmentRatio: Double
    public var queueImbalance: Double
    /// Ticks.
    public var penetration: Double
    /// Ticks per second.
    public var velocity: Double
    public var tradedToDisplayed: Double
    /// Contracts traded in the band since the test began.
    public var testVolume: Double

    /// A level that is not active, or not being tested.
    public init(time: Timestamp, receiveTime: Timestamp, quality: DataQuality = []) {
        self.time = time
        self.receiveTime = receiveTime
        self.quality = quality
        isInTest = false
        test = 0
        testEnd = .undefined
        approachSide = .nan
        tradeImbalance = .nan
        orderFlowImbalance = .nan
        replenishmentRatio = .nan
        queueImbalance = .nan
        penetration = .nan
        velocity = .nan
        tradedToDisplayed = .nan
        testVolume = .nan
    }
}
