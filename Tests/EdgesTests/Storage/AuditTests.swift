import Foundation
import Security
import Storage
import TestSupport
import Testing

@Suite struct StorageAuditTests {
    private let directory: Scratch
    private let path: String

    init() throws {
        directory = try Scratch()
        path = directory.file("audit.jsonl")
    }

    private static func event(_ number: Int) -> [UInt8] { Array("{\"event\":\"fill\",\"number\":\(number)}".utf8) }

    /// Writes events 1 to `count`, with a checkpoint behind event `mark`.
    private func write(_ count: Int, mark: Int = 0) throws -> AuditPosition {
        var log = try AuditLog.create(path)
        var position = AuditPosition.start
        for number in 1...count {
            try log.append(Self.event(number))
            if number == mark { position = try log.checkpoint() }
        }
        try log.finish()
        return position
    }

    @Test func `the chain is what sha256 of the text gives`() throws {
        _ = try write(2)
        let lines = String(decoding: try directory.bytes("audit.jsonl"), as: UTF8.self).split(separator: "\n")
        var previous = String(repeating: "0", count: 64)
        for (index, line) in lines.enumerated() {
            let hash = SHA256Digest(of: Array(previous.utf8) + Self.event(index + 1)).hexadecimal
            #expect(line == "{\"event\":\"fill\",\"number\":\(index + 1),\"hash\":\"\(hash)\"}")
            previous = hash
        }
        #expect(lines.count == 2)
    }

    @Test func `verify follows the chain to its end`() throws {
        // More than one batch of the writer.
        let mark = try write(2_000, mark: 2_000)
        #expect(try AuditLog.verify(path) == mark)
        #expect(mark.lineCount == 2_000)
        #expect(mark.byteOffset > 1 << 16)
    }

    @Test func `verify names the line where a byte was changed`() throws {
        _ = try write(5)
        let good = try directory.bytes("audit.jsonl")
        for index in good.indices {
            var bad = good
            bad[index] ^= 1
            try directory.write(bad, "audit.jsonl")
            #expect(throws: AuditLogError.self, "byte \(index)") { try AuditLog.verify(path) }
        }
        try directory.write(good, "audit.jsonl")
        var third = good.split(separator: 10).map(Array.init)[2]
        third.replaceSubrange(3..<4, with: [0x45])
        var lines = good.split(separator: 10).map(Array.init)
        lines[2] = third
        try directory.write(Array(lines.joined(separator: [10])) + [10], "audit.jsonl")
        do {
            _ = try AuditLog.verify(path)
            Issue.record("a changed line was accepted")
        } catch {
            guard case .otherHash(path, 3, _, _) = error else { throw error }
        }
    }

