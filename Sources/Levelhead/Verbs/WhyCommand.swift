import ArgumentParser
import Foundation
import Pipeline
import Platform
import Storage
import Tape

/// `levelhead why`: what is behind an order.
struct WhyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Walks an order back to its verdict, its signal, the feature values, the records and the book.",
        discussion: """
            The steps are those of the run's audit log. The features are computed again from the run's tape up to the \
            signal; the signal found there must be the one that was recorded, else the exit status is 1. With --json \
            the whole vector is given.

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

    @Option(help: ArgumentHelp("Where the run in progress is named; ~/.levelhead by default.", valueName: "dir"))
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
            guard let root = trail.root(of: order) else {
                throw ControlFailure("\(site.auditFile): no order \(order)")
            }
            let report = try report(site, trail, root)
            print(json ? report.json : report.text)
            guard let signal = report.signal, report.isSame != true else { return }
            let number = signal.integer("sequence").map { " \($0)" } ?? ""
            throw ControlFailure("\(site.directory): its tape does not give the signal\(number) that it recorded")
        }
    }

    private func report(_ site: RunSite, _ trail: AuditTrail, _ root: String) throws -> WhyReport {
        let rootSteps = trail.steps(of: root)
        let verdict = trail.verdict(on: root)
        let side = rootSteps.compactMap { $0.string("side") }.first
        let isManual = root.contains("-manual-")
        let signal = isManual ? nil : verdict.flatMap { trail.signal(before: $0, side: side) }
        let request = !isManual ? nil : verdict.flatMap { verdict in
            trail.lines.last {
                $0.event == "operator" && $0.string("request") == "order" && $0.number < verdict.number
            }
        }
        var witness: SignalWitness?
        if let sequence = signal?.integer("sequence") {
            witness = try self.witness(sequence, site)
        }
        return WhyReport(
            order: order, root: root, steps: trail.steps(of: order), rootSteps: rootSteps, verdict: verdict,
            signal: signal, request: request, witness: witness)
    }

    /// From what the engine of the run read: its own tape, else the files that it was given.
    private func witness(_ sequence: UInt64, _ site: RunSite) throws -> SignalWitness {
        let file = try RunRecord(path: "\(site.directory)/run.json")
        let own = try site.tape.parts().map(\.path)
        let paths = try file.tapePaths(given: tape, own: own)
        var differences = try RunInputs.differences(paths, file.candidates(given: tape, own: own))
        if let difference = differences.first { throw ControlFailure(difference) }
        let setup = try MarketSetup(
            configuration: try file.configuration(), tape: try MergedTape.open(paths),
            history: history ?? file.history(site))
        differences = RunInputs.differences(setup, file)
        if let difference = differences.first { throw ControlFailure(difference) }
        var found = SignalWitness(sequence: sequence)
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
