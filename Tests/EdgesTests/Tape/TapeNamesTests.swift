import DBN
import Foundation
import Tape
import TestSupport
import Testing
import Units

/// Raw symbols of tapes whose metadata does not give them.
@Suite struct TapeNamesTests {
    static let hour: UInt64 = 3_600_000_000_000
    /// 2024-03-11, 14:00 UTC; and days as mappings write them.
    static let time: UInt64 = 1_710_165_600_000_000_000
    static let days: [UInt32] = [20_240_311, 20_240_312, 20_240_313]

    static func definition(
        _ id: UInt32, _ symbol: String, at time: UInt64 = time - hour, kind: InstrumentClass = .future,
        change: (inout InstrumentDefinitionRecord) -> Void = { _ in }
    ) throws -> [UInt8] {
        var record = InstrumentDefinitionRecord(
            header: RecordHeader(
                publisherID: 1, instrumentID: InstrumentID(id), eventTime: Timestamp(nanoseconds: time)),
            receiveTime: Timestamp(nanoseconds: time), rawSymbol: symbol, instrumentClass: kind)
        change(&record)
        var bytes = [UInt8](repeating: 0, count: RecordByteCount.instrumentDefinition)
        try bytes.withUnsafeMutableBytes { raw in
            if let base = raw.baseAddress { _ = try record.write(to: base) }
        }
        return bytes
    }

    static func mapping(_ id: UInt32, _ asked: String, _ symbol: String) -> [UInt8] {
        var bytes = TestRecord.header(.symbolMapping, 176, id, time - hour)
        for (index, byte) in asked.utf8.enumerated() { bytes[17 + index] = byte }
        for (index, byte) in symbol.utf8.enumerated() { bytes[89 + index] = byte }
        TestRecord.put(UInt64.max, &bytes, 160)
        TestRecord.put(UInt64.max, &bytes, 168)
        return bytes
    }

    static func book(_ id: UInt32, at time: UInt64 = time) -> [UInt8] {
        TestRecord.book(.mbp10, instrument: id, received: time)
    }

    /// A file asked for as `name`, which is one id a day.
    static func metadata(
        _ schema: Schema?, _ name: String? = nil, ids: [UInt32] = [], type: SymbolType? = .continuous
    ) -> DBNMetadata {
        var metadata = DBNMetadata(
            dataset: "GLBX.MDP3", schema: schema, start: Timestamp(nanoseconds: time - hour), stypeIn: type,
            symbols: name.map { [$0] } ?? [])
        let intervals = ids.enumerated().map { index, id in
            MappingInterval(startDate: days[index], endDate: days[index + 1], symbol: "\(id)")
        }
        if let name { metadata.mappings = [SymbolMapping(rawSymbol: name, intervals: intervals)] }
        return metadata
    }

    private static func names(_ paths: [String]) throws -> TapeNames { TapeNames(try MergedTape.open(paths).sources) }

    private static func found(_ names: TapeNames) -> [String] {
        names.withBooks.entries.map { "\($0.symbol) \($0.instrument.raw) \($0.startDate) \($0.endDate)" }
    }

    @Test func `a continuous contract has the names that the definitions beside it give its ids`() throws {
        let scratch = try Scratch()
        let books = try TestTape.write(
            scratch.file("books.dbn"), Self.metadata(.mbp10, "ES.c.0", ids: [17_077, 17_078]), [Self.book(17_077)])
        let alone = try Self.names([books])
        #expect(Self.found(alone).isEmpty)
        #expect(alone.unnamed.map(\.symbol) == ["ES.c.0", "ES.c.0"])
        let definitions = try TestTape.write(
            scratch.file("definitions.dbn"), Self.metadata(.definition),
            [
                // 17 077 was another instrument before.
                try Self.definition(17_077, "NQH4", at: Self.time - 48 * Self.hour),
                try Self.definition(17_077, "ESH4"), try Self.definition(5, "ESU4"),
                try Self.definition(17_078, "ESM4", at: Self.time + 48 * Self.hour),
            ])
        let names = try Self.names([books, definitions])
        #expect(Self.found(names) == ["ESH4 17077 20240311 20240312", "ESM4 17078 20240312 20240313"])
        #expect(names.unnamed.isEmpty)
    }

    @Test func `ids that were asked for by number have names too`() throws {
        let scratch = try Scratch()
        let books = try TestTape.write(
            scratch.file("books.dbn"), Self.metadata(.mbp10, "17077", ids: [17_077], type: .instrumentID),
            [Self.book(17_077)])
        let definitions = try TestTape.write(
            scratch.file("definitions.dbn"), Self.metadata(.definition), [try Self.definition(17_077, "ESH4")])
        #expect(Self.found(try Self.names([books, definitions])) == ["ESH4 17077 20240311 20240312"])
    }

