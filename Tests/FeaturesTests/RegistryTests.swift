import Features
import Testing

/// Names, units and order of all columns (FEATURES A.2).
@Suite struct RegistryTests {
    private static let levels = LevelFeature.allCases.map(\.definition)
    private static let market = MarketFeature.allCases.map(\.definition)

    /// What a name must end with for each unit; nil for units that a name does not say.
    private static let endings: [String: String?] = [
        "ticks": "_ticks", "points": "_points", "contracts": "_contracts", "s": "_seconds", "1/s": "_per_second",
        "contracts/s": "_contracts_per_second", "ticks/s": "_ticks_per_second", "count": "_count", "code": nil,
        "ticks/s²": "_ticks_per_second_squared", "ticks/min": "_ticks_per_minute",
        "contracts/tick": "_contracts_per_tick", "ratio": nil, "log ratio": "_log_ratio", "ATR": "_atr",
        "bps": "_bps", "%": "_percent", "min": nil, "days": nil, "z-score": "_zscore", "USD": "_usd",
        "USD per 1 %": "_usd_per_1pct", "USD/vol point": "_usd_per_vol_point", "USD/day": "_usd_per_day",
        "vol points": "_vol_points", "ticks per 100 contracts": "_ticks_per_100_contracts",
        "bps per million USD": "_bps_per_million_usd",
    ]
    /// Tokens that say a unit, and so must not end a name without one.
    private static let unitTokens = [
        "_ticks", "_points", "_bps", "_contracts", "_seconds", "_per_second", "_usd", "_percent", "_vol_points",
        "_per_tick", "_per_minute",
    ]

