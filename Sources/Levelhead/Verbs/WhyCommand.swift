import ArgumentParser
import Configuration
import Foundation
import Pipeline
import Platform
import Storage
import Tape
import Units

/// `levelhead why`: what is behind an order.
struct WhyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Walks an order back to its cause: verdict, signal, feature values, records and book.",
        discussion: """
            The steps are those of the run's audit log. The features are computed again from the run's tape up to the \
            signal; the signal found there must be the one that was recorded, else the exit status is 1. An order that \
            no signal led to has the records and the traded contract's book of its time. With --json the whole vector \
            is given.

            Example: levelhead why 1-strategy-1 --run run/
            """)

    @Argument(help: "The order's identity, as in the audit log.") var order: String

    @Option(
        name: .customLong("run"),
        help: ArgumentHelp("The run's directory; by default the one in progress.", valueName: "dir"))
    var directory: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("The run's tape, when it lies elsewhere; may be repeated.", valueName: "path"))
    var tape: [String] = []

    @Option(
        help: ArgumentHelp("Where the run in progress is named; ~/.levelhead by default.", valueName: "dir"),
        transform: directoryArgument)
    var stateDir: String?

    @OptionGroup var unread: UnreadConfiguration

    @Option(help: ArgumentHelp("The past sessions that the run was given, if they lie elsewhere.", valueName: "dir"))
    var history: String?

    @Flag(help: "One JSON object.")
    var json = false

    func run() throws {
        try reportingErrors {
            let site = try site()
            let trail = try AuditTrail(site.auditFile)
            guard trail.steps(of: order).contains(where: { ["order", "verdict", "fill"].contains($0.event) }) else {
                throw ControlFailure("\(site.auditFile): no order \(order)")
            }
            let cause = OrderCause(of: order, in: trail, settings(site))
            let (witness, failure) = try witness(cause, site, trail)
            let report = report(trail, cause, witness, settings(site))
            print(json ? report.json : report.text)
            if let failure { throw failure }
            guard let signal = cause.signal, report.isSame != true else { return }
            let number = signal.integer("sequence").map { " \($0)" } ?? ""
            throw ControlFailure("\(site.directory): its tape does not give the signal\(number) that it recorded")
        }
    }

    /// As far as the run says them: a log alone is explained, too.
    private func settings(_ site: RunSite) -> OrderCause.Settings {
        let configuration = try? RunRecord(path: site.runFile).configuration()
        return OrderCause.Settings(
            timeStop: configuration.map { UInt64(max(0, $0.policy.timeStop.count)) },
            hasOwnBooks: configuration.map { $0.risk.books != .single } ?? false)
    }

    private func report(
        _ trail: AuditTrail, _ cause: OrderCause, _ witness: TapeWitness?, _ settings: OrderCause.Settings
    ) -> WhyReport {
        let root = trail.root(of: order)
        let opening = root.flatMap { $0 == order ? nil : OrderCause(of: $0, in: trail, settings) }
        let isOfOpening = opening?.verdict?.number == cause.verdict?.number
        return WhyReport(
            order: order, root: root, steps: trail.steps(of: order), rootSteps: root.map(trail.steps) ?? [],
            cause: cause, opening: isOfOpening ? nil : opening, closes: closes(trail, cause, settings),
            witness: witness)
    }

    /// The orders that an approved close went by, its own excepted.
    private func closes(_ trail: AuditTrail, _ cause: OrderCause, _ settings: OrderCause.Settings) -> [String] {
        guard let verdict = cause.verdict, verdict.string("order") == order, trail.isClose(verdict) else { return [] }
        let later = trail.lines.drop { $0.number <= verdict.number }
        let end = later.first { $0.event == "verdict" && $0.string("verdict") == "approved" && !trail.isClose($0) }
        var found: [String] = []
        for line in later.prefix(while: { $0.number < end?.number ?? .max }) {
            guard line.event == "order", line.string("role") == "close", let other = line.string("order"),
                other != order, !found.contains(other),
                OrderCause(of: other, in: trail, settings).verdict?.number == verdict.number
            else { continue }
            found.append(other)
        }
        return found
    }

    /// What the tape says of the signal, or of the time of what no signal led to. That is left out, with a failure to
    /// tell, when the tape is not there; a signal has to be found.
    private func witness(
        _ cause: OrderCause, _ site: RunSite, _ trail: AuditTrail
    ) throws -> (TapeWitness?, (any Error)?) {
        if let sequence = cause.signal?.integer("sequence") { return (try witness(.signal(sequence), site), nil) }
        guard PosixFile.exists(site.runFile),
            let time = (trail.order(order) ?? trail.verdict(on: order) ?? trail.steps(of: order).last)?.integer("time")
        else { return (nil, nil) }
        do { return (try witness(.time(time), site), nil) } catch { return (nil, error) }
    }

    /// From what the engine of the run read: its own tape, else the files that it was given.
    private func witness(_ moment: TapeWitness.Moment, _ site: RunSite) throws -> TapeWitness {
        let file = try RunRecord(path: site.runFile)
        let own = try site.tape.parts().map(\.path)
        let paths = try file.tapePaths(given: tape, own: own)
        var differences = try RunInputs.differences(paths, file.candidates(given: tape, own: own))
        if let difference = differences.first { throw ControlFailure(difference) }
        let setup = try MarketSetup(
            configuration: try file.configuration(), tape: try MergedTape.open(paths),
            history: history ?? file.history(site))
        differences = RunInputs.differences(setup, file)
        if let difference = differences.first { throw ControlFailure(difference) }
        var found = TapeWitness(moment)
        try found.find(setup, try MergedTape.open(paths), window: own.isEmpty ? file.window : nil)
        return found
    }

    private func site() throws -> RunSite {
        if let directory { return RunSite(stateDirectory: "", directory: RunSite.absolute(directory)) }
        guard let state = StateDirectory.path(explicit: stateDir), let current = RunSite.current(state) else {
            throw ValidationError("no run is in progress: give --run")
        }
        return current
    }
}
