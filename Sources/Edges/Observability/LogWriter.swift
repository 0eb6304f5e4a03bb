import Dispatch
import Logging
import Platform
import Synchronization
import Units

/// Where log lines go: a bounded queue and a thread that appends them to a file, one `write` a line.
///
/// Nobody who logs waits for the disk: when the queue is full the line is thrown away and counted, and so is one that
/// the disk does not take. The data thread's per-record path does not log; it counts, and the status says so.
public final class LogWriter: Sendable {
    private struct Queue {
        var lines: [String] = []
        var lost = 0
        var limit = RepeatLimit()
    }

    /// Lines that wait at most.
    private static let capacity = 1_024
    /// A file that has grown so long makes room for the next one, bytes.
    public static let largestFile = 16 << 20

    public let process: String
    public let run: String
    private let queue = Mutex(Queue())
    private let wake = DispatchSemaphore(value: 0)
    private let isStopping = Atomic<Bool>(false)
    private let thread = Mutex<JoinableThread?>(nil)

    /// Starts the thread. It ends with `stop`, which a program calls before it exits.
    ///
    /// - Parameter path: appended to, mode 0600. One that cannot be opened is tried again with each line.
    public init(
        process: String, run: String, path: String, largestFile: Int = LogWriter.largestFile
    ) throws(SystemCallError) {
        self.process = process
        self.run = run
        let started = try JoinableThread { [self] in
            writeUntilStopped(LogFile(path: path, largest: largestFile))
        }
        thread.withLock { $0 = started }
    }

    /// Writes what waits and ends the thread. Lines that come later are lost.
    public func stop() {
        isStopping.store(true, ordering: .releasing)
        wake.signal()
        thread.withLock { $0.take() }?.join()
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
        wake.signal()
    }

    private func writeUntilStopped(_ file: consuming LogFile) {
        var lost = 0
        while true {
            // Before the queue: what was added before the stop is still written.
            let isLast = isStopping.load(ordering: .acquiring)
            let (lines, dropped) = queue.withLock { queue in
                defer { queue = Queue(limit: queue.limit) }
                return (queue.lines, queue.lost)
            }
            for line in lines {
                if lost > 0, file.append(notice(of: lost)) { lost = 0 }
                if !file.append(line) { lost += 1 }
            }
            lost += dropped
            if lost > 0, dropped > 0 || isLast, file.append(notice(of: lost)) { lost = 0 }
            if isLast { return file.close() }
            wake.wait()
        }
    }

    private func notice(of lost: Int) -> String {
        let notice = LogLine(level: .warning, message: "\(lost) log lines were lost", metadata: [:])
        return notice.text(time: WallClock.now(), process: process, run: run, repeated: 0)
    }
}
