import CLMDB

/// A view of one moment of an environment. Lives inside the closure of `LMDBEnvironment.read`.
public struct LMDBReadTransaction: ~Copyable {
    let raw: OpaquePointer?
    let database: MDB_dbi
    let path: String

    /// Lends the value of `key` without copying it (`mdb_get`), nil when there is none. The bytes are valid inside
    /// `body` only and may start at any even address: load from them unaligned.
    public func get<Result>(
        _ key: [UInt8], _ body: (UnsafeRawBufferPointer) throws(LMDBError) -> Result
    ) throws(LMDBError) -> Result? {
        try lookUp(key, raw, database, path, body)
    }

    /// A copy of the value of `key`.
    public func get(_ key: [UInt8]) throws(LMDBError) -> [UInt8]? {
        try get(key) { (bytes) throws(LMDBError) in Array(bytes) }
    }
}

/// The write transaction. Lives inside the closure of `LMDBEnvironment.write`, which commits or undoes it.
public struct LMDBWriteTransaction: ~Copyable {
    let raw: OpaquePointer?
    let database: MDB_dbi
    let path: String

    /// As `LMDBReadTransaction.get`; sees what this transaction has put. The bytes are valid until the next put or
    /// delete.
    public func get<Result>(
        _ key: [UInt8], _ body: (UnsafeRawBufferPointer) throws(LMDBError) -> Result
    ) throws(LMDBError) -> Result? {
        try lookUp(key, raw, database, path, body)
    }

    /// Sets `key`, 1 to 511 bytes, to `count` bytes that `fill` writes straight into the map (`MDB_RESERVE`).
    /// `fill` must write all of them.
    public func put(
        _ key: [UInt8], count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void
    ) throws(LMDBError) {
        var value = MDB_val(mv_size: count, mv_data: nil)
        let code = withKey(key) { mdb_put(raw, database, &$0, &value, UInt32(MDB_RESERVE)) }
        try LMDBError.check(code, "mdb_put", path)
        // A damaged page can make the library answer without room for the value.
        guard let room = value.mv_data, value.mv_size == count else {
            throw .failed(call: "mdb_put", code: MDB_CORRUPTED, path: path)
        }
        fill(UnsafeMutableRawBufferPointer(start: room, count: count))
    }

    public func put(_ key: [UInt8], _ value: [UInt8]) throws(LMDBError) {
        try put(key, count: value.count) { $0.copyBytes(from: value) }
    }

    /// Removes `key` and says whether it was there (`mdb_del`).
    @discardableResult
    public func delete(_ key: [UInt8]) throws(LMDBError) -> Bool {
        let code = withKey(key) { mdb_del(raw, database, &$0, nil) }
        if code == MDB_NOTFOUND { return false }
        try LMDBError.check(code, "mdb_del", path)
        return true
    }
}

private func lookUp<Result>(
    _ key: [UInt8], _ raw: OpaquePointer?, _ database: MDB_dbi, _ path: String,
    _ body: (UnsafeRawBufferPointer) throws(LMDBError) -> Result
) throws(LMDBError) -> Result? {
    var value = MDB_val()
    let code = withKey(key) { mdb_get(raw, database, &$0, &value) }
    if code == MDB_NOTFOUND { return nil }
    try LMDBError.check(code, "mdb_get", path)
    return try body(UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size))
}

/// LMDB reads the key during the call only, although its structure asks for a mutable pointer.
private func withKey(_ key: [UInt8], _ body: (inout MDB_val) -> Int32) -> Int32 {
    key.withUnsafeBytes { bytes in
        var value = MDB_val(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
        return body(&value)
    }
}
