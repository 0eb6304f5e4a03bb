/// The features of the whole market, in column order. Raw values are offsets inside the market's part of the vector.
public enum MarketFeature: Int, CaseIterable, Sendable {
    case bidAskSpread, bidAskSpreadMean, mid, weightedMidOffset, microPriceOffset, bestBidSize, bestAskSize
    case queueImbalanceBest, depthImbalance2, depthImbalance3, depthImbalance4, depthImbalance5, depthImbalanceTop3
    case depthImbalanceTop5, depthImbalanceTop10, bidDepthTop5, askDepthTop5, bidDepthTop10, askDepthTop10
    case orderCountImbalanceTop10, bidAverageOrderSize, askAverageOrderSize, bidBookSlope, askBookSlope
    case bidDepthDistance, askDepthDistance, buyImpact100, sellImpact100, depthTimeOfDay
    case orderFlowImbalance10, orderFlowImbalance60, orderFlowImbalanceNormalized, orderFlowImbalanceLevel2
    case orderFlowImbalanceLevel3, orderFlowImbalanceLevel4, orderFlowImbalanceLevel5, integratedOrderFlowImbalance
    case bidAddedTop10, askAddedTop10, bidCancelledTop10, askCancelledTop10, cancelToTrade, messageRate
    case messageRateTimeOfDay, midChangeRate, microPriceVelocity
    case buyVolume, sellVolume, tradeImbalance10, tradeImbalance60, tradeImbalance300, volumeDelta
    case volumeDeltaChange300, tradeIntensity10, tradeIntensityTimeOfDay, averageTradeSize, largeTradeShare60
    case sweepShare, vpin, kyleLambda, amihudIlliquidity, rollSpread, effectiveSpread, realizedSpread, priceImpact
    case midReturn60, midReturn300, midReturn1800, realizedVolatility300, realizedVolatility1800
    case realizedVolatilityRegular, bipowerVolatility, jumpRatio, downsideShare, ewmaVolatility, parkinsonVolatility
    case garmanKlassVolatility, rogersSatchellVolatility, yangZhangVolatility, averageTrueRange
    case realizedVolatilityTimeOfDay, varianceRatio
    case vwapSessionDistance, vwapSessionZScore, vwapRegularDistance, vwapRegularZScore, vwapSlope
    case pointOfControlDistance, valueAreaHighDistance, valueAreaLowDistance, valueAreaWidth
    case priorPointOfControlDistance, priorValueAreaHighDistance, priorValueAreaLowDistance, priorSettlementDistance
    case openingGap, openingGapFill, overnightRangeRatio, initialBalanceRange, initialBalanceExtension, regularRange
    case regularRangePosition, regularReturn, sessionVolume, sessionVolumeTimeOfDay
    case minutesSinceOpen, minutesToClose, timeOfDaySine, timeOfDayCosine, sessionSegment, isRegular, daysToExpiration
    case atmVolatilityToday, atmVolatility7d, atmVolatility30d, volatilityTermSlope, riskReversal25, butterfly25
    case impliedMinusRealized, expectedMove, putCallVolume, putCallInterest, todayVolumeShare, callPremiumFlow
    case putPremiumFlow, deltaFlow, vegaFlow, unclassifiedShare, gammaExposureTotal, gammaExposureToday
    case flowGammaExposure, zeroGammaDistance, callWallDistance, putWallDistance, vannaExposure, charmExposure
    case interestCoverage

    /// A constant, and not `allCases.count`, which is made at run time.
    public static var count: Int { 137 }

    public var definition: FeatureDefinition { MarketFeatureTable.definitions[rawValue] }
}
