import ArgumentParser

/// The processes of a run, in the order in which they are started. Each is a verb of the program.
enum ProcessRole: String, CaseIterable, Sendable, ExpressibleByArgument {
    case ingest
    case paper
    case execution
    case risk
    case engine

    /// Those that read the ring.
    static let readers: [ProcessRole] = [.paper, .execution, .risk, .engine]
}
