import MarketCalendar
import Testing
import Units

@Suite struct FuturesSymbolTests {
    let reference = CivilDate(year: 2026, month: 11, day: 20)

    @Test(arguments: [
        ("ESZ6", "ES", 2026, 12), ("ESZ26", "ES", 2026, 12), ("ESH4", "ES", 2034, 3), ("ESU5", "ES", 2025, 9),
        ("6EZ6", "6E", 2026, 12), ("6JH7", "6J", 2027, 3), ("M2KM7", "M2K", 2027, 6), ("CLF31", "CL", 2031, 1),
    ])
    func `an outright symbol gives root, year and month`(text: String, root: String, year: Int, month: Int) throws {
        let symbol = try FuturesSymbol(text, near: reference)
        #expect(symbol == .outright(FuturesContract(root: root, year: year, month: month)))
    }

    @Test(arguments: [
        ("2024-01-02", 2024), ("2023-12-26", 2024), ("2016-01-04", 2024), ("2015-12-31", 2014), ("2025-06-01", 2024),
        ("2026-01-01", 2034),
    ])
    func `a one-digit year lies between one before and eight after the reference`(near: String, year: Int) throws {
        let reference = try Fixture.date(near)
        #expect(FuturesContract("ESH4", near: reference)?.year == year)
    }

    @Test(arguments: ["ESZ6", "ES.c.0", "MES.c.1", "ES.FUT", "ESH7-ESM7"])
    func `printing gives back what was parsed`(text: String) throws {
        #expect("\(try FuturesSymbol(text, near: reference))" == text)
    }

    @Test func `every contract of a decade is parsed back from its raw symbol`() {
        for year in 2025...2034 {
            for month in 1...12 {
                let contract = FuturesContract(root: "6E", year: year, month: month)
                #expect(FuturesContract(contract.rawSymbol, near: reference) == contract)
            }
        }
    }

    @Test func `a calendar spread is recognised and is not an outright`() throws {
        let near = FuturesContract(root: "ES", year: 2027, month: 3)
        let far = FuturesContract(root: "ES", year: 2027, month: 6)
        #expect(try FuturesSymbol("ESH7-ESM7", near: reference) == .calendarSpread(near, far))
        #expect(FuturesContract("ESH7-ESM7", near: reference) == nil)
        #expect(FuturesContract("ESH7", near: reference) == near)
    }

    @Test(arguments: [
        "", "ES", "ESA6", "ESZ", "Z6", "esz6", "ESZ2026", "ES.c", "ES.c.", "ES.c.x", "ES.v.0", "ES.OPT", ".c.0",
        "EW1H4 C4800", "UD:1V: GN 2505", "ESH4-ESM4-ESU4", "ESH4-", "99Z6", "TOOLONGZ6",
    ])
    func `anything else is refused with its text`(text: String) {
        #expect(throws: FuturesSymbolError.unknownForm(text)) { try FuturesSymbol(text, near: reference) }
    }
}

@Suite struct ContractTableTests {
    @Test func `a tick's worth is the tick times the multiplier, exactly, in every row`() {
        #expect(ContractSpecification.all.count == 15)
        for row in ContractSpecification.all {
            let product = Int128(row.tick.nanos) * Int128(row.moneyPerPoint.nanos)
            #expect(product == Int128(row.tickValue.nanos) * 1_000_000_000, "\(row.root)")
        }
    }

    @Test func `a micro has the tick of its parent and a tenth of its worth`() throws {
        for (micro, parent) in [("MES", "ES"), ("MNQ", "NQ")] {
            let small = try #require(ContractSpecification.of(root: micro))
            let large = try #require(ContractSpecification.of(root: parent))
            #expect(small.tick == large.tick)
            #expect(small.moneyPerPoint * 10 == large.moneyPerPoint)
        }
    }

    @Test func `MES is worth 1 dollar 25 a tick, large trades start at 50 there and at 25 in ES`() throws {
        let micro = try #require(ContractSpecification.of(root: "MES"))
        #expect(micro.tickValue == Money(cents: 125))
        #expect(micro.largeTradeContracts == 50)
        #expect(ContractSpecification.of(root: "ES")?.largeTradeContracts == 25)
        #expect(ContractSpecification.of(root: "XX") == nil)
    }
}

