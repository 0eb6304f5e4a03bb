import TestSupport
import Testing

/// `levelhead bench` over ten minutes of a small synthetic session.
@Suite(.enabled(if: Program.isBuilt, "needs the program beside the tests: swift build"))
struct BenchVerbTests {
    private static func tape(_ scratch: Scratch) throws -> String {
        let folder = scratch.file("day")
        let arguments = [
            "synth", "--date", "2026-03-10", "--seed", "1", "--rate", "0.02", "--from", "09:40", "--to", "09:50",
            "--no-mes", "--out", folder,
        ]
        try #require(try Program.run(arguments).status == 0)
        return folder
    }

    @Test func `rates and percentiles are of the records that were asked for`() throws {
        let scratch = try Scratch()
        let arguments = ["bench", "--tape", try Self.tape(scratch), "--from", "2026-03-10T13:45Z", "--rounds", "3"]
        let report = try #require(
            try Program.json(arguments + ["--records", "1000"]) as? [String: Any])
        #expect(report["records"] as? Int == 1_000)
        #expect(report["columns"] as? Int == 427)
        #expect(report["rounds"] as? Int == 3)
        let books = try #require(report["mbp10"] as? Int), groups = try #require(report["event_groups"] as? Int)
        #expect(books > 0 && books < 1_000 && groups > 0 && groups <= books)
        for name in ["mbp10", "records"] {
            for ending in ["", "_on_core"] {
                let best = try #require(report["\(name)_per_s\(ending)"] as? Int)
                let median = try #require(report["\(name)_per_s_median\(ending)"] as? Int)
                #expect(best >= median && median > 0)
            }
        }
        let spreads = try ["book_record_ns", "other_record_ns"].map { try #require(report[$0] as? [String: Int]) }
        #expect(spreads.map { $0["count"] ?? 0 } == [books, 1_000 - books])
        for spread in spreads {
            let values = ["p50", "p90", "p99", "p99_9", "max"].compactMap { spread[$0] }
            #expect(values.count == 5 && values == values.sorted() && values[0] > 0)
        }
        // Fewer are left than were asked for.
        let rest = try #require(try Program.json(arguments + ["--records", "10000000"]) as? [String: Any])
        #expect(try #require(rest["records"] as? Int) > 1_000)
    }

    @Test func `a part without records of the book is an error that names it`() throws {
        let scratch = try Scratch()
        let tape = try Self.tape(scratch)
        for (part, words) in [
            (["--from", "2026-03-11"], "received at 2026-03-11T00:00:00.000000000Z or later"),
            ([], "after all five levels are active"),
        ] {
            let done = try Program.run(["bench", "--tape", tape] + part)
            #expect(done.status == 1 && done.output.isEmpty)
            #expect(done.errors.contains("the tape has no mbp-10 record \(words)"))
        }
    }
}
