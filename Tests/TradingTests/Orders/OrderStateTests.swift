import Foundation
import Orders
import TestSupport
import Testing

@Suite struct OrderStateTests {
    /// The states after each transition, in the order of `OrderTransition`; nil where it cannot happen.
    static let table: [(OrderState, [OrderState?])] = [
        (.pending, [.working, .rejected, .partiallyFilled, .filled, .cancelled, .unknown, .working, .partiallyFilled,
            .pending, nil, nil, nil, .unknown]),
        (.working, [nil, nil, .partiallyFilled, .filled, .cancelled, .unknown, .working, .partiallyFilled,
            .working, .working, .working, nil, .unknown]),
        (.partiallyFilled, [nil, nil, .partiallyFilled, .filled, .cancelled, .unknown, nil, .partiallyFilled,
            .partiallyFilled, .partiallyFilled, .partiallyFilled, nil, .unknown]),
        (.filled, [nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, .filled, .filled]),
        (.cancelled, [nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, .cancelled, .cancelled]),
        (.rejected, [nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, .rejected, .rejected]),
        (.unknown, [.working, .rejected, .partiallyFilled, .filled, .cancelled, .unknown, .working, .partiallyFilled,
            .unknown, .unknown, .unknown, nil, .unknown]),
    ]

    /// Every transition from every state, allowed and refused.
    static let cases = table.flatMap { state, row in
        zip(OrderTransition.allCases, row).map { Case(from: state, by: $0, to: $1) }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let from: OrderState
        let by: OrderTransition
        let to: OrderState?
        var testDescription: String { "\(from) by \(by) \(to.map { "to \($0)" } ?? "cannot happen")" }
    }

    @Test(arguments: cases) func transition(_ step: Case) { #expect(step.from.after(step.by) == step.to) }

    @Test func `the table has every state and every transition`() {
        #expect(Set(Self.table.map(\.0)) == Set(OrderState.allCases))
        #expect(Self.cases.count == OrderState.allCases.count * OrderTransition.allCases.count)
    }

    @Test func `an end is for good, and unknown is no end`() {
        for state in OrderState.allCases where state.isTerminal {
            for transition in OrderTransition.allCases {
                if let next = state.after(transition) { #expect(next == state) }
            }
        }
        #expect(!OrderState.unknown.isTerminal)
        for transition in [OrderTransition.accept, .reject, .lastFill, .cancel, .findWorking, .findPartlyFilled] {
            #expect(OrderState.unknown.after(transition) != .unknown)
        }
    }

    // MARK: Documentation

    static let page = URL(fileURLWithPath: PackageFolder.file("docs/orders.md"))
    static let marks = (begin: "<!-- states: begin -->\n", end: "<!-- states: end -->")

    /// The table as a diagram and as a table, from the code.
    static var drawing: String {
        var text = "```mermaid\nstateDiagram-v2\n    [*] --> pending\n"
        for from in OrderState.allCases where !from.isTerminal {
            for to in OrderState.allCases {
                let by = OrderTransition.allCases.filter { from.after($0) == to }.map { "\($0)" }
                if !by.isEmpty { text += "    \(from) --> \(to): \(by.joined(separator: ", "))\n" }
            }
        }
        for state in OrderState.allCases where state.isTerminal { text += "    \(state) --> [*]\n" }
        text += "```\n\n| from | " + OrderTransition.allCases.map { "\($0)" }.joined(separator: " | ") + " |\n"
        text += String(repeating: "|---", count: OrderTransition.allCases.count + 1) + "|\n"
        for from in OrderState.allCases {
            let row = OrderTransition.allCases.map { from.after($0).map { "\($0)" } ?? "–" }
            text += "| **\(from)** | " + row.joined(separator: " | ") + " |\n"
        }
        return text
    }

    /// `TEST_DRAW_DOCS=1 swift test --filter OrderStateTests` draws it anew.
    @Test func `the page draws the code's own table`() throws {
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        let begin = try #require(text.range(of: Self.marks.begin)), end = try #require(text.range(of: Self.marks.end))
        if ProcessInfo.processInfo.environment["TEST_DRAW_DOCS"] == "1" {
            let drawn = text[..<begin.upperBound] + Self.drawing + text[end.lowerBound...]
            try String(drawn).write(to: Self.page, atomically: true, encoding: .utf8)
            return
        }
        #expect(text[begin.upperBound..<end.lowerBound] == Self.drawing)
    }
}
