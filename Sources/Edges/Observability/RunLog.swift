import Glibc
import Logging
import Platform
import Synchronization

/// The structured log of this process of a run: everything that it says on standard error, and what changes in it.
///
/// One for the whole process, and none outside a run: then what is noted goes nowhere. Nobody waits for it, and nothing
/// fails for want of it.
public enum RunLog {
    private struct Open {
        let writer: LogWriter
        let logger: Logger
    }

    private static let open = Mutex<Open?>(nil)
    /// Records that the process has taken; 0 before the first.
    private static let position = Atomic<UInt64>(0)

    /// Begins the log in a file, which is appended to.
    public static func begin(process: String, run: String, path: String) {
        try? Directory.make(FilePath.parent(of: path), mode: 0o700)
        guard let writer = try? LogWriter(process: process, run: run, path: path) else { return }
        open.withLock { $0 = Open(writer: writer, logger: writer.logger()) }
        Terminal.copyErrors(to: { line, instrument in
            let prefix = "levelhead: "
            note(line.hasPrefix(prefix) ? String(line.dropFirst(prefix.count)) : line, .warning, about: instrument)
        })
        note("started, pid \(getpid())")
    }

    /// Where the process stands in the ring: it has taken so many records. One store.
    public static func reached(_ position: UInt64) { Self.position.store(position, ordering: .relaxed) }

    /// Not for the per-record path.
    ///
    /// - Parameter instrument: the contract that it is about.
    public static func note(_ message: String, _ level: Logger.Level = .info, about instrument: String? = nil) {
        guard let logger = open.withLock({ $0?.logger }) else { return }
        var metadata: Logger.Metadata = [:]
        let position = position.load(ordering: .relaxed)
        if position > 0 { metadata[LogLine.sequenceKey] = "\(position - 1)" }
        if let instrument { metadata[LogLine.instrumentKey] = "\(instrument)" }
        logger.log(level: level, "\(message)", metadata: metadata)
    }

    /// Writes what waits and ends the log. Nothing is noted after that.
    public static func end() {
        guard open.withLock({ $0 != nil }) else { return }
        note("ended")
        Terminal.copyErrors(to: nil)
        open.withLock { $0.take() }?.writer.stop()
    }
}
