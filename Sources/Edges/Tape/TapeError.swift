import Compression
import DBN
import MarketCalendar
import Platform
import Units

/// Why a tape could not be read or written. Every case names its file; offsets count bytes of the decompressed stream.
public enum TapeError: Error, Equatable {
    /// A system call on a file failed: not there, not allowed, a directory.
    case system(SystemCallError)
    /// The stream is not DBN, or breaks its rules.
    case format(path: String, DBNError)
    /// The compressed data are damaged or end early, after `offset` bytes of the decompressed stream.
    case compression(path: String, offset: Int, ZstdError)
    /// A second DBN header inside the stream: two files were joined.
    case joined(path: String, offset: Int)
    /// A pipe, a socket or a device, where a file is read twice.
    case notRegular(path: String)
    /// A directory without any `*.dbn` or `*.dbn.zst`.
    case noTapes(directory: String)
    /// No path was given.
    case noPaths
    /// More files than one merge takes.
    case tooManyFiles(count: Int)
    /// The same tape twice, under one name or two: every record would count double.
    case repeated(path: String, other: String)
    /// Two tapes have a record in common, the first such at `time`: what both hold would count double.
    case overlapping(path: String, other: String, time: Timestamp)
}

extension TapeError {
    /// Runs `body`, whose system calls may fail.
    static func system<Result: ~Copyable>(
        _ body: () throws(SystemCallError) -> Result
    ) throws(TapeError) -> Result {
        do throws(SystemCallError) {
            return try body()
        } catch {
            throw .system(error)
        }
    }
}

extension TapeError: CustomStringConvertible {
    /// One line.
    public var description: String {
        switch self {
        case .system(let error): error.description
        case .format(let path, let error): "\(path): \(Self.located(error))"
        case .compression(let path, let offset, .legacyDBZ):
            "\(path): byte \(offset): a legacy DBZ file, expected DBN, plain or zstd"
        case .compression(let path, let offset, let error): "\(path): byte \(offset): \(error)"
        case .joined(let path, let offset): "\(path): byte \(offset): a second DBN header, expected a record"
        case .notRegular(let path): "\(path): not a regular file, expected one that can be read twice"
        case .noTapes(let directory): "\(directory): no *.dbn or *.dbn.zst in this directory"
        case .noPaths: "no tape given"
        case .tooManyFiles(let count): "\(count) tapes given, expected at most \(MergedTape.fileCountMax)"
        case .repeated(let path, let other): "\(path): the same tape as \(other), expected each tape once"
        case .overlapping(let path, let other, let time):
            "\(path): has records of \(other), the first of them received \(time.iso8601Text); expected each record "
                + "once"
        }
    }

    /// Errors of the first bytes do not say where they are.
    private static func located(_ error: DBNError) -> String {
        let text = error.description
        return text.hasPrefix("byte ") ? text : "byte 0: " + text
    }
}
