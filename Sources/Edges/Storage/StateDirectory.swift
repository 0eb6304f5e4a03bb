@preconcurrency import Glibc
import Platform

/// Where Levelhead keeps what outlives a process.
public enum StateDirectory {
    public static let environmentKey = "LEVELHEAD_STATE_DIR"

    /// The path given on the command line, else `LEVELHEAD_STATE_DIR`, else `~/.levelhead`. Nothing is made.
    /// An empty variable counts as absent. Nil when there is no home directory either.
    public static func path(explicit: String?, environment: (String) -> String? = Self.variable) -> String? {
        if let explicit { return explicit }
        if let path = environment(environmentKey), !path.isEmpty { return path }
        guard let home = environment("HOME"), !home.isEmpty else { return nil }
        return "\(home)/.levelhead"
    }

    /// Makes the directory, mode 0700, when it is missing.
    public static func make(_ path: String) throws(SystemCallError) { try Directory.make(path, mode: 0o700) }

    /// The permissions of a directory that others than its owner may use; nil when none may, or it is missing.
    public static func wideMode(_ path: String) -> UInt32? {
        var found = stat()
        guard stat(path, &found) == 0 else { return nil }
        let mode = found.st_mode & 0o7777
        return mode & 0o077 == 0 ? nil : mode
    }

    /// - Throws: another user's directory: what this one makes in it the other could not use.
    public static func checkOwner(_ path: String) throws(StateDirectoryOfOther) {
        var found = stat()
        guard stat(path, &found) == 0, found.st_uid != geteuid() else { return }
        throw StateDirectoryOfOther(path: path, owner: found.st_uid)
    }

    /// What runs keep below it that others than its owner could command or deceive them by.
    private static let privateParts = ["control", "keys", "locks", "sockets", "venue"]

    /// - Throws: one of its parts is another user's, or others may use it: nothing that we make is.
    public static func checkParts(_ path: String) throws(PrivatePathError) {
        for part in privateParts {
            do throws(PrivatePathError) {
                try PrivatePath.checkDirectory("\(path)/\(part)")
            } catch {
                if case .system(let failure) = error, failure.code == ENOENT { continue }
                throw error
            }
        }
    }

    /// What to do about permissions that are too wide.
    public static func modeRemedy(_ path: String) -> String { "chmod 0700 '\(path)'" }

    public static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

/// A state directory belongs to another user.
public struct StateDirectoryOfOther: Error, Equatable, CustomStringConvertible {
    public let path: String
    public let owner: UInt32

    public var description: String {
        let name = getpwuid(owner).flatMap { $0.pointee.pw_name.map { String(cString: $0) } } ?? "#\(owner)"
        return "\(path): belongs to user \(name) (\(owner)), and this is user \(geteuid()): run it as sudo -u \(name)"
    }
}
