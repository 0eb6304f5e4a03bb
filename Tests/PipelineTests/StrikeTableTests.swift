import DBN
import Determinism
import Features
import MarketCalendar
import Orders
import Signals
import Testing
import Units

@testable import Pipeline

/// The chain by strike as the engine puts it out at every refresh: compared with sums over contracts that the test
/// makes from the tape's records.
@Suite struct StrikeTableTests {
    private static let second = OptionTape.second

    private struct Table {
        let time: UInt64
        let sequence: UInt64
        let quality: DataQuality
        /// Those with contracts in the chain.
        let strikes: [OptionStrike]

        /// Everything in it, to compare tables of two runs.
        var text: String { "\(time) \(sequence) \(quality.rawValue) \(strikes)" }
    }

    /// Keeps tables, and of the rows behind each C-129.
    private struct Tables: ~Copyable, EngineOutput {
        var all: [Table] = []
        var exposures: [(table: Int, value: Double)] = []

        mutating func vector(_ engine: borrowing ContractEngine) {
            exposures.append((all.count - 1, Array(engine.vector)[.gammaExposureTotal]))
        }
        mutating func secondVector(_ engine: borrowing ContractEngine, time: UInt64) {}
        mutating func announce(_ signal: Signal) {}
        mutating func announced() {}
        mutating func signal(_ signal: Signal, _ engine: borrowing ContractEngine) {}
        mutating func strikes(
            _ strikes: UnsafeBufferPointer<OptionStrike>, at time: UInt64, sequence: UInt64, quality: DataQuality
        ) {
            all.append(
                Table(time: time, sequence: sequence, quality: quality, strikes: strikes.filter { $0.members > 0 }))
        }
    }

    /// What the tape has said of a contract.
    private struct Listed {
        let isCall: Bool
        let strike: Int64
        let expiration: UInt64
        var interest: Int64?
        var volume: Int64 = 0
        var signedVolume: Int64 = 0
        var bid: Int64 = 0
        var ask: Int64 = 0
        var lastPrice: Int64 = 0
        var differentPrice: Int64 = 0

        mutating func trade(price: Int64, size: Int64, side: UInt8) {
            let reference = price == lastPrice ? differentPrice : lastPrice
            let sign: Int64 =
                switch side {
                case UInt8(ascii: "B"): 1
                case UInt8(ascii: "A"): -1
                default:
                    if 2 * price != bid + ask {
                        2 * price > bid + ask ? 1 : -1
                    } else {
                        reference == 0 ? 0 : price > reference ? 1 : -1
                    }
                }
            volume += size
            signedVolume += sign * size
            if price != lastPrice { (lastPrice, differentPrice) = (price, lastPrice) }
        }
    }

    /// What the tape has said so far.
    private struct Book {
        var contracts: [UInt32: Listed] = [:]
        /// Of the future, points.
        var forward = Double.nan

        mutating func take(_ record: RecordView) {
            let id = record.instrumentID.raw
            switch record.type {
            case .instrumentDefinition:
                contracts[id] = Listed(
                    isCall: record.load(487, as: UInt8.self) == UInt8(ascii: "C"),
                    strike: record.load(104, as: Int64.self), expiration: record.load(40, as: UInt64.self))
            case .statistics: contracts[id]?.interest = record.load(40, as: Int64.self)
            case .mbp10:
                let level = record.marketByPrice.level(0)
                forward = Double(level.bidPrice + level.askPrice) / 2e9
            default:
                let trade = record.marketByPrice
                if trade.action == .trade {
                    contracts[id]?.trade(
                        price: trade.price.nanos, size: Int64(trade.size), side: record.load(29, as: UInt8.self))
                }
                let level = trade.level(0)
                let isDefined = level.bidPrice != .max && level.askPrice != .max
                contracts[id]?.bid = isDefined ? level.bidPrice : 0
                contracts[id]?.ask = isDefined ? level.askPrice : 0
            }
        }

        /// By strike, lowest first: those that expire in 300 s at the earliest and in 45 days at the latest, within
        /// 15 % of the forward.
        func chain(at time: UInt64) -> [(strike: Int64, contracts: [(id: UInt32, Listed)])] {
            let members = contracts.filter { _, contract in
                contract.expiration >= time + 300 * second && contract.expiration <= time + 45 * 86_400 * second
                    && abs(Double(contract.strike) / 1e9 - forward) <= 0.15 * forward
            }
            return Dictionary(grouping: members, by: \.value.strike).sorted { $0.key < $1.key }
                .map { ($0.key, $0.value.map { ($0.key, $0.value) }) }
        }
    }

