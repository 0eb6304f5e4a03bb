import MarketCalendar
import Pipeline
import Testing
import Units

/// Which contracts of a tape are read and which are traded (SYSTEM.md, "Which instrument").
@Suite struct InstrumentPlanTests {
    private static let reference = CivilDate(year: 2023, month: 12, day: 6)

    private static func calendar() throws -> TradingCalendar {
        .cmeEquityIndex(zone: try RealTape.newYork(), windows: .regular)
    }

    private static func contract(_ symbol: String, id: UInt32 = 1) -> TapeContract {
        guard let contract = FuturesContract(symbol, near: reference) else { preconditionFailure(symbol) }
        return TapeContract(
            contract: contract,
            identities: [
                .init(instrument: InstrumentID(id), start: Timestamp(nanoseconds: 0), end: .undefined)
            ])
    }

    private static func plan(
        _ symbols: [String], signal: String = "ES.c.0", traded: String = "MES.c.0"
    ) throws -> InstrumentPlan {
        try InstrumentPlan(
            candidates: symbols.map { contract($0) }, signal: signal, traded: traded, reference: reference)
    }

    private static func names(_ contracts: [TapeContract]) -> [String] { contracts.map(\.contract.rawSymbol) }

    @Test func `signal and traded contracts are those of the configured roots, nearest expiry first`() throws {
        let plan = try Self.plan(["MESH4", "ESH4", "NQZ3", "ESZ3", "MESZ3", "CLF4"])
        #expect(Self.names(plan.signal) == ["ESZ3", "ESH4"])
        #expect(Self.names(plan.traded) == ["MESZ3", "MESH4"])
        #expect(plan.signalSpecification.root == "ES" && plan.tradedSpecification.root == "MES")
        let date = CivilDate(year: 2023, month: 12, day: 6)
        let leader = plan.leader(on: date, calendar: try Self.calendar())
        #expect(plan.tradedContract(leader: leader).rawSymbol == "MESZ3")
        #expect(plan.tradedBook(leader: leader) == 0)
        #expect(plan.tradedBook(leader: 1) == 1)
    }

    @Test func `a contract that stands in for one that is not on the tape is known as such`() throws {
        #expect(try !Self.plan(["ESZ3", "MESZ3"]).isSubstituted)
        #expect(try !Self.plan(["ESZ3"], traded: "ES.c.0").isSubstituted)
        #expect(try Self.plan(["ESZ3"]).isSubstituted, "ES's book fills the orders in MES")
        #expect(try Self.plan(["MESZ3"]).isSubstituted, "MES is both")
    }

    @Test func `an outright is taken alone`() throws {
        let plan = try Self.plan(["ESZ3", "ESH4", "MESZ3", "MESH4"], signal: "ESH4", traded: "MESH4")
        #expect(Self.names(plan.signal) == ["ESH4"])
        #expect(Self.names(plan.traded) == ["MESH4"])
        #expect(plan.leader(on: Self.reference, calendar: try Self.calendar()) == 0)
        #expect(plan.tradedBook(leader: 0) == 0)
    }

    @Test(arguments: [
        ("ES.c.0", "MES.c.0", nil), ("ES.c.0", "MESZ3", nil), ("ESH4", "MES.c.0", nil), ("ESH4", "MESH4", nil),
        ("ES.c.1", "MES.c.1", nil), ("ES.c.1", "MESH4", nil), ("ES.c.0", "ES.c.0", nil),
        ("ES.c.0", "MESH4", "traded: MESH4 is of another month than the signal's contract ESZ3; expected MESZ3"),
        ("ES.c.0", "ESH4", "traded: ESH4 is of another month than the signal's contract ESZ3; expected ESZ3"),
        ("ESH4", "MES.c.2", "traded: MES.c.2 is of another month than the signal's contract ESH4; expected MESH4"),
        ("ES.c.3", "MES.c.3", "signal: ES.c.3 is ESU4 here, which is not on the tape; it has ESZ3, ESH4"),
    ] as [(String, String, String?)])
    func `a contract that was named is that one or an error`(signal: String, traded: String, error: String?) throws {
        let plan = try Self.plan(["ESZ3", "ESH4", "MESZ3", "MESH4"], signal: signal, traded: traded)
        var found: String?
        let calendar = try Self.calendar()
        do throws(InstrumentPlanError) { try plan.check(on: Self.reference, calendar: calendar) } catch {
            found = "\(error)"
        }
        #expect(found == error.map { "instrument.\($0)" })
    }

    @Test func `what stands in for the only contract of a tape is not asked for by name`() throws {
        try Self.plan(["CLF4"]).check(on: Self.reference, calendar: try Self.calendar())
    }

    @Test func `ES c 0 leads by the calendar: the Monday before the third Friday is the next contract's`() throws {
        let plan = try Self.plan(["ESZ3", "ESH4", "ESM4"])
        let calendar = try Self.calendar()
        func leader(_ month: Int, _ day: Int, _ year: Int = 2023) -> String {
            let date = CivilDate(year: year, month: month, day: day)
            return plan.signal[plan.leader(on: date, calendar: calendar)].contract.rawSymbol
        }
        #expect(leader(12, 8) == "ESZ3")
        #expect(leader(12, 11) == "ESH4")
        #expect(leader(12, 15) == "ESH4")
        #expect(leader(3, 8, 2024) == "ESH4")
        #expect(leader(3, 11, 2024) == "ESM4")
    }

