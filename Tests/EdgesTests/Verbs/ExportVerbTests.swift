import Foundation
import Platform
import TestSupport
import Testing

/// `levelhead features` and `levelhead labels` over half an hour of a small synthetic session.
@Suite(.enabled(if: Program.isBuilt, "needs the program beside the tests: swift build"))
struct ExportVerbTests {
    /// Makes the session's tape of ES.
    private static func tape(_ scratch: Scratch) throws -> String {
        let folder = scratch.file("day")
        let arguments = [
            "synth", "--date", "2026-03-10", "--seed", "1", "--rate", "0.005", "--from", "09:20", "--to", "09:50",
            "--no-mes", "--no-options", "--out", folder,
        ]
        try #require(try Program.run(arguments).status == 0)
        return folder + "/synthetic-20260310.ESH6.mbp-10.dbn.zst"
    }

    /// A two-dimensional array of 8-byte elements as NumPy wrote it.
    private static func array(_ path: String) throws -> (shape: String, values: [UInt64]) {
        let bytes = try PosixFile.contents(of: path)
        try #require(bytes.starts(with: [0x93] + "NUMPY".utf8))
        let header = String(decoding: bytes[10..<128], as: UTF8.self)
        let values = bytes[128...].withUnsafeBytes { raw in
            stride(from: 0, to: raw.count, by: 8).map { raw.loadUnaligned(fromByteOffset: $0, as: UInt64.self) }
        }
        let shape = try #require(header.firstMatch(of: /'shape': \(([0-9]+, [0-9]+)\)/))
        return (String(shape.output.1), values)
    }

    private static func lines(_ path: String) throws -> [String] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    @discardableResult private static func features(_ tape: String, _ arguments: [String]) throws -> [String: Any] {
        try #require(try Program.json(["features", "--tape", tape] + arguments) as? [String: Any])
    }

    private static let columns = ["--columns", "pm_high_*", "mid_price_points", "order_flow_imbalance_hl10s_contracts"]

