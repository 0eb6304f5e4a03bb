import Features

/// How the rows of the session's auction behave under the engine's properties.
package enum SessionRows {
    /// Defined only with a session, a settlement or a definition before the tape's.
    package static let needPriorDay: Set<MarketFeature> = [
        .priorPointOfControlDistance, .priorValueAreaHighDistance, .priorValueAreaLowDistance, .priorSettlementDistance,
        .openingGap, .openingGapFill, .overnightRangeRatio, .daysToExpiration,
    ]
    /// Logarithms of prices: a market that lies higher has smaller ones.
    package static let logarithmic: Set<MarketFeature> = [.priorSettlementDistance, .regularReturn]
    /// Change sign when prices are negated and sides exchanged.
    package static let signed: Set<MarketFeature> = [
        .vwapSessionDistance, .vwapSessionZScore, .vwapRegularDistance, .vwapRegularZScore, .vwapSlope, .openingGap,
        .initialBalanceExtension,
    ]
    /// Ties go to the upper or the lower price, which the mirror turns round.
    package static let tied: Set<MarketFeature> = [
        .pointOfControlDistance, .valueAreaHighDistance, .valueAreaLowDistance, .valueAreaWidth,
        .priorPointOfControlDistance, .priorValueAreaHighDistance, .priorValueAreaLowDistance,
    ]

    package static func column(_ row: MarketFeature) -> Int { FeatureSchema.marketOffset + row.rawValue }

    package static func contains(_ rows: Set<MarketFeature>, _ column: Int) -> Bool {
        rows.contains { self.column($0) == column }
    }
}
