@preconcurrency import Glibc
import Units

/// Whether a person is watching.
public enum Terminal {
    public static var standardErrorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }
    public static var standardOutputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Writes one line to standard error.
    public static func writeError(_ line: String) { write(line + "\n", to: STDERR_FILENO) }

    /// Writes to standard output at once, after what stdio still holds.
    public static func writeOutput(_ text: String) {
        fflush(stdout)
        write(text, to: STDOUT_FILENO)
    }

    static func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in
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

/// A progress bar on standard error, shown only on a terminal and only when the work takes longer than a second.
public struct ProgressBar: ~Copyable {
    private let label: String
    private let isShown: Bool
    private let started = MonotonicClock.now()
    private var lastDrawn = Nanoseconds.zero
    private var isDrawn = false

    private static let cells = 30

    public init(_ label: String) {
        self.label = label
        isShown = Terminal.standardErrorIsTerminal
    }

    deinit { if isDrawn { Terminal.write("\r\u{1B}[K", to: STDERR_FILENO) } }

    /// Call every few thousand items: it reads the clock. Draws at most ten times a second.
    public mutating func update(done: Int, of total: Int, items: Int) {
        guard isShown else { return }
        let elapsed = MonotonicClock.now() - started
        guard elapsed > .seconds(1), elapsed - lastDrawn > .milliseconds(100) else { return }
        lastDrawn = elapsed
        isDrawn = true
        Terminal.write("\r\u{1B}[K" + Self.line(label, done: done, of: total, items: items, elapsed), to: STDERR_FILENO)
    }

    static func line(_ label: String, done: Int, of total: Int, items: Int, _ elapsed: Nanoseconds) -> String {
        let share = total > 0 ? min(1, Double(done) / Double(total)) : 0
        let filled = Int(share * Double(cells))
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: cells - filled)
        let left = share > 0 ? Int(elapsed.seconds * (1 - share) / share) : 0
        return "\(label) [\(bar)] \(Int(share * 100)) %, \(items) records, \(left) s left"
    }
}
