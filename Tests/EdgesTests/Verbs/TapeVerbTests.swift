import DBN
import Foundation
import Platform
import Tape
import TestSupport
import Testing
import Units

@Suite(.enabled(if: Program.isBuilt, "needs the program beside the tests: swift build"))
struct TapeVerbTests {
    static let records: [[UInt8]] = [
        TestRecord.status(instrument: 1, received: 1_000_000_000),
        TestRecord.book(.mbp10, instrument: 1, received: 2_000_000_000, sequence: 1),
        TestRecord.unknown(received: 2_500_000_000),
        TestRecord.book(.mbp10, instrument: 2, received: 3_000_000_000, sequence: 2),
        TestRecord.book(.trade, instrument: 1, received: 4_000_000_000, sequence: 3),
    ]

    static func tape(_ scratch: Scratch) throws -> String {
        var metadata = TestTape.metadata(nil, symbols: ["ESZ6", "MESZ6"])
        metadata.mappings = ["1", "2"].enumerated().map { index, id in
            let interval = MappingInterval(startDate: 19_700_101, endDate: 19_700_102, symbol: id)
            return SymbolMapping(rawSymbol: metadata.symbols[index], intervals: [interval])
        }
        return try TestTape.write(scratch.file("in.dbn"), metadata, records)
    }

    @Test func `inspect prints one JSON array with what a file holds`() throws {
        let scratch = try Scratch()
        let path = try Self.tape(scratch)
        let reports = try #require(try Program.json(["inspect", path]) as? [[String: Any]])
        let report = try #require(reports.first)
        #expect(reports.count == 1)
        #expect(report["file"] as? String == path)
        #expect(report["version"] as? Int == 3)
        #expect(report["dataset"] as? String == "GLBX.MDP3")
        #expect(report["schema"] is NSNull)
        #expect(report["symbols"] as? [String] == ["ESZ6", "MESZ6"])
        #expect(report["records"] as? Int == 4)
        #expect(report["skipped"] as? Int == 1)
        #expect(report["first_ts"] as? Int == 1_000_000_000)
        #expect(report["last_ts"] as? Int == 4_000_000_000)
        #expect(report["by_rtype"] as? [String: Int] == ["status": 1, "mbp-10": 2, "mbp-0": 1, "0x77": 1])
        #expect((report["instruments"] as? [[String: Any]])?.map { $0["symbol"] as? String } == ["ESZ6", "MESZ6"])
    }

    @Test func `one bad file among several is one line on standard error and nothing on standard output`() throws {
        let scratch = try Scratch()
        let good = try Self.tape(scratch)
        let bytes = try PosixFile.contents(of: good)
        let bad = try scratch.write(Array(bytes.dropLast(3)), "bad.dbn")
        for arguments in [["inspect", good, bad], ["inspect", good, bad, "--json"]] {
            let outcome = try Program.run(arguments)
            #expect(outcome.status == 1)
            #expect(outcome.output == "")
            let offset = bytes.count - 48
            #expect(outcome.errors == "levelhead: \(bad): byte \(offset): input ends, at least 3 more bytes expected\n")
        }
    }

