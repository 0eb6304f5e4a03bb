/// The processes of the order path.
enum ProcessName: String, CaseIterable {
    case engine
    case risk
    case execution
    case venue
}

/// Why a process is no longer there.
struct ProcessEnded: Error {
    let reason: String
}
