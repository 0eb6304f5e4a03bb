@preconcurrency import Glibc

/// A file of whole lines that does not grow without end: a full one is renamed to `NAME.1.jsonl`, in place of the one
/// before, and the next begins.
struct LogFile {
    private let path: String
    private let largest: Int
    private var descriptor: Int32 = -1
    private var size = 0

    init(path: String, largest: Int) {
        self.path = path
        self.largest = largest
    }

    /// - Returns: false where the disk has not taken it; then nothing of it stays.
    mutating func append(_ line: String) -> Bool {
        if descriptor >= 0, size + line.utf8.count > largest { renew() }
        if descriptor < 0 { open() }
        guard descriptor >= 0 else { return false }
        let start = size
        var line = line
        let isWhole = line.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
            return true
        }
        if isWhole { size = start + line.utf8.count } else { ftruncate(descriptor, off_t(start)) }
        return isWhole
    }

    mutating func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    private mutating func open() {
        descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        var status = stat()
        size = fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
        cutTornLine()
    }

    /// A line that a killed process or a power cut left without its end.
    private mutating func cutTornLine() {
        var byte: UInt8 = 0
        let end = size
        while size > 0, pread(descriptor, &byte, 1, off_t(size - 1)) == 1, byte != UInt8(ascii: "\n") { size -= 1 }
        if size < end { ftruncate(descriptor, off_t(size)) }
    }

    private mutating func renew() {
        close()
        let stem = path.hasSuffix(".jsonl") ? String(path.dropLast(6)) : path
        // Where it cannot be renamed it goes on from nothing: a log must not fill the disk.
        if rename(path, "\(stem).1.jsonl") != 0 { truncate(path, 0) }
    }
}
