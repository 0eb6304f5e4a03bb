import Glibc

/// Another process running this same program. Killed when this value goes; if this process is killed, it ends by
/// itself.
struct Child: ~Copyable {
    let pid: pid_t
    private var reaped = false

    /// Starts `ring-bench` with these arguments; its stdout and stderr are this process's.
    init(_ arguments: [String]) throws {
        var words: [UnsafeMutablePointer<CChar>?] = (["ring-bench"] + arguments).map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, "/proc/self/exe", nil, nil, words, environ)
        guard code == 0 else { throw BenchError.system(call: "posix_spawn", errno: code) }
        pid = child
    }

    deinit {
        if !reaped {
            kill(pid, SIGKILL)
            var status: Int32 = 0
            waitpid(pid, &status, 0)
        }
    }

    /// `kill -9`, and the end of it.
    mutating func killNow() {
        guard !reaped else { return }
        kill(pid, SIGKILL)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        reaped = true
    }

    /// The exit status if it has ended: 0…255, or 256 + signal.
    mutating func exitStatus() -> Int32? {
        var status: Int32 = 0
        guard !reaped, waitpid(pid, &status, WNOHANG) == pid else { return nil }
        reaped = true
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : 256 + signal
    }
}

enum BenchError: Error {
    case system(call: String, errno: Int32)
    case timedOut(what: String)
    case failed(what: String)
}

/// Nanoseconds of `CLOCK_MONOTONIC`, the same in all processes.
func monotonicNow() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