    private static func pipeline(_ options: OptionConfiguration) throws -> EnginePipeline<Tables> {
        EnginePipeline(
            plan: try OptionTape.plan(), features: try OptionTape.configuration(options),
            trading: EventClockTests.trading, output: Tables())
    }

    private static func take(_ bytes: [UInt8], _ sequence: Int, _ pipeline: inout EnginePipeline<Tables>) {
        bytes.withUnsafeBytes { raw in
            if let base = raw.baseAddress { pipeline.take(RecordView(base), sequence: UInt64(sequence)) }
        }
    }

    /// Sums over contracts against the strikes of a table; the volatilities are the chain's, the rest is the tape's.
    private static func check(
        _ table: Table, _ book: Book, _ pipeline: borrowing EnginePipeline<Tables>, _ at: String
    ) {
        let chain = book.chain(at: table.time)
        #expect(table.strikes.map(\.strike) == chain.map(\.strike), "\(at)")
        for (found, (strike, contracts)) in zip(table.strikes, chain) {
            let at = "\(at), strike \(strike)"
            func interest(_ isCall: Bool) -> [Int64] {
                contracts.compactMap { $0.1.isCall == isCall ? $0.1.interest : nil }
            }
            #expect(found.members == contracts.count && found.points == Double(strike) / 1e9, "\(at)")
            #expect(found.callInterest == interest(true).reduce(0, +), "\(at)")
            #expect(found.putInterest == interest(false).reduce(0, +), "\(at)")
            #expect(Int(found.knownCalls) == interest(true).count, "\(at)")
            #expect(Int(found.knownPuts) == interest(false).count, "\(at)")
            #expect(found.volume == contracts.map(\.1.volume).reduce(0, +), "\(at)")
            #expect(found.signedVolume == contracts.map(\.1.signedVolume).reduce(0, +), "\(at)")
            var (calls, puts, exposure, size) = (0.0, 0.0, 0.0, 0.0)
            var (exposedCalls, exposedPuts) = (0, 0)
            for (id, contract) in contracts {
                guard let open = contract.interest,
                    let valued = pipeline.market.options.pointee.contract(InstrumentID(id))?.pointee,
                    valued.hasVolatility
                else { continue }
                let gamma = Black76(
                    isCall: contract.isCall, forward: book.forward, strike: Double(strike) / 1e9,
                    years: Double(contract.expiration - table.time) / 1e9 / 31_536_000, rate: 0.04,
                    volatility: valued.volatility
                ).gamma
                let worth = Double(open) * 50 * gamma * book.forward * book.forward * 0.01
                if contract.isCall { calls += Double(open) * gamma } else { puts += Double(open) * gamma }
                if contract.isCall { exposedCalls += 1 } else { exposedPuts += 1 }
                exposure += contract.isCall ? worth : -worth
                size += worth
            }
            #expect((Int(found.exposedCalls), Int(found.exposedPuts)) == (exposedCalls, exposedPuts), "\(at)")
            #expect(abs(found.callGamma - calls) <= 1e-9 * calls && abs(found.putGamma - puts) <= 1e-9 * puts, "\(at)")
            #expect(abs(found.gammaExposure - exposure) <= 1e-9 * size, "\(at)")
        }
    }

    @Test(arguments: [11, 12] as [UInt64])
    func `at every whole second the strikes are the sums over the contracts that the tape has told of`(
        seed: UInt64
    ) throws {
        let tape = try OptionTape.random(seed: seed, seconds: 40, everySecond: false)
        var pipeline = try Self.pipeline(OptionConfiguration(refresh: .chain))
        var book = Book()
        var tables = 0
        for (index, bytes) in tape.records.enumerated() {
            Self.take(bytes, index, &pipeline)
            let all = pipeline.withOutput { $0.all }
            if all.count > tables, let last = all.last {
                #expect(all.count == tables + 1 && last.sequence == UInt64(index))
                tables = all.count
                Self.check(last, book, pipeline, "seed \(seed), \(last.time)")
            }
            bytes.withUnsafeBytes { raw in if let base = raw.baseAddress { book.take(RecordView(base)) } }
        }
        let (all, exposures) = pipeline.withOutput { ($0.all, $0.exposures) }
        let first = try #require(all.first)
        #expect(all.count > 35 && all.map(\.time) == (0..<UInt64(all.count)).map { first.time + $0 * Self.second })
        #expect(first.time % Self.second == 0)
        let strikes = try #require(all.last?.strikes)
        #expect(strikes.contains { $0.volume > 0 && $0.signedVolume != $0.volume })
        #expect(strikes.contains { $0.knownCalls + $0.knownPuts < $0.members })
        // The rows up to the next table have the sum, to the bit.
        var compared = 0
        for (table, found) in exposures where table >= 0 {
            let sum = all[table].strikes.reduce(0.0) { $0 + $1.gammaExposure }
            let isKnown = all[table].strikes.contains { $0.exposedCalls + $0.exposedPuts > 0 }
            #expect(isKnown ? found == sum : found.isNaN, "seed \(seed), table \(table)")
            compared += isKnown ? 1 : 0
        }
        #expect(compared > 30)
    }

