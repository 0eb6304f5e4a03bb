@preconcurrency import Glibc

/// Why a file gave no bytes.
public struct FileReadError: Error, Equatable, Sendable {
    public let path: String
    public let errorNumber: Int32
    /// The system's words: "No such file or directory".
    public var reason: String { String(cString: strerror(errorNumber)) }
}

enum FileBytes {
    /// The whole file. Meant for small ones: configuration, zone data.
    static func read(_ path: String) throws(FileReadError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileReadError(path: path, errorNumber: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw FileReadError(path: path, errorNumber: errno)
            }
            if count == 0 { return bytes }
            bytes.append(contentsOf: chunk[..<count])
        }
    }
}
