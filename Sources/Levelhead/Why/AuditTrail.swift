import Foundation
import Platform
import Storage

/// The lines of a run's audit log, as far as they are written.
struct AuditTrail {
    /// One line and its number, from 1.
    struct Line {
        let number: Int
        let members: [String: Any]
        /// As it stands in the log, without its hash.
        let text: String

        var event: String { members["event"] as? String ?? "" }
        func string(_ key: String) -> String? { members[key] as? String }
        func integer(_ key: String) -> UInt64? { (members[key] as? NSNumber)?.uint64Value }
    }

    let lines: [Line]

    /// - Throws: that a line is not the one that was written there.
    init(_ path: String) throws {
        try Self.checkChain(path)
        let text = String(decoding: try PosixFile.contents(of: path), as: UTF8.self)
        var number = 0
        lines = text.split(separator: "\n").compactMap { line in
            number += 1
            guard let members = (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any] else {
                return nil
            }
            // The hash chain is the log's own matter.
            let body = line.range(of: ",\"hash\":\"", options: .backwards).map { line[..<$0.lowerBound] + "}" } ?? line
            return Line(number: number, members: members, text: String(body))
        }
    }

    private static func checkChain(_ path: String) throws {
        do {
            _ = try AuditLog.verify(path)
        } catch {
            // Whoever writes it is not done with its last line.
            if case .torn = error { return }
            throw error
        }
    }

    /// Everything that an order went through.
    func steps(of order: String) -> [Line] { lines.filter { $0.string("order") == order } }

    /// The opening order that an order belongs to: itself, or its parent.
    func root(of order: String) -> String? {
        let steps = steps(of: order)
        let parent = steps.compactMap { $0.string("parent") }.first
        if let parent, parent != "none", parent != order { return parent }
        return parent == order || steps.contains { $0.event == "verdict" } ? order : nil
    }

    func verdict(on order: String) -> Line? { lines.first { $0.event == "verdict" && $0.string("order") == order } }

    /// The signal that led to a verdict: the newest before it that asked for the order's side. A strategy's order is
    /// reviewed in the step of its signal.
    func signal(before verdict: Line, side: String?) -> Line? {
        let candidates = lines.filter { $0.event == "signal" && $0.number < verdict.number }
        guard let last = candidates.last, let time = last.integer("time") else { return nil }
        let step = candidates.filter { $0.integer("time") == time }
        return step.first { line in
            guard let side, let score = (line.members["score"] as? NSNumber)?.doubleValue else { return true }
            return side == (score >= 0 ? "buy" : "sell")
        } ?? last
    }
}
