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

    /// When the option chain is valued next, ns of the data's time; `UInt64.max` where there is none.
    var nextRefresh: UInt64 { options.pointee.nextRefresh }

    /// Keeps near what that needs, and changes nothing.
    mutating func rehearseRefresh() -> Double { options.pointee.rehearse() }
}
