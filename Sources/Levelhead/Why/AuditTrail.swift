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
    private let byOrder: [String: [Line]]

    /// - Throws: that a line is not the one that was written there.
    init(_ path: String) throws {
        try Self.checkChain(path)
        let text = String(decoding: try PosixFile.contents(of: path), as: UTF8.self)
        var number = 0
        let lines: [Line] = text.split(separator: "\n").compactMap { line in
            number += 1
            guard let members = (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any] else {
                return nil
            }
            // The hash chain is the log's own matter.
            let body = line.range(of: ",\"hash\":\"", options: .backwards).map { line[..<$0.lowerBound] + "}" } ?? line
            return Line(number: number, members: members, text: String(body))
        }
        self.lines = lines
        byOrder = Dictionary(grouping: lines) { $0.string("order") ?? "" }
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
    func steps(of order: String) -> [Line] { byOrder[order] ?? [] }

    /// The first word of an order's life: what it is for, on which side, whose position it closes.
    func order(_ order: String) -> Line? { steps(of: order).first { $0.event == "order" } }

    func fills(of order: String) -> [Line] { steps(of: order).filter { $0.event == "fill" } }

    /// The opening order that an order belongs to: itself, or its parent; nil where there is none, as for a close of
    /// whatever is open.
    func root(of order: String) -> String? {
        if let parent = self.order(order)?.string("parent") {
            if parent != "none", parent != order { return parent }
            return self.order(order)?.string("role") == "entry" ? order : nil
        }
        return verdict(on: order).map(isClose) == false ? order : nil
    }

    /// The judgement on the intent that has the order's identity; those on its changes and cancels are others.
    func verdict(on order: String) -> Line? {
        steps(of: order).first { line in
            line.event == "verdict" && ["open", "close"].contains(line.string("action"))
        }
    }

    /// The notice that asked risk to close a part of a book with this order.
    func bookClose(of order: String) -> Line? {
        steps(of: order).first { $0.event == "notice" && $0.string("kind") == "bookClose" }
    }

    /// A verdict is on an intent that closes a position.
    func isClose(_ verdict: Line) -> Bool { verdict.string("action") == "close" }

    /// What a person asked for with an order.
    func request(for order: String) -> Line? {
        steps(of: order).first { $0.event == "operator" && $0.string("request") == "order" }
    }

    /// The signal that led to a verdict: the one that it names.
    func signal(of verdict: Line) -> Line? {
        guard let sequence = verdict.integer("signal") else { return nil }
        return lines.last {
            $0.number < verdict.number && $0.event == "signal" && $0.integer("sequence") == sequence
        }
    }
}
