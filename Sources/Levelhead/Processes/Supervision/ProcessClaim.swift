@preconcurrency import Glibc
import Platform
import Storage
import Units

/// The right to be a process of a run: one of each name, in its state directory and in the run itself, and none beside
/// a `levelhead up` that did not start it. It ends with the process, however that dies.
enum ProcessClaim {
    /// How long a predecessor may take to end: one whose supervisor was killed needs a moment to see it.
    private static let patience = Nanoseconds.seconds(15)

    /// Files whose locks are kept until the process ends.
    static func take(_ role: ProcessRole, _ site: RunSite, isSupervised: Bool) throws {
        // Processes without a supervisor hold both together, so that no `levelhead up` begins beside them.
        let shared = isSupervised ? [] : [try share(site.stateDirectory), try share(site.directory)]
        let end = MonotonicClock.now() + patience
        // By its state directory the run may be another process's that was given another one.
        for place in [site.stateDirectory, site.directory] {
            try take("\(place)/locks", role, isSupervised: isSupervised, until: end)
        }
        // One of two of a name is refused: only the other is the holder.
        for file in shared { write(file) }
    }

    private static func take(
        _ directory: String, _ role: ProcessRole, isSupervised: Bool, until end: Nanoseconds
    ) throws {
        try Directory.make(directory, mode: 0o700)
        let path = "\(directory)/\(role.rawValue)"
        let file = try open(path)
        while flock(file, LOCK_EX | LOCK_NB) != 0 {
            guard isSupervised, MonotonicClock.now() < end, !StopSignal.isRaised else {
                throw DirectoryLock.Failure.held(path: path, pid: pid(in: file))
            }
            usleep(2_000)
        }
        write(file)
    }

    private static func share(_ directory: String) throws -> Int32 {
        let path = "\(directory)/\(DirectoryLock.fileName)"
        let file = try open(path)
        guard flock(file, LOCK_SH | LOCK_NB) == 0 else {
            throw DirectoryLock.Failure.held(path: directory, pid: pid(in: file))
        }
        return file
    }

    private static func open(_ path: String) throws -> Int32 {
        let file = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw SystemCallError(call: "open", path: path, code: errno) }
        return file
    }

    private static func write(_ file: Int32) {
        let text = "\(getpid())\n"
        _ = ftruncate(file, 0)
        _ = text.withCString { pwrite(file, $0, strlen($0), 0) }
    }

    private static func pid(in file: Int32) -> Int? {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = pread(file, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return Int(String(decoding: bytes.prefix(count).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }
}