    @Test func `verify sees a line that was removed, moved or left unfinished`() throws {
        _ = try write(5)
        let lines = try directory.bytes("audit.jsonl").split(separator: 10).map { Array($0) + [10] }
        for (name, kept) in [("removed", [0, 1, 3, 4]), ("first removed", [1, 2, 3, 4]), ("swapped", [0, 2, 1, 3, 4])] {
            try directory.write(kept.flatMap { lines[$0] }, "audit.jsonl")
            #expect(throws: AuditLogError.self, "\(name)") { try AuditLog.verify(path) }
        }
        try directory.write(lines[0] + lines[1].dropLast(), "audit.jsonl")
        #expect(
            throws: AuditLogError.torn(path: path, line: 2, offset: lines[0].count, bytes: lines[1].count - 1)
        ) { try AuditLog.verify(path) }
    }

    @Test(arguments: [0, 1, 3, 7, 10])
    func `a resumed run that produces the same lines leaves the same file`(mark: Int) throws {
        let position = try write(10, mark: mark)
        let before = try directory.bytes("audit.jsonl")
        var log = try AuditLog.resume(path, at: position)
        #expect(log.cutByteCount == 0)
        for number in (mark + 1)..<11 { try log.append(Self.event(number)) }
        #expect(log.isComparing == false)
        try log.finish()
        #expect(try directory.bytes("audit.jsonl") == before)
        try log.append(Self.event(11))
        try log.finish()
        #expect(try AuditLog.verify(path).lineCount == 11)
    }

    @Test func `a run killed at any byte resumes into the file of a run that was not`() throws {
        let position = try write(6, mark: 2)
        let whole = try directory.bytes("audit.jsonl")
        for size in Int(position.byteOffset)...whole.count {
            try directory.write(Array(whole[..<size]), "audit.jsonl")
            var log = try AuditLog.resume(path, at: position)
            let end = whole[..<size].lastIndex(of: 10).map { $0 + 1 } ?? 0
            #expect(log.cutByteCount == size - end)
            #expect(try directory.bytes("audit.jsonl").count == end)
            for number in 3...6 { try log.append(Self.event(number)) }
            try log.finish()
            #expect(try directory.bytes("audit.jsonl") == whole, "cut at byte \(size)")
        }
    }

    @Test func `a line that is produced again and differs is an error with both`() throws {
        let position = try write(4, mark: 2)
        let before = try directory.bytes("audit.jsonl")
        var log = try AuditLog.resume(path, at: position)
        try log.append(Self.event(3))
        do {
            try log.append(Self.event(5))
            Issue.record("another line was accepted")
        } catch {
            guard case .differs(path, 4, let existing, let produced) = error else { throw error }
            #expect(existing.hasPrefix("{\"event\":\"fill\",\"number\":4,\"hash\":\""))
            #expect(produced.hasPrefix("{\"event\":\"fill\",\"number\":5,\"hash\":\""))
        }
        #expect(try directory.bytes("audit.jsonl") == before)
    }

    @Test func `a resumed run that ends early is an error`() throws {
        let position = try write(4, mark: 2)
        var log = try AuditLog.resume(path, at: position)
        try log.append(Self.event(3))
        let size = try directory.bytes("audit.jsonl").count
        let offset = Int(try log.checkpoint().byteOffset)
        do {
            try log.finish()
            Issue.record("the missing line was not missed")
        } catch { #expect(error == .notProduced(path: path, line: 4, bytes: size - offset)) }
    }

    @Test func `a log that is not the snapshot's is refused`() throws {
        let position = try write(4, mark: 3)
        var other = position
        other.hash = SHA256Digest(of: [1])
        #expect(throws: AuditLogError.otherHash(path: path, line: 3, expected: other.hash, found: position.hash)) {
            _ = try AuditLog.resume(path, at: other).cutByteCount
        }
        var longer = position
        longer.byteOffset += 1_000
        #expect(throws: AuditLogError.self) { _ = try AuditLog.resume(path, at: longer).cutByteCount }
        #expect(throws: AuditLogError.self) { _ = try AuditLog.create(path).cutByteCount }
    }

    @Test func `a line that was edited before the snapshot's place is named when the run is resumed`() throws {
        let position = try write(6, mark: 5)
        var bytes = try directory.bytes("audit.jsonl")
        let second = try #require(bytes.firstIndex(of: UInt8(ascii: "\n"))) + 1
        // `{"event":"fill"` becomes `{"event":"bill"`.
        bytes[second + 10] = UInt8(ascii: "b")
        try directory.write(bytes, "audit.jsonl")
        do {
            _ = try AuditLog.resume(path, at: position).cutByteCount
            Issue.record("the edit went unseen")
        } catch {
            guard case .otherHash(path, 2, _, _) = error else { throw error }
        }
    }

    @Test func `the python oracle recomputes the same chain`() throws {
        let mark = try write(50, mark: 50)
        let script = PackageFolder.file("scripts/oracles/audit_chain.py")
        let good = try run(["python3", script, path])
        #expect(good.status == 0)
        #expect(good.output.contains("50 lines"))
        #expect(good.output.contains(mark.hash.hexadecimal))
        var bytes = try directory.bytes("audit.jsonl")
        bytes[300] ^= 1
        try directory.write(bytes, "audit.jsonl")
        #expect(try run(["python3", script, path]).status == 1)
    }

    private func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }
}
