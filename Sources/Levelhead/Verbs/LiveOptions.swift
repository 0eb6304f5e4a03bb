import ArgumentParser
import LiveFeed

/// Where a live run's data come from.
struct LiveOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A gateway that speaks Databento's live protocol; by default Databento's own for the dataset.",
            valueName: "host:port"))
    var gateway: String?

    @Option(
        name: .customLong("dataset"),
        help: ArgumentHelp(
            "Databento's name of the dataset (default: GLBX.MDP3).", valueName: "name"))
    private var givenDataset: String?

    @Option(
        help: ArgumentHelp(
            "The gateway of an index's options (live.options_dataset); by default --gateway, if that is given.",
            valueName: "host:port"))
    var optionsGateway: String?

    @Option(help: ArgumentHelp("A file of mode 0600 with the key; DATABENTO_API_KEY comes first.", valueName: "path"))
    var keyFile: String?

    @Option(
        help: ArgumentHelp(
            """
            What is fetched of the past before the present begins: since 18:00 New York of the session in force, all \
            that the gateway has, or none (default: session).
            """, valueName: "session|all|none"))
    var replayFrom: LiveSource.Replay?

    @Flag(help: "Ask for a compressed stream.")
    var compressed = false

    func validate() throws {
        for (name, text) in [("--gateway", gateway), ("--options-gateway", optionsGateway)] {
            if let text, Self.address(text) == nil { throw ValidationError("\(name) \(text): expected host:port") }
        }
    }

    var dataset: String { givenDataset ?? "GLBX.MDP3" }

    /// Refuses what is said of a feed to a verb that plays recorded tape.
    func checkUnused() throws {
        let given = [
            ("--gateway", gateway != nil), ("--dataset", givenDataset != nil),
            ("--options-gateway", optionsGateway != nil), ("--key-file", keyFile != nil),
            ("--replay-from", replayFrom != nil), ("--compressed", compressed),
        ]
        guard let option = given.first(where: \.1)?.0 else { return }
        throw ValidationError("\(option) is for a live feed, --tape for recorded tape: give one of them.")
    }

    private static func address(_ gateway: String) -> GatewayAddress? {
        guard let colon = gateway.lastIndex(of: ":"), let port = UInt16(gateway[gateway.index(after: colon)...]),
            colon > gateway.startIndex
        else { return nil }
        return GatewayAddress(host: String(gateway[..<colon]), port: port)
    }

    var source: LiveSource {
        LiveSource(
            dataset: dataset, address: gateway.flatMap(Self.address) ?? .databento(dataset: dataset),
            optionsAddress: (optionsGateway ?? gateway).flatMap(Self.address), keyFile: keyFile,
            replay: replayFrom ?? .session, compresses: compressed)
    }

    /// The same options as arguments for another process.
    var arguments: [String] {
        (gateway.map { ["--gateway", $0] } ?? []) + (optionsGateway.map { ["--options-gateway", $0] } ?? [])
            + ["--dataset", dataset, "--replay-from", (replayFrom ?? .session).rawValue]
            + (keyFile.map { ["--key-file", $0] } ?? []) + (compressed ? ["--compressed"] : [])
    }
}

extension LiveSource.Replay: ExpressibleByArgument {}
