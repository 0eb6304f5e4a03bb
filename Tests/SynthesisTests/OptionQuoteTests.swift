import CHeapCount
import DBN
import Determinism
import Testing
import Units

@testable import Synthesis

@Suite struct OptionQuoteTests {
    /// Around the open of regular hours, busy and thin; made once for all tests.
    static let tapes = [
        OptionTape(OptionTape.parameters(seed: 1, rate: 0.3, from: 34_100, to: 34_500)),
        OptionTape(OptionTape.parameters(seed: 2, rate: 0.05, from: 34_200, to: 34_600)),
    ]

    @Test func `options change no byte of the book, and the same seed gives the same bytes`() {
        let with = Self.tapes[1]
        var parameters = with.parameters
        let again = SyntheticTape(parameters)
        #expect(again.records.map(\.bytes) == with.tape.records.map(\.bytes))
        parameters.expiries = []
        let without = SyntheticTape(parameters)
        #expect(without.book(.options).isEmpty)
        #expect(without.book(.signal).map(\.bytes) == with.tape.book(.signal).map(\.bytes))
        parameters.expiries = with.parameters.expiries
        parameters.seed += 1
        #expect(SyntheticTape(parameters).book(.options).map(\.bytes) != with.tape.book(.options).map(\.bytes))
    }

    /// FNV-1a of the bytes of all records of options: another machine's are the same.
    @Test func `the bytes are those that they were`() {
        var digest: UInt64 = 0xcbf2_9ce4_8422_2325
        for record in Self.tapes[1].tape.book(.options) {
            for byte in record.bytes { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01b3 }
        }
        #expect(digest == 6_937_383_643_976_013_577)
    }

    @Test(arguments: 0..<2)
    func `times and sequences are in order, and every record comes 80 to 530 µs late`(tape index: Int) {
        let records = Self.tapes[index].quotes.map(\.record)
        let next = zip(records, records.dropFirst())
        #expect(next.allSatisfy { $0.receiveTime < $1.receiveTime && $0.sequence < $1.sequence })
        #expect(next.allSatisfy { $0.eventTime <= $1.eventTime })
        #expect(records.allSatisfy { (80_000...530_000).contains($0.receiveTime - $0.eventTime) })
        let all = Self.tapes[index].tape.records.map(\.receiveTime)
        #expect(zip(all, all.dropFirst()).allSatisfy { $0 <= $1 })
    }

    @Test(arguments: 0..<2)
    func `quotes are never crossed and lie on the grid`(tape index: Int) {
        for quote in Self.tapes[index].quotes {
            let level = quote.level
            #expect(level.askPrice > 0)
            if level.bidPrice == .max {
                #expect(level.bidSize == 0 && level.bidCount == 0)
            } else {
                #expect(level.bidPrice > 0 && level.bidPrice < level.askPrice)
                #expect(level.bidSize >= level.bidCount && level.bidCount > 0)
            }
            for price in [level.bidPrice, level.askPrice] where price != .max {
                #expect(price % (price > 10_000_000_000 ? 250_000_000 : 50_000_000) == 0)
            }
        }
    }

    @Test(arguments: 0..<2)
    func `an event has one time and one contract, and only its last record closes it`(tape index: Int) {
        let quotes = Self.tapes[index].quotes
        for (record, next) in zip(quotes, quotes.dropFirst()) where !record.record.flags.contains(.last) {
            #expect(next.record.eventTime == record.record.eventTime)
            #expect(next.option == record.option)
        }
        #expect(quotes.last?.record.flags.contains(.last) == true)
    }

    @Test(arguments: 0..<2)
    func `a print is within the quote before it, which it leaves to the next record`(tape index: Int) {
        var trades = 0
        var unknown = 0
        for records in Self.tapes[index].byContract.values {
            for (before, print) in zip(records, records.dropFirst()) where print.record.action == .trade {
                trades += 1
                #expect(before.level == print.level && !print.record.flags.contains(.last))
                let low = before.level.bidPrice == .max ? 0 : before.level.bidPrice
                #expect((max(low, 1)...before.level.askPrice).contains(print.record.price))
                switch print.record.side {
                case .bid: #expect(print.record.price == before.level.askPrice)
                case .ask: #expect(print.record.price == before.level.bidPrice)
                default: unknown += 1
                }
                #expect((1...100).contains(print.record.size))
            }
        }
        #expect(trades > (index == 0 ? 200 : 30), "\(trades) trades")
        #expect(unknown > 0 && unknown * 4 < trades)
    }

