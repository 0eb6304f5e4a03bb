import Foundation
import Orders
import Risk
import TestSupport
import Testing

/// docs/risk.md has the code's own tables.
@Suite struct RiskDocumentTests {
    static func lines() throws -> [String] {
        try PackageFolder.text("docs/risk.md").components(separatedBy: "\n")
    }

    @Test func `every check is documented, in order, with its code and keys`() throws {
        let rows = RiskCheck.all.enumerated().map { index, check in
            let keys = check.keys.map { "`\($0)`" }.joined(separator: ", ")
            return "| \(index + 1) | `\(check.reason.rawValue)` | \(check.reason.code) | \(check.subject.rawValue) "
                + "| \(check.refuses) | \(keys.isEmpty ? "–" : keys) |"
        }
        let lines = try Self.lines()
        let first = try #require(lines.firstIndex(of: rows[0]))
        #expect(Array(lines[first..<(first + rows.count)]) == rows)
        #expect(lines[first + rows.count].isEmpty)
    }

    @Test func `every transition is documented`() throws {
        let lines = try Self.lines()
        for state in TradingStateTests.allowed.keys {
            let cells = StateEvent.allCases.map { state.after($0)?.name ?? "–" }
            #expect(lines.contains("| \(state.name) | " + cells.joined(separator: " | ") + " |"))
        }
        #expect(lines.contains("| from | " + StateEvent.allCases.map { "\($0)" }.joined(separator: " | ") + " |"))
    }
}
