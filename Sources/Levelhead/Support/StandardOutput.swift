import ArgumentParser
import Glibc
import Platform

/// Prints at once, and so that an error of standard output is known at the end.
func print(_ text: String, terminator: String = "\n") { Terminal.writeOutput(text + terminator) }

/// What a verb prints has to arrive.
enum StandardOutput {
    /// The status of a program that the system ends because nobody reads what it writes, as a shell shows it.
    private static let readerGone = ExitCode(128 + SIGPIPE)

    /// - Throws: why standard output has not taken everything; when its reader has gone, the status alone.
    static func check() throws {
        guard let failure = Terminal.outputFailure() else { return }
        if failure.isOfReader { throw readerGone }
        throw failure
    }

    /// For a verb that may print nothing for long.
    static func checkReader() throws {
        try check()
        if Terminal.outputIsAbandoned { throw readerGone }
    }
}
