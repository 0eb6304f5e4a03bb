import ArgumentParser
import Foundation
import LiveGateway
import MarketCalendar
import Platform
import Tape
import Units

/// `levelhead serve`: a live gateway over a tape.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serves tapes by Databento's live protocol to any Databento client on this machine.",
        discussion: """
            Listens on 127.0.0.1 and prints "listening 127.0.0.1:PORT". Clients authenticate with the key in \
            DATABENTO_API_KEY or in the file of --key-file, which only its owner may read: any six \
            characters or more will do, as long as both sides have them. A subscription without a start gets the tape \
            at --speed; one with a start gets the rest of the tape from there at once, and is told when that is done. \
            After the last record the session is closed and the next client may come. SIGINT or SIGTERM ends the \
            gateway. To rehearse a day of levelhead up, take --clock shared: else a client that asks for the past gets \
            all of it at once. See docs/serve.md.

            Example:
              DATABENTO_API_KEY=db-rehearsal levelhead serve --tape tape/ --port 13000 --speed 10x
              DATABENTO_API_KEY=db-rehearsal levelhead serve --tape tape/ --port 13000 --clock shared
            """)

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("DBN files or directories of them; may be repeated.", valueName: "path"))
    var tape: [String]

    @Option(help: ArgumentHelp("The port; 0 for any that is free.", valueName: "n"))
    var port: UInt16

    @Option(help: ArgumentHelp("1x for the tape's own pace, 10x, 0.5x, or max.", valueName: "speed"))
    var speed = SpeedArgument(multiple: 1)

    @Option(help: ArgumentHelp("A file of mode 0600 that holds the key.", valueName: "path"))
    var keyFile: String?

    @Option(
        help: ArgumentHelp(
            """
            session: each session has the day from its begin. shared: all see one day, which begins with the first of \
            them; a start then replays up to the present.
            """, valueName: "whose"))
    var clock = ClockArgument.session

    @Option(
        help: ArgumentHelp(
            "The day begins at this time: ISO 8601, UTC unless it names an offset, or ns.", valueName: "time"))
    var from: TimeArgument?

    @Flag(help: "After the last record go on with heartbeats instead of closing the session.")
    var stay = false

    @Flag(help: "Do not tell clients which of their symbols are unknown.")
    var ignoreUnresolved = false

    func validate() throws {
        guard clock == .session || speed.multiple != nil else {
            throw ValidationError("--clock shared needs a speed that is not max.")
        }
    }

    func run() throws {
        try reportingErrors {
            // Before there is a second thread: all of them leave these signals to `sigwait`.
            var signals = TerminationSignals()
            let key = try key()
            let tape = try ServedTape(paths: try TapePaths.expand(tape))
            if let from {
                let first = try tape.begin(from: from.time)
                let gap = Double(first.nanoseconds - from.time.nanoseconds) / 1e9
                if gap > 60 {
                    let begin = "--from \(from.time.iso8601Text)"
                    let words = "\(begin): nothing is due before the tape's next record, \(first.iso8601Text)"
                    Terminal.writeError("levelhead: \(words)")
                }
            }
            let gateway = try LiveGateway(
                port: port,
                GatewaySession.Configuration(key: key, tape: tape, reportsUnresolved: !ignoreUnresolved),
                LiveGateway.Playback(
                    speed: speed.multiple, from: from?.time.nanoseconds, isShared: clock == .shared, stays: stay),
                log: { Terminal.writeError($0) })
            // Nobody could find it otherwise.
            guard Terminal.writeOutput("listening \(gateway.address)\n") else { throw ExitCode.failure }
            Thread.detachNewThread {
                do {
                    try gateway.run()
                } catch {
                    Terminal.writeError("levelhead: \(error)")
                    Foundation.exit(1)
                }
            }
            signals.wait()
            gateway.stop()
        }
    }

    private func key() throws -> GatewayKey {
        if let keyFile { return try GatewayKey(file: keyFile) }
        guard let text = ProcessInfo.processInfo.environment["DATABENTO_API_KEY"], !text.isEmpty else {
            throw KeyMissing()
        }
        return try GatewayKey(text)
    }

    private struct KeyMissing: Error, CustomStringConvertible {
        let description = "no key: expected one in DATABENTO_API_KEY or in the file of --key-file"
    }
}

/// "max", or a multiple such as "10x".
struct SpeedArgument: ExpressibleByArgument, CustomStringConvertible {
    /// Seconds of the tape a second; nil for as fast as possible.
    let multiple: Double?

    /// A day in a tenth of a millisecond: nothing is faster, and "max" says so.
    private static let most = 1e9

    init(multiple: Double?) { self.multiple = multiple }

    init?(argument: String) {
        if argument == "max" {
            multiple = nil
        } else {
            guard argument.hasSuffix("x"), let value = Double(argument.dropLast()), value > 0, value <= Self.most else {
                return nil
            }
            multiple = value
        }
    }

    var description: String {
        guard let multiple else { return "max" }
        return multiple == multiple.rounded() ? "\(Int(multiple))x" : "\(multiple)x"
    }
}

/// Whose clock sessions go by.
enum ClockArgument: String, ExpressibleByArgument, CaseIterable {
    case session, shared
}

/// SIGINT and SIGTERM, taken by who waits for them, also when they were ignored by who started us.
struct TerminationSignals {
    private var set = sigset_t()

    init() {
        sigemptyset(&set)
        for number in [SIGINT, SIGTERM] {
            signal(number, SIG_DFL)
            sigaddset(&set, number)
        }
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Returns when one has come.
    mutating func wait() {
        var number: Int32 = 0
        sigwait(&set, &number)
    }
}
