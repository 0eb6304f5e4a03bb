import ArgumentParser
import Configuration
import Control
import Execution
import Foundation
import Orders
import Platform
import Storage
import Units

/// `levelhead flatten`: the kill switch.
struct FlattenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flatten",
        abstract: "Locks trading, cancels everything, closes everything, and proves it.",
        discussion: """
            First the lock: its record in the state directory, and the epoch that every process looks at before each \
            send. Then the execution gateway cancels every order, closes what the venue says is open, and proves it by \
            two reads. Locked it stays until levelhead arm. Exit status 0 means proven flat, and nothing else does. \
            When the gateway is dead or stopped, nothing new opens, and --direct closes at the venue itself, which \
            refuses the gateway's session from then on.

            Example: levelhead flatten --reason "lunch"
            """)

    @OptionGroup var control: ControlOptions

    @Option(help: ArgumentHelp("Why; kept with the lock, in the audit log and in the certificate.", valueName: "text"))
    var reason: String?

    @Option(help: ArgumentHelp("How long to wait for the proof.", valueName: "seconds"))
    var timeout = 10.0

    @Flag(help: "If the market is closed, close at the reopen.")
    var atOpen = false

    @Flag(help: "Speak to the venue itself, past a gateway that is dead or stopped.")
    var direct = false

    func validate() throws { try ControlTimeout.validate(timeout) }

    func run() throws {
        try reportingErrors {
            let start = MonotonicClock.now()
            let state = RunSite.absolute(try control.stateDirectory())
            let locked = try FlattenLock.raise(state, reason: reason, waitsForOpen: atOpen)
            // The disk may take its time: the lock holds already.
            let settled = FinishedFlag()
            Thread.detachNewThread {
                locked.lock?.settle()
                settled.set()
            }
            defer { _ = settled.wait(atMost: .seconds(5)) }
            let deadline = start + Nanoseconds(Int64(timeout * 1e9))
            var report = FlattenReport(locked)
            if direct {
                try closeDirectly(state, locked, until: deadline, &report)
            } else {
                try askGateway(locked, until: deadline, &report)
            }
            if !report.isFlat { try suggest(state, locked, &report) }
            report.milliseconds = Double(((report.decidedAt ?? MonotonicClock.now()) - start).count / 1_000) / 1_000
            if control.json { print(report.json) } else { print(report.text) }
            if !report.isFlat { throw ExitCode.failure }
        }
    }

    /// What a person does next when the gateway is not there, for a shell: the command that closes at the venue of this
    /// very desk, or the one that brings back a run whose processes are gone with their venue.
    private func suggest(_ state: String, _ locked: FlattenLock, _ report: inout FlattenReport) throws {
        let registered = try ControlDirectory(stateDirectory: state).registrations()
        let alive = registered.filter(\.isAlive).map(\.name)
        guard alive.isEmpty else {
            // Without a venue there is nobody to speak to.
            guard !direct, report.missing.contains("execution"), alive.contains("paper") else { return }
            let why = reason.map { " --reason \(ShellText.quoted($0))" } ?? ""
            report.direct = "levelhead flatten --direct --state-dir \(ShellText.quoted(state))\(why)"
            return
        }
        let found = registered.isEmpty ? "no process is registered" : "no process is alive"
        report.message = "\(state): \(found), so nothing was closed"
        let holder = DeskHolder.text(of: state)
        if !holder.isEmpty {
            report.message? += holder
        } else if locked.run.isEmpty {
            report.message? += ": is it the right --state-dir?"
        } else {
            let records = ["paper", "broker"].compactMap { try? DayRecord.read(DayRecord.path(state, venue: $0)) }
            let open = records.compactMap { $0.openPosition(of: locked.run) }.map { " with \($0) open" }.joined()
            report.message? += "; \(locked.run) was interrupted\(open)"
            let site = RunSite(stateDirectory: state, directory: locked.run)
            // It goes on with the tape that it had.
            let record = try? RunRecord(path: site.runFile)
            let tapes = (record?.tapes ?? []).map { " --tape \(ShellText.quoted($0.path))" }.joined()
            report.resume = "levelhead up --resume --state-dir \(ShellText.quoted(state))\(tapes)"
        }
    }

    // MARK: Through the gateway

    private func askGateway(_ locked: FlattenLock, until deadline: Nanoseconds, _ report: inout FlattenReport) throws {
        // Without a word that could be raised the gateways lock themselves.
        let epoch = locked.lock == nil ? nil : locked.state.epoch
        let arguments = CommandArguments(reason: reason, atOpen: atOpen ? true : nil, epoch: epoch)
        let left = max(0.05, (deadline - MonotonicClock.now()).seconds)
        let survey = try control.survey(.flatten, arguments, until: .decided(by: "execution"), seconds: left)
        report.answered = survey.answered
        report.missing = survey.missing
        report.decidedAt = survey.decidedAt
        guard let answer = survey.answers["execution"] else {
            if !report.missing.contains("execution") { report.missing.append("execution") }
            report.message = "the execution gateway does not answer: locked, and not closed"
            return
        }
        report.isFlat = answer.outcome == .done && answer.details.isFlat == true
        report.certificate = answer.details.certificate
        report.rounds = answer.details.rounds ?? 0
        if !report.isFlat {
            report.message = answer.details.message ?? (answer.outcome == .accepted ? "not flat in time" : "not flat")
        }
    }

    // MARK: At the venue

    private func closeDirectly(
        _ state: String, _ locked: FlattenLock, until deadline: Nanoseconds, _ report: inout FlattenReport
    ) throws {
        let collar = Self.collar(RunSite(stateDirectory: state, directory: locked.run))
        var flatten = try DirectFlatten(stateDirectory: state, epoch: locked.state.epoch, collar: collar)
        let began = WallClock.now().nanoseconds
        let end = try flatten.run(until: deadline, waitsForOpen: atOpen)
        report.rounds = flatten.rounds
        report.isFlat = end == .flat
        report.answered = end == .silent ? [] : ["paper"]
        report.missing = end == .silent ? ["paper"] : []
        switch end {
        case .flat: report.certificate = certificate(state, locked, flatten, began: began)
        case .silent: report.message = "the venue does not answer: locked, and not closed"
        case .marketClosed: report.message = "market_closed"
        case .timeIsUp:
            let isShut = atOpen && flatten.isMarketClosed
            report.message = isShut ? "market_closed: it has not opened in time" : "not flat in time"
        }
    }

    /// As the run's execution gateway has it; without a run, or where its settings cannot be read, the default: that
    /// keeps nobody from closing.
    private static func collar(_ site: RunSite) -> Ticks {
        let own = site.directory.isEmpty ? nil : try? site.configuration().execution.collar
        return own ?? ExecutionConfiguration.defaultCollar
    }

    private func certificate(
        _ state: String, _ locked: FlattenLock, _ flatten: DirectFlatten, began: UInt64
    ) -> String? {
        let now = WallClock.now().nanoseconds
        let directory = "\(locked.run.isEmpty ? state : locked.run)/certificates"
        let path = "\(directory)/flat-\(locked.state.epoch)-direct-\(now).json"
        let contracts = flatten.fills.reduce(0) { $0 + $1.quantity.contracts }
        let fees = flatten.fills.reduce(Money.zero) { $0 + $1.fee }
        let text = CertificateText.object(
            epoch: locked.state.epoch, who: locked.sender, why: reason ?? "", run: locked.run,
            accounts: flatten.accountCount, asked: began, proven: now, rounds: UInt64(flatten.rounds),
            fills: UInt64(flatten.fills.count), contracts: contracts, slippage: flatten.slippage, fees: fees,
            more: [("direct", "true")])
        do {
            try Directory.make(directory, mode: 0o700)
            try PosixFile.replace(path, with: Array((text + "\n").utf8))
            return path
        } catch {
            Terminal.writeError("levelhead: no certificate: \(error)")
            return nil
        }
    }
}
