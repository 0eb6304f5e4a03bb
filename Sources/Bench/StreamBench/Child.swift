import Glibc

enum BenchError: Error {
    case failed(what: String)
}

/// This same program as another process. Killed when this value goes.
struct Child: ~Copyable {
    private let pid: pid_t

    init(_ arguments: [String]) throws {
        var words: [UnsafeMutablePointer<CChar>?] = (["stream-bench"] + arguments).map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, "/proc/self/exe", nil, nil, words, environ)
        guard code == 0 else { throw BenchError.failed(what: "posix_spawn: \(String(cString: strerror(code)))") }
        pid = child
    }

    /// Lives at least until here.
    consuming func end() {}

    deinit {
        kill(pid, SIGKILL)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
    }
}
