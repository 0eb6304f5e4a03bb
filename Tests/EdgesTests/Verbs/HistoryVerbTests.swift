import Foundation
import Storage
import TestSupport
import Testing

/// The verb on a history whose sessions are all zeros.
@Suite(.enabled(if: Program.isBuilt, "needs the program beside the tests: swift build"))
struct HistoryVerbTests {
    /// A complete regular session of 276 × 8 values and the micro-price's counts, all 0.
    private static func session(_ date: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 16 + 8 * (276 * 8 + 20 * 44))
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: Int32(date).littleEndian, as: Int32.self) }
        bytes[5] = 1
        bytes[8] = 1
        return bytes
    }

    private static func history(_ scratch: Scratch) throws -> String {
        let path = scratch.file("history")
        var store = try HistoryStore(path, version: 1, makes: true)
        for day in 2...8 where day < 6 || day > 7 {
            try store.put(root: "NQ", date: 20_240_100 + day, session(20_240_100 + day))
        }
        return path
    }

    @Test func `the profile in force is printed for a date`() throws {
        let scratch = try Scratch()
        let path = try Self.history(scratch)
        let all = try #require(try Program.json(["history", "--history", path]) as? [String: Any])
        #expect(all["version"] as? Int == 1 && all["sessions"] as? Int == 5 && all["root"] as? String == "NQ")
        #expect(all["mean_session_volume"] as? Double == 0)
        let metrics = try #require(all["metrics"] as? [String: [String: [Any]]])
        #expect(
            metrics.keys.sorted() == [
                "aggressor_orders_per_second", "ask_size_per_level_contracts", "bid_size_per_level_contracts",
                "cumulative_volume_contracts", "depth_top_10_contracts", "messages_per_second", "realized_variance",
                "traded_contracts_per_second",
            ])
        for (name, metric) in metrics {
            #expect(metric["mean"] as? [Double] == Array(repeating: 0, count: 276), "\(name)")
            #expect(metric["deviation"] as? [Double] == Array(repeating: 0, count: 276), "\(name)")
        }
        let micro = try #require(all["micro_price"] as? [String: Any])
        #expect(micro["date"] as? String == "2024-01-08")
        #expect(micro["samples"] as? [[Int]] == Array(repeating: Array(repeating: 0, count: 10), count: 2))
        let offsets = try #require(micro["offsets"] as? [[Any]])
        #expect(offsets.count == 2 && offsets.allSatisfy { $0.count == 10 && $0.allSatisfy { $0 is NSNull } })

        // Before the 8th there are four.
        let earlier = try #require(
            try Program.json(["history", "--history", path, "--date", "2024-01-08"]) as? [String: Any])
        #expect(earlier["sessions"] as? Int == 4 && earlier["mean_session_volume"] is NSNull)
        #expect((earlier["micro_price"] as? [String: Any])?["date"] as? String == "2024-01-05")
        let none = try #require(
            try Program.json(["history", "--history", path, "--date", "2024-01-02"]) as? [String: Any])
        #expect(none["sessions"] as? Int == 0 && none["micro_price"] is NSNull)
    }

    @Test func `what cannot be read is named`() throws {
        let scratch = try Scratch()
        let absent = try Program.run(["history", "--history", scratch.file("none")])
        #expect(absent.status == 1 && absent.errors.contains("no history there"))
        let path = try Self.history(scratch)
        do {
            var store = try HistoryStore(path, version: 1, makes: false)
            try store.put(root: "NQ", date: 20_240_104, [1, 2, 3])
        }
        let damaged = try Program.run(["history", "--history", path])
        #expect(damaged.status == 1 && damaged.errors.contains("session/NQ/20240104: damaged"))
        #expect(damaged.errors.split(separator: "\n").count == 1)
        do {
            var store = try HistoryStore(path, version: 7, makes: false)
            try store.put(root: "NQ", date: 20_240_104, [1, 2, 3])
        }
        let newer = try Program.run(["history", "--history", path])
        #expect(newer.status == 1 && newer.errors.contains("version 7, this program reads version 1"))
        let usage = try Program.run(["history", "--history", path, "--tape", path, "--date", "2024-01-04"])
        #expect(usage.status == 64)
    }
}