    @Test func `a live recording's symbol mappings name the instruments that have books in it`() throws {
        let scratch = try Scratch()
        let recording = try TestTape.write(
            scratch.file("live.dbn"), Self.metadata(nil),
            [
                Self.mapping(1, "ES.c.0", "ESH4"), Self.mapping(2, "ES.FUT", "ESM4"),
                Self.mapping(3, "MES.c.0", "MESH4"), Self.book(1), Self.book(3), Self.book(4),
            ])
        let names = try Self.names([recording])
        #expect(Self.found(names) == ["ESH4 1 19700101 99991231", "MESH4 3 19700101 99991231"])
        #expect(names.unnamed.map(\.instrument.raw) == [4] && names.unnamed.map(\.symbol) == [""])
        let quiet = try TestTape.write(
            scratch.file("quiet.dbn"), Self.metadata(nil), [Self.mapping(1, "ES.c.0", "ESH4")])
        #expect(Self.found(try Self.names([quiet])) == ["ESH4 1 19700101 99991231"])
    }

    @Test func `names in the metadata are taken as they are`() throws {
        let scratch = try Scratch()
        let books = try TestTape.write(
            scratch.file("books.dbn"), Self.metadata(.mbp10, "ESH4", ids: [1], type: .rawSymbol), [Self.book(1)])
        let trades = try TestTape.write(
            scratch.file("trades.dbn"), Self.metadata(.trades, "ESM4", ids: [2], type: .rawSymbol), [])
        let definitions = try TestTape.write(
            scratch.file("definitions.dbn"), Self.metadata(.definition), [try Self.definition(1, "ESU4")])
        let names = try Self.names([books, trades, definitions])
        #expect(Self.found(names) == ["ESH4 1 20240311 20240312"])
        #expect(names.others.symbols == ["ESM4"])
        #expect(["ESH4", "ESH4-ESM4", "E1AH4 C5000", "SPXW  240311C05000000"].allSatisfy(TapeNames.isRaw))
        #expect(!["ES.c.0", "ES.FUT", "17077"].contains(where: TapeNames.isRaw))
    }
}

/// What the program says of such tapes, and of option definitions beyond the room for them.
@Suite(.enabled(if: Program.isBuilt, "needs the program beside the tests: swift build"))
struct TapeNamesVerbTests {
    @Test func `a tape without raw symbols runs with its definitions, and says so without them`() throws {
        let scratch = try Scratch()
        let books = try TestTape.write(
            scratch.file("books.dbn"), TapeNamesTests.metadata(.mbp10, "ES.c.0", ids: [17_077]),
            [TapeNamesTests.book(17_077), TapeNamesTests.book(17_077, at: TapeNamesTests.time + 1)])
        let alone = try Program.run(["replay", "--tape", books, "--run-dir", scratch.file("alone")])
        #expect(alone.status == 1)
        #expect(alone.errors.contains("ES.c.0 (id 17077) has no raw symbol; add its definition file"))
        let definitions = try TestTape.write(
            scratch.file("definitions.dbn"), TapeNamesTests.metadata(.definition),
            [try TapeNamesTests.definition(17_077, "ESH4")])
        let result = try #require(
            try Program.json([
                "replay", "--tape", books, "--tape", definitions, "--run-dir", scratch.file("both"),
            ]) as? [String: Any])
        #expect(result["event_groups"] as? Int == 2)
        // A live recording, whose mappings have no end: from beginning to end of time.
        let recording = try TestTape.write(
            scratch.file("live.dbn"), TapeNamesTests.metadata(nil),
            [TapeNamesTests.mapping(1, "ES.c.0", "ESH4"), TapeNamesTests.book(1)])
        let live = try #require(
            try Program.json(["replay", "--tape", recording, "--run-dir", scratch.file("live")]) as? [String: Any])
        #expect(live["event_groups"] as? Int == 1)
    }

    @Test func `option definitions beyond the room are counted, and a warning says so`() throws {
        let scratch = try Scratch()
        let options = try (10..<13 as Range<UInt32>).map { id in
            try TapeNamesTests.definition(id, "ESH4 C\(id)", kind: .call) { record in
                record.underlying = "ESH4"
                record.strikePrice = Price(nanos: 5_000_000_000_000)
                record.expiration = Timestamp(nanoseconds: TapeNamesTests.time + 48 * TapeNamesTests.hour)
            }
        }
        let tape = try TestTape.write(
            scratch.file("tape.dbn"), TapeNamesTests.metadata(nil, "ESH4", ids: [1], type: .rawSymbol),
            options + [TapeNamesTests.book(1)])
        let arguments = ["replay", "--tape", tape, "--json", "--set"]
        let small = try Program.run(
            arguments + ["options.maximum_contracts=1", "--run-dir", scratch.file("small")])
        #expect(small.status == 0 && small.output.contains("\"ignored_definitions\": 2"))
        #expect(
            small.errors.contains(
                "levelhead: 2 option definitions were ignored: options.maximum_contracts leaves room for 1"))
        let large = try Program.run(
            arguments + ["options.maximum_contracts=3", "--run-dir", scratch.file("large")])
        #expect(large.output.contains("\"ignored_definitions\": 0") && !large.errors.contains("ignored"))
    }
}
