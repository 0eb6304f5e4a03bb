import DBN
import MarketCalendar
import Units

@testable import Synthesis

/// A session with options, and the state of the market as it goes.
struct OptionTape {
    /// A record of the options file, with the mid of ES that was in force.
    struct Quote {
        let record: SyntheticTape.Record
        let option: SyntheticOption
        let expiry: SyntheticExpiry
        /// Points.
        let forward: Double
        /// Seconds from 00:00 ET of its receive time.
        let second: Double

        var level: BidAskPair { record.level(0) }
        /// Points; nil when a side is absent.
        var mid: Double? {
            guard level.bidPrice != .max, level.askPrice != .max else { return nil }
            return Double(level.bidPrice + level.askPrice) * 0.5e-9
        }
        var years: Double {
            ((expiry.expiration - SyntheticTape.midnight).seconds - second) / SyntheticSmile.secondsPerYear
        }
    }

    let parameters: SessionParameters
    let tape: SyntheticTape
    let quotes: [Quote]

    static let date = CivilDate(year: 2026, month: 11, day: 20)
    static let lead = FuturesContract(root: "ES", year: 2026, month: 12)

    static func calendar() -> TradingCalendar {
        do {
            let zone = try TimeZoneRules(posixRule: "EST5EDT,M3.2.0,M11.1.0")
            return .cmeEquityIndex(zone: zone, windows: .regular)
        } catch {
            preconditionFailure("\(error)")
        }
    }

    static func parameters(seed: UInt64, rate: Double, from: Double, to: Double) -> SessionParameters {
        var parameters = SyntheticTape.parameters(seed: seed, rate: rate, from: from, to: to, withTraded: false)
        parameters.expiries = SyntheticExpiry.list(on: date, lead: lead, calendar: calendar())
        return parameters
    }

    init(_ parameters: SessionParameters) {
        self.parameters = parameters
        tape = SyntheticTape(parameters)
        let chain = SyntheticOption.chain(parameters)
        let places = Dictionary(uniqueKeysWithValues: chain.map { ($0.instrumentID.raw, $0) })
        var forward = 0.0
        var quotes: [Quote] = []
        for record in tape.records {
            if record.stream == .signal && record.action != .clear { forward = Double(record.doubledMid) * 0.125 }
            guard record.stream == .options, let option = places[record.load(4, as: UInt32.self)] else { continue }
            let time = Timestamp(nanoseconds: record.receiveTime)
            quotes.append(
                Quote(
                    record: record, option: option, expiry: parameters.expiries[option.expiry], forward: forward,
                    second: (time - SyntheticTape.midnight).seconds))
        }
        self.quotes = quotes
    }

    /// Records by contract.
    var byContract: [UInt32: [Quote]] { Dictionary(grouping: quotes) { $0.option.instrumentID.raw } }
}