@Suite struct ContractRollTests {
    /// First trade date of the contract as the lead: second Thursday through March 2022, Monday before the third Friday
    /// since.
    static let rolls = [
        ("2021-03-11", "ESM1"), ("2021-06-10", "ESU1"), ("2021-09-09", "ESZ1"), ("2021-12-09", "ESH2"),
        ("2022-03-10", "ESM2"), ("2022-06-13", "ESU2"), ("2022-09-12", "ESZ2"), ("2022-12-12", "ESH3"),
        ("2023-03-13", "ESM3"), ("2023-06-12", "ESU3"), ("2023-09-11", "ESZ3"), ("2023-12-11", "ESH4"),
        ("2024-03-11", "ESM4"), ("2024-06-17", "ESU4"), ("2024-09-16", "ESZ4"), ("2024-12-16", "ESH5"),
        ("2025-03-17", "ESM5"), ("2025-06-16", "ESU5"), ("2025-09-15", "ESZ5"), ("2025-12-15", "ESH6"),
        ("2026-03-16", "ESM6"), ("2026-06-15", "ESU6"), ("2026-09-14", "ESZ6"), ("2026-12-14", "ESH7"),
        ("2027-03-15", "ESM7"), ("2027-06-14", "ESU7"), ("2027-09-13", "ESZ7"), ("2027-12-13", "ESH8"),
    ]

    @Test(arguments: rolls)
    func `the next quarter leads from the roll's trade date on, not a day earlier`(date: String, next: String) throws {
        let calendar = try Fixture.calendar()
        let roll = try Fixture.date(date)
        let new = try #require(calendar.leadContract(root: "ES", on: roll))
        #expect(new.rawSymbol == next)
        let old = try #require(calendar.leadContract(root: "ES", on: calendar.previousTradeDate(before: roll)))
        #expect(calendar.rollDate(of: old) == roll)
        #expect(old < new)
        #expect(calendar.leadContract(root: "ES", on: calendar.previousTradeDate(before: roll), rank: 1) == new)
    }

    @Test func `the roll happens at the 18 hours open on the Sunday`() throws {
        let calendar = try Fixture.calendar()
        // 2026-12-14 is a Monday; its session opens on Sunday at 18:00 New York, 23:00 UTC.
        for (time, expected) in [("2026-12-13T22:59:59", "MESZ6"), ("2026-12-13T23:00", "MESH7")] {
            let tradeDate = calendar.sessionInForce(try Fixture.utc(time)).tradeDate
            #expect(calendar.leadContract(root: "MES", on: tradeDate)?.rawSymbol == expected)
        }
    }

    @Test(arguments: [
        ("ESZ6", "2026-12-18"), ("ESH4", "2024-03-15"), ("MESM4", "2024-06-21"),
        // Good Friday, then Juneteenth, on the third Friday: the index is not published.
        ("ESH08", "2008-03-20"), ("ESM26", "2026-06-18"),
    ])
    func `expiry is the third Friday, or the last open day before it`(symbol: String, expected: String) throws {
        let calendar = try Fixture.calendar()
        let contract = try #require(FuturesContract(symbol, near: try Fixture.date(expected)))
        #expect(calendar.expiry(of: contract) == (try Fixture.date(expected)))
    }

    @Test func `trading ends at half past nine in New York`() throws {
        let calendar = try Fixture.calendar()
        let contract = FuturesContract(root: "ES", year: 2026, month: 12)
        #expect(calendar.lastTrade(of: contract) == (try Fixture.utc("2026-12-18T14:30")))
        #expect(calendar.expiry(of: FuturesContract(root: "CL", year: 2026, month: 12)) == nil)
        #expect(calendar.leadContract(root: "CL", on: CivilDate(year: 2026, month: 11, day: 20)) == nil)
        #expect(calendar.leadContract(root: "XX", on: CivilDate(year: 2026, month: 11, day: 20)) == nil)
    }

    @Test func `a continuous symbol resolves on a date, a parent and a spread do not`() throws {
        let calendar = try Fixture.calendar()
        let date = CivilDate(year: 2023, month: 12, day: 26)
        #expect(calendar.contract(try FuturesSymbol("ES.c.0", near: date), on: date)?.rawSymbol == "ESH4")
        #expect(calendar.contract(try FuturesSymbol("ES.c.1", near: date), on: date)?.rawSymbol == "ESM4")
        #expect(calendar.contract(try FuturesSymbol("ES.c.4", near: date), on: date)
            == FuturesContract(root: "ES", year: 2025, month: 3))
        #expect(calendar.contract(try FuturesSymbol("ESU4", near: date), on: date)?.rawSymbol == "ESU4")
        #expect(calendar.contract(try FuturesSymbol("ES.FUT", near: date), on: date) == nil)
        #expect(calendar.contract(try FuturesSymbol("ESH4-ESM4", near: date), on: date) == nil)
    }
}
