import Glibc
import Platform
import Security

/// The keys of a state directory: `STATE_DIR/keys`, mode 0700, a file of 32 random bytes and mode 0600 for each.
///
/// A key is made when it is first asked for. Of several processes that ask at once one makes it and all read the same.
public struct KeyStore: Sendable {
    public enum Name: String, Sendable, CaseIterable {
        /// Authenticates commands and answers: every process and the command line.
        case control
        /// Authenticates approvals of orders: the risk and the execution gateway, nobody else.
        case approval
    }

    /// `STATE_DIR/keys`.
    public let directory: String

    /// - Parameter stateDirectory: made, mode 0700, when it is missing.
    public init(stateDirectory: String) throws(PrivatePathError) {
        directory = FilePath.join(stateDirectory, "keys")
        do throws(SystemCallError) {
            try Directory.make(stateDirectory, mode: PrivatePath.directoryMode)
        } catch { throw .system(error) }
        try PrivatePath.makeDirectory(directory)
    }

    public func path(of name: Name) -> String { FilePath.join(directory, "\(name.rawValue).key") }

    /// The key; made when there is none yet.
    /// - Throws: others may read file or directory, another owner, another size, or the disk.
    public func key(_ name: Name) throws(PrivatePathError) -> SecretKey {
        let path = path(of: name)
        while true {
            if let key = try read(path) { return key }
            // Lost to another process: then its key is there to be read.
            _ = try PrivatePath.makeFile(path, Randomness.bytes(SecretKey.byteCount))
        }
    }

    private func read(_ path: String) throws(PrivatePathError) -> SecretKey? {
        let found = try PrivatePath.open(path, flags: O_RDONLY, size: SecretKey.byteCount)
        guard let descriptor = found else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: SecretKey.byteCount)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count == bytes.count, let key = SecretKey(bytes: bytes) else {
            throw .size(path: path, found: max(0, count), expected: SecretKey.byteCount)
        }
        return key
    }
}

/// Unpredictable bytes, from the system's generator.
enum Randomness {
    static func bytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
}
