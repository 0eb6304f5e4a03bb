import CLMDB
@preconcurrency import Glibc
import Platform
import Synchronization

/// An LMDB environment (`MDB_env`) with its one unnamed database: a directory with `data.mdb` and `lock.mdb`.
///
/// Transactions are closures that begin and end on the calling thread: a commit on another thread would leave the
/// writer's mutex locked for ever. `write` is mutating and `read` is not, so no read can be open while a write enlarges
/// the map.
public struct LMDBEnvironment: ~Copyable {
    /// How much of a commit reaches the disk before it returns. A killed process loses no commit with any of them.
    public enum Durability: Sendable {
        /// Data and page of meta data: nothing is lost to a power cut. About 230 µs on a disk that syncs in 70 µs.
        case everyCommit
        /// `MDB_NOMETASYNC`: a power cut may undo the last commit, the database stays whole. About 140 µs.
        case exceptLast
        /// `MDB_NOSYNC`: a power cut may destroy the database, unless `sync()` was the last to touch it. About 6 µs.
        case onSync

        var flags: UInt32 {
            switch self {
            case .everyCommit: 0
            case .exceptLast: UInt32(MDB_NOMETASYNC)
            case .onSync: UInt32(MDB_NOSYNC)
            }
        }
    }

    public let path: String
    /// Bytes that the file may grow to before a write enlarges the map. The file is sparse: unused bytes cost no disk.
    public private(set) var mapSize: Int
    private let handle: LMDBHandle
    private let database: MDB_dbi

    /// Opens or makes the environment in directory `path`, made with mode 0700 when missing.
    /// Throws `.alreadyOpen` when this process has it open.
    public init(path: String, mapSize: Int = 1 << 30, durability: Durability = .exceptLast) throws(LMDBError) {
        do throws(SystemCallError) {
            try Directory.make(path, mode: 0o700)
        } catch {
            throw .failed(call: error.call, code: error.code, path: error.path)
        }
        let handle = try LMDBHandle(path: path)
        try LMDBError.check(mdb_env_set_mapsize(handle.environment, mapSize), "mdb_env_set_mapsize", path)
        // Readers are kept by transaction and not by thread, so that one thread may nest them.
        let flags = durability.flags | UInt32(MDB_NOTLS)
        try LMDBError.check(mdb_env_open(handle.environment, path, flags, 0o600), "mdb_env_open", path)

        var transaction: OpaquePointer?
        try LMDBError.check(mdb_txn_begin(handle.environment, nil, 0, &transaction), "mdb_txn_begin", path)
        var database: MDB_dbi = 0
        let code = mdb_dbi_open(transaction, nil, 0, &database)
        guard code == MDB_SUCCESS else {
            mdb_txn_abort(transaction)
            throw .failed(call: "mdb_dbi_open", code: code, path: path)
        }
        try LMDBError.check(mdb_txn_commit(transaction), "mdb_txn_commit", path)

        // An existing file may have a larger map than asked for.
        var information = MDB_envinfo()
        mdb_env_info(handle.environment, &information)
        self.path = path
        self.mapSize = max(mapSize, information.me_mapsize)
        self.handle = handle
        self.database = database
    }

    /// Runs `body` in a read-only transaction, a view of the last commit. Costs about 1 µs.
    public func read<Result>(
        _ body: (inout LMDBReadTransaction) throws(LMDBError) -> Result
    ) throws(LMDBError) -> Result {
        var raw: OpaquePointer?
        try LMDBError.check(
            mdb_txn_begin(handle.environment, nil, UInt32(MDB_RDONLY), &raw), "mdb_txn_begin", path)
        defer { mdb_txn_abort(raw) }
        // Lent as inout: Swift 6.3.1 crashes when it specializes a generic call that lends a noncopyable value as
        // borrowing.
        var transaction = LMDBReadTransaction(raw: raw, database: database, path: path)
        return try body(&transaction)
    }

    /// Runs `body` in the only write transaction and commits it; an error in it undoes it.
    ///
    /// When the map is full the transaction is undone, the map doubled, and `body` runs again: it must have no effect
    /// outside the transaction.
    public mutating func write<Result>(
        _ body: (inout LMDBWriteTransaction) throws(LMDBError) -> Result
    ) throws(LMDBError) -> Result {
        while true {
            do throws(LMDBError) {
                return try writeOnce(body)
            } catch {
                guard error.isMapFull else { throw error }
                mapSize *= 2
                try LMDBError.check(mdb_env_set_mapsize(handle.environment, mapSize), "mdb_env_set_mapsize", path)
            }
        }
    }

    /// `mdb_env_sync`: what was committed reaches the disk.
    public func sync() throws(LMDBError) {
        try LMDBError.check(mdb_env_sync(handle.environment, 1), "mdb_env_sync", path)
    }

    /// The version of the library in use.
    public static var libraryVersion: String {
        var (major, minor, patch): (Int32, Int32, Int32) = (0, 0, 0)
        mdb_version(&major, &minor, &patch)
        return "\(major).\(minor).\(patch)"
    }

    private func writeOnce<Result>(
        _ body: (inout LMDBWriteTransaction) throws(LMDBError) -> Result
    ) throws(LMDBError) -> Result {
        var raw: OpaquePointer?
        try LMDBError.check(mdb_txn_begin(handle.environment, nil, 0, &raw), "mdb_txn_begin", path)
        var transaction = LMDBWriteTransaction(raw: raw, database: database, path: path)
        let result: Result
        do throws(LMDBError) {
            result = try body(&transaction)
        } catch {
            mdb_txn_abort(raw)
            throw error
        }
        try LMDBError.check(mdb_txn_commit(raw), "mdb_txn_commit", path)
        return result
    }
}

/// The environment's pointer and its place among those this process has open.
struct LMDBHandle: ~Copyable {
    private static let open = Mutex<Set<String>>([])

    let environment: OpaquePointer
    private let key: String

    /// `path` must be a directory that exists.
    init(path: String) throws(LMDBError) {
        guard let resolved = realpath(path, nil) else { throw .failed(call: "realpath", code: errno, path: path) }
        defer { free(resolved) }
        let key = String(cString: resolved)
        guard LMDBHandle.open.withLock({ $0.insert(key).inserted }) else { throw .alreadyOpen(path: path) }
        var environment: OpaquePointer?
        let code = mdb_env_create(&environment)
        guard code == MDB_SUCCESS, let environment else {
            LMDBHandle.open.withLock { _ = $0.remove(key) }
            throw .failed(call: "mdb_env_create", code: code, path: path)
        }
        self.environment = environment
        self.key = key
    }

    deinit {
        mdb_env_close(environment)
        LMDBHandle.open.withLock { _ = $0.remove(key) }
    }
}
