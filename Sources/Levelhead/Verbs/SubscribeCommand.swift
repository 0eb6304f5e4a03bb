import ArgumentParser
import Foundation
import Platform
import Storage
import Streams
import ZeroMQ

/// `levelhead subscribe`: prints streams.
struct SubscribeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subscribe",
        abstract: "Prints streams as they are published, and follows them over restarts.",
        discussion: """
            A topic is a name, such as features.ES, levels.ES, strikes.ES, signals.ES, verdicts.MES, orders.MES, \
            fills.MES, status.engine, or what stands before its dot, for all of that kind; * is everything. One who \
            comes late begins with the newest frame. Frames that were lost on the way are fetched again; those that \
            are gone for good are told on standard error, and in jsonl as {"missed": ...}; another run as \
            {"new_run": ...}; that what the publisher has is not of the present, while its feed is gone or replays, \
            as {"feed": ...}. A frame of strikes is a table with a row for each strike: an array for each column \
            in jsonl, else a line for each row.

            Examples:
              levelhead subscribe levels.ES --columns 'pm_high_*' --count 10
              levelhead subscribe signals fills --format jsonl
              levelhead subscribe strikes.ES --columns strike_points 'gamma_*' --format csv --count 1

            Ends at SIGINT or SIGTERM, or after --count frames, with status 0; with 141 when nobody reads its output \
            any more, and with 1 and the reason when standard output takes nothing.
            """)

    @Argument(help: ArgumentHelp("What to print.", valueName: "topic"))
    var topics: [String]

    @Option(help: "State directory (default: LEVELHEAD_STATE_DIR, else ~/.levelhead).", transform: directoryArgument)
    var stateDir: String?

    @OptionGroup var unread: UnreadConfiguration

    @Option(help: ArgumentHelp("Directory of the sockets (default: sockets in the state directory).", valueName: "dir"))
    var endpoint: String?

    @Option(
        help: ArgumentHelp(
            "Instead of the state directory's: an engine that publishes by TCP (streams.tcp).", valueName: "host:port"))
    var tcp: String?

    @Option(help: ArgumentHelp("The publisher's streams.pub, if it has CURVE keys.", valueName: "path"))
    var serverKey: String?

    @Option(help: "table, csv or jsonl. By default a table on a terminal, else jsonl.")
    var format: StreamFormat?

    @Flag(help: "The same as --format jsonl: a JSON value for each frame.")
    var json = false

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Only columns that match one of these patterns.", valueName: "glob"))
    var columns: [String] = []

    @Flag(help: "Only the newest frame of each topic, for a reader that cannot keep up.")
    var conflate = false

    @Option(help: ArgumentHelp("End after so many frames.", valueName: "n"))
    var count: UInt64?

    @Option(
        help: ArgumentHelp("Begin with the frame of this sequence; 0 for all that are kept.", valueName: "sequence"))
    var from: UInt64?

    func validate() throws {
        if json, let format, format != .jsonl {
            throw ValidationError("--json and --format \(format) exclude each other.")
        }
        for topic in topics {
            guard let filter = TopicFilter(topic), !StreamProcess.publishing(filter).isEmpty else {
                let families = StreamProcess.allCases.flatMap(\.families) + ["status"]
                throw ValidationError("\(topic): no such topic; there are \(families.joined(separator: ", ")) and *")
            }
        }
        if let tcp, Self.parse(tcp) == nil {
            throw ValidationError("--tcp \(tcp): expected an IPv4 address and a port")
        }
        for topic in topics where tcp != nil {
            guard let filter = TopicFilter(topic), StreamProcess.publishing(filter).contains(.engine) else {
                let families = StreamProcess.engine.families.joined(separator: ", ")
                throw ValidationError("\(topic): not published by TCP; there are \(families) and status.engine")
            }
        }
        if serverKey != nil, tcp == nil { throw ValidationError("--server-key is for --tcp.") }
        if conflate, from != nil { throw ValidationError("--conflate and --from exclude each other.") }
        for glob in columns where !knownColumns.contains(where: { fnmatch(glob, $0, 0) == 0 }) {
            throw ValidationError("--columns \(glob): no column matches")
        }
    }

    func run() throws {
        try reportingErrors {
            StopSignal.install()
            Terminal.endOutput { StopSignal.isRaised }
            var options = StreamSubscriber.Options()
            options.conflates = conflate
            if let from { options.start = .sequence(from) }
            let printer = StreamPrinter(format: chosenFormat, globs: columns, width: Self.terminalWidth)
            let outside = try outside()
            options.security = outside?.security ?? .none
            let reader = try StreamReader(
                try endpoints(), topics.compactMap { TopicFilter($0) }, options, printer, tcp: outside, count: count)
            try reader.run()
        }
    }

    private var chosenFormat: StreamFormat {
        format ?? (!json && Terminal.standardOutputIsTerminal ? .table : .jsonl)
    }

    private func outside() throws -> OutsideEndpoints? {
        guard let tcp, let (address, port) = Self.parse(tcp) else { return nil }
        guard let serverKey else { return OutsideEndpoints(address: address, port: port, security: .none) }
        // The publisher asks for no name: any pair of keys will do on this side.
        let own = try ZeroMQSecurity.makeKeys()
        return OutsideEndpoints(
            address: address, port: port,
            security: .client(
                publicKey: own.publicKey, secretKey: own.secretKey,
                serverKey: try StreamKeyFile.readPublic(serverKey)))
    }

    private static func parse(_ text: String) -> (String, UInt16)? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let port = UInt16(parts[1]), port > 0, port < .max else { return nil }
        return (String(parts[0]), port)
    }

    private func endpoints() throws -> StreamEndpoints {
        if let endpoint {
            // Sockets are named by absolute paths.
            return StreamEndpoints(directory: URL(fileURLWithPath: endpoint).path)
        }
        guard let state = StateDirectory.path(explicit: stateDir) else {
            throw ValidationError("neither --state-dir, LEVELHEAD_STATE_DIR nor HOME is set")
        }
        return StreamEndpoints(stateDirectory: URL(fileURLWithPath: state).path)
    }

    private var knownColumns: [String] {
        let schemas = [StreamSchema.features("ES"), .levels("ES")]
        let records = FrameKind.allCases.compactMap { RecordLayout.of($0) }
        return schemas.flatMap(\.columns).map(\.name) + records.flatMap(\.fields).map(\.name)
    }

    private static var terminalWidth: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 120 }
        return Int(size.ws_col)
    }
}
