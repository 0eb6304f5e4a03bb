@preconcurrency import Glibc
import Platform

/// Where Levelhead keeps what outlives a process.
public enum StateDirectory {
    public static let environmentKey = "LEVELHEAD_STATE_DIR"

    /// The path given on the command line, else `LEVELHEAD_STATE_DIR`, else `~/.levelhead`. Nothing is made.
    /// Empty texts count as absent. Nil when there is no home directory either.
    public static func path(explicit: String?, environment: (String) -> String? = Self.variable) -> String? {
        if let explicit, !explicit.isEmpty { return explicit }
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

    /// What to do about permissions that are too wide.
    public static func modeRemedy(_ path: String) -> String { "chmod 0700 '\(path)'" }

    public static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
