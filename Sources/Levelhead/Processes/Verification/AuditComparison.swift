import Foundation
import MarketCalendar
import Orders
import Pipeline
import Platform
import Risk
import Storage

/// Writes the audit log of a run again, over a copy of the one that it has: whatever line differs is found.
struct AuditComparison: ~Copyable {
    private let path: String
    private let copy: String
    private let terms: ContractSpecification
    private var log: AuditLog?
    private let size: Int
    /// Lines that the log has.
    private let found: UInt64
    /// The first thing that differs.
    private(set) var difference: String?
    private var made: UInt64 = 0
    /// Lines compared.
    var lineCount: UInt64 { min(made, found) }

    /// - Parameter terms: of the traded contract.
    init(_ path: String, terms: ContractSpecification) throws {
        let copy = VerificationScratch.path() + "-audit.jsonl"
        let bytes = PosixFile.exists(path) ? try PosixFile.contents(of: path) : nil
        let log = try Self.log(bytes, copy)
        self.path = path
        self.terms = terms
        self.copy = copy
        self.log = log
        size = bytes?.count ?? 0
        found = UInt64(bytes?.count { $0 == UInt8(ascii: "\n") } ?? 0)
        difference = bytes == nil ? "\(path): missing" : nil
    }

    private static func log(_ bytes: [UInt8]?, _ copy: String) throws -> AuditLog? {
        guard let bytes else { return nil }
        try PosixFile.replace(copy, with: bytes)
        return try AuditLog.resume(copy, at: .start)
    }

    deinit { unlink(copy) }

    /// Takes what the risk gateway took or put out, in its order, and what it made of a request.
    mutating func observe(_ message: StageMessage, _ fold: borrowing StageFold<RiskFollower>) throws {
        let outcome = message.kind == .request ? fold.read { $0.outcome } : nil
        guard difference == nil,
            let line = AuditLine.line(of: message, outcome: outcome, time: fold.now.event, terms: terms)
        else { return }
        do throws(AuditLogError) {
            try log?.append(Array(line.utf8))
            made += 1
        } catch {
            difference = Self.words(error, path)
        }
    }

    /// - Parameter isWhole: the risk gateway ended in order; else lines may be missing at the end.
    mutating func finish(isWhole: Bool) throws {
        guard difference == nil, var log = log.take() else { return }
        do throws(AuditLogError) {
            try log.finish()
            let length = Int(try log.checkpoint().byteOffset)
            if isWhole, length != size {
                difference = "\(path): \(size) bytes, and \(length) made again"
            } else if found == 0, made > 0 {
                difference = "\(path): empty, and \(made) lines made again"
            }
        } catch {
            difference = Self.words(error, path)
        }
    }

    /// Without the name of the copy.
    private static func words(_ error: AuditLogError, _ path: String) -> String {
        switch error {
        case .differs(_, let line, let existing, let produced):
            "\(path): line \(line): \(existing), and \(produced) made again"
        case .notProduced(_, let line, let bytes):
            "\(path): \(bytes) bytes from line \(line) on are not made again"
        default: "\(error)"
        }
    }
}
