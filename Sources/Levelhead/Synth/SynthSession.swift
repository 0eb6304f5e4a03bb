import Configuration
import DBN
import MarketCalendar
import Synthesis
import Units

/// Which session `synth` was asked for, from words to instants.
struct SynthSession {
    var parameters: SessionParameters
    let tradeDate: CivilDate
    private let calendar: TradingCalendar

    /// - Throws: the date is not a trade date, or the time zone cannot be read.
    init(date: CivilDate, seed: UInt64, withTraded: Bool, withOptions: Bool) throws {
        let zone = try ZoneData.newYork()
        calendar = .cmeEquityIndex(zone: zone, windows: .regular)
        guard calendar.isTradeDate(date) else { throw SynthFailure.notATradeDate(date) }
        tradeDate = date
        let signal = try Self.contract("ES", multiplier: 50, on: date, calendar)
        let traded = withTraded ? try Self.contract("MES", multiplier: 5, on: date, calendar) : nil
        let previous = calendar.previousTradeDate(before: date)
        parameters = SessionParameters(
            midnight: zone.timestamp(date, hour: 0, minute: 0, second: 0),
            previousTradeDate: Timestamp(nanoseconds: UInt64(previous.daysSinceEpoch) * Timestamp.nanosecondsPerDay),
            seed: seed, signal: signal, traded: traded)
        if withOptions, let lead = calendar.leadContract(root: "ES", on: date) {
            parameters.expiries = SyntheticExpiry.list(on: date, lead: lead, calendar: calendar)
        }
    }

    private static func contract(
        _ root: String, multiplier: Int64, on date: CivilDate, _ calendar: TradingCalendar
    ) throws -> SyntheticContract {
        guard let contract = calendar.leadContract(root: root, on: date), let last = calendar.lastTrade(of: contract)
        else {
            throw SynthFailure.noContract(root: root, date)
        }
        // Made up, and the same for a contract on every date: one digit for the root, then year and month.
        let id = UInt32((root == "ES" ? 1 : 2) * 1_000_000 + contract.year * 100 + contract.month)
        return SyntheticContract(
            symbol: contract.rawSymbol, root: root, instrumentID: InstrumentID(id), expiration: last,
            activation: last - .hours(24 * 365), maturityYear: UInt16(contract.year),
            maturityMonth: UInt8(contract.month),
            multiplier: multiplier)
    }

    /// Seconds from 00:00 ET of the trade date; the evening before is negative.
    static func daySecond(_ time: TimeOfDay) -> Double {
        time.hour >= 17 && time > TimeOfDay(hour: 17, minute: 0) ? Double(time.seconds) - 86_400 : Double(time.seconds)
    }

    private var contracts: [SyntheticContract] { [parameters.signal] + (parameters.traded.map { [$0] } ?? []) }

    private var options: [(symbol: String, instrumentID: InstrumentID)] {
        SyntheticOption.chain(parameters).map { ($0.symbol, $0.instrumentID) }
    }

    /// The streams that have a file, and the file's name: recognisably not a recording.
    var fileNames: [(stream: SyntheticStream, name: String)] {
        let prefix = "synthetic-\(tradeDate.yyyymmdd)"
        return SyntheticStream.allCases.compactMap { stream in
            switch stream {
            case .definition: (stream, "\(prefix).definition.dbn.zst")
            case .status: (stream, "\(prefix).status.dbn.zst")
            case .statistics: (stream, "\(prefix).statistics.dbn.zst")
            case .signal: (stream, "\(prefix).\(parameters.signal.symbol).mbp-10.dbn.zst")
            case .traded: parameters.traded.map { (stream, "\(prefix).\($0.symbol).mbp-10.dbn.zst") }
            case .options: parameters.expiries.isEmpty ? nil : (stream, "\(prefix).options.mbp-1.dbn.zst")
            }
        }
    }

    func metadata(of stream: SyntheticStream) -> DBNMetadata {
        let futures = contracts.map { ($0.symbol, $0.instrumentID) }
        let (schema, symbols): (Schema, [(symbol: String, instrumentID: InstrumentID)]) =
            switch stream {
            case .definition: (.definition, futures + options)
            case .status: (.status, futures)
            case .statistics: (.statistics, futures + options)
            case .signal: (.mbp10, [futures[0]])
            case .traded: (.mbp10, Array(futures.dropFirst()))
            case .options: (.mbp1, options)
            }
        // A day's files begin a quarter of an hour before the open, when the market does.
        let start = parameters.midnight + Nanoseconds(Int64(min(parameters.window.start, -22_500)) * 1_000_000_000)
        let end = parameters.midnight + Nanoseconds(Int64(parameters.window.end * 1e9)) + .seconds(1)
        let mappings = symbols.map { contract in
            SymbolMapping(
                rawSymbol: contract.symbol,
                intervals: [
                    MappingInterval(
                        startDate: UInt32(tradeDate.adding(days: -1).yyyymmdd),
                        endDate: UInt32(tradeDate.adding(days: 1).yyyymmdd), symbol: "\(contract.instrumentID.raw)")
                ])
        }
        return DBNMetadata(
            dataset: "GLBX.MDP3", schema: schema, start: start, end: end, stypeIn: .rawSymbol,
            symbols: symbols.map(\.symbol), mappings: mappings)
    }
}

/// Why `synth` cannot do what it was asked for.
enum SynthFailure: Error, CustomStringConvertible {
    case notATradeDate(CivilDate)
    case noContract(root: String, CivilDate)
    case staleFile(String)

    var description: String {
        switch self {
        case .notATradeDate(let date): "--date \(date): not a trade date of CME equity index futures"
        case .noContract(let root, let date): "--date \(date): no lead contract of \(root) in the calendar"
        case .staleFile(let path): "\(path): belongs to another synthetic session of this date; remove it first"
        }
    }
}
