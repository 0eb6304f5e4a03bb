import Configuration
import DBN
import MarketCalendar
import Testing
import Units

@testable import LiveFeed

@Suite struct OptionSelectionTests {
    private static let day: UInt64 = 86_400 * MarketLog.second
    private static let now = Timestamp(nanoseconds: MarketLog.start)
    private static let forward = Price(nanos: 5_000_000_000_000)

    private static func option(
        _ symbol: String, strike: Int64, days: Double, underlying: String = "ESZ6", identity: UInt32 = 0,
        kind: InstrumentClass = .call, action: SecurityUpdateAction = .add
    ) throws -> [UInt8] {
        try LiveRecord.definition(
            instrument: UInt32(strike), event: MarketLog.start, symbol: symbol, kind: kind
        ) { record in
            record.underlying = underlying
            record.underlyingID = InstrumentID(identity)
            record.strikePrice = Price(nanos: strike * 1_000_000_000)
            record.expiration = Timestamp(nanoseconds: MarketLog.start + UInt64(days * Double(day)))
            record.updateAction = action
        }
    }

    private static func take(_ selection: inout OptionSelection, _ record: [UInt8]) -> Bool {
        MarketLog.view(record) { selection.take($0) }
    }

    private static func futures() -> OptionSelection { OptionSelection(.futures(["ESZ6", "ESH7"])) }

    @Test func `the chain is what expires in time around the forward, nearest strikes first`() throws {
        var selection = Self.futures()
        for (symbol, strike, days) in [
            ("A", 5_000, 10.0), ("B", 4_250, 10), ("C", 5_808, 10), ("D", 5_807, 44.9), ("E", 5_000, 45.1),
            ("F", 5_010, 0.003), ("G", 5_010, 0.004), ("H", 5_000, 9), ("I", 4_990, 10),
        ] as [(String, Int64, Double)] {
            let isTaken = Self.take(&selection, try Self.option(symbol, strike: strike, days: days))
            #expect(isTaken)
        }
        #expect(selection.count == 9)
        // 15 % and the drift's share: up to 5 807.5. Five minutes are 0.00347 days.
        #expect(selection.additions(at: Self.now, forwards: [Self.forward, nil]) == ["H", "A", "G", "I", "B", "D"])
        #expect(selection.additions(at: Self.now, forwards: [Self.forward, nil]) == [])
        let higher = Price(nanos: 5_001_000_000_000)
        #expect(selection.additions(at: Self.now, forwards: [higher, nil]) == ["C"])
        let later = Timestamp(nanoseconds: MarketLog.start + Self.day)
        #expect(selection.additions(at: later, forwards: [higher, nil]) == ["E"])
    }

    @Test func `what has expired or is gone leaves its place to others`() throws {
        var selection = OptionSelection(.futures(["ESZ6"]), rules: Self.rules(most: 2))
        for (symbol, strike, days) in [("A", 5_000, 1.0), ("B", 5_010, 9), ("C", 5_020, 9), ("D", 5_030, 9)] {
            _ = Self.take(&selection, try Self.option(symbol, strike: Int64(strike), days: days))
        }
        #expect(selection.additions(at: Self.now, forwards: [Self.forward]) == ["A", "B"])
        #expect(selection.additions(at: Self.now, forwards: [Self.forward]) == [])
        let later = Timestamp(nanoseconds: MarketLog.start + 2 * Self.day)
        #expect(selection.additions(at: later, forwards: [Self.forward]) == ["C"])
        #expect(selection.additions(at: later, forwards: [Self.forward]) == [])
        _ = Self.take(&selection, try Self.option("B", strike: 5_010, days: 9, action: .delete))
        #expect(selection.additions(at: later, forwards: [Self.forward]) == ["D"])
    }

    private static func rules(most: Int) -> OptionSelectionRules {
        var rules = OptionSelectionRules()
        rules.contractsMax = most
        return rules
    }

