import ArgumentParser
import Control
import Foundation
import Platform
import Units

/// `levelhead status`: every process, the position, the day's profit and loss, data quality.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows every running process, the position, the day's P&L and data quality.",
        discussion: """
            Asks every process that is registered in the state directory at once, over its control socket. Who is \
            registered and silent is listed as missing after --timeout, who is dead as stale. Exit status 1 when no \
            process answers.

            Example: levelhead status
            Example: levelhead status --json | jq .position
            Example: levelhead status --watch
            """)

    @OptionGroup var control: ControlOptions

    @Flag(help: "Show it again every second, until interrupted. With --json, one object a line.")
    var watch = false

    @Option(help: ArgumentHelp("How long to wait for silent processes.", valueName: "seconds"))
    var timeout = 0.5

    func validate() throws { try ControlTimeout.validate(timeout) }

    func run() throws {
        try reportingErrors {
            guard watch else { return try show() }
            while true {
                let next = MonotonicClock.now() + .seconds(1)
                // Nobody there is a state to watch, too.
                do { try show(clears: Terminal.standardOutputIsTerminal && !control.json) } catch is ExitCode {}
                try StandardOutput.check()
                let left = next - MonotonicClock.now()
                if left > .zero { Thread.sleep(forTimeInterval: left.seconds) }
            }
        }
    }

    private func show(clears: Bool = false) throws {
        let survey = try control.survey(.status, seconds: timeout)
        let state = try control.stateDirectory()
        let report = StatusReport(
            survey, epoch: try EpochWord.current(stateDirectory: state),
            isLive: (try? RunSite.current(state)?.isLive()) ?? false)
        if clears { Terminal.writeOutput("\u{1B}[H\u{1B}[J") }
        if control.json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            Terminal.writeOutput(String(decoding: try encoder.encode(report), as: UTF8.self) + "\n")
        }
        guard !report.processes.isEmpty else {
            Terminal.writeError("levelhead: \(try control.silence(survey))")
            throw ExitCode.failure
        }
        if !control.json { Terminal.writeOutput(StatusTable.text(report)) }
    }
}
