import CLMDB

extension LMDBReadTransaction {
    /// Every key that begins with `prefix`, with its value, in the order of the keys' bytes.
    public func entries(prefix: [UInt8]) throws(LMDBError) -> [(key: [UInt8], value: [UInt8])] {
        var cursor: OpaquePointer?
        try LMDBError.check(mdb_cursor_open(raw, database, &cursor), "mdb_cursor_open", path)
        defer { mdb_cursor_close(cursor) }
        var entries: [(key: [UInt8], value: [UInt8])] = []
        var (key, value) = (MDB_val(), MDB_val())
        var code = prefix.withUnsafeBytes { bytes in
            // The library reads the key during the call only.
            key = MDB_val(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
            return mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE)
        }
        while code == MDB_SUCCESS {
            let found = Array(UnsafeRawBufferPointer(start: key.mv_data, count: key.mv_size))
            guard found.starts(with: prefix) else { return entries }
            entries.append((found, Array(UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size))))
            code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)
        }
        guard code == MDB_NOTFOUND else {
            throw .failed(call: "mdb_cursor_get", code: code, path: path)
        }
        return entries
    }
}