    /// The smile as the session has it, of the money and at each quote.
    @Test(arguments: 0..<2)
    func `a quote's mid is the smile's value within half a tick, and so is its volatility`(tape index: Int) {
        let tape = Self.tapes[index]
        let path = LatentPath(seed: tape.parameters.seed, end: tape.parameters.window.end)
        let smile = SyntheticSmile(seed: tape.parameters.seed, path: path, openingPoints: 6_800)
        defer { path.deallocate() }
        defer { smile.deallocate() }
        var checked = 0
        // Prints and what they leave are not priced anew.
        for quote in tape.quotes where quote.record.flags == .last {
            guard let mid = quote.mid, quote.years > 1e-5 else { continue }
            let moment = smile.moment(quote.second, forward: quote.forward)
            let strike = Double(quote.option.strike)
            let value = OptionValue(strike: strike, isCall: quote.option.isCall, years: quote.years, moment)
            guard abs(value.distance) < 1.5 else { continue }
            // Of a two-record event the time is microseconds later than the time of pricing.
            let tick = OptionQuote.tick(max(value.price, mid))
            #expect(abs(mid - value.price) <= tick * 0.76, "\(quote.option.symbol) \(mid) for \(value.price)")
            let implied = Self.impliedVolatility(mid, strike, quote)
            let vega = value.levelSensitivity / SyntheticSmile.share(years: quote.years) / value.sigma
            #expect(abs(implied - value.sigma) * vega <= tick, "\(quote.option.symbol): \(implied), \(value.sigma)")
            checked += 1
        }
        #expect(checked > 1_000, "\(checked) quotes")
    }

    /// By bisection on Black's formula, written out once more.
    private static func impliedVolatility(_ price: Double, _ strike: Double, _ quote: OptionTape.Quote) -> Double {
        let root = quote.years.squareRoot()
        let sign = quote.option.isCall ? 1.0 : -1.0
        let discount = DeterministicMath.exp(-0.04 * quote.years)
        func normal(_ x: Double) -> Double { 0.5 * DeterministicMath.erfc(-x / 2.0.squareRoot()) }
        var (low, high) = (1e-4, 5.0)
        for _ in 0..<60 {
            let sigma = 0.5 * (low + high)
            let d1 = DeterministicMath.log(quote.forward / strike) / (sigma * root) + 0.5 * sigma * root
            let value =
                sign * discount * (quote.forward * normal(sign * d1) - strike * normal(sign * (d1 - sigma * root)))
            if value < price { low = sigma } else { high = sigma }
        }
        return 0.5 * (low + high)
    }

    @Test func `call and put are at parity within their ticks and the forward's move`() {
        var last: [UInt32: OptionTape.Quote] = [:]
        var checked = 0
        for quote in Self.tapes[0].quotes where quote.record.flags == .last {
            last[quote.option.instrumentID.raw] = quote
            // The other right differs in the last bit.
            guard let other = last[quote.option.instrumentID.raw ^ 1], let mid = quote.mid, let otherMid = other.mid
            else { continue }
            let (call, put) = quote.option.isCall ? (mid, otherMid) : (otherMid, mid)
            let discount = DeterministicMath.exp(-0.04 * quote.years)
            let parity = discount * (quote.forward - Double(quote.option.strike))
            let allowed = 0.76 * (OptionQuote.tick(call) + OptionQuote.tick(put)) + abs(quote.forward - other.forward)
            // What the smile did in between: a second is nothing to it.
            guard quote.second - other.second < 1 else { continue }
            #expect(abs(call - put - parity) <= allowed, "\(quote.option.symbol): \(call) \(put) \(parity)")
            checked += 1
        }
        #expect(checked > 100, "\(checked) pairs")
    }

