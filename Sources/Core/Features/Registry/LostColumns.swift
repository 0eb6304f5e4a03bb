/// Which columns are made of records of a span, and so are not defined while some of them are missing
/// (docs/definitions.md, Missing records). Exponential sums are not among them: they forget.
enum LostColumns {
    /// Sums and extremes over a part of the session, by the part.
    static let market: [(span: LostSpans, columns: [MarketFeature])] = [
        (
            .session,
            [
                .volumeDelta, .vwapSessionDistance, .vwapSessionZScore, .vwapSlope, .sessionVolume,
                .sessionVolumeTimeOfDay,
            ]
        ),
        (.overnight, [.overnightRangeRatio]),
        (.initialBalance, [.initialBalanceRange]),
        (
            .regular,
            [
                .realizedVolatilityRegular, .vwapRegularDistance, .vwapRegularZScore, .pointOfControlDistance,
                .valueAreaHighDistance, .valueAreaLowDistance, .valueAreaWidth, .openingGap, .initialBalanceExtension,
                .regularRange, .regularRangePosition, .regularReturn,
            ]
        ),
        (.sinceOpen, [.openingGapFill]),
        (.options, [.putCallVolume, .todayVolumeShare, .unclassifiedShare, .flowGammaExposure]),
    ]

    /// Rows over the last seconds, by how many. The return of a five-second grid in which a hole ends leaves the window
    /// up to five seconds later.
    static let windows: [(seconds: UInt64, columns: [MarketFeature])] = [
        (10, [.microPriceVelocity]),
        (60, [.midReturn60]),
        (300, [.volumeDeltaChange300, .midReturn300]),
        (305, [.realizedVolatility300, .realizedVolatilityTimeOfDay]),
        (1_800, [.midReturn1800, .varianceRatio]),
        (1_805, [.realizedVolatility1800, .bipowerVolatility, .jumpRatio, .downsideShare]),
    ]

    /// The same of a level.
    static let levelWindows: [(seconds: UInt64, columns: [LevelFeature])] = [
        (5, [.approachVelocity5s]),
        (10, [.approachAcceleration5s]),
        (30, [.approachVelocity30s, .absorption]),
        (60, [.approachEfficiency60s]),
    ]

    /// What is counted since a level became active.
    static let sinceActivation: [LevelFeature] = [
        .touchCount, .timeNear, .rejectionCount, .breakCount, .lastOutcome, .penetrationOfSession, .volumeShare,
        .closesBeyond,
    ]
}
