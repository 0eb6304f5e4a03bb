import CLMDB

/// What LMDB refused.
public enum LMDBError: Error, Equatable, Sendable {
    /// A call gave a code other than `MDB_SUCCESS`: an LMDB code (negative) or an `errno` (positive).
    case failed(call: String, code: Int32, path: String)
    /// This process has the environment open already; a second one would break the first one's file locks.
    case alreadyOpen(path: String)

    /// The code's name in `lmdb.h`; for an `errno` its message.
    public static func name(ofCode code: Int32) -> String {
        names[code] ?? String(cString: mdb_strerror(code))
    }

    private static let names: [Int32: String] = [
        MDB_KEYEXIST: "MDB_KEYEXIST", MDB_NOTFOUND: "MDB_NOTFOUND", MDB_PAGE_NOTFOUND: "MDB_PAGE_NOTFOUND",
        MDB_CORRUPTED: "MDB_CORRUPTED", MDB_PANIC: "MDB_PANIC", MDB_VERSION_MISMATCH: "MDB_VERSION_MISMATCH",
        MDB_INVALID: "MDB_INVALID", MDB_MAP_FULL: "MDB_MAP_FULL", MDB_DBS_FULL: "MDB_DBS_FULL",
        MDB_READERS_FULL: "MDB_READERS_FULL", MDB_TXN_FULL: "MDB_TXN_FULL", MDB_CURSOR_FULL: "MDB_CURSOR_FULL",
        MDB_PAGE_FULL: "MDB_PAGE_FULL", MDB_MAP_RESIZED: "MDB_MAP_RESIZED", MDB_INCOMPATIBLE: "MDB_INCOMPATIBLE",
        MDB_BAD_RSLOT: "MDB_BAD_RSLOT", MDB_BAD_TXN: "MDB_BAD_TXN", MDB_BAD_VALSIZE: "MDB_BAD_VALSIZE",
        MDB_BAD_DBI: "MDB_BAD_DBI",
    ]

    /// The map has no room for what is to be stored.
    public var isMapFull: Bool {
        if case .failed(_, MDB_MAP_FULL, _) = self { true } else { false }
    }

    /// The file is none that this library can read: damaged, cut, or another version's.
    public var isDamage: Bool {
        guard case .failed(_, let code, _) = self else { return false }
        return [MDB_INVALID, MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_PANIC, MDB_VERSION_MISMATCH].contains(code)
    }

    static func check(_ code: Int32, _ call: String, _ path: String) throws(LMDBError) {
        guard code == MDB_SUCCESS else { throw .failed(call: call, code: code, path: path) }
    }
}

extension LMDBError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .failed(let call, let code, let path): "\(path): \(call): \(Self.name(ofCode: code)) (\(code))"
        case .alreadyOpen(let path): "\(path): this process has the LMDB environment open already"
        }
    }
}
