import ArgumentParser
import Configuration
import Dashboard
import Foundation
import Platform
import Storage
import Streams
import ZeroMQ

/// `levelhead dashboard`: a web page of the run in progress.
struct DashboardCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dashboard",
        abstract: "Serves a web page of the run in progress, for this machine's browser.",
        discussion: """
            Shows what levelhead status and levelhead subscribe tell: the account, processes, the chart with its five \
            levels, signals, orders and fills. It reads, and commands nothing; it listens on 127.0.0.1 alone and \
            answers GET and HEAD. It waits for a run, and follows from one run to the next. /state has everything as \
            one JSON object, /events the same as server-sent events, five times a second at most.

            Example: levelhead dashboard
            Example: levelhead dashboard --port 0 --state-dir desk
            Example: curl --silent http://127.0.0.1:8420/state | jq .market.market.values

            Prints the address when it listens. Ends at SIGINT or SIGTERM with status 0. From another machine: ssh \
            -L 8420:127.0.0.1:8420 HOST, the same port at both ends.
            """)

    @Option(help: "State directory (default: LEVELHEAD_STATE_DIR, else ~/.levelhead).", transform: directoryArgument)
    var stateDir: String?

    @Option(help: ArgumentHelp("Port of 127.0.0.1; 0 for any (default: dashboard.port, 8420).", valueName: "port"))
    var port: UInt16?

    @OptionGroup var configurationOptions: ConfigurationOptions

    func run() throws {
        try reportingErrors {
            // Before there is a second thread: all of them leave these signals to `sigwait`.
            var signals = TerminationSignals()
            signal(SIGPIPE, SIG_IGN)
            guard let path = StateDirectory.path(explicit: stateDir) else { throw StateDirectoryUnknown() }
            try StateDirectory.checkOwner(path)
            let state = RunSite.absolute(path)
            for path in StartConditions.socketPaths(state) {
                try ZeroMQEndpoint.ipc(path: path).check(isProtected: false)
            }
            let question = StatusQuestion(stateDirectory: state)
            let dashboard = try Dashboard(
                port: port ?? configurationOptions.resolve().dashboardPort,
                streams: StreamEndpoints(stateDirectory: state), program: ProgramIdentity.version,
                status: { question.ask() },
                failed: { error in
                    Terminal.writeError("levelhead: \(error)")
                    Foundation.exit(1)
                })
            // Nobody could find it otherwise.
            guard Terminal.writeOutput("listening \(dashboard.address)\n") else { throw ExitCode.failure }
            signals.wait()
            dashboard.stop()
        }
    }
}
