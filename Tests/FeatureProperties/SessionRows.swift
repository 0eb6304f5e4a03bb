@testable import Features

/// How the rows of the session's auction behave under the engine's properties.
enum SessionRows {
    /// Defined only with a session, a settlement or a definition before the tape's.
    static let needPriorDay: Set<MarketFeature> = [
        .priorPointOfControlDistance, .priorValueAreaHighDistance, .priorValueAreaLowDistance, .priorSettlementDistance,
        .openingGap, .openingGapFill, .overnightRangeRatio, .daysToExpiration,
    ]
    /// Logarithms of prices: a market that lies higher has smaller ones.
    static let logarithmic: Set<MarketFeature> = [.priorSettlementDistance, .regularReturn]
    /// Change sign when prices are negated and sides exchanged.
    static let signed: Set<MarketFeature> = [
        .vwapSessionDistance, .vwapSessionZScore, .vwapRegularDistance, .vwapRegularZScore, .vwapSlope, .openingGap,
        .initialBalanceExtension,
    ]
    /// Ties go to the upper or the lower price, which the mirror turns round; and x becomes 1 − x.
    static let hasNoMirror: Set<MarketFeature> = [
        .pointOfControlDistance, .valueAreaHighDistance, .valueAreaLowDistance, .valueAreaWidth,
        .priorPointOfControlDistance, .priorValueAreaHighDistance, .priorValueAreaLowDistance, .regularRangePosition,
    ]

    static func column(_ row: MarketFeature) -> Int { FeatureSchema.marketOffset + row.rawValue }

    static func contains(_ rows: Set<MarketFeature>, _ column: Int) -> Bool {
        rows.contains { self.column($0) == column }
    }
}