    @Test func `without the calendar's lead the first that has not expired leads, else the last`() throws {
        let plan = try Self.plan(["ESZ3", "ESM4"])
        let calendar = try Self.calendar()
        func leader(_ year: Int, _ month: Int, _ day: Int) -> String {
            let date = CivilDate(year: year, month: month, day: day)
            return plan.signal[plan.leader(on: date, calendar: calendar)].contract.rawSymbol
        }
        #expect(leader(2023, 12, 13) == "ESZ3", "H4 leads by the calendar, Z3 trades until Friday")
        #expect(leader(2023, 12, 15) == "ESZ3")
        #expect(leader(2023, 12, 18) == "ESM4")
        #expect(leader(2025, 1, 6) == "ESM4")
    }

    @Test func `the only outright on a tape is signal and traded contract, by its own row`() throws {
        for traded in ["MES.c.0", "MESZ3"] {
            let plan = try Self.plan(["MESZ3"], traded: traded)
            #expect(Self.names(plan.signal) == ["MESZ3"] && plan.traded.isEmpty)
            #expect(plan.signalSpecification.root == "MES" && plan.tradedSpecification.root == "MES")
            #expect(plan.signalSpecification.largeTradeContracts == 50)
            #expect(plan.leader(on: Self.reference, calendar: try Self.calendar()) == 0)
            #expect(plan.tradedContract(leader: 0).rawSymbol == "MESZ3")
            #expect(plan.tradedBook(leader: 0) == nil)
        }
        let crude = try Self.plan(["CLF4"])
        #expect(crude.signalSpecification.root == "CL" && crude.signalSpecification.largeTradeContracts == 25)
    }

    @Test func `without the traded contract the signal contract's book fills its orders`() throws {
        let plan = try Self.plan(["ESZ3"])
        #expect(plan.traded.isEmpty && plan.tradedBook(leader: 0) == nil)
        #expect(plan.tradedSpecification.root == "MES")
        #expect(plan.tradedContract(leader: 0).rawSymbol == "MESZ3")
        // Another month of the traded root is not the traded contract.
        let other = try Self.plan(["ESZ3", "MESH4"])
        #expect(other.tradedBook(leader: 0) == nil)
    }

    @Test func `no book of another underlying fills its orders`() throws {
        for traded in ["MNQ.c.0", "NQ.c.0", "CL.c.0"] {
            let expected = InstrumentPlanError.otherUnderlying(traded: traded, signal: "ES.c.0")
            #expect(throws: expected) { try Self.plan(["ESZ3"], traded: traded) }
            #expect("\(expected)".hasPrefix("instrument.traded: \(traded) is not on the tape"))
        }
        let expected = InstrumentPlanError.otherUnderlying(traded: "NQ.c.0", signal: "ES.c.0")
        #expect(throws: expected) { try Self.plan(["ESZ3", "ESH4", "NQZ3"], traded: "NQ.c.0") }
        #expect(try Self.plan(["ESZ3", "NQZ3"], traded: "NQ.c.0").tradedBook(leader: 0) == 0)
        // The micro is no other.
        #expect(try Self.plan(["NQZ3"], signal: "NQ.c.0", traded: "MNQ.c.0").traded.isEmpty)
    }

    @Test func `one root for both trades on its own book`() throws {
        let plan = try Self.plan(["ESZ3", "ESH4"], traded: "ES.c.0")
        #expect(plan.traded.isEmpty)
        #expect(plan.tradedContract(leader: 1).rawSymbol == "ESH4")
    }

    @Test func `several contracts, none of them the signal's, are an error that names them`() {
        let expected = InstrumentPlanError.ambiguous(wanted: "ES.c.0", candidates: ["MESZ3", "NQZ3", "MESH4"])
        #expect(throws: expected) { try Self.plan(["NQZ3", "MESH4", "MESZ3"]) }
        #expect(
            "\(expected)" == "the signal contract ES.c.0 is not on the tape, and more than one other is: MESZ3, NQZ3, "
                + "MESH4; name one with instrument.signal")
    }

    @Test func `errors say what is wrong`() {
        #expect(throws: InstrumentPlanError.noContract) { try Self.plan([]) }
        #expect("\(InstrumentPlanError.noContract)" == "no outright future with mbp-10 records is on the tape")
        for (name, text) in [("ES.c.0", "ES.c.0 (id 17077)"), ("17077", "instrument 17077"), ("", "instrument 17077")] {
            let unnamed = InstrumentPlanError.unnamed(name: name, instrument: InstrumentID(17_077))
            #expect("\(unnamed)" == "\(text) has no raw symbol; add its definition file")
        }
        for text in ["", "E", "ES.FUT", "ESZ3-ESH4", "ES.c.x", "es.c.0", "ES.v.0", "SPX"] {
            let signal = InstrumentPlanError.unknownSymbol(key: "instrument.signal", text: text)
            #expect(throws: signal) { try Self.plan(["ESZ3"], signal: text) }
            let traded = InstrumentPlanError.unknownSymbol(key: "instrument.traded", text: text)
            #expect(throws: traded) { try Self.plan(["ESZ3"], traded: text) }
            #expect(
                "\(traded)" == "instrument.traded: '\(text)' is not a future; expected a contract (ESZ6) or the "
                    + "calendar's lead (ES.c.0)")
        }
        let unknown = InstrumentPlanError.unknownContract(root: "QQ")
        #expect(throws: unknown) { try Self.plan(["QQZ3"]) }
        #expect(throws: unknown) { try Self.plan(["ESZ3"], traded: "QQ.c.0") }
        #expect(throws: unknown) { try Self.plan(["QQZ3", "ESZ3"], signal: "QQZ3") }
        #expect(
            "\(unknown)".hasPrefix("the contract table has no row for 'QQ'; known roots: ES, NQ, RTY, YM, MES, MNQ,"))
    }
}
