import Configuration
import DBN
import Features
import MarketCalendar
import Pipeline
import Tape
import Units

/// What a run needs before its first record: the tape, the calendar, the plan of contracts.
struct MarketSetup {
    let configuration: ResolvedConfiguration
    let calendar: TradingCalendar
    let plan: InstrumentPlan
    /// The past sessions of the signal's root; nil when the run is given none.
    let history: RunHistory?

    /// - Throws: what is wrong with the configuration, with the tape's contracts or with the history.
    init(configuration: ResolvedConfiguration, tape: borrowing MergedTape, history: String? = nil) throws {
        self.configuration = configuration
        calendar = .cmeEquityIndex(zone: try ZoneData.newYork(), windows: configuration.sessions)
        let plan = try Self.plan(tape.sources, configuration: configuration, calendar: calendar)
        self.plan = plan
        self.history = try history.map { try RunHistory(path: $0, root: plan.signalSpecification.root) }
    }

    /// The configuration of the features of the plan's signal contracts.
    var features: FeatureConfiguration {
        let levels = configuration.levels
        var features = FeatureConfiguration(
            calendar: calendar, tickSize: plan.signalSpecification.tick,
            levels: LevelParameters(
                band: Int32(levels.band.count), touch: Int32(levels.touch.count), reset: Int32(levels.reset.count),
                beyond: Int32(levels.beyond.count),
                largeTrade: configuration.features.largeTradeContracts ?? plan.signalSpecification.largeTradeContracts),
            averageBarMinutes: Int(configuration.bars.smaPeriod.count / Nanoseconds.minutes(1).count),
            averageLength: configuration.bars.smaLength,
            pointValue: Double(plan.signalSpecification.moneyPerPoint.nanos) / 1e9,
            annualizationHours: configuration.features.annualizationHours,
            history: history?.sessions, options: options)
        if let family = FeatureFamily.allCases.first(where: { $0.key == configuration.features.leftOut }) {
            features.families = .all(but: family)
            features.levels.families = features.families
            features.options.isEnabled = features.options.isEnabled && family != .options && family != .levelOptions
        }
        return features
    }

    private var options: OptionConfiguration {
        let options = configuration.options
        return OptionConfiguration(
            isEnabled: options.isEnabled, horizonDays: options.horizonDays, strikeWindow: options.strikeWindow,
            riskFreeRate: options.riskFreeRate, nearLevelNanos: Int64((options.nearLevelPoints * 1e9).rounded()),
            refresh: options.valuesWholeChain ? .chain : .dirty, root: options.root,
            capacity: options.maximumContracts)
    }

    private static func plan(
        _ sources: [TapeSource], configuration: ResolvedConfiguration, calendar: TradingCalendar
    ) throws -> InstrumentPlan {
        let first = sources.compactMap { $0.metadata?.start }.min() ?? Timestamp(nanoseconds: 0)
        let reference = calendar.sessionInForce(first).tradeDate
        let names = TapeNames(sources)
        let contracts = candidates(names.withBooks, reference: reference)
        if contracts.isEmpty, let entry = names.unnamed.first {
            throw InstrumentPlanError.unnamed(name: entry.symbol, instrument: entry.instrument)
        }
        let plan = try InstrumentPlan(
            candidates: contracts, signal: configuration.instrument.signal,
            traded: configuration.instrument.traded, reference: reference)
        try plan.check(on: reference, calendar: calendar)
        // It may be the one that is wanted: another must not take its place.
        if plan.isSubstituted, let entry = names.unnamed.first {
            throw InstrumentPlanError.unnamed(name: entry.symbol, instrument: entry.instrument)
        }
        return plan
    }

    /// The outright futures of the files that may hold `mbp-10` records: those of that schema and mixed ones.
    private static func candidates(_ table: SymbolTable, reference: CivilDate) -> [TapeContract] {
        table.symbols.compactMap { symbol in
            guard let contract = FuturesContract(symbol, near: reference) else { return nil }
            let identities = table.entries(named: symbol).map { entry in
                TapeContract.Identity(
                    instrument: entry.instrument, start: UTCDay.begin(of: entry.startDate) ?? .undefined,
                    end: UTCDay.begin(of: entry.endDate) ?? .undefined)
            }
            return TapeContract(contract: contract, identities: identities)
        }
    }
}