    @Test func `every name is lower snake case of at most 80 characters, and no two are the same`() {
        let names = FeatureSchema.columns.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.count == FeatureSchema.columnCount)
        for name in names {
            #expect(name.count <= 80, "\(name)")
            let isPlain = name.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "_") }
            #expect(isPlain, "\(name)")
            #expect(!name.contains("__") && !name.hasPrefix("_") && !name.hasSuffix("_"), "\(name)")
        }
    }

    @Test func `a level's columns begin with its name, a market column with none`() {
        let prefixes = LevelKind.allCases.map { $0.name + "_" }
        #expect(prefixes == ["pm_high_", "pm_low_", "or_high_", "or_low_", "sma_90_"])
        for (index, column) in FeatureSchema.columns.enumerated() {
            if let level = column.level {
                #expect(column.name == level.name + "_" + column.definition.name)
                #expect(index == FeatureSchema.offset(of: level) + index % LevelFeature.count)
            } else {
                #expect(index >= FeatureSchema.marketOffset)
                for prefix in prefixes + ["bar_", "label_"] {
                    #expect(!column.name.hasPrefix(prefix), "\(column.name)")
                }
            }
        }
    }

    @Test func `no body of a level feature is a market feature's name`() {
        #expect(Set(Self.levels.map(\.name)).isDisjoint(with: Self.market.map(\.name)))
    }

    @Test func `the unit is the last token of a name that has one`() {
        for definition in Self.levels + Self.market {
            guard let ending = Self.endings[definition.unit] else {
                Issue.record("unit \(definition.unit) of \(definition.name) is not in the list")
                continue
            }
            if let ending {
                #expect(definition.name.hasSuffix(ending), "\(definition.name) is in \(definition.unit)")
            } else {
                for token in Self.unitTokens { #expect(!definition.name.hasSuffix(token), "\(definition.name)") }
            }
        }
    }

    @Test func `half-lives and windows in a name are written as the catalogue writes them`() {
        for definition in Self.levels + Self.market {
            for token in definition.name.split(separator: "_") where token.hasPrefix("hl") {
                #expect(["hl10s", "hl30s", "hl60s", "hl300s", "hl1800s"].contains(String(token)), "\(definition.name)")
            }
        }
    }

    @Test func `every feature has its row, once, in the catalogue's order, and says what it is`() {
        for (definitions, part) in [(Self.levels, "B"), (Self.market, "C")] {
            let rows = definitions.map(\.row)
            #expect(Set(rows).count == rows.count)
            let numbers = rows.compactMap { $0.hasPrefix(part + "-") ? Int($0.dropFirst(2)) : nil }
            #expect(numbers.count == rows.count, "rows of part \(part)")
            #expect(numbers == Array(1...(part == "B" ? 58 : 137)))
            for definition in definitions {
                for text in [
                    definition.unit, definition.source, definition.meaning, definition.undefinedWhen, definition.warmUp,
                ] { #expect(!text.isEmpty, "\(definition.name)") }
                #expect(definition.meaning.hasSuffix("."), "\(definition.name)")
            }
        }
        #expect(LevelFeature.count == LevelFeature.allCases.count && Self.levels.count == LevelFeature.count)
        #expect(Set(Self.levels.map(\.name)).count == LevelFeature.count)
        #expect(Set(Self.market.map(\.name)).count == MarketFeature.count)
        #expect(FeatureSchema.columnCount == 427)
    }

    /// Rows whose catalogue name is easy to mistake for another's: the definition stands at its own enum case.
    @Test func `cases and definitions are in the same order`() {
        let levels: [(LevelFeature, String)] = [
            (.distance, "B-1"), (.slope, "B-8"), (.touchCount, "B-9"), (.penetrationOfSession, "B-17"),
            (.bidDepthInBand, "B-18"), (.passiveDepthToAverage, "B-24"), (.passiveDepthLogRatio, "B-26"),
            (.largestQueueOffset, "B-29"), (.bidAdded, "B-30"), (.askAdded, "B-31"), (.bidCancelled, "B-32"),
            (.askCancelled, "B-33"), (.bidFilled, "B-34"), (.askFilled, "B-35"), (.tradedToDisplayed, "B-39"),
            (.absorption, "B-40"), (.delta, "B-41"), (.deltaOfTest, "B-42"), (.volumeShare, "B-46"),
            (.closesBeyond, "B-48"), (.timeSinceCross, "B-49"), (.volumeBeyondShare, "B-50"),
            (.passiveDepthTimeOfDay, "B-25"), (.volumeTimeOfDay, "B-47"), (.openInterestShare, "B-51"),
            (.touchProbability, "B-58"),
        ]
        for (feature, row) in levels { #expect(feature.definition.row == row, "\(feature)") }
        let market: [(MarketFeature, String)] = [
            (.bidAskSpread, "C-1"), (.bidAskSpreadMean, "C-2"), (.mid, "C-3"), (.weightedMidOffset, "C-4"),
            (.bestBidSize, "C-6"), (.queueImbalanceBest, "C-8"), (.depthImbalance5, "C-12"),
            (.depthImbalanceTop10, "C-15"),
            (.bidDepthTop5, "C-16"), (.askDepthTop10, "C-19"), (.askAverageOrderSize, "C-22"), (.bidBookSlope, "C-23"),
            (.buyImpact100, "C-27"), (.sellImpact100, "C-28"), (.orderFlowImbalance10, "C-30"),
            (.orderFlowImbalanceLevel5, "C-36"), (.integratedOrderFlowImbalance, "C-37"), (.bidAddedTop10, "C-38"),
            (.askCancelledTop10, "C-41"), (.cancelToTrade, "C-42"), (.messageRate, "C-43"), (.midChangeRate, "C-45"),
            (.averageTrueRange, "C-80"), (.sessionVolume, "C-104"), (.microPriceOffset, "C-5"),
            (.depthTimeOfDay, "C-29"), (.buyVolume, "C-47"), (.priceImpact, "C-65"), (.midReturn60, "C-66"),
            (.varianceRatio, "C-82"), (.vwapSessionDistance, "C-83"), (.sessionVolumeTimeOfDay, "C-105"),
            (.minutesSinceOpen, "C-106"), (.daysToExpiration, "C-112"), (.atmVolatilityToday, "C-113"),
            (.interestCoverage, "C-137"),
        ]
        for (feature, row) in market { #expect(feature.definition.row == row, "\(feature)") }
    }
}
