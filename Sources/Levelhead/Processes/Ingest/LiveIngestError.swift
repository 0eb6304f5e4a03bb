import DBN
import Units

/// Why a live run cannot be fed: nothing of this will be better when the process is started again.
enum LiveIngestError: Error, Equatable {
    /// The gateway will not have us.
    case refused(String, isOfChain: Bool = false)
    /// It does not know these symbols.
    case unresolved([String], dataset: String)
    /// A symbol stands for another instrument than when the run began; records of that are not read.
    case unplanned(symbol: String, contract: String, InstrumentID)
}

extension LiveIngestError: CustomStringConvertible {
    var description: String {
        switch self {
        case .refused(let text, let isOfChain): "\(isOfChain ? "options feed" : "feed") refused: \(text)"
        case .unresolved(let symbols, let dataset):
            "the gateway knows no contract \(symbols.joined(separator: ", ")) in \(dataset): "
                + "see instrument.signal and instrument.traded; for one that serves an old tape, --replay-from all"
        case .unplanned(let symbol, let contract, let identity):
            "\(symbol) is now \(contract) (instrument \(identity.raw)), which is not among the contracts that this run "
                + "began with: begin a new run"
        }
    }
}
