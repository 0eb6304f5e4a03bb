import Security
import Storage
import TestSupport
import Testing

@Suite struct StorageSnapshotTests {
    private let directory: Scratch
    private let identity = SnapshotIdentity(stateVersion: 3, configuration: SHA256Digest(of: [1]))

    init() throws { directory = try Scratch() }

    private func store() throws -> SnapshotStore { SnapshotStore(try LMDBEnvironment(path: directory.file("state"))) }

    private func position(_ sequence: UInt64) -> SnapshotPosition {
        SnapshotPosition(
            sequence: sequence, time: -5,
            audit: AuditPosition(byteOffset: 7, lineCount: 8, hash: SHA256Digest(of: [9])),
            journal: JournalPosition(byteOffset: 10, frameCount: 11, sequence: 12))
    }

    private func save(_ counts: ClosedRange<UInt64>) throws {
        var store = try store()
        for count in counts {
            try store.save("engine", identity, position(count), state: [UInt8(count), 2, 3])
        }
    }

    /// Changes one byte of a stored value without going through the store.
    private func damage(_ key: String, at index: Int) throws {
        var environment = try LMDBEnvironment(path: directory.file("state"))
        try environment.write { (txn) throws(LMDBError) in
            var value = try txn.get(Array(key.utf8)) { (bytes) throws(LMDBError) in Array(bytes) } ?? []
            value[index] ^= 1
            try txn.put(Array(key.utf8), value)
        }
    }

    @Test func `a store without snapshots gives none`() throws {
        var store = try store()
        #expect(try store.load("engine", expecting: identity) == nil)
    }

    @Test func `the newest snapshot comes back with everything it was saved with`() throws {
        try save(1...3)
        var store = try store()
        let snapshot = try store.load("engine", expecting: identity)
        #expect(snapshot?.generation == 3)
        #expect(snapshot?.position == position(3))
        #expect(snapshot?.state == [3, 2, 3])
        #expect(snapshot?.damagedKey == nil)
        #expect(try store.load("risk", expecting: identity) == nil)
        #expect(try store.save("engine", identity, position(4), state: []) == 4)
        #expect(try store.load("engine", expecting: identity)?.state == [])
    }

    @Test(arguments: [0, 9, 16, 40, 60, 100, 130, 150, 200, 230, 256, 258])
    func `when the newest is damaged anywhere the one before it stands in`(index: Int) throws {
        try save(1...4)
        try damage("snapshot/engine/b", at: index)
        var store = try store()
        let snapshot = try store.load("engine", expecting: identity)
        #expect(snapshot?.position.sequence == 3)
        #expect(snapshot?.damagedKey == "snapshot/engine/b")
        // The next save takes the damaged place and keeps the whole one.
        #expect(try store.save("engine", identity, position(5), state: [5]) == 4)
        #expect(try store.load("engine", expecting: identity)?.state == [5])
    }

    @Test func `when both are damaged the error names both`() throws {
        try save(1...2)
        try damage("snapshot/engine/a", at: 257)
        try damage("snapshot/engine/b", at: 257)
        var store = try store()
        let keys = ["snapshot/engine/a", "snapshot/engine/b"]
        do {
            _ = try store.load("engine", expecting: identity)
            Issue.record("a damaged snapshot was loaded")
        } catch { #expect(error == .damaged(path: directory.file("state"), keys: keys)) }
    }

    @Test func `another version or configuration is refused with what was found and expected`() throws {
        try save(1...2)
        var store = try store()
        let path = directory.file("state")
        do {
            _ = try store.load("engine", expecting: .init(stateVersion: 4, configuration: identity.configuration))
            Issue.record("another version was loaded")
        } catch {
            #expect(error == .otherVersion(path: path, key: "snapshot/engine/b", found: 3, expected: 4))
            #expect("\(error)".contains("state version 3, expected 4"))
        }
        let other = SHA256Digest(of: [2])
        do {
            _ = try store.load("engine", expecting: .init(stateVersion: 3, configuration: other))
            Issue.record("another configuration was loaded")
        } catch {
            #expect(
                error
                    == .otherConfiguration(
                        path: path, key: "snapshot/engine/b", found: identity.configuration, expected: other))
        }
    }
}
