@preconcurrency import Glibc
import Platform

/// The right to bind an ipc path. ZeroMQ lets a second socket take a bound path away from the first without a word, so
/// whoever binds holds `flock(2)` on `PATH.lock`, a file that carries its pid. It ends with this value or with the
/// process, however that dies. The file stays: taking it away would let two others hold two files of the same name.
final class EndpointLock {
    private let file: PosixFile

    init(path: String) throws(ZeroMQError) {
        do throws(SystemCallError) {
            let file = try PosixFile(path + ".lock", .updateOrCreate)
            if try file.lock() {
                try file.truncate(to: 0)
                try file.write(Array("\(getpid())\n".utf8), at: 0)
                self.file = file
                return
            }
            let text = String(decoding: try file.read(at: 0, count: 32), as: UTF8.self)
            throw SystemCallError(call: "flock", path: text, code: EWOULDBLOCK)
        } catch {
            guard error.call == "flock", error.code == EWOULDBLOCK else { throw .file(error) }
            throw .inUse(path: path, pid: Int(error.path.prefix { $0 != "\n" }))
        }
    }
}
