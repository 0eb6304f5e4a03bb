/// The features of one level, in column order. Raw values are offsets inside the level's part of the vector.
public enum LevelFeature: Int, CaseIterable, Sendable {
    case distance, distanceInATR, approachSide, approachVelocity5s, approachVelocity30s, approachAcceleration5s
    case approachEfficiency60s, slope
    case touchCount, timeSinceLastTouch, timeNear, testDuration, rejectionCount, breakCount, lastOutcome
    case penetrationOfTest, penetrationOfSession
    case bidDepthInBand, askDepthInBand, bidDepthAtLevel, askDepthAtLevel, queueImbalance, orderCountImbalance
    case passiveDepthToAverage, passiveDepthTimeOfDay, passiveDepthLogRatio, depthToLevel, depthBeyond
    case largestQueueOffset
    case bidAdded, askAdded, bidCancelled, askCancelled, bidFilled, askFilled, orderFlowImbalance, cancelToAdd
    case replenishment, tradedToDisplayed, absorption
    case delta, deltaOfTest, tradeImbalance, largeTradeShare, tradeIntensity, volumeShare, volumeTimeOfDay
    case closesBeyond, timeSinceCross, volumeBeyondShare
    case openInterestShare, putCallOpenInterest, gammaExposure, gammaExposureShare, optionDeltaFlow
    case optionPremiumFlow, optionVolumeShare, touchProbability

    /// A constant, and not `allCases.count`, which is made at run time.
    public static var count: Int { 58 }

    public var definition: FeatureDefinition { Self.definitions[rawValue] }

    private static let definitions: [FeatureDefinition] =
        LevelFeatureTable.position + LevelFeatureTable.interaction + LevelFeatureTable.liquidity
        + LevelFeatureTable.flow + LevelFeatureTable.trades + LevelFeatureTable.confirmation
        + LevelFeatureTable.options
}
