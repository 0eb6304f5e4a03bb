import Platform
import Security

/// The sessions of past days, one record per root and trade date, in an LMDB environment of their own.
///
/// A record's key is `session/ROOT/YYYYMMDD`. Its value, little-endian:
///
///     0         8         12        16
///     | LHHISTRY | version | CRC-32C | the session's bytes |
///
/// The checksum covers the key, the version and the session's bytes.
public struct HistoryStore: ~Copyable {
    private static let magic: [UInt8] = Array("LHHISTRY".utf8)
    private static let headCount = 16

    public let path: String
    private let version: UInt32
    private var environment: LMDBEnvironment

    /// Opens the history in a directory.
    ///
    /// - Parameters:
    ///   - version: of the sessions' bytes; records of another one are refused.
    ///   - makes: the directory is made when it is missing. Otherwise it must hold a history.
    public init(_ path: String, version: UInt32, makes: Bool) throws(HistoryError) {
        guard makes || PosixFile.exists("\(path)/data.mdb") else { throw .absent(path: path) }
        let environment = try Self.environment(path)
        self.path = path
        self.version = version
        self.environment = environment
    }

    private static func environment(_ path: String) throws(HistoryError) -> LMDBEnvironment {
        do throws(LMDBError) {
            return try LMDBEnvironment(path: path, mapSize: 1 << 26, durability: .everyCommit)
        } catch { throw .database(error) }
    }

    /// What is kept of one session, nil when there is nothing.
    public func session(root: String, date: Int) throws(HistoryError) -> [UInt8]? {
        let key = Self.key(root, date)
        let value: [UInt8]?
        do throws(LMDBError) {
            value = try environment.read { (transaction) throws(LMDBError) in try transaction.get(key) }
        } catch { throw .database(error) }
        guard let value else { return nil }
        return try open(value, key: key)
    }

    /// Keeps one session in place of what was kept of it.
    ///
    /// - Parameter date: decimal digits as one number.
    public mutating func put(root: String, date: Int, _ bytes: [UInt8]) throws(HistoryError) {
        let key = Self.key(root, date)
        var value = Self.magic
        for number in [version, Self.checksum(key, version, bytes)] {
            withUnsafeBytes(of: number.littleEndian) { value.append(contentsOf: $0) }
        }
        value += bytes
        do throws(LMDBError) {
            try environment.write { (transaction) throws(LMDBError) in try transaction.put(key, value) }
        } catch { throw .database(error) }
    }

    /// All sessions of a root in the order of their dates.
    public func sessions(root: String) throws(HistoryError) -> [(date: Int, bytes: [UInt8])] {
        var sessions: [(date: Int, bytes: [UInt8])] = []
        for (key, value) in try entries("session/\(root)/") {
            guard let date = Int(String(decoding: key.suffix(8), as: UTF8.self)) else {
                throw .damaged(path: path, key: Self.text(key))
            }
            sessions.append((date, try open(value, key: key)))
        }
        return sessions
    }

    /// The roots of which there are sessions, in alphabetical order.
    public func roots() throws(HistoryError) -> [String] {
        var roots: [String] = []
        for (key, _) in try entries("session/") {
            let parts = Self.text(key).split(separator: "/")
            guard parts.count == 3 else { throw .damaged(path: path, key: Self.text(key)) }
            if roots.last != String(parts[1]) { roots.append(String(parts[1])) }
        }
        return roots
    }

    /// The SHA-256 of all that is kept of a root.
    public func digest(root: String) throws(HistoryError) -> SHA256Digest {
        var hasher = SHA256Hasher()
        for (key, value) in try entries("session/\(root)/") {
            hasher.update(key)
            hasher.update(value)
        }
        return hasher.finish()
    }

    private func entries(_ prefix: String) throws(HistoryError) -> [(key: [UInt8], value: [UInt8])] {
        do throws(LMDBError) {
            return try environment.read { (transaction) throws(LMDBError) in
                try transaction.entries(prefix: Array(prefix.utf8))
            }
        } catch { throw .database(error) }
    }

    /// The session's bytes in a value that is whole and of our version.
    private func open(_ value: [UInt8], key: [UInt8]) throws(HistoryError) -> [UInt8] {
        let text = Self.text(key)
        guard value.count >= Self.headCount, value.starts(with: Self.magic) else {
            throw .damaged(path: path, key: text)
        }
        let (found, checksum) = value.withUnsafeBytes { raw in
            (
                UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt32.self)),
                UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
            )
        }
        let bytes = Array(value[Self.headCount...])
        guard Self.checksum(key, found, bytes) == checksum else { throw .damaged(path: path, key: text) }
        guard found == version else {
            throw .otherVersion(path: path, key: text, found: found, expected: version)
        }
        return bytes
    }

    private static func key(_ root: String, _ date: Int) -> [UInt8] { Array("session/\(root)/\(date)".utf8) }
    private static func text(_ key: [UInt8]) -> String { String(decoding: key, as: UTF8.self) }

    private static func checksum(_ key: [UInt8], _ version: UInt32, _ bytes: [UInt8]) -> UInt32 {
        var crc = key.withUnsafeBytes { CRC32C.checksum($0) }
        crc = withUnsafeBytes(of: version.littleEndian) { CRC32C.checksum($0, continuing: crc) }
        return bytes.withUnsafeBytes { CRC32C.checksum($0, continuing: crc) }
    }
}

/// Why a history cannot be used.
public enum HistoryError: Error, Equatable, Sendable {
    /// The directory holds no history.
    case absent(path: String)
    case database(LMDBError)
    /// A record is not what was written.
    case damaged(path: String, key: String)
    /// A record was written by a program of another version.
    case otherVersion(path: String, key: String, found: UInt32, expected: UInt32)
}

extension HistoryError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .absent(let path):
            "\(path): no history there (no data.mdb); levelhead history --tape … --history \(path) makes one"
        case .database(let error): error.description
        case .damaged(let path, let key):
            "\(path): \(key): damaged; remove the directory and make the history again from its tapes"
        case .otherVersion(let path, let key, let found, let expected):
            "\(path): \(key): version \(found), this program reads version \(expected); "
                + "make the history again from its tapes"
        }
    }
}
