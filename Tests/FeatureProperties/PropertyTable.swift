import Features

/// What each property of FEATURES part E says of each column. Whatever is not named here must hold to the last bit.
package enum PropertyTable {
    /// How a column of a transformed tape follows from a column of the tape.
    package struct Expectation {
        package enum Change { case same, negated, complement, unknown }
        package var column: Int
        package var change = Change.same
        /// Relative to the value or to 1.
        package var tolerance = 0.0

        init(column: Int, change: Change = .same, tolerance: Double = 0) {
            (self.column, self.change, self.tolerance) = (column, change, tolerance)
        }

        /// Whether `other` is what `value` should have become.
        package func holds(_ value: Double, _ other: Double) -> Bool {
            let expected: Double
            switch change {
            case .same: expected = value
            case .negated: expected = -value
            case .complement: expected = 1 - value
            case .unknown: return true
            }
            if expected.isNaN || other.isNaN { return expected.isNaN && other.isNaN }
            return abs(expected - other) <= tolerance * max(1, abs(expected))
        }
    }

    package static func column(_ row: MarketFeature) -> Int { FeatureSchema.marketOffset + row.rawValue }

    package static func columns(_ rows: some Sequence<MarketFeature>) -> Set<Int> { Set(rows.map(column)) }

    package static func columns(_ rows: some Sequence<LevelFeature>) -> Set<Int> {
        Set(LevelKind.allCases.flatMap { level in rows.map { FeatureSchema.offset(of: level) + $0.rawValue } })
    }

    /// Columns that options have a say in.
    package static let options = Set(
        FeatureSchema.columns.indices.filter {
            [.options, .levelOptions].contains(FeatureSchema.columns[$0].definition.family)
        })

    /// Logarithms of prices: they change with the height of price, by as much as its share in it.
    package static let logarithmicRows: Set<MarketFeature> = [
        .amihudIlliquidity, .midReturn60, .midReturn300, .midReturn1800, .realizedVolatility300,
        .realizedVolatility1800, .realizedVolatilityRegular, .bipowerVolatility, .jumpRatio, .downsideShare,
        .ewmaVolatility, .parkinsonVolatility, .garmanKlassVolatility, .rogersSatchellVolatility,
        .yangZhangVolatility, .realizedVolatilityTimeOfDay, .varianceRatio, .priorSettlementDistance, .regularReturn,
    ]
    package static let logarithmic = columns(logarithmicRows)

    // MARK: Shift

    /// Forty ticks on twenty thousand: every column against itself.
    package static let shift: [Expectation] = FeatureSchema.columns.indices.map { column in
        var expectation = Expectation(column: column)
        if options.contains(column) || column == PropertyTable.column(.mid) {
            // Strikes stay where they are; the mid in points is the price itself.
            expectation.change = .unknown
        } else if logarithmic.contains(column) {
            expectation.tolerance = 0.005
        } else if column == PropertyTable.column(.microPriceVelocity)
            || FeatureSchema.columns[column].level == .movingAverage
        {
            // A difference of sums with the mid; a mean of an odd number of closes is no binary fraction.
            expectation.tolerance = 1e-9
        }
        return expectation
    }

    // MARK: Mirror

    /// Level rows that change sign when prices are negated and sides exchanged. All others that have no partner stay.
    package static let signedLevelRows: Set<LevelFeature> = [
        .distance, .distanceInATR, .approachSide, .slope, .queueImbalance, .orderCountImbalance, .orderFlowImbalance,
        .delta, .deltaOfTest, .tradeImbalance, .closesBeyond, .timeSinceCross,
    ]
    /// Level rows of one side of the book, whose mirror is the other side's row.
    package static let levelPartners: [LevelFeature: LevelFeature] = [
        .bidDepthInBand: .askDepthInBand, .bidDepthAtLevel: .askDepthAtLevel, .bidAdded: .askAdded,
        .bidCancelled: .askCancelled, .bidFilled: .askFilled,
    ]
    package static let signedMarketRows: Set<MarketFeature> = SessionRows.signed.union([
        .mid, .weightedMidOffset, .microPriceOffset, .microPriceVelocity, .queueImbalanceBest, .depthImbalance2,
        .depthImbalance3, .depthImbalance4, .depthImbalance5, .depthImbalanceTop3, .depthImbalanceTop5,
        .depthImbalanceTop10, .orderCountImbalanceTop10, .orderFlowImbalance10, .orderFlowImbalance60,
        .orderFlowImbalanceNormalized, .orderFlowImbalanceLevel2, .orderFlowImbalanceLevel3,
        .orderFlowImbalanceLevel4, .orderFlowImbalanceLevel5, .integratedOrderFlowImbalance, .tradeImbalance10,
        .tradeImbalance60, .tradeImbalance300, .volumeDelta, .volumeDeltaChange300, .midReturn60, .midReturn300,
        .midReturn1800, .priorSettlementDistance, .regularReturn,
    ])
    package static let marketPartners: [MarketFeature: MarketFeature] = [
        .bestBidSize: .bestAskSize, .bidDepthTop5: .askDepthTop5, .bidDepthTop10: .askDepthTop10,
        .bidAverageOrderSize: .askAverageOrderSize, .bidBookSlope: .askBookSlope, .bidDepthDistance: .askDepthDistance,
        .sellImpact100: .buyImpact100, .bidAddedTop10: .askAddedTop10, .bidCancelledTop10: .askCancelledTop10,
        .buyVolume: .sellVolume,
    ]
    /// Sums of both sides, whose order of addition the mirror turns round: equal but for the last bits.
    package static let roundedLevelRows: Set<LevelFeature> = [.orderFlowImbalance]
    package static let roundedMarketRows: Set<MarketFeature> = [.cancelToTrade, .microPriceOffset, .microPriceVelocity]
    /// x becomes 1 − x.
    package static let complements: Set<MarketFeature> = [.downsideShare, .regularRangePosition]
    package static let mirrorLevel: [LevelKind: LevelKind] = [
        .premarketHigh: .premarketLow, .premarketLow: .premarketHigh, .openingRangeHigh: .openingRangeLow,
        .openingRangeLow: .openingRangeHigh, .movingAverage: .movingAverage,
    ]

    /// Prices mirrored and sides exchanged: for each column, where its mirror stands and what it became.
    package static let mirror: [Expectation] = {
        let back = Dictionary(uniqueKeysWithValues: levelPartners.map { ($1, $0) })
        let marketBack = Dictionary(uniqueKeysWithValues: marketPartners.map { ($1, $0) })
        let levels = LevelKind.allCases.flatMap { kind in
            LevelFeature.allCases.map { row in
                let partner = levelPartners[row] ?? back[row] ?? row
                let offset = FeatureSchema.offset(of: mirrorLevel[kind] ?? kind)
                return Expectation(
                    column: offset + partner.rawValue, change: signedLevelRows.contains(row) ? .negated : .same,
                    tolerance: roundedLevelRows.contains(row) ? 1e-11 : 0)
            }
        }
        let market = MarketFeature.allCases.map { row in
            let partner = marketPartners[row] ?? marketBack[row] ?? row
            var expectation = Expectation(column: column(partner))
            expectation.change =
                complements.contains(row) ? .complement : signedMarketRows.contains(row) ? .negated : .same
            if roundedMarketRows.contains(row) || complements.contains(row) { expectation.tolerance = 1e-11 }
            // The logarithm of a ratio is that of its mirror but for the share of the move in the price.
            if logarithmicRows.contains(row) { expectation.tolerance = 0.01 }
            return expectation
        }
        return (levels + market).enumerated().map { column, expectation in
            var expectation = expectation
            // A fall of the future is no rise of its mirror to options; ties of profiles go to the upper or the
            // lower price, which the mirror turns round; the mid in points is the price itself.
            let isTied = columns(SessionRows.tied).contains(column)
            if options.contains(column) || isTied || column == PropertyTable.column(.mid) {
                expectation.change = .unknown
            }
            return expectation
        }
    }()

    // MARK: Recovery

    /// Columns that differ for good, or for hours, once flow was frozen while the book was bad (FEATURES K.3-4).
    package static let frozen: [(columns: Set<Int>, reason: String)] = [
        (columns([.volumeDelta]), "the session's sum lacks the trades of the bad window"),
        (columns([.vpin]), "buckets lack those trades"),
        (columns([.kyleLambda]), "half an hour's half-life"),
        (columns([.tradeImbalance300, .rollSpread]), "five minutes' half-life"),
        (columns([LevelFeature.passiveDepthToAverage]), "the session's mean lacks the time of the bad window"),
        (columns([.realizedVolatilityRegular]), "mids of the bad window are missing for the rest of regular hours"),
        (
            columns([
                MarketFeature.putCallVolume, .todayVolumeShare, .unclassifiedShare, .callPremiumFlow, .putPremiumFlow,
                .deltaFlow, .vegaFlow,
            ]).union(columns([LevelFeature.optionDeltaFlow, .optionPremiumFlow, .optionVolumeShare])),
            "without a forward the chain has no members, whose trades do not count"
        ),
    ]
    /// Means and sums with half-lives of a minute and less have forgotten the bad window but for the last bits.
    package static let forgotten = 1e-6
}
