import ArgumentParser
import LiveFeed
import Platform

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
        if let givenDataset, !LiveSessionRequest.isDataset(givenDataset) {
            throw ValidationError(
                "--dataset \(givenDataset): expected 1 to 15 capital letters, digits and points, as in GLBX.MDP3")
        }
    }

    var dataset: String { givenDataset ?? "GLBX.MDP3" }

    /// Refuses what is said of a feed to a verb that plays recorded tape.
    func checkUnused() throws {
        let given = [("--gateway", gateway != nil), ("--dataset", givenDataset != nil)] + ofIngest
        guard let option = given.first(where: \.1)?.0 else { return }
        throw ValidationError("\(option) is for a live feed, --tape for recorded tape: give one of them.")
    }

    /// Refuses what a run that is only begun does not keep for its ingest.
    func checkBegin() throws {
        guard let option = ofIngest.first(where: \.1)?.0 else { return }
        throw ValidationError("\(option) is for levelhead ingest, --begin only begins the run: give it there.")
    }

    private var ofIngest: [(String, Bool)] {
        [
            ("--options-gateway", optionsGateway != nil), ("--key-file", keyFile != nil),
            ("--replay-from", replayFrom != nil), ("--compressed", compressed),
        ]
    }

    private static func address(_ gateway: String) -> GatewayAddress? {
        guard let colon = gateway.lastIndex(of: ":"), let port = UInt16(gateway[gateway.index(after: colon)...]),
            colon > gateway.startIndex, port > 0
        else { return nil }
        // As in a URL, an IPv6 address may stand in brackets.
        let host = gateway[..<colon]
        let isBracketed = host.first == "[" && host.last == "]"
        return GatewayAddress(host: String(isBracketed ? host.dropFirst().dropLast() : host), port: port)
    }

    var source: LiveSource {
        LiveSource(
            dataset: dataset, address: gateway.flatMap(Self.address) ?? .databento(dataset: dataset),
            optionsAddress: (optionsGateway ?? gateway).flatMap(Self.address), keyFile: keyFile,
            replay: replayFrom ?? .session, compresses: compressed)
    }

    /// For a process of its own, or a run that goes on: as the run was begun, unless these say otherwise.
    func asBegun(_ site: RunSite) throws -> LiveOptions {
        let path = site.runFile
        // Killed before it had begun.
        guard PosixFile.exists(path) else { return self }
        let run = try RunRecord(path: path)
        var begun = self
        begun.givenDataset = givenDataset ?? run.text(Self.datasetKey)
        // That of the dataset is not kept for the options' own.
        let own = "\(GatewayAddress.databento(dataset: begun.dataset))"
        begun.gateway = gateway ?? run.text(Self.gatewayKey).flatMap { $0 == own ? nil : $0 }
        begun.optionsGateway = optionsGateway ?? run.text(Self.optionsGatewayKey)
        begun.replayFrom = replayFrom ?? run.text(Self.replayKey).flatMap { LiveSource.Replay(rawValue: $0) }
        begun.compressed = compressed || run.flag(Self.compressedKey) == true
        return begun
    }

    /// What a run's `run.json` says of its feed.
    var members: [(String, String)] {
        [
            (Self.datasetKey, JSONText.string(dataset)), (Self.gatewayKey, JSONText.string("\(source.address)")),
            (Self.optionsGatewayKey, optionsGateway.map(JSONText.string) ?? "null"),
            (Self.replayKey, JSONText.string(source.replay.rawValue)), (Self.compressedKey, "\(compressed)"),
        ]
    }

    private static let (datasetKey, gatewayKey, optionsGatewayKey) = ("dataset", "gateway", "options_gateway")
    private static let (replayKey, compressedKey) = ("replay_from", "compressed")

    /// The same options as arguments for another process.
    var arguments: [String] {
        (gateway.map { ["--gateway", $0] } ?? []) + (optionsGateway.map { ["--options-gateway", $0] } ?? [])
            + (givenDataset.map { ["--dataset", $0] } ?? []) + ["--replay-from", (replayFrom ?? .session).rawValue]
            + (keyFile.map { ["--key-file", $0] } ?? []) + (compressed ? ["--compressed"] : [])
    }
}

extension LiveSource.Replay: ExpressibleByArgument {}
