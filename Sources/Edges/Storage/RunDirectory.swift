@preconcurrency import Glibc
import Platform

/// Why a run cannot use a directory.
public enum RunDirectoryError: Error, Equatable, Sendable {
    case file(SystemCallError)
    /// Another run is using it.
    case inUse(path: String, pid: Int?)
    /// It holds something and was not to be resumed. `entry` is one of the names in it.
    case notEmpty(path: String, entry: String)
    /// It was to be resumed and holds no run.
    case notARun(path: String)
}

extension RunDirectoryError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .file(let error): error.description
        case .inUse(let path, let pid): "\(path): in use by process \(pid.map(String.init) ?? "unknown")"
        case .notEmpty(let path, let entry):
            "\(path): not empty (\(entry)): give another directory, or --resume to continue the run in it"
        case .notARun(let path): "\(path): not the directory of a run: no run.json"
        }
    }
}

/// One run's directory, locked for it:
///
///     run.json      resolved configuration, versions, hashes
///     audit.jsonl   signals, verdicts, orders, fills, state changes, commands: a hash chain (`AuditLog`)
///     journal/      inputs and messages of each fold (`JournalWriter`)
///     state/        snapshots (LMDB)
///     results/      what the run is for
///     log/          of a run of processes: what each had to say
///     lock          pid of the process that uses it
public struct RunDirectory: ~Copyable {
    public let path: String
    public let isResumed: Bool
    private let lock: DirectoryLock

    private static let parts = ["journal", "state", "results"]

    /// Takes a directory that is missing or empty, makes what is in it, mode 0700, and locks it. Nothing is left when
    /// it is refused. One that was made here and never got its `run.json` counts as empty.
    public static func create(_ path: String) throws(RunDirectoryError) -> RunDirectory {
        if PosixFile.exists(path) {
            let entries: [String]
            do throws(SystemCallError) {
                entries = try Directory.names(in: path)
            } catch { throw .file(error) }
            // A run that is under way is the better reason.
            if entries.contains(DirectoryLock.fileName) { _ = try locked(path) }
            if let entry = entries.first(where: { $0 != DirectoryLock.fileName && !isEmptyPart($0, of: path) }) {
                throw .notEmpty(path: path, entry: entry)
            }
        }
        return try open(path, isResumed: false)
    }

    private static func isEmptyPart(_ name: String, of path: String) -> Bool {
        guard parts.contains(name) else { return false }
        return (try? Directory.names(in: "\(path)/\(name)").isEmpty) ?? false
    }

    /// Takes a directory that holds a run, and locks it. A run that was killed before it had its `run.json` begins:
    /// then `isResumed` is false.
    public static func resume(_ path: String) throws(RunDirectoryError) -> RunDirectory {
        if PosixFile.exists("\(path)/run.json") { return try open(path, isResumed: true) }
        if PosixFile.isMissing(path) { throw .notARun(path: path) }
        do throws(RunDirectoryError) { return try create(path) } catch {
            if case .notEmpty = error { throw .notARun(path: path) }
            throw error
        }
    }

    /// `STATE/runs/20260102T030405Z-1a2b3c4d`: the time of day in UTC and a random part. `seconds` since the epoch.
    public static func defaultPath(stateDirectory: String, seconds: Int) -> String {
        var (time, parts) = (time_t(seconds), tm())
        gmtime_r(&time, &parts)
        let date = digits(parts.tm_year + 1900, 4) + digits(parts.tm_mon + 1, 2) + digits(parts.tm_mday, 2)
        let clock = digits(parts.tm_hour, 2) + digits(parts.tm_min, 2) + digits(parts.tm_sec, 2)
        let random = String(UInt32.random(in: 0 ... .max), radix: 16)
        return "\(stateDirectory)/runs/\(date)T\(clock)Z-\(String(repeating: "0", count: 8 - random.count))\(random)"
    }

    /// Removes a run that `create` made and that must not stay. What else lies in the directory stays, and the
    /// directory with it.
    public static func discard(_ path: String) {
        for part in parts {
            for name in (try? Directory.names(in: "\(path)/\(part)")) ?? [] { unlink("\(path)/\(part)/\(name)") }
            rmdir("\(path)/\(part)")
        }
        for name in ["run.json", "audit.jsonl", DirectoryLock.fileName] { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    public var runFile: String { "\(path)/run.json" }
    public var auditFile: String { "\(path)/audit.jsonl" }
    public var stateDirectory: String { "\(path)/state" }
    public var resultsDirectory: String { "\(path)/results" }
    public func journalFile(_ name: String) -> String { "\(path)/journal/\(name).journal" }

    /// Writes `run.json` in one step.
    public func writeRun(_ json: [UInt8]) throws(SystemCallError) { try PosixFile.replace(runFile, with: json) }

    /// Writes one file of `results/` in one step.
    public func writeResult(_ name: String, _ bytes: [UInt8]) throws(SystemCallError) {
        try PosixFile.replace("\(resultsDirectory)/\(name)", with: bytes)
    }

    private static func open(_ path: String, isResumed: Bool) throws(RunDirectoryError) -> RunDirectory {
        do throws(SystemCallError) {
            try Directory.make(path, mode: 0o700)
        } catch { throw .file(error) }
        let lock = try locked(path)
        do throws(SystemCallError) {
            for part in parts { try Directory.make("\(path)/\(part)", mode: 0o700) }
        } catch { throw .file(error) }
        return RunDirectory(path: path, isResumed: isResumed, lock: lock)
    }

    private static func locked(_ path: String) throws(RunDirectoryError) -> DirectoryLock {
        do throws(DirectoryLock.Failure) {
            return try DirectoryLock(path)
        } catch {
            switch error {
            case .file(let error): throw .file(error)
            case .held(let path, let pid): throw .inUse(path: path, pid: pid)
            }
        }
    }

    private static func digits(_ value: Int32, _ count: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }

    private init(path: String, isResumed: Bool, lock: consuming DirectoryLock) {
        self.path = path
        self.isResumed = isResumed
        self.lock = lock
    }
}
