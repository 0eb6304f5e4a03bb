import Foundation
import Storage
import TestSupport
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
