import CLMDB
import Storage
import TestSupport
import Testing

@Suite struct StorageLMDBTests {
    private let directory: Scratch

    init() throws { directory = try Scratch() }

    @Test func `what a write puts a later read gets, also after reopening`() throws {
        do {
            var environment = try LMDBEnvironment(path: directory.file("db"))
            try environment.write { (txn) throws(LMDBError) in
                try txn.put([1], [10, 11])
                try txn.put([2], [])
                #expect(try txn.get([1]) { (bytes) throws(LMDBError) in bytes.count } == 2)
            }
        }
        var environment = try LMDBEnvironment(path: directory.file("db"))
        #expect(try environment.read { (txn) throws(LMDBError) in try txn.get([1]) } == [10, 11])
        #expect(try environment.read { (txn) throws(LMDBError) in try txn.get([2]) } == [])
        #expect(try environment.read { (txn) throws(LMDBError) in try txn.get([3]) } == nil)
        let deleted = try environment.write { (txn) throws(LMDBError) in [try txn.delete([1]), try txn.delete([3])] }
        #expect(deleted == [true, false])
        #expect(try environment.read { (txn) throws(LMDBError) in try txn.get([1]) } == nil)
    }

    @Test func `an error in the body undoes the transaction`() throws {
        var environment = try LMDBEnvironment(path: directory.file("db"))
        let refusal = LMDBError.failed(call: "body", code: 1, path: "here")
        #expect(throws: refusal) {
            try environment.write { (txn) throws(LMDBError) in
                try txn.put([1], [1])
                throw refusal
            }
        }
        #expect(try environment.read { (txn) throws(LMDBError) in try txn.get([1]) } == nil)
        try environment.write { (txn) throws(LMDBError) in try txn.put([1], [2]) }
        #expect(try environment.read { (txn) throws(LMDBError) in try txn.get([1]) } == [2])
    }

    @Test func `a full map grows and the write runs again`() throws {
        var environment = try LMDBEnvironment(path: directory.file("db"), mapSize: 1 << 17)
        var runs = 0
        let value = [UInt8](repeating: 5, count: 1 << 20)
        try environment.write { (txn) throws(LMDBError) in
            runs += 1
            try txn.put([1], value)
        }
        #expect(runs > 1)
        #expect(environment.mapSize >= 1 << 20)
        #expect(try environment.read { (txn) throws(LMDBError) in try txn.get([1]) } == value)
    }

    @Test func `reads may be nested on one thread`() throws {
        var environment = try LMDBEnvironment(path: directory.file("db"))
        try environment.write { (txn) throws(LMDBError) in try txn.put([1], [1]) }
        let inner = try environment.read { (outer) throws(LMDBError) in
            try environment.read { (txn) throws(LMDBError) in try txn.get([1]) }
        }
        #expect(inner == [1])
    }

    @Test func `an environment is open once in a process, by whatever path`() throws {
        let path = directory.file("db")
        do {
            let environment = try LMDBEnvironment(path: path)
            #expect(throws: LMDBError.alreadyOpen(path: path + "/../db")) {
                _ = try LMDBEnvironment(path: path + "/../db").mapSize
            }
            #expect(environment.path == path)
        }
        _ = try LMDBEnvironment(path: path).mapSize
    }

    @Test func `errors keep LMDB's code and name it`() throws {
        var environment = try LMDBEnvironment(path: directory.file("db"))
        let key = [UInt8](repeating: 1, count: 512)
        let expected = LMDBError.failed(call: "mdb_put", code: MDB_BAD_VALSIZE, path: directory.file("db"))
        #expect(throws: expected) {
            try environment.write { (txn) throws(LMDBError) in try txn.put(key, [1]) }
        }
        #expect("\(expected)".contains("MDB_BAD_VALSIZE (-30781)"))
        try directory.write([], "file")
        #expect(throws: LMDBError.self) { _ = try LMDBEnvironment(path: directory.file("file")).mapSize }
    }

    @Test func `a damaged database file is refused with its code`() throws {
        do { _ = try LMDBEnvironment(path: directory.file("db")).mapSize }
        try directory.write([UInt8](repeating: 1, count: 8_192), "db/data.mdb")
        #expect(throws: LMDBError.failed(call: "mdb_env_open", code: MDB_INVALID, path: directory.file("db"))) {
            _ = try LMDBEnvironment(path: directory.file("db")).mapSize
        }
    }
}
