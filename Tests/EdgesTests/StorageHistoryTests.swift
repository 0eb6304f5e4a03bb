import Foundation
import Storage
import Testing

@Suite struct StorageHistoryTests {
    private static func open(_ path: String, version: UInt32 = 1, makes: Bool = true) throws -> HistoryStore {
        try HistoryStore(path, version: version, makes: makes)
    }

    @Test func `sessions come back in the order of their dates, each root by itself`() throws {
        let scratch = try Scratch()
        let path = scratch.file("history")
        do {
            var store = try Self.open(path)
            try store.put(root: "ES", date: 20_240_103, [3])
            try store.put(root: "MES", date: 20_240_102, [9, 9])
            try store.put(root: "ES", date: 20_231_229, [1])
            try store.put(root: "ES", date: 20_240_102, [])
        }
        // Another process, as it were.
        let store = try Self.open(path, makes: false)
        let sessions = try store.sessions(root: "ES")
        #expect(sessions.map(\.date) == [20_231_229, 20_240_102, 20_240_103])
        #expect(sessions.map(\.bytes) == [[1], [], [3]])
        #expect(try store.sessions(root: "MES").map(\.bytes) == [[9, 9]])
        #expect(try store.sessions(root: "E").isEmpty && store.sessions(root: "NQ").isEmpty)
        #expect(try store.roots() == ["ES", "MES"])
        #expect(try store.session(root: "ES", date: 20_240_103) == [3])
        #expect(try store.session(root: "ES", date: 20_240_104) == nil)
    }

    @Test func `the digest is that of what is kept`() throws {
        let scratch = try Scratch()
        var store = try Self.open(scratch.file("a"))
        var other = try Self.open(scratch.file("b"))
        try store.put(root: "ES", date: 20_240_102, [1, 2])
        try store.put(root: "ES", date: 20_240_103, [3])
        // Another order, one of them twice.
        try other.put(root: "ES", date: 20_240_103, [3])
        try other.put(root: "ES", date: 20_240_103, [3])
        try other.put(root: "ES", date: 20_240_102, [1, 2])
        let digest = try store.digest(root: "ES")
        #expect(try digest == other.digest(root: "ES"))
        try other.put(root: "MES", date: 20_240_102, [1, 2])
        #expect(try digest == other.digest(root: "ES"), "another root is another history")
        try other.put(root: "ES", date: 20_240_102, [1, 3])
        #expect(try digest != other.digest(root: "ES"))
    }

    @Test func `a record of another version is refused with both versions`() throws {
        let scratch = try Scratch()
        let path = scratch.file("history")
        do {
            var store = try Self.open(path, version: 2)
            try store.put(root: "ES", date: 20_240_102, [1])
        }
        let store = try Self.open(path)
        let expected = HistoryError.otherVersion(path: path, key: "session/ES/20240102", found: 2, expected: 1)
        #expect(throws: expected) { try store.session(root: "ES", date: 20_240_102) }
        #expect(throws: expected) { try store.sessions(root: "ES") }
        #expect(expected.description.contains("version 2, this program reads version 1"))
    }

    @Test func `damage anywhere in a record is found`() throws {
        let scratch = try Scratch()
        let path = scratch.file("history")
        let key = Array("session/ES/20240102".utf8)
        let whole: [UInt8]
        do {
            var store = try Self.open(path)
            try store.put(root: "ES", date: 20_240_102, Array(1...40))
        }
        do {
            let environment = try LMDBEnvironment(path: path, mapSize: 1 << 26)
            whole = try #require(try environment.read { (transaction) throws(LMDBError) in try transaction.get(key) })
        }
        func replace(_ key: [UInt8], _ value: [UInt8]) throws {
            var environment = try LMDBEnvironment(path: path, mapSize: 1 << 26)
            try environment.write { (transaction) throws(LMDBError) in try transaction.put(key, value) }
        }
        for offset in whole.indices {
            var damaged = whole
            damaged[offset] ^= 4
            try replace(key, damaged)
            let store = try Self.open(path)
            #expect(throws: HistoryError.damaged(path: path, key: "session/ES/20240102"), "byte \(offset)") {
                try store.session(root: "ES", date: 20_240_102)
            }
        }
        for length in [0, 7, 15, 16, whole.count - 1] {
            try replace(key, Array(whole[..<length]))
            let store = try Self.open(path)
            #expect(throws: HistoryError.damaged(path: path, key: "session/ES/20240102"), "\(length) bytes") {
                try store.sessions(root: "ES")
            }
        }
        try replace(key, whole)
        // Under another date the same bytes are not a record.
        try replace(Array("session/ES/20240103".utf8), whole)
        let store = try Self.open(path)
        #expect(try store.session(root: "ES", date: 20_240_102) == Array(1...40))
        #expect(throws: HistoryError.damaged(path: path, key: "session/ES/20240103")) {
            try store.sessions(root: "ES")
        }
    }

    @Test func `a directory without a history is refused and left as it is`() throws {
        let scratch = try Scratch()
        let path = scratch.file("none")
        #expect(throws: HistoryError.absent(path: path)) { _ = try Self.open(path, makes: false) }
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(throws: HistoryError.absent(path: scratch.path)) { _ = try Self.open(scratch.path, makes: false) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).isEmpty)
    }
}

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
