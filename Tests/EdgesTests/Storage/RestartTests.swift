import Foundation
import Security
import Storage
import TestSupport
import Testing

/// A fold that writes everything a run writes: each step an audit line and a journal frame, every tenth a snapshot.
private enum SmallRun {
    static let steps: UInt64 = 45
    static let identity = SnapshotIdentity(stateVersion: 1, configuration: SHA256Digest(of: [1]))

    /// Runs from the newest snapshot, or from nothing, to the end. With `killAt` the process kills itself in that step,
    /// half of whose files are written.
    static func run(in path: String, killAt: UInt64? = nil) throws {
        var store = SnapshotStore(try LMDBEnvironment(path: "\(path)/state", durability: .onSync))
        var (sum, start): (UInt64, UInt64) = (0, 1)
        var (auditPosition, journalPosition) = (AuditPosition.start, JournalPosition.start)
        if let snapshot = try store.load("small", expecting: identity) {
            sum = snapshot.state.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
            start = snapshot.position.sequence
            (auditPosition, journalPosition) = (snapshot.position.audit, snapshot.position.journal)
        }
        let isNew = !FileManager.default.fileExists(atPath: "\(path)/audit.jsonl")
        var audit =
            isNew ? try AuditLog.create("\(path)/audit.jsonl") : try .resume("\(path)/audit.jsonl", at: auditPosition)
        var journal =
            isNew
            ? try JournalWriter.create("\(path)/small.journal")
            : try .resume("\(path)/small.journal", at: journalPosition)
        for step in start...steps {
            sum = sum &* 31 &+ step
            try audit.append(Array("{\"step\":\(step),\"sum\":\(sum)}".utf8))
            if step % 3 == 0 { try audit.flush() }
            if step == killAt { kill(getpid(), SIGKILL) }
            let state = withUnsafeBytes(of: sum) { Array($0) }
            try journal.append(JournalFrame(type: 1, sequence: step, time: step), state)
            if step % 4 == 0 { try journal.flush() }
            if step % 10 == 0 {
                let position = SnapshotPosition(
                    sequence: step + 1, time: Int64(step),
                    audit: try audit.checkpoint(), journal: try journal.checkpoint())
                try store.save("small", identity, position, state: state)
            }
        }
        try audit.finish()
        try journal.finish()
    }
}

@Suite struct StorageRestartTests {
    @Test(arguments: [1, 2, 9, 10, 11, 21, 30, 38, 44, 45] as [UInt64])
    func `a fold killed in any step resumes into the files of one that was not`(step: UInt64) async throws {
        let (whole, killed) = (try Scratch(), try Scratch())
        try SmallRun.run(in: whole.path)
        let path = killed.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, step = step as UInt64] in
            try SmallRun.run(in: path, killAt: step)
        }
        try SmallRun.run(in: killed.path)
        for name in ["audit.jsonl", "small.journal"] {
            #expect(try killed.bytes(name) == whole.bytes(name), "\(name)")
        }
    }
}
