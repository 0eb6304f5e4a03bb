import Platform
import Security

/// The state of a fold in a file of its own, for one that can be made again from other files and only saves time: what
/// is damaged, or of another program or configuration, is as good as absent.
///
/// Layout: the digest of the identity (SHA-256 of state version and configuration), the state, and the digest of both.
public struct StateFile: Sendable {
    public let path: String
    private let identity: [UInt8]

    public init(_ path: String, _ identity: SnapshotIdentity) {
        self.path = path
        let version = withUnsafeBytes(of: identity.stateVersion.littleEndian) { Array($0) }
        self.identity = Self.digest(version + identity.configuration.withBytes { Array($0) })
    }

    /// Replaces the file, or leaves it as it is.
    public func save(_ state: [UInt8]) throws(SystemCallError) {
        let bytes = identity + state
        try PosixFile.replace(path, with: bytes + Self.digest(bytes))
    }

    /// Nil when there is none that is whole and of this identity.
    public func load() -> [UInt8]? {
        let size = SHA256Digest.byteCount
        guard let bytes = try? PosixFile.contents(of: path), bytes.count >= 2 * size, bytes.starts(with: identity),
            Self.digest(bytes.dropLast(size)) == bytes.suffix(size)
        else { return nil }
        return Array(bytes[size..<bytes.count - size])
    }

    private static func digest(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        SHA256Digest(of: Array(bytes)).withBytes { Array($0) }
    }
}
