import ArgumentParser
import Control
import Foundation
import Platform
import Units

/// `levelhead pause`: only what shrinks the position, until `levelhead resume`.
struct PauseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Trading state REDUCING: only what closes passes.",
        discussion: """
            Entries that work are cancelled. What passes is an order with --reduce-only, and a market order for \
            exactly the whole position. Exit status 0 when the risk gateway says it is so.

            Example: levelhead pause --reason "news at 10:00"
            """)

    @OptionGroup var options: TradingStateOptions

    func validate() throws { try options.validate() }
    func run() throws { try reportingErrors { try options.run(.pause) } }
}

/// `levelhead resume`: from REDUCING back to ACTIVE.
struct ResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Trading state back from REDUCING to ACTIVE. Takes no lock off: that is arm.",
        discussion: """
            Exit status 0 when the risk gateway says it is so.

            Example: levelhead resume --reason "news is out"
            """)

    @OptionGroup var options: TradingStateOptions

    func validate() throws { try options.validate() }
    func run() throws { try reportingErrors { try options.run(.resume) } }
}

/// What pausing and resuming have in common.
struct TradingStateOptions: ParsableArguments {
    @OptionGroup var control: ControlOptions

    @Option(help: ArgumentHelp("Why; travels with the command.", valueName: "text"))
    var reason: String?

    @Option(help: ArgumentHelp("How long to wait for an answer.", valueName: "seconds"))
    var timeout = 2.0

    func validate() throws { try ControlTimeout.validate(timeout) }

    func run(_ verb: ControlVerb) throws {
        let arguments = CommandArguments(reason: reason)
        let survey = try control.survey(verb, arguments, until: .terminal, seconds: timeout)
        guard !survey.answers.isEmpty else { throw ControlFailure(try control.silence(survey)) }
        let report = TradingStateReport(survey)
        if control.json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(report), as: UTF8.self))
        } else if report.isDone {
            print("trading \(report.tradingState ?? "unknown")")
        }
        if !report.isDone { throw ControlFailure(report.failure(of: verb)) }
    }
}

/// What came of a command that changes the trading state.
struct TradingStateReport: Encodable {
    let tradingState: String?
    let answered: [String]
    let missing: [String]
    let milliseconds: Double
    /// The risk gateway did it, and nobody who should have did not.
    let isDone: Bool
    private let messages: [String]

    enum CodingKeys: String, CodingKey {
        case answered, missing
        case tradingState = "trading_state"
        case milliseconds = "ms"
        case isDone = "done"
    }

    init(_ survey: Survey) {
        let concerned = survey.answered.compactMap { survey.answers[$0] }.filter { $0.outcome != .notConcerned }
        answered = survey.answered
        missing = survey.missing
        milliseconds = Double(survey.elapsed.count / 1_000) / 1_000
        tradingState = concerned.lazy.compactMap(\.details.tradingState).first
        // Who is dead is not missing, and what the venue opens at its door is not the account's lock.
        isDone = survey.answers["risk"]?.outcome == .done && concerned.allSatisfy { $0.outcome == .done }
        messages = concerned.filter { $0.outcome != .done }
            .map { "\($0.process): \($0.outcome.name)\($0.details.message.map { ": \($0)" } ?? "")" }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(tradingState, forKey: .tradingState)
        try container.encode(answered, forKey: .answered)
        try container.encode(missing, forKey: .missing)
        try container.encode(milliseconds, forKey: .milliseconds)
        try container.encode(isDone, forKey: .isDone)
    }

    func failure(of verb: ControlVerb) -> String {
        // Once risk has decided nobody else is waited for.
        let isDecided = missing.isEmpty || answered.contains("risk")
        let silent = isDecided ? [] : ["silent: \(missing.joined(separator: ", "))"]
        let reasons = messages + silent
        if reasons.isEmpty { return "\(verb.name): no risk gateway runs, only \(answered.joined(separator: ", "))" }
        return "\(verb.name): \(reasons.joined(separator: "; "))"
    }
}

/// A command that came to nothing: one line.
struct ControlFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
