import Features
import Platform

/// Which columns of the two vectors the page shows.
enum ShownColumns {
    /// In the order of the page.
    static let market: [MarketFeature] = [
        .mid, .bidAskSpread, .bestBidSize, .bestAskSize, .microPriceOffset, .sessionVolume, .sessionVolumeTimeOfDay,
        .volumeDelta, .vwapSessionDistance, .regularReturn, .averageTrueRange, .realizedVolatility300,
        .orderFlowImbalance10, .tradeImbalance60, .queueImbalanceBest, .depthImbalanceTop10, .messageRate,
        .tradeIntensity10, .vpin, .minutesToClose,
    ]

    /// Of the option chain; all undefined in a run without options.
    static let options: [MarketFeature] = [
        .atmVolatilityToday, .atmVolatility7d, .atmVolatility30d, .expectedMove, .riskReversal25,
        .gammaExposureTotal, .zeroGammaDistance, .callWallDistance, .putWallDistance, .putCallVolume,
    ]

    /// Where a level stands; `touchCount` is defined while it is active.
    static let level: [LevelFeature] = [
        .distance, .distanceInATR, .touchCount, .rejectionCount, .breakCount, .lastOutcome, .testDuration,
        .timeSinceLastTouch,
    ]

    /// What the break/bounce signal reads of it.
    static let signal: [LevelFeature] = [
        .approachSide, .tradeImbalance, .orderFlowImbalance, .replenishment, .queueImbalance, .penetrationOfTest,
        .approachVelocity5s, .tradedToDisplayed,
    ]

    /// What the page says of a column: one JSON object for each, by name.
    static let catalogue: String = {
        let definitions = (market + options).map(\.definition) + (level + signal).map(\.definition)
        return JSONText.object(["columns": JSONText.object(definitions.map { ($0.name, entry($0)) })])
    }()

    private static func entry(_ definition: FeatureDefinition) -> String {
        JSONText.object([
            "row": JSONText.string(definition.row), "unit": JSONText.string(definition.unit),
            "meaning": JSONText.string(definition.meaning), "warm_up": JSONText.string(definition.warmUp),
            "undefined": JSONText.string(definition.undefinedWhen),
        ])
    }
}
