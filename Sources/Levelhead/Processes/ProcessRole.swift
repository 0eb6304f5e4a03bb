import ArgumentParser

/// The processes of a run, in the order in which they are started. Each is a verb of the program.
enum ProcessRole: String, CaseIterable, Sendable, ExpressibleByArgument {
    case ingest
    case paper
    case execution
    case risk
    case engine

    /// The port of its metrics, in the order of the data's way (`metrics.first_port`).
    func port(from first: UInt16) -> UInt16 {
        switch self {
        case .ingest: first
        case .engine: first + 1
        case .risk: first + 2
        case .execution: first + 3
        case .paper: first + 4
        }
    }

    /// Those that read the ring.
    static let readers: [ProcessRole] = [.paper, .execution, .risk, .engine]
}
