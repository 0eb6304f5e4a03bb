@preconcurrency import Glibc
import Platform
import Storage
import Units

/// The right to be a process of a run: one of each name, in its state directory and in the run itself, and none beside
/// a `levelhead up` that did not start it. It ends with the process, however that dies.
enum ProcessClaim {
    /// How long a predecessor may take to end: one whose supervisor was killed needs a moment to see it.
    private static let patience = Nanoseconds.seconds(15)

    static func take(_ role: ProcessRole, _ site: RunSite, isSupervised: Bool) throws {
        // Processes without a supervisor hold both together, so that no `levelhead up` begins beside them.
        let shared = isSupervised ? [] : [try share(site.stateDirectory), try share(site.directory)]
        let end = MonotonicClock.now() + patience
        // By its state directory the run may be another process's that was given another one.
        for place in [site.stateDirectory, site.directory] {
            try take("\(place)/locks", role, isSupervised: isSupervised, until: end)
        }
        // One of two of a name is refused: only the other is the holder.
        for file in shared { try? file.sign() }
    }

    private static func take(
        _ directory: String, _ role: ProcessRole, isSupervised: Bool, until end: Nanoseconds
    ) throws {
        try Directory.make(directory, mode: 0o700)
        let path = "\(directory)/\(role.rawValue)"
        let file = try HolderFile(path)
        while try !file.lock() {
            guard isSupervised, MonotonicClock.now() < end, !StopSignal.isRaised else {
                throw DirectoryLock.Failure.held(path: path, pid: file.holder())
            }
            usleep(2_000)
        }
        file.keep()
        // A name in a message: a full disk keeps no process from its work.
        try? file.sign()
    }

    private static func share(_ directory: String) throws -> HolderFile {
        let file = try HolderFile("\(directory)/\(DirectoryLock.fileName)")
        guard try file.lock(isShared: true) else {
            throw DirectoryLock.Failure.held(path: directory, pid: file.holder())
        }
        file.keep()
        return file
    }
}
