import Foundation
import Glibc
import Platform
import Storage
import TestSupport
import Testing

/// An audit log whose owner goes on without space, and with nothing else amiss.
@Suite struct StorageAuditKeeperTests {
    private let directory: Scratch
    private let path: String

    init() throws {
        directory = try Scratch()
        path = directory.file("audit.jsonl")
    }

    private static func event(_ number: Int) -> [UInt8] { Array("{\"event\":\"fill\",\"number\":\(number)}".utf8) }

    /// What the body throws; a macro cannot capture what cannot be copied.
    private func failure(_ body: () throws -> Void) -> (any Error)? {
        do { try body() } catch { return error }
        return nil
    }

    @Test func `another line than the log has is an error every time`() throws {
        var log = try AuditLog.create(path)
        for number in 1...3 { try log.append(Self.event(number)) }
        try log.finish()
        var keeper = AuditKeeper(try AuditLog.resume(path, at: .start))
        #expect(try keeper.append(Self.event(1)) == nil)
        for _ in 0..<2 {
            let thrown = failure { _ = try keeper.append(Self.event(9)) }
            guard case .differs(_, let line, _, _)? = thrown as? AuditLogError else {
                Issue.record("\(thrown as Any)")
                continue
            }
            #expect(line == 2)
        }
        #expect(try keeper.append(Self.event(2)) == nil)
    }

    @Test func `without space it stands still, says so once, and no state is saved`() throws {
        let full = "/dev/full"
        guard FileManager.default.fileExists(atPath: full) else { return }
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: full)
        var keeper = AuditKeeper(try AuditLog.resume(path, at: .start))
        var said: [Int] = []
        for number in 1...2_000 where try keeper.append(Self.event(number)) != nil { said.append(number) }
        #expect(said.count == 1)
        let why = keeper.failure
        guard case .file(let cause)? = why else {
            Issue.record("\(why as Any)")
            return
        }
        #expect(cause.code == ENOSPC)
        let saved = failure { _ = try keeper.checkpoint() }, ended = failure { try keeper.finish() }
        #expect(saved as? AuditLogError == why && ended as? AuditLogError == why)
    }
}
