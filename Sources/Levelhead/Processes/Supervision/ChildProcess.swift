@preconcurrency import Glibc
import Platform

/// A process of the run, started from this program.
struct ChildProcess {
    let role: ProcessRole
    let pid: pid_t

    /// Starts `levelhead VERB ARGUMENTS`: this very program, also when its file has been replaced since. It reads
    /// nothing, and what it writes goes where our errors go.
    static func start(_ role: ProcessRole, _ arguments: [String]) throws -> ChildProcess {
        let program = try resolvedProgram()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, 2, 1)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The terminal's interrupt is for the supervisor, which ends the others in order. A wish to end waits until the
        // process listens (`StopSignal`): it would die of one that comes before.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP) | Int16(POSIX_SPAWN_SETSIGMASK))
        var blocked = StopSignal.set
        posix_spawnattr_setsigmask(&attributes, &blocked)
        var words: [UnsafeMutablePointer<CChar>?] = ([program, role.rawValue] + arguments).map { strdup($0) }
        defer { for word in words { free(word) } }
        words.append(nil)
        var pid: pid_t = 0
        let code = posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, words, environ)
        guard code == 0 else { throw SystemCallError(call: "posix_spawn", path: program, code: code) }
        return ChildProcess(role: role, pid: pid)
    }

    /// How it ended: its status, or the signal that ended it.
    enum End: Equatable {
        case status(Int32)
        case signal(Int32)
    }

    /// Nil while it runs.
    func poll() -> End? {
        var status: Int32 = 0
        let result = waitpid(pid, &status, WNOHANG)
        guard result == pid else { return result < 0 && errno == ECHILD ? .status(-1) : nil }
        let number = status & 0x7f
        return number == 0 ? .status((status >> 8) & 0xff) : .signal(number)
    }

    func terminate() { Glibc.kill(pid, SIGTERM) }
    func kill() { Glibc.kill(pid, SIGKILL) }

    private static func resolvedProgram() throws -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        guard count > 0 else { throw SystemCallError(call: "readlink", path: "/proc/self/exe", code: errno) }
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
