import DBN
import Features
import MarketCalendar
import Units

extension MarketFold {
    static func board(_ plan: InstrumentPlan, _ configuration: FeatureConfiguration) -> OptionBoard {
        OptionBoard(
            configuration: configuration.options, calendar: configuration.calendar, tick: configuration.tickSize,
            symbols: plan.signal.map(\.contract.rawSymbol),
            identities: plan.signal.map { $0.identities.map(\.instrument) })
    }
}
