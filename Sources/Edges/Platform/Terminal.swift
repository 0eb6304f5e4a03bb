@preconcurrency import Glibc
import Synchronization
import Units

/// Whether a person is watching.
public enum Terminal {
    public static var standardErrorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }
    public static var standardOutputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Writes one line to standard error. After `neverWaitForErrors` a line that its reader does not take at once is
    /// lost; the next one that is taken says how many were.
    ///
    /// - Parameter instrument: the contract that it is about, for whoever has a copy.
    public static func writeError(_ line: String, about instrument: String? = nil) {
        errorCopy.withLock { $0 }?(line, instrument)
        guard waitsForNobody.load(ordering: .relaxed) else {
            _ = write(line + "\n", to: STDERR_FILENO)
            return
        }
        let lost = linesLost.exchange(0, ordering: .relaxed)
        let head = lost > 0 ? "levelhead: \(lost) lines were lost: nobody read them\n" : ""
        if !writeWithoutWaiting(head + line + "\n", to: STDERR_FILENO) {
            linesLost.add(lost + 1, ordering: .relaxed)
        }
    }

    /// From here on nothing waits for whoever reads standard error: a log collector that hangs, or a terminal that is
    /// held, must not hold a process that trades.
    public static func neverWaitForErrors() { waitsForNobody.store(true, ordering: .relaxed) }

    private static let waitsForNobody = Atomic<Bool>(false)
    private static let linesLost = Atomic<UInt64>(0)

    /// Writes as much as is taken at once, in pieces that a pipe with room takes whole.
    ///
    /// - Returns: false when something was not taken.
    static func writeWithoutWaiting(_ text: String, to descriptor: Int32) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                var look = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                guard poll(&look, 1, 0) > 0, Int32(look.revents) & POLLOUT != 0 else { return false }
                let count = Glibc.write(descriptor, rest.baseAddress, min(rest.count, Int(PIPE_BUF)))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
            return true
        }
    }

    /// Gives each line for standard error to somebody else as well, from here on; nil ends that.
    public static func copyErrors(to copy: (@Sendable (_ line: String, _ instrument: String?) -> Void)?) {
        errorCopy.withLock { $0 = copy }
    }

    private static let errorCopy = Mutex<(@Sendable (String, String?) -> Void)?>(nil)

    /// Writes to standard output at once, after what stdio still holds.
    ///
    /// - Returns: false when it has not taken everything so far; `outputFailure` then says why. What comes behind a
    ///   hole is not written.
    @discardableResult
    public static func writeOutput(_ text: String) -> Bool {
        guard outputFailure() == nil else { return false }
        let isOver = outputIsOver.withLock { $0 }
        let error = isOver.map { write(text, to: STDOUT_FILENO, until: $0) } ?? write(text, to: STDOUT_FILENO)
        if let error { keep(error) }
        return outputError.load(ordering: .relaxed) == 0
    }

    /// From here on a write to standard output that its reader does not take ends when `isOver` says so, looked at ten
    /// times a second: a program that takes signals itself could not be ended while its output is held.
    public static func endOutput(when isOver: @escaping @Sendable () -> Bool) {
        outputIsOver.withLock { $0 = isOver }
    }

    private static let outputIsOver = Mutex<(@Sendable () -> Bool)?>(nil)

    /// Writes in pieces that a pipe with room takes whole.
    ///
    /// - Returns: the error that ended it early, `EINTR` when `isOver` did; nil when all was written.
    static func write(_ text: String, to descriptor: Int32, until isOver: () -> Bool) -> Int32? {
        var text = text
        return text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                var look = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                if poll(&look, 1, 100) <= 0 {
                    if isOver() { return EINTR }
                    continue
                }
                let count = Glibc.write(descriptor, rest.baseAddress, min(rest.count, Int(PIPE_BUF)))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return count < 0 ? errno : EIO }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
            return nil
        }
    }

    /// Why standard output has not taken everything that was written to it so far; nil when it has.
    public static func outputFailure() -> OutputError? {
        errno = 0
        if fflush(stdout) != 0 { keep(errno) }
        // Of a write that stdio made in between, whose reason it does not keep.
        if ferror(stdout) != 0 { keep(EIO) }
        let error = outputError.load(ordering: .relaxed)
        return error == 0 ? nil : OutputError(number: error)
    }

    /// Whether nobody will ever read standard output: it is a pipe or a socket whose other end is closed.
    public static var outputIsAbandoned: Bool {
        var look = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        return poll(&look, 1, 0) > 0 && Int32(look.revents) & POLLERR != 0
    }

    /// The first error of standard output.
    private static let outputError = Atomic<Int32>(0)

    private static func keep(_ error: Int32) {
        _ = outputError.compareExchange(expected: 0, desired: error == 0 ? EIO : error, ordering: .relaxed)
    }

    /// - Returns: the error that ended it early; nil when all was written.
    static func write(_ text: String, to descriptor: Int32) -> Int32? {
        var text = text
        return text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return count < 0 ? errno : EIO }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
            return nil
        }
    }
}

/// Standard output did not take what was written to it.
public struct OutputError: Error, CustomStringConvertible {
    /// Of the system call.
    public let number: Int32

    /// The reader of a pipe has gone: no failure of this program's.
    public var isOfReader: Bool { number == EPIPE }

    public var description: String { "standard output: \(String(cString: strerror(number)))" }
}

/// A progress bar on standard error, shown only on a terminal and only when the work takes longer than a second.
public struct ProgressBar: ~Copyable {
    private let label: String
    private let unit: String
    private let isShown: Bool
    private let started = MonotonicClock.now()
    private var lastDrawn = Nanoseconds.zero
    private var isDrawn = false

    private static let cells = 30

    /// - Parameter unit: what the items are.
    public init(_ label: String, unit: String = "records") {
        self.label = label
        self.unit = unit
        isShown = Terminal.standardErrorIsTerminal
    }

    deinit { clear() }

    /// Takes the bar away; the next update draws it again.
    public func clear() { if isDrawn { _ = Terminal.write("\r\u{1B}[K", to: STDERR_FILENO) } }

    /// Call every few thousand items: it reads the clock. Draws at most ten times a second.
    public mutating func update(done: Int, of total: Int, items: Int) {
        guard isShown else { return }
        let elapsed = MonotonicClock.now() - started
        guard elapsed > .seconds(1), elapsed - lastDrawn > .milliseconds(100) else { return }
        lastDrawn = elapsed
        isDrawn = true
        let line = Self.line(label, done: done, of: total, items: items, unit, elapsed)
        _ = Terminal.write("\r\u{1B}[K" + line, to: STDERR_FILENO)
    }

    static func line(
        _ label: String, done: Int, of total: Int, items: Int, _ unit: String = "records", _ elapsed: Nanoseconds
    ) -> String {
        let share = total > 0 ? min(1, Double(done) / Double(total)) : 0
        let filled = Int(share * Double(cells))
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: cells - filled)
        let left = share > 0 ? Int(elapsed.seconds * (1 - share) / share) : 0
        return "\(label) [\(bar)] \(Int(share * 100)) %, \(items) \(unit), \(left) s left"
    }
}