    @Test(arguments: 0..<2)
    func `in regular hours no contract is silent for a minute`(tape index: Int) {
        for records in Self.tapes[index].byContract.values {
            let end = Self.tapes[index].parameters.window.end
            let times = [34_220] + records.map(\.second).filter { $0 > 34_220 } + [end]
            #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 < 60 })
        }
    }

    @Test func `volatility at the money moves against the price`() {
        let path = LatentPath(seed: 5, end: 61_200)
        let smile = SyntheticSmile(seed: 5, path: path, openingPoints: 6_800)
        defer { path.deallocate() }
        defer { smile.deallocate() }
        var (sums, price, level) = (SIMD3<Double>(repeating: 0), path.price(0), smile.moment(-21_600, forward: 1).level)
        for minute in 1...1_380 {
            let second = Double(60 * minute)
            let (nextPrice, nextLevel) = (path.price(second), smile.moment(second - 21_600, forward: 1).level)
            let change = SIMD2(nextPrice - price, nextLevel - level)
            sums += SIMD3(change[0] * change[0], change[1] * change[1], change[0] * change[1])
            (price, level) = (nextPrice, nextLevel)
        }
        let correlation = sums[2] / (sums[0] * sums[1]).squareRoot()
        #expect((-0.98 ... -0.3).contains(correlation), "\(correlation)")
    }

    @Test func `black's formula gives the values that are known`() {
        // F = 6000, σ = 15 %, 23 400 s, r = 4 %: a 6010 call is worth 5.590284034, its delta is 0.342538712.
        let years = 23_400 / SyntheticSmile.secondsPerYear
        func value(level: Double) -> OptionValue {
            let moment = SyntheticSmile.Moment(forward: 6_000, level: level, eventVariance: 0)
            return OptionValue(strike: 6_010, isCall: true, years: years, moment)
        }
        // The level at which the smile has 15 % there.
        var (low, high) = (-2.0, 2.0)
        for _ in 0..<80 {
            let level = 0.5 * (low + high)
            if value(level: level).sigma < 0.15 { low = level } else { high = level }
        }
        let found = value(level: low)
        #expect(abs(found.sigma - 0.15) < 1e-12)
        #expect(abs(found.price - 5.590284034) < 1e-8 && abs(found.delta - 0.342538712) < 1e-8)
    }

    @Test func `nothing is quoted in a halt or while the feed is lost, nor after the expiry`() {
        var parameters = OptionTape.parameters(seed: 6, rate: 0.1, from: 57_300, to: 57_900)
        parameters.halts = [DaySpan(start: 57_400, end: 57_430)]
        parameters.reconnects = [57_480]
        let quotes = OptionTape(parameters).quotes
        let silent = [DaySpan(start: 57_401, end: 57_430), DaySpan(start: 57_481, end: 57_482)]
        #expect(quotes.allSatisfy { quote in !silent.contains { $0.contains(quote.second) } })
        #expect(quotes.allSatisfy { $0.years > 0 })
        #expect(quotes.contains { $0.second > 57_610 })
        let chain = SyntheticOption.chain(parameters)
        let after = Set(quotes.filter { (57_482...57_484).contains($0.second) }.map(\.option))
        #expect(after.count == chain.count)
    }

    @Test(.enabled(if: lh_heap_count_enabled() != 0, "a sanitizer has its own allocator"))
    func `nothing is allocated after the start`() {
        var generator = SyntheticTape.generator(Self.tapes[0].parameters)
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: SessionGenerator.recordByteCountMax, alignment: 8)
        defer { buffer.deallocate() }
        for _ in 0..<2_000 { _ = generator.next(into: buffer) }
        let before = lh_heap_calls()
        var options = 0
        for _ in 0..<10_000 where generator.next(into: buffer)?.stream == .options { options += 1 }
        #expect(lh_heap_calls() == before)
        #expect(options > 1_000)
    }
}