    @Test func `a chain that loses its last contract is told once as empty`() throws {
        var tape = OptionTape()
        let end = try OptionTape.instant(16, 0)
        let leaving = end - 300 * Self.second
        let start = leaving - 5 * Self.second
        tape.define(10, at: start, isCall: true, strike: 4_600, expiration: end)
        tape.interest(10, at: start, 5)
        for tenth in 0..<120 as Range<UInt64> {
            tape.book(at: start + 1 + tenth * Self.second / 10, bid: 18_400)
        }
        var pipeline = try Self.pipeline(OptionConfiguration())
        for (index, bytes) in tape.records.enumerated() { Self.take(bytes, index, &pipeline) }
        let all = pipeline.withOutput { $0.all }
        #expect(all.map(\.time) == (1...6).map { start + $0 * Self.second })
        #expect(all.map(\.strikes.count) == [1, 1, 1, 1, 1, 0])
    }

    @Test func `a tape without options has no strikes`() throws {
        var tape = OptionTape()
        let start = try OptionTape.instant(9, 31)
        for index in 0..<50 as Range<UInt64> { tape.book(at: start + index * Self.second, bid: 18_400) }
        var pipeline = try Self.pipeline(OptionConfiguration())
        for (index, bytes) in tape.records.enumerated() { Self.take(bytes, index, &pipeline) }
        #expect(pipeline.withOutput { $0.all }.isEmpty)
    }

    @Test func `an engine that is saved and loaded between any two records puts out the same tables`() throws {
        let tape = try OptionTape.random(seed: 13, seconds: 30, everySecond: false)
        var whole = try Self.pipeline(OptionConfiguration())
        for (index, bytes) in tape.records.enumerated() { Self.take(bytes, index, &whole) }
        let wanted = whole.withOutput { $0.all.map(\.text) }
        var random = SeededGenerator(seed: 13)
        var pipeline = try Self.pipeline(OptionConfiguration())
        var found: [String] = []
        for (index, bytes) in tape.records.enumerated() {
            Self.take(bytes, index, &pipeline)
            guard random.below(40) == 0 else { continue }
            found += pipeline.withOutput { $0.all.map(\.text) }
            var saving = StateArchive()
            try pipeline.persist(&saving)
            var next = try Self.pipeline(OptionConfiguration())
            var loading = StateArchive(loading: saving.bytes)
            try next.persist(&loading)
            try loading.checkEnd()
            pipeline = next
        }
        found += pipeline.withOutput { $0.all.map(\.text) }
        #expect(wanted.count > 25 && found == wanted)
    }

    @Test func `a table says what its rows' quality says`() throws {
        var tape = OptionTape()
        let start = try OptionTape.instant(9, 31)
        tape.define(10, at: start, isCall: true, strike: 4_600, expiration: start + 86_400 * Self.second)
        tape.book(at: start + 1, bid: 18_400)
        tape.book(at: start + Self.second + 1, bid: 18_400)
        tape.records.append(try FeedQualityTests.gap(from: start + Self.second, to: start + Self.second + 2))
        tape.book(at: start + 2 * Self.second + 1, bid: 18_400)
        tape.book(at: start + 3 * Self.second + 1, bid: 18_400)
        var pipeline = try Self.pipeline(OptionConfiguration())
        for (index, bytes) in tape.records.enumerated() { Self.take(bytes, index, &pipeline) }
        let qualities = pipeline.withOutput { $0.all.map { $0.quality.contains(.gap) } }
        #expect(qualities.first == false && qualities.last == true)
    }
}
