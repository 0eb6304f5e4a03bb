import DBN
import Testing

@testable import LiveFeed

@Suite struct WantedContractsTests {
    @Test func `a line has one type of symbols, and the contract after each place in the calendar`() {
        let pinned = WantedContracts(["ESH6", "MES.c.0"])
        #expect(pinned.groups.map(\.type) == [.continuous, .rawSymbol])
        #expect(pinned.groups.map(\.names) == [["MES.c.0", "MES.c.1"], ["ESH6"]])
        let both = WantedContracts(["ES.c.0", "ES.c.1"])
        #expect(both.groups.map(\.names) == [["ES.c.0", "ES.c.1", "ES.c.2"]])
        #expect(both.next == ["ES.c.2"])
        #expect(WantedContracts(["ESH6", "MESH6"]).groups.map(\.type) == [.rawSymbol])
        #expect(WantedContracts.type(of: "ES.FUT") == .rawSymbol && WantedContracts.type(of: "ES.c.0") == .continuous)
    }

    @Test func `of the next contracts nothing need come, of the others everything`() {
        var contracts = WantedContracts(["ES.c.0", "MES.c.0"])
        #expect(contracts.missing == ["ES.c.0", "MES.c.0"] && !contracts.isSettled && !contracts.isRefused)
        contracts.found("ES.c.0")
        contracts.found("ES.c.1")
        contracts.found("NQ.c.0")
        let isNext = contracts.notFound("Failed to resolve symbol 'MES.c.1'")
        #expect(isNext && !contracts.isRefused && !contracts.isSettled)
        contracts.found("MES.c.0")
        #expect(contracts.isSettled && contracts.missing == [])
    }

    @Test func `one that only some subscriptions know is missing`() {
        var contracts = WantedContracts(["ES.c.0"])
        contracts.found("ES.c.0")
        _ = contracts.notFound("Failed to resolve symbol ES.c.1")
        #expect(contracts.isSettled && !contracts.isRefused && contracts.missing == [])
        _ = contracts.notFound("Failed to resolve symbol ES.c.0")
        #expect(contracts.isSettled && contracts.isRefused && contracts.missing == ["ES.c.0"])
    }

    @Test func `an option's name begins with its future's, and is not that`() {
        var contracts = WantedContracts(["ESM6", "MESM6"])
        for text in ["Failed to resolve symbol 'ESM6 C7150'", "Failed to resolve symbols ESM6 P6800.5, MESM6 C7000"] {
            let isNext = contracts.notFound(text)
            #expect(!isNext && contracts.refusedForGood == [])
        }
        let long = "Failed to resolve symbols " + (0..<30).map { "ESM6 C\(7_000 + $0)" }.joined(separator: ", ")
        for count in 250...310 where [63, 301].contains(String(long.prefix(count)).utf8.count) {
            _ = contracts.notFound(String(long.prefix(count)))
            _ = contracts.notFound(String(long.dropFirst(7).prefix(count)))
        }
        #expect(contracts.refusedForGood == [])
        _ = contracts.notFound("Failed to resolve symbols ESM6 C7150, MESM6")
        #expect(contracts.refusedForGood == ["MESM6"])
        _ = contracts.notFound("Failed to resolve symbol ESM6")
        #expect(contracts.refusedForGood == ["ESM6", "MESM6"])
    }

    /// `MES.c.0` has `ES.c.0` in it.
    @Test(arguments: [
        "Failed to resolve symbol 'MES.c.0'", "Failed to resolve symbols: MES.c.0, XX.", "could not resolve (MES.c.0).",
    ])
    func `a symbol is refused by its whole name`(text: String) {
        var contracts = WantedContracts(["ES.c.0", "MES.c.0"])
        let isNext = contracts.notFound(text)
        #expect(!isNext && contracts.isRefused && !contracts.isSettled)
        contracts.found("ES.c.0")
        contracts.found("ES.c.1")
        _ = contracts.notFound("Failed to resolve symbol 'MES.c.1'")
        #expect(contracts.isSettled && contracts.missing == ["MES.c.0"])
    }

    @Test func `the traded contract is replaced by the signal's where the gateway says that it knows none`() {
        var contracts = WantedContracts(["ES.c.0", "MES.c.0"], replaceable: "MES.c.0")
        _ = contracts.notFound("Failed to resolve symbols MES.c.0, MES.c.1")
        #expect(contracts.replaced == nil && contracts.missing == ["ES.c.0", "MES.c.0"], "nor the signal's, perhaps")
        contracts.found("ES.c.0")
        #expect(contracts.replaced == "MES.c.0" && contracts.missing == [])
        #expect(contracts.replacedSymbols == ["MES.c.0", "MES.c.1"])
        var silent = WantedContracts(["ES.c.0", "MES.c.0"], replaceable: "MES.c.0")
        silent.found("ES.c.0")
        #expect(silent.replaced == nil && silent.missing == ["MES.c.0"], "nothing was said of it")
        // Of one of its subscriptions it is known.
        silent.found("MES.c.0")
        _ = silent.notFound("Failed to resolve symbol MES.c.0")
        #expect(silent.replaced == "MES.c.0")
        var signal = WantedContracts(["ES.c.0", "MES.c.0"], replaceable: "MES.c.0")
        signal.found("MES.c.0")
        _ = signal.notFound("Failed to resolve symbol ES.c.0")
        #expect(signal.replaced == nil && signal.missing == ["ES.c.0"])
    }
}
