import Platform
import ZeroMQ

/// A process that publishes.
public enum StreamProcess: String, Sendable, CaseIterable {
    /// Publishes `features`, `levels`, `strikes`, `signals`.
    case engine
    /// Publishes `verdicts`.
    case risk
    /// Publishes `orders`, `fills`.
    case execution

    /// The families of its topics; each process also publishes `status.` and its own name.
    public var families: [String] {
        switch self {
        case .engine: ["features", "levels", "strikes", "signals"]
        case .risk: ["verdicts"]
        case .execution: ["orders", "fills"]
        }
    }

    /// Who publishes what a filter asks for; empty for what nobody does.
    public static func publishing(_ filter: TopicFilter) -> [StreamProcess] {
        let parts = filter.text.split(separator: ".", maxSplits: 1).map(String.init)
        guard filter.text != "*", let family = parts.first else { return allCases }
        if family == "status" { return parts.count == 1 ? allCases : allCases.filter { $0.rawValue == parts[1] } }
        return allCases.filter { $0.families.contains(family) }
    }
}

/// Where the sockets of one state directory are. Every process binds what it publishes and what it sends:
///
/// | path in the state directory | bound by | socket |
/// |---|---|---|
/// | `sockets/PROCESS.ipc` | engine, risk, execution | PUB: streams |
/// | `sockets/PROCESS-snapshot.ipc` | the same | ROUTER: snapshots, missed frames, schemas |
/// | `sockets/CHANNEL.ipc` | the sender | ROUTER: a reliable channel |
///
/// Beside each path lies `PATH.lock`, locked by the process that has bound it.
public struct StreamEndpoints: Equatable, Sendable {
    /// The directory of the sockets.
    public let directory: String

    public init(directory: String) { self.directory = directory }

    public init(stateDirectory: String) { directory = FilePath.join(stateDirectory, "sockets") }

    /// Makes the directory, for its owner alone.
    public func make() throws(SystemCallError) { try Directory.make(directory, mode: 0o700) }

    public func feed(_ process: StreamProcess) -> ZeroMQEndpoint { endpoint(process.rawValue) }
    public func snapshots(_ process: StreamProcess) -> ZeroMQEndpoint { endpoint("\(process.rawValue)-snapshot") }

    /// - Parameter name: of a channel; no process has the same.
    public func channel(_ name: String) -> ZeroMQEndpoint {
        precondition(StreamProcess(rawValue: name) == nil, "\(name): a channel is not called like a process")
        return endpoint(name)
    }

    private func endpoint(_ name: String) -> ZeroMQEndpoint { .ipc(path: FilePath.join(directory, name + ".ipc")) }
}