    @Test func `only options on the underlyings count`() throws {
        var selection = OptionSelection(.futures(["ESZ6"], identities: [[InstrumentID(17)]]))
        let others = [
            try Self.option("A", strike: 5_000, days: 5, underlying: "NQZ6"),
            try Self.option("B", strike: 5_000, days: 5, kind: .future),
            try Self.option("C", strike: 0, days: 5),
            LiveRecord.book(event: 5),
        ]
        for record in others {
            let isTaken = Self.take(&selection, record)
            #expect(!isTaken)
        }
        let isTaken = Self.take(
            &selection, try Self.option("D", strike: 5_000, days: 5, underlying: "", identity: 17))
        #expect(isTaken)
        #expect(selection.additions(at: Self.now, forwards: [Self.forward]) == ["D"])
    }

    @Test func `an underlying without a forward waits`() throws {
        var selection = Self.futures()
        _ = Self.take(&selection, try Self.option("A", strike: 5_000, days: 5))
        _ = Self.take(&selection, try Self.option("B", strike: 5_000, days: 5, underlying: "ESH7"))
        #expect(selection.additions(at: Self.now, forwards: [nil, nil]) == [])
        #expect(selection.additions(at: Self.now, forwards: [.undefined, Self.forward]) == ["B"])
        #expect(selection.additions(at: Self.now, forwards: [Self.forward, Self.forward]) == ["A"])
    }

    private static func index() throws -> OptionSelection.Underlyings {
        .index(root: "SPXW", calendar: .cmeEquityIndex(zone: try ZoneData.newYork(), windows: .regular))
    }

    @Test func `an index's option that expires on a date is chosen until that day's close`() throws {
        // 2025-02-21, and 20:54:59 and 20:55:01 of it: five minutes before 16:00 ET.
        let date: UInt64 = 1_740_096_000_000_000_000
        for (seconds, isChosen) in [(0, true), (75_299, true), (75_301, false)] as [(UInt64, Bool)] {
            var selection = OptionSelection(try Self.index())
            let record = try LiveRecord.definition(
                instrument: 1, event: date, symbol: "SPXW  250221C05000000", kind: .call
            ) { record in
                record.strikePrice = Price(nanos: 5_000_000_000_000)
                record.expiration = Timestamp(nanoseconds: date)
            }
            _ = Self.take(&selection, record)
            let time = Timestamp(nanoseconds: date + seconds * MarketLog.second)
            #expect(selection.additions(at: time, forwards: [Self.forward]).isEmpty == !isChosen, "\(seconds)")
        }
    }

    @Test func `an index's options are those of its root`() throws {
        var selection = OptionSelection(try Self.index())
        for symbol in ["SPXW  261218C05000000", "SPX   261218C05000000", "SPXWX 261218C05000000"] {
            _ = Self.take(&selection, try Self.option(symbol, strike: 5_000, days: 5, underlying: ""))
        }
        #expect(selection.additions(at: Self.now, forwards: [Self.forward]) == ["SPXW  261218C05000000"])
    }

    @Test func `a withdrawn contract is not chosen, a repeated one once`() throws {
        var selection = Self.futures()
        for symbol in ["A", "A", "B"] { _ = Self.take(&selection, try Self.option(symbol, strike: 5_000, days: 5)) }
        _ = Self.take(&selection, try Self.option("B", strike: 5_000, days: 5, action: .delete))
        #expect(selection.additions(at: Self.now, forwards: [Self.forward, nil]) == ["A"])
        _ = Self.take(&selection, try Self.option("A", strike: 5_000, days: 5))
        _ = Self.take(&selection, try Self.option("B", strike: 5_000, days: 5))
        #expect(selection.additions(at: Self.now, forwards: [Self.forward, nil]) == ["B"])
    }

    @Test func `there is room for so many`() throws {
        var rules = OptionSelectionRules()
        rules.contractsMax = 3
        var selection = OptionSelection(.futures(["ESZ6"]), rules: rules)
        for index in 0..<10 {
            _ = Self.take(&selection, try Self.option("S\(index)", strike: 5_000 + Int64(index), days: 5))
        }
        #expect(selection.additions(at: Self.now, forwards: [Self.forward]) == ["S0", "S1", "S2"])
        #expect(selection.additions(at: Self.now, forwards: [Price(nanos: 5_001_000_000_000)]) == [])
    }
}
