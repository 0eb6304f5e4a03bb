import Features
import MarketData
import Orders
import Signals
import Units

extension LevelSignalInputs {
    /// What the break/bounce signal reads of one level after a group.
    ///
    /// - Parameters:
    ///   - values: the level's part of the feature vector.
    ///   - clock: the receive clock: the group's own stamp may lie before that of records in the vector, or be none.
    init(
        level: UnsafePointer<LevelState>, values: UnsafeBufferPointer<Double>, group: EventGroup, clock: UInt64,
        quality: DataQuality
    ) {
        self.init(
            time: Timestamp(nanoseconds: group.time), receiveTime: Timestamp(nanoseconds: clock), quality: quality)
        guard level.pointee.isActive else { return }
        isInTest = level.pointee.test.isTesting
        test = UInt32(clamping: level.pointee.testNumber)
        if level.pointee.test.testEnd > 0 { testEnd = Timestamp(nanoseconds: level.pointee.test.testEnd) }
        approachSide = values[LevelFeature.approachSide.rawValue]
        tradeImbalance = values[LevelFeature.tradeImbalance.rawValue]
        orderFlowImbalance = values[LevelFeature.orderFlowImbalance.rawValue]
        replenishmentRatio = values[LevelFeature.replenishment.rawValue]
        queueImbalance = values[LevelFeature.queueImbalance.rawValue]
        penetration = values[LevelFeature.penetrationOfTest.rawValue]
        velocity = values[LevelFeature.approachVelocity5s.rawValue]
        tradedToDisplayed = values[LevelFeature.tradedToDisplayed.rawValue]
        testVolume = Double(level.pointee.testVolume)
    }
}
