/// The features of the whole market, in column order. Raw values are offsets inside the market's part of the vector.
public enum MarketFeature: Int, CaseIterable, Sendable {
    case bidAskSpread, bidAskSpreadMean, mid, weightedMidOffset, bestBidSize, bestAskSize
    case queueImbalanceBest, depthImbalance2, depthImbalance3, depthImbalance4, depthImbalance5
    case depthImbalanceTop3, depthImbalanceTop5, depthImbalanceTop10, bidDepthTop5, askDepthTop5
    case bidDepthTop10, askDepthTop10, orderCountImbalanceTop10, bidAverageOrderSize
    case askAverageOrderSize, bidBookSlope, askBookSlope, bidDepthDistance, askDepthDistance
    case buyImpact100, sellImpact100, orderFlowImbalance10, orderFlowImbalance60
    case orderFlowImbalanceNormalized, orderFlowImbalanceLevel2, orderFlowImbalanceLevel3
    case orderFlowImbalanceLevel4, orderFlowImbalanceLevel5, integratedOrderFlowImbalance
    case bidAddedTop10, askAddedTop10, bidCancelledTop10, askCancelledTop10, cancelToTrade
    case messageRate, midChangeRate, averageTrueRange, sessionVolume

    public static let count = allCases.count

    public var definition: FeatureDefinition { MarketFeatureTable.definitions[rawValue] }
}