    @Test func `the three formats hold the same rows, numbers to the bit`() throws {
        let scratch = try Scratch()
        let tape = try Self.tape(scratch)
        let out = try ["npy", "csv", "jsonl"].map { end in
            let path = scratch.file("f." + end)
            let report = try Self.features(tape, ["--out", path] + Self.columns)
            #expect(report["columns"] as? Int == 60)
            #expect(report["sha256"] as? String != nil)
            return path
        }
        let matrix = try Self.array(out[0]), stamps = try Self.array(scratch.file("f.ts.npy"))
        let csv = try Self.lines(out[1]), json = try Self.lines(out[2])
        let names = csv[0].split(separator: ",").map(String.init)
        #expect(names.prefix(3) == ["ts_event", "ts_recv", "sequence"])
        #expect(names.count == 63)
        #expect(matrix.shape == "\(csv.count - 1), 60" && json.count == csv.count - 1)
        var defined = 0, undefined = 0
        for (row, line) in csv.dropFirst().enumerated() {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            try #require(fields.count == 63)
            // The same texts, so the same numbers.
            let members = zip(names, fields).map { "\"\($0)\":" + ($1.isEmpty ? "null" : $1) }
            #expect(json[row] == "{" + members.joined(separator: ",") + "}")
            for place in 0..<3 { #expect(UInt64(fields[place]) == stamps.values[row * 3 + place]) }
            for place in 0..<60 {
                let value = Double(bitPattern: matrix.values[row * 60 + place])
                let text = fields[place + 3]
                #expect(value.isNaN ? text.isEmpty : Double(text)?.bitPattern == value.bitPattern)
                if value.isNaN { undefined += 1 } else { defined += 1 }
            }
        }
        #expect(defined > 10_000 && undefined > 100, "\(defined) \(undefined)")
    }

    @Test func `rows of quarter seconds hold those of seconds, rows of touches those of labels`() throws {
        let scratch = try Scratch()
        let tape = try Self.tape(scratch)
        for every in ["1s", "250ms", "touch", "tick"] {
            try Self.features(tape, ["--out", scratch.file(every + ".npy"), "--every", every] + Self.columns)
        }
        func rows(_ name: String) throws -> [UInt64: [UInt64]] {
            let matrix = try Self.array(scratch.file(name + ".npy")).values
            let stamps = try Self.array(scratch.file(name + ".ts.npy")).values
            var rows: [UInt64: [UInt64]] = [:]
            for place in stride(from: 0, to: stamps.count, by: 3) {
                rows[stamps[place]] = Array(matrix[place * 20..<(place + 3) * 20])
            }
            return rows
        }
        let seconds = try rows("1s"), quarters = try rows("250ms")
        #expect(seconds.count > 1_700)
        #expect(quarters.count == 4 * seconds.count - 2 || quarters.count > 4 * seconds.count - 4)
        #expect(seconds.allSatisfy { quarters[$0.key] == $0.value })
        try #require(try Program.run(["labels", "--tape", tape, "--out", scratch.file("l.npy")]).status == 0)
        let touches = try Self.array(scratch.file("touch.ts.npy")).values
        let labels = try Self.array(scratch.file("l.ts.npy")).values
        #expect(!touches.isEmpty)
        let starts = stride(from: 2, to: labels.count, by: 3).map { labels[$0] }
        #expect(Set(stride(from: 2, to: touches.count, by: 3).map { touches[$0] }) == Set(starts))
        #expect(try Self.array(scratch.file("l.npy")).shape == "\(starts.count), 60")
        let known = try Self.array(scratch.file("l.known.npy"))
        #expect(known.shape == "\(starts.count), 3")
        for (index, time) in known.values.enumerated() where time > 0 {
            let horizon = [120, 240, 480][index % 3] * UInt64(1_000_000_000)
            #expect(time > labels[index / 3 * 3] + horizon)
        }
        #expect(known.values.contains { $0 > 0 })
    }

    @Test func `several tapes are written side by side, and a bad one is named`() throws {
        let scratch = try Scratch()
        let tape = try Self.tape(scratch)
        let bytes = try PosixFile.contents(of: tape)
        let paths = try ["one", "two"].map { try scratch.write(bytes, $0 + ".dbn.zst") }
        let bad = try scratch.write(Array(bytes.prefix(3_000)), "bad.dbn.zst")
        let arguments =
            ["features", "--tape", paths[0], bad, "--tape", paths[1], "--each", "--jobs", "2", "--json"] + Self.columns
        let outcome = try Program.run(arguments + ["--out", scratch.file("e.csv")])
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("levelhead: \(bad): byte 0"))
        let report = try #require(
            try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: [[String: Any]]])
        #expect(report["tapes"]?.map { $0["out"] as? String } == ["e-one.csv", "e-two.csv"].map(scratch.file))
        #expect(report["failed"]?.count == 1)
        #expect(try scratch.names == ["bad.dbn.zst", "day", "e-one.csv", "e-two.csv", "one.dbn.zst", "two.dbn.zst"])
        try Self.features(tape, ["--out", scratch.file("alone.csv")] + Self.columns)
        let alone = try PosixFile.contents(of: scratch.file("alone.csv"))
        for name in ["e-one.csv", "e-two.csv"] { #expect(try PosixFile.contents(of: scratch.file(name)) == alone) }
    }

    @Test func `the size is said first, and what does not fit is not begun`() throws {
        let scratch = try Scratch()
        let tape = try Self.tape(scratch)
        let fits = try Program.run(["features", "--tape", tape, "--out", scratch.file("f.npy")])
        #expect(fits.errors.firstMatch(of: /levelhead: \d+ rows at most, \d+\.\d [kM]B; .* free/) != nil)
        // The kernel's own file system has no room at all.
        let full = try Program.run(["features", "--tape", tape, "--out", "/proc/f.npy"])
        #expect(full.status == 1)
        #expect(full.errors.hasPrefix("levelhead: /proc: up to "))
        #expect(full.errors.contains("are needed, 0 B (0 bytes) are free"))
    }

    @Test func `wrong usage is told apart`() throws {
        let tape = "tape.dbn"
        let wrong = [
            ["--out", "f.txt"], ["--out", ".npy"], ["--out", "f.npy", "--columns", "nothing_*"],
            ["--out", "f.npy", "--columns", "pm_high_*", "nothing_*"],
            ["--out", "f.npy", "--jobs", "2"], ["--out", "f.npy", "--each", "--jobs", "0"],
            ["--out", "f.npy", "--each", "--tape", tape], ["--out", "f.npy", "--every", "2s"],
        ]
        for arguments in wrong {
            let outcome = try Program.run(["features", "--tape", tape] + arguments)
            #expect(outcome.status == 64, "\(arguments)")
        }
        #expect(try Program.run(["labels", "--tape", tape, "--out", "l.txt"]).status == 64)
    }

    @Test func `the help ends with every column in a line`() throws {
        let help = try Program.run(["features", "--help"])
        #expect(help.status == 0)
        let lines = help.output.split(separator: "\n").map(String.init)
        let start = try #require(lines.firstIndex { $0.hasPrefix("COLUMNS") })
        let columns = try #require(try Program.json(["columns"]) as? [[String: Any]])
        let listed = lines[(start + 1)...].enumerated().filter { $0.offset % 2 == 0 }.map { $0.element.dropFirst(2) }
        var expected: [String] = []
        for column in columns {
            let name = try #require(column["name"] as? String), meaning = try #require(column["meaning"] as? String)
            guard let level = column["level"] as? String else {
                expected.append(name)
                continue
            }
            if level == "pm_high" { expected.append("<level>" + name.dropFirst(level.count)) }
            #expect(help.output.contains(meaning))
        }
        #expect(listed.map(String.init) == expected)
        #expect(expected.count > 150)
        #expect(!(try Program.run(["columns", "--help"])).output.contains("COLUMNS,"))
    }
}
