import Platform
import ZeroMQ

/// CURVE keys in files: `streams.key`, of mode 0600, and `streams.pub`, 40 characters of Z85 each.
enum StreamKeyFile {
    static let byteCount = 40

    /// Makes a pair of keys in a directory.
    ///
    /// - Throws: there is one already.
    static func make(in directory: String) throws -> (secret: String, public: String) {
        let keys = try ZeroMQSecurity.makeKeys()
        let (secret, open) = (FilePath.join(directory, "streams.key"), FilePath.join(directory, "streams.pub"))
        for path in [secret, open] where PosixFile.exists(path) {
            throw StreamKeyError(text: "\(path): is there already")
        }
        try Directory.make(directory, mode: PrivatePath.directoryMode)
        for (path, key, mode) in [(secret, keys.secretKey, PrivatePath.fileMode), (open, keys.publicKey, 0o644)] {
            var writer = try AtomicFileWriter(path: path, mode: mode)
            try writer.write(Array((key + "\n").utf8))
            guard try writer.commitIfAbsent() else { throw StreamKeyError(text: "\(path): is there already") }
        }
        return (secret, open)
    }

    /// The secret key in a file that its owner alone may read.
    static func read(_ path: String) throws -> String { try text(PrivatePath.key(in: path), in: path) }

    /// A key in any file.
    static func readPublic(_ path: String) throws -> String { try text(PosixFile.contents(of: path), in: path) }

    private static func text(_ contents: [UInt8], in path: String) throws -> String {
        let bytes = contents.filter { $0 != 0x0A && $0 != 0x20 }
        guard bytes.count == byteCount else {
            throw StreamKeyError(text: "\(path): \(bytes.count) characters, expected a CURVE key of \(byteCount)")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

struct StreamKeyError: Error, CustomStringConvertible {
    let text: String
    var description: String { text }
}
