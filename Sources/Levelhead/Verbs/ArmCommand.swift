import ArgumentParser
import Control
import Foundation
import Orders
import Platform
import Units

/// `levelhead arm`: takes the lock off.
struct ArmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "arm",
        abstract: "Takes the lock off: trading state back to ACTIVE.",
        discussion: """
            What was approved before the lock stays void. After a breached limit it is refused until the next trade \
            date. Exit status 0 when the risk gateway says it is so.

            Example: levelhead arm --scope account --reason "back at the desk"
            """)

    @OptionGroup var control: ControlOptions

    @Option(help: ArgumentHelp("account, or strategy:NAME.", valueName: "scope"))
    var scope: String

    @Option(help: ArgumentHelp("Why; kept in the audit log.", valueName: "text"))
    var reason: String

    @Option(help: ArgumentHelp("How long to wait for an answer.", valueName: "seconds"))
    var timeout = 2.0

    func validate() throws {
        try ControlTimeout.validate(timeout)
        guard scope == "account" || scope.hasPrefix("strategy:") else {
            throw ValidationError("--scope: \(scope), expected account or strategy:NAME.")
        }
    }

    func run() throws {
        try reportingErrors {
            let state = try EpochWord.current(stateDirectory: try control.stateDirectory())
            let arguments = CommandArguments(reason: reason, scope: scope, epoch: state?.epoch)
            let report = try ask(arguments)
            if control.json {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
                print(String(decoding: try encoder.encode(report), as: UTF8.self))
            } else if report.isDone {
                print("trading \(report.tradingState ?? "unknown")")
            }
            if !report.isDone { throw ControlFailure(report.failure(of: .arm)) }
        }
    }

    /// A flatten is proven at the venue a moment before the risk gateway has heard of it, and the paper venue opens its
    /// door a moment after risk has decided: who arms in that moment is not sent away, but asked for again. The epoch
    /// stays that of the first time, so a later flatten is not undone.
    private func ask(_ arguments: CommandArguments) throws -> TradingStateReport {
        let end = MonotonicClock.now() + .milliseconds(Int64(min(timeout, 1) * 1_000))
        while true {
            let survey = try control.survey(.arm, arguments, until: .decided(by: "risk"), seconds: timeout)
            guard !survey.answers.isEmpty else { throw ControlFailure(try control.silence(survey)) }
            let report = TradingStateReport(survey)
            let isFlattening = report.tradingState == TradingState.flattening.name
            let isUnderWay = survey.answers.values.contains { $0.outcome == .accepted }
            let isOver = report.isDone || !isFlattening && !isUnderWay
            if isOver || MonotonicClock.now() >= end { return report }
            Thread.sleep(forTimeInterval: 0.05)
        }
    }
}
