import Configuration
import Foundation
import Platform
import Ring
import Security
import Storage
import Tape

/// Where the processes of one run meet: its directory, its ring, its sockets.
struct RunSite: Sendable {
    /// The state directory: sockets and keys lie in it.
    let stateDirectory: String
    /// The run's own directory.
    let directory: String

    /// Where the run keeps the past sessions that it was given: another one may be added to those meanwhile.
    var historyDirectory: String { "\(directory)/history" }
    /// Nil for a run without any, or that keeps none.
    var keptHistory: String? { PosixFile.exists("\(historyDirectory)/data.mdb") ? historyDirectory : nil }

    /// What the run was made from and by; `RunRecord` reads it.
    var runFile: String { "\(directory)/run.json" }
    var configurationFile: String { "\(directory)/configuration.toml" }
    var tape: RunTape { RunTape(directory: "\(directory)/tape") }
    var tapeDirectory: String { "\(directory)/tape" }
    var databaseDirectory: String { "\(directory)/state" }
    func journal(_ name: String) -> String { "\(directory)/journal/\(name).journal" }
    /// The structured log of one process, and of `up`.
    func log(_ name: String) -> String { "\(directory)/log/\(name).jsonl" }
    /// What its processes call it.
    var name: String { directory.split(separator: "/").last.map(String.init) ?? "" }
    func result(_ role: ProcessRole) -> String { "\(directory)/results/\(role.rawValue).json" }
    /// Writes down what a process came to.
    func write(_ role: ProcessRole, _ members: [(String, String)]) throws {
        try PosixFile.replace(result(role), with: Array((JSONText.object(members) + "\n").utf8))
    }
    /// Goes on with a process: what one before came to is not its end.
    func removeResult(_ role: ProcessRole) { unlink(result(role)) }
    /// A live feed's run carries the account on; one over recorded tape starts anew in its directory. Each process asks
    /// once, at its start, and ends when nobody can say.
    func isLive() throws -> Bool { try RunInput.of(runFile: runFile) == .live }
    /// Of the identities of a live run's orders, from this start on.
    func orderEpoch() throws -> UInt16? { try OrderEpoch.current(stateDirectory: stateDirectory) }
    var auditFile: String { "\(directory)/audit.jsonl" }
    var socketDirectory: String { "\(stateDirectory)/sockets" }

    /// The ring in shared memory: named after the run, so that no other run's processes find it.
    var ringPath: String {
        "/dev/shm/levelhead-\(SHA256Digest(of: Array(directory.utf8)).hexadecimal.prefix(16))"
    }

    /// Ingest has put the last record of the run's input into the ring: no other follows.
    func isInputOver() -> Bool {
        guard let file = try? SharedMemoryFile.open(path: ringPath, writableBytes: RingLayout.headerBytes),
            let ring = try? RingMemory(attaching: file.bytes, owner: file)
        else { return false }
        return ring.isRetired
    }

    /// The channels' shortcuts in shared memory.
    var shortcutPath: String { "\(ringPath)-channels" }

    /// The ring's header and the channels, with room to spare, bytes.
    static let sharedMemoryBesideTheRing = 1 << 20

    /// - Throws: there is no room for a ring of so many bytes and what stands beside it.
    static func checkSharedMemory(ringByteCount: Int) throws {
        let needed = ringByteCount + sharedMemoryBesideTheRing
        var status = statvfs()
        guard statvfs("/dev/shm", &status) == 0 else { return }
        let free = Int(status.f_bavail * status.f_frsize)
        guard free < needed else { return }
        throw NoSharedMemory(free: free, needed: needed)
    }

    /// Takes away what a run left in shared memory. Nobody may be in it.
    func removeSharedMemory() throws {
        for path in [ringPath, shortcutPath] { try SharedMemoryFile.remove(path: path) }
    }

    /// Tells other runs' messages from this one's, also those of one that was in the same directory before.
    var identity: UInt64 {
        let beginning = (try? PosixFile.contents(of: identityFile)) ?? []
        let digits = SHA256Digest(of: Array(directory.utf8) + beginning).hexadecimal.prefix(16)
        return digits.reduce(0) { $0 << 4 | UInt64($1.hexDigitValue ?? 0) }
    }

    private var identityFile: String { "\(directory)/identity" }

    /// Gives the run what no other has, unless it has it.
    func makeIdentity() throws {
        guard !PosixFile.exists(identityFile) else { return }
        let number = String(UInt64.random(in: .min ... .max), radix: 16)
        try PosixFile.replace(identityFile, with: Array((number + "\n").utf8))
    }

    /// The file that names the run in progress, for verbs that are not told.
    static func currentRunFile(_ stateDirectory: String) -> String { "\(stateDirectory)/run" }

    /// The same name for the same place, whoever gives it: the ring and the channels are named after it.
    static func absolute(_ path: String) -> String {
        let whole = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        return URL(fileURLWithPath: whole).standardizedFileURL.path
    }

    /// The run in progress in a state directory.
    static func current(_ stateDirectory: String) -> RunSite? {
        guard let bytes = try? PosixFile.contents(of: currentRunFile(stateDirectory)) else { return nil }
        let path = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return path.isEmpty ? nil : RunSite(stateDirectory: stateDirectory, directory: path)
    }

    /// What every process of the run is configured with: the values that were in force when it began, and nothing from
    /// its own environment.
    func configuration() throws -> ResolvedConfiguration {
        try ConfigurationSources(file: configurationFile).resolve()
    }
}

/// The ring has no room.
struct NoSharedMemory: Error, CustomStringConvertible {
    static let remedy = "mount a larger tmpfs at /dev/shm, or set ring.bytes lower"
    let free: Int
    let needed: Int
    var description: String {
        "/dev/shm: \(free >> 20) MiB free, \(needed >> 20) MiB needed: \(Self.remedy)"
    }
}
