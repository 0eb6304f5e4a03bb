/// Why a live run cannot be fed: nothing of this will be better when the process is started again.
enum LiveIngestError: Error, Equatable {
    /// The gateway will not have us.
    case refused(String)
}

extension LiveIngestError: CustomStringConvertible {
    var description: String {
        switch self {
        case .refused(let text): "feed refused: \(text)"
        }
    }
}
