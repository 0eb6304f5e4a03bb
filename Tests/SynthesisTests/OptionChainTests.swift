import DBN
import MarketCalendar
import Testing
import Units

@testable import Synthesis

@Suite struct OptionChainTests {
    static func expiries(_ date: CivilDate, month: Int) -> [SyntheticExpiry] {
        SyntheticExpiry.list(
            on: date, lead: FuturesContract(root: "ES", year: 2026, month: month), calendar: OptionTape.calendar())
    }

    @Test func `the expiries of a day in March`() {
        let expiries = Self.expiries(CivilDate(year: 2026, month: 3, day: 10), month: 3)
        #expect(
            expiries.map(\.symbol) == [
                "E2BH6", "E2CH6", "E2DH6", "EW2H6", "E3AH6", "ESH6", "EW3H6", "EW4H6", "EW2J6", "E4DJ6",
            ])
        #expect(expiries.map(\.isQuarterly) == (0..<10).map { $0 == 5 })
        #expect(expiries[0].tradeDatesLeft == 0 && expiries[1].tradeDatesLeft == 1)
    }

    @Test func `a holiday has no expiry and the last day of a month has the name of the month's`() {
        // Thanksgiving is the 26th; the evening before it the futures trade for the 27th only.
        let expiries = Self.expiries(CivilDate(year: 2026, month: 11, day: 24), month: 12)
        #expect(expiries.map(\.symbol).prefix(5) == ["E4BX6", "E4CX6", "EW4X6", "EWX6", "E1BZ6"])
        let thanksgiving = Self.expiries(CivilDate(year: 2026, month: 11, day: 26), month: 12)
        #expect(thanksgiving[0].symbol == "EW4X6" && thanksgiving[0].tradeDatesLeft == 1)
    }

    @Test func `weeklies expire with the stock exchanges, quarterlies at half past nine, none behind the horizon`() {
        let zone = OptionTape.calendar().zone
        // 2026-03-06 lies two days before the clocks change.
        for day in [CivilDate(year: 2026, month: 3, day: 6), CivilDate(year: 2026, month: 11, day: 20)] {
            let expiries = Self.expiries(day, month: day.month == 3 ? 3 : 12)
            for expiry in expiries {
                let (date, time) = zone.local(expiry.expiration)
                #expect(date == expiry.date)
                // The days after Thanksgiving and before Christmas are short.
                let isShort = [CivilDate(year: 2026, month: 11, day: 27), CivilDate(year: 2026, month: 12, day: 24)]
                    .contains(date)
                let close = TimeOfDay(hour: isShort ? 13 : 16, minute: 0)
                #expect(time == (expiry.isQuarterly ? TimeOfDay(hour: 9, minute: 30) : close))
                #expect(expiry.date - day <= 44)
            }
            #expect(expiries.map(\.expiration) == Set(expiries.map(\.expiration)).sorted())
            #expect(expiries.contains { (40...44).contains($0.date - day) })
            #expect(expiries.contains { (27...33).contains($0.date - day) })
        }
    }

    @Test(arguments: [(1.0, 400...700), (0.24, 150...250)])
    func `a chain has its size and its steps of strikes`(rate: Double, size: ClosedRange<Int>) {
        let parameters = OptionTape.parameters(seed: 1, rate: rate, from: 0, to: 60)
        let chain = SyntheticOption.chain(parameters)
        #expect(size.contains(chain.count), "\(chain.count) contracts")
        #expect(Set(chain.map(\.instrumentID)).count == chain.count)
        #expect(Set(chain.map(\.symbol)).count == chain.count)
        // Futures are numbered below 10 million.
        #expect(chain.allSatisfy { $0.instrumentID.raw >= 1 << 29 })
        for index in parameters.expiries.indices {
            let options = chain.filter { $0.expiry == index }
            #expect(options.filter(\.isCall).map(\.strike) == options.filter { !$0.isCall }.map(\.strike))
            let strikes = options.filter(\.isCall).map(\.strike)
            let isToday = parameters.expiries[index].tradeDatesLeft == 0
            #expect(strikes.allSatisfy { $0 % (isToday && abs($0 - 6_800) <= 60 ? 5 : $0 % 25 == 0 ? 25 : 5) == 0 })
            if isToday { #expect(stride(from: 6_740, through: 6_860, by: 5).allSatisfy(strikes.contains)) }
            #expect(zip(strikes, strikes.dropFirst()).allSatisfy { $0 < $1 })
        }
    }

    @Test func `a contract has the same number on every date`() {
        let days = [6, 9, 10].map { CivilDate(year: 2026, month: 3, day: $0) }
        var numbers: [String: Set<UInt32>] = [:]
        for day in days {
            var parameters = OptionTape.parameters(seed: 1, rate: 1, from: 0, to: 60)
            parameters.midnight = OptionTape.calendar().zone.timestamp(day, hour: 0, minute: 0, second: 0)
            parameters.expiries = Self.expiries(day, month: 3)
            for option in SyntheticOption.chain(parameters) {
                numbers[option.symbol, default: []].insert(option.instrumentID.raw)
            }
        }
        #expect(numbers.values.allSatisfy { $0.count == 1 })
        #expect(Set(numbers.values.flatMap { $0 }).count == numbers.count)
    }

    @Test func `definitions say what the features read`() throws {
        let tape = OptionTape(OptionTape.parameters(seed: 2, rate: 0.1, from: -21_600, to: -21_599))
        let chain = SyntheticOption.chain(tape.parameters)
        let records = tape.tape.records.filter { $0.stream == .definition }
        #expect(records.count == chain.count + 1)
        for (record, option) in zip(records.dropFirst(), chain) {
            try record.bytes.withUnsafeBytes { raw in
                let base = try #require(raw.baseAddress)
                let definition = RecordView(base).instrumentDefinition
                let expiry = tape.parameters.expiries[option.expiry]
                #expect(definition.rawSymbol == option.symbol && definition.underlying == "ESZ6")
                #expect(definition.underlyingID.raw == 1_202_612 && definition.securityType == "OOF")
                #expect(definition.strikePrice.nanos == option.strike * 1_000_000_000)
                #expect(definition.expiration == expiry.expiration)
                #expect(definition.instrumentClass == (option.isCall ? .call : .put))
                #expect(definition.unitOfMeasureQuantity.nanos == 50_000_000_000)
                #expect(definition.contractMultiplier == .max && definition.minimumPriceIncrement == .undefined)
                let cfi = RecordView(base).text(346, byteCount: 7)
                #expect(cfi == "O\(option.isCall ? "C" : "P")\(expiry.isQuarterly ? "A" : "E")FPS")
            }
        }
    }

    @Test func `every contract has one open interest, of the day before and before the open`() {
        let tape = OptionTape(OptionTape.parameters(seed: 3, rate: 1, from: -21_600, to: -21_599))
        let ids = Set(SyntheticOption.chain(tape.parameters).map(\.instrumentID.raw))
        let records = tape.tape.records.filter {
            $0.stream == .statistics && ids.contains($0.load(4, as: UInt32.self))
        }
        #expect(records.count == ids.count && Set(records.map { $0.load(4, as: UInt32.self) }) == ids)
        let open = SyntheticTape.midnight.nanoseconds - 21_600_000_000_000
        let quantities = records.map { record in
            #expect(record.receiveTime < open)
            #expect(record.load(24, as: UInt64.self) == tape.parameters.previousTradeDate.nanoseconds)
            return record.load(40, as: Int64.self)
        }
        #expect(quantities.allSatisfy { (0...200_000).contains($0) })
        #expect(quantities.count { $0 > 0 } > quantities.count * 9 / 10)
    }
}