    @Test func `wrong usage exits 64`() throws {
        let scratch = try Scratch()
        let path = try Self.tape(scratch)
        let cases = [
            ["inspect"], ["convert", path], ["convert", path, scratch.file("x.txt")],
            ["convert", path, scratch.file("x.dbn"), "--dbn-version", "4"],
            ["convert", path, scratch.file("x.dbn"), "--schema", "nonsense"],
            ["convert", path, scratch.file("x.dbn"), "--from", "yesterday"],
            ["convert", path, scratch.file("x.dbn"), "--from", "2026-02-30"],
            ["convert", path, scratch.file("x.dbn"), "--from", "2", "--to", "1"],
        ]
        for arguments in cases { #expect(try Program.run(arguments).status == 64, "\(arguments)") }
        #expect(try scratch.names == ["in.dbn"])
    }

    @Test(arguments: [1, 2, 3], ["out.dbn", "out.dbn.zst"])
    func `convert keeps the records over versions and compression`(version: Int, name: String) throws {
        let scratch = try Scratch()
        let path = try Self.tape(scratch)
        let out = scratch.file(name)
        let report = try Program.json(["convert", path, out, "--dbn-version", "\(version)"]) as? [String: Any]
        #expect(report?["records"] as? Int == 4)
        let known = Self.records.filter { $0[1] != 0x77 }
        #expect(try TestTape.records(out) == known)
        let file = try TapeFile.open(out)
        #expect(file.version == UInt8(version))
        #expect(file.isCompressed == name.hasSuffix(".zst"))
        #expect(file.metadata?.mappings.count == 2)
    }

    @Test func `convert takes a schema, symbols and a time out of a mixed file`() throws {
        let scratch = try Scratch()
        let path = try Self.tape(scratch)
        func taken(_ arguments: [String]) throws -> [[UInt8]] {
            let out = scratch.file("out.dbn")
            let outcome = try Program.run(["convert", path, out] + arguments)
            try #require(outcome.status == 0, "\(outcome.errors)")
            return try TestTape.records(out)
        }
        let all = Self.records
        #expect(try taken(["--schema", "mbp-10"]) == [all[1], all[3]])
        #expect(try taken(["--schema", "mbp-10", "--symbols", "MESZ6"]) == [all[3]])
        #expect(try taken(["--symbols", "1"]) == [all[0], all[1], all[4]])
        #expect(try taken(["--symbols", "ESZ6,MESZ6"]) == [all[0], all[1], all[3], all[4]])
        #expect(try taken(["--from", "2000000000", "--to", "1970-01-01T00:00:04Z"]) == [all[1], all[3]])
        #expect(try taken(["--from", "1970-01-01T05:30:03+05:30"]) == [all[3], all[4]])
        #expect(try taken(["--from", "1970-01-02"]).isEmpty)
        let metadata = try #require(try TapeFile.open(scratch.file("out.dbn")).metadata)
        #expect(metadata.end.map { $0 >= metadata.start } ?? true)
    }

    @Test func `what is not in the file is an error with what is, and leaves no file`() throws {
        let scratch = try Scratch()
        let path = try Self.tape(scratch)
        let out = scratch.file("out.dbn")
        let schema = try Program.run(["convert", path, out, "--schema", "mbo"])
        #expect(schema.status == 1)
        #expect(schema.errors.contains("no records of schema mbo, it has mbp-0, mbp-10, status"))
        let symbol = try Program.run(["convert", path, out, "--symbols", "NQZ6"])
        #expect(symbol.status == 1)
        #expect(symbol.errors == "levelhead: \(path): no symbol 'NQZ6', it has ESZ6, MESZ6\n")
        let csv = try Program.run(["convert", path, scratch.file("out.csv")])
        #expect(csv.status == 1)
        #expect(csv.errors.contains("holds status and mbp-10 records, a CSV file takes one type"))
        let noFolder = try Program.run(["convert", path, scratch.file("none/out.dbn")])
        #expect(noFolder.status == 1)
        #expect(try scratch.names == ["in.dbn"])
    }

    @Test func `text formats hold a line a record`() throws {
        let scratch = try Scratch()
        let path = try Self.tape(scratch)
        _ = try Program.json(["convert", path, scratch.file("out.jsonl")])
        let lines = try String(contentsOfFile: scratch.file("out.jsonl"), encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 4)
        let object = try JSONSerialization.jsonObject(with: Data(lines[3].utf8)) as? [String: Any]
        #expect(object?["ts_recv"] as? Int == 4_000_000_000)
        _ = try Program.json(["convert", path, scratch.file("out.csv"), "--schema", "trades"])
        let rows = try String(contentsOfFile: scratch.file("out.csv"), encoding: .utf8).split(separator: "\n")
        #expect(rows.count == 2)
        #expect(rows[0].split(separator: ",").contains("ts_recv"))
        #expect(rows[1].split(separator: ",").contains("4000000000"))
    }

    @Test func `a damaged tape gives an error and no output, and what was there stays`() throws {
        let scratch = try Scratch()
        let path = try Self.tape(scratch)
        var bytes = try Zstd.compressed(PosixFile.contents(of: path))
        bytes[bytes.count - 2] ^= 0xFF
        let damaged = try scratch.write(bytes, "damaged.dbn.zst")
        let out = try scratch.write([1, 2, 3], "out.dbn")
        let outcome = try Program.run(["convert", damaged, out])
        #expect(outcome.status == 1)
        #expect(outcome.errors.hasPrefix("levelhead: \(damaged): byte "))
        #expect(outcome.errors.contains("at compressed byte"))
        #expect(try PosixFile.contents(of: out) == [1, 2, 3])
        #expect(try scratch.names == ["damaged.dbn.zst", "in.dbn", "out.dbn"])
    }

    /// What the symbolic links in a directory of `/proc` lead to.
    private static func links(_ directory: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "\(directory)/\($0)") }
    }

    @Test func `a killed conversion leaves nothing`() throws {
        let scratch = try Scratch()
        let many = (0..<40_000).map { TestRecord.book(.mbp10, instrument: 1, received: UInt64($0)) }
        let path = try TestTape.write(scratch.file("in.dbn"), TestTape.metadata(.mbp10), many)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Program.path)
        process.arguments = ["convert", path, scratch.file("out.jsonl")]
        try process.run()
        // It is at it, and not done.
        let open = "/proc/\(process.processIdentifier)/fd"
        while process.isRunning, !Self.links(open).contains(path) { usleep(1_000) }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try #require(process.terminationReason == .uncaughtSignal, "it must not have finished")
        #expect(try scratch.names == ["in.dbn"])
    }

    @Test(.enabled(if: RealData.isPresent, "needs shared/data"))
    func `the MBP-10 built from a day's orders equals the reference in every byte`() throws {
        let scratch = try Scratch()
        let root = RealData.root + "/es/"
        let out = scratch.file("out.dbn")
        let report = try Program.json(
            ["convert", root + "esh4-glbx-mdp3-20231225.mbo.dbn.zst", out, "--schema", "mbp-10"]) as? [String: Any]
        #expect(report?["records"] as? Int == 43_781)
        var ours = try TapeFile.open(out)
        var theirs = try TapeFile.open(root + "ESH4_20231225.mbp-10.derived.dbn.zst")
        var compared = 0
        while let expected = try theirs.next(), let record = try ours.next() {
            let isSame = memcmp(record.bytes, expected.bytes, 368) == 0
            if !isSame { Issue.record("record \(compared) differs") }
            compared += 1
        }
        #expect(compared == 43_781)
    }

    @Test func `every verb's help has an example`() throws {
        for verb in ["inspect", "convert"] {
            let outcome = try Program.run([verb, "--help"])
            #expect(outcome.status == 0)
            #expect(outcome.output.contains("levelhead \(verb) "))
            #expect(outcome.output.contains("Example"))
        }
    }
}
