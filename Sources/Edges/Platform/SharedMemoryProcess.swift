import Glibc

/// Names a process for good: its number with the low bits of its start time, as numbers are used again.
public enum SharedMemoryProcess {
    /// This process. Never 0.
    public static var current: UInt64 { identity(of: getpid()) ?? UInt64(UInt32(bitPattern: getpid())) << 32 }

    /// Whether the process that called itself that still runs. A zombie does not.
    public static func isAlive(_ identity: UInt64) -> Bool {
        Self.identity(of: pid(of: identity)) == identity
    }

    /// The process number within an identity.
    public static func pid(of identity: UInt64) -> Int32 { Int32(truncatingIfNeeded: identity >> 32) }

    /// Field 22 of `/proc/PID/stat` is the start time in clock ticks since boot, field 3 the state (proc(5)). The
    /// second field is the program's name in parentheses and may hold anything, so counting begins after the last one.
    static func identity(of pid: Int32) -> UInt64? {
        let descriptor = open("/proc/\(pid)/stat", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var text = [UInt8](repeating: 0, count: 1_024)
        let count = read(descriptor, &text, text.count)
        guard count > 0, let name = text[..<count].lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = text[(name + 1)..<count].split(separator: UInt8(ascii: " "))
        guard fields.count > 19, fields[0].first != UInt8(ascii: "Z"), fields[0].first != UInt8(ascii: "X") else {
            return nil
        }
        let start = fields[19].reduce(0 as UInt64) { $0 &* 10 &+ UInt64($1 &- UInt8(ascii: "0")) }
        return UInt64(UInt32(bitPattern: pid)) << 32 | UInt64(UInt32(truncatingIfNeeded: start))
    }
}
