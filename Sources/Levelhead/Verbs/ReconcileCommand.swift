import ArgumentParser
import Control
import Foundation
import Platform
import Units

/// `levelhead reconcile`: what the venue says is live and open, beside what the gateway has.
struct ReconcileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Asks the venue what is live and what is open, and compares it with what is known here.",
        discussion: """
            Nothing opens while it is asked. An order there that nobody here knows is cancelled; a position that the \
            fills do not explain leads to REDUCING until levelhead resume. Exit status 0 when there is no difference.

            Example: levelhead reconcile --reason "after the broker's maintenance"
            """)

    @OptionGroup var control: ControlOptions

    @Option(help: ArgumentHelp("Why; kept in the audit log.", valueName: "text"))
    var reason: String?

    @Option(help: ArgumentHelp("How long to wait for an answer.", valueName: "seconds"))
    var timeout = 10.0

    func validate() throws { try ControlTimeout.validate(timeout) }

    func run() throws {
        try reportingErrors {
            let survey = try control.survey(
                .reconcile, CommandArguments(reason: reason), until: .decided(by: "execution"), seconds: timeout)
            guard !survey.answers.isEmpty else { throw ControlFailure(try control.silence(survey)) }
            guard let answer = survey.answers["execution"] else {
                throw ControlFailure("reconcile: execution does not answer")
            }
            let report = ReconciliationReport(answer, milliseconds: Double(survey.elapsed.count / 1_000) / 1_000)
            print(control.json ? try report.json() : report.text)
            if let failure = report.failure { throw ControlFailure("reconcile: \(failure)") }
        }
    }
}

/// What came of a reconciliation.
private struct ReconciliationReport: Encodable {
    let reconciled: Bool
    let venue, held: ReconciliationAnswer.Side?
    let differences: [ReconciliationAnswer.Difference]
    let message: String?
    let milliseconds: Double

    enum CodingKeys: String, CodingKey {
        case reconciled, venue, held, differences, message
        case milliseconds = "ms"
    }

    init(_ answer: ControlAnswer, milliseconds: Double) {
        reconciled = answer.outcome == .done
        venue = answer.details.reconciliation?.venue
        held = answer.details.reconciliation?.held
        differences = answer.details.reconciliation?.differences ?? []
        message = answer.details.message
        self.milliseconds = milliseconds
    }

    /// Nil when there is no difference.
    var failure: String? {
        if reconciled { return nil }
        if let message { return message }
        return venue == nil ? "the venue has not answered" : "\(differences.count) differences"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(reconciled, forKey: .reconciled)
        try container.encode(venue, forKey: .venue)
        try container.encode(held, forKey: .held)
        try container.encode(differences, forKey: .differences)
        try container.encode(message, forKey: .message)
        try container.encode(milliseconds, forKey: .milliseconds)
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    var text: String {
        var lines: [String] = []
        for (name, side) in [("venue", venue), ("held", held)] {
            guard let side else { continue }
            lines.append("\(name) position \(side.position), \(side.orders.count) orders")
            lines += side.orders.map { "  \($0.order) \($0.side) \($0.leaves)" }
        }
        lines += differences.map { difference in
            let order = difference.order.map { " \($0)" } ?? ""
            let sides = "\(difference.expected) here, \(difference.found) there"
            return "difference \(difference.kind.rawValue)\(order): \(sides)"
        }
        return lines.joined(separator: "\n")
    }
}
