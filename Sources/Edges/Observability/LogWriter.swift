import Glibc
import Logging
import Platform
import Synchronization
import Units

/// Where log lines go: a bounded queue and a thread that writes it to a file or to standard error, one `write` a line.
///
/// Nobody who logs waits for the disk: when the queue is full the line is thrown away and counted. The data thread's
/// per-record path does not log; it counts, and the status says so.
public final class LogWriter: Sendable {
    private struct Queue {
        var lines: [String] = []
        var lost = 0
        var limit = RepeatLimit()
    }

    /// Lines that wait at most.
    private static let capacity = 1_024
    private static let idleNanoseconds = 20_000_000

    public let process: String
    public let run: String
    private let descriptor: Int32
    private let ownsDescriptor: Bool
    private let queue = Mutex(Queue())
    private let isStopping = Atomic<Bool>(false)
    private let thread = Mutex<JoinableThread?>(nil)

    /// Starts the thread. It ends with `stop`, which a program calls before it exits.
    /// - Parameter path: appended to, mode 0600; nil for standard error.
    public init(process: String, run: String, path: String? = nil) throws(SystemCallError) {
        self.process = process
        self.run = run
        if let path {
            let opened = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            guard opened >= 0 else { throw SystemCallError(call: "open", path: path, code: errno) }
            descriptor = opened
        } else {
            descriptor = STDERR_FILENO
        }
        ownsDescriptor = path != nil
        let started = try JoinableThread { [self] in writeUntilStopped() }
        thread.withLock { $0 = started }
    }

    /// Writes what waits and ends the thread. Lines that come later are lost.
    public func stop() {
        isStopping.store(true, ordering: .releasing)
        guard let thread = thread.withLock({ $0.take() }) else { return }
        thread.join()
        if ownsDescriptor { close(descriptor) }
    }

    /// A logger whose lines come here.
    public func logger(level: Logger.Level = .info) -> Logger {
        Logger(label: process) { _ in JSONLogHandler(writer: self, logLevel: level) }
    }

    func add(_ line: LogLine) {
        let now = MonotonicClock.now()
        queue.withLock { queue in
            guard queue.lines.count < Self.capacity else {
                queue.lost += 1
                return
            }
            guard let repeated = queue.limit.admit("\(line.level.rawValue) \(line.message)", now: now) else { return }
            queue.lines.append(
                line.text(time: WallClock.now(), process: process, run: run, repeated: repeated))
        }
    }

    private func writeUntilStopped() {
        while true {
            // Before the queue: what was added before the stop is still written.
            let isLast = isStopping.load(ordering: .acquiring)
            let (lines, lost) = queue.withLock { queue in
                defer { queue = Queue(limit: queue.limit) }
                return (queue.lines, queue.lost)
            }
            for line in lines { write(line) }
            if lost > 0 {
                let notice = LogLine(level: .warning, message: "\(lost) log lines were lost", metadata: [:])
                write(notice.text(time: WallClock.now(), process: process, run: run, repeated: 0))
            }
            if isLast { return }
            if lines.isEmpty {
                var span = timespec(tv_sec: 0, tv_nsec: Self.idleNanoseconds)
                nanosleep(&span, nil)
            }
        }
    }

    /// A full disk or a closed pipe loses the line and nothing else.
    private func write(_ line: String) {
        var line = line
        line.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
    }
}
