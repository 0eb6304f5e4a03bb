import DBN
import Units

/// Which records are wanted: one schema of some instruments.
public struct LiveSubscription: Hashable, Sendable {
    public enum Symbols: Hashable, Sendable {
        /// Every instrument of the dataset.
        case all
        case named([String])
    }

    public let schema: Schema
    public let symbolType: SymbolType
    public let symbols: Symbols
    /// Replay from this instant on (venue time, inclusive) before the present begins; nil for the present alone. Zero
    /// is all that the gateway has. Only what is subscribed before the session starts is replayed.
    public var start: Timestamp?

    /// How many symbols the gateway takes in one line.
    static let symbolsPerLine = 500

    /// - Throws: a symbol is empty, too long, or holds what would end its place in a line; there is none; the schema or
    ///   the symbol type has no name.
    public init(
        _ schema: Schema, _ symbolType: SymbolType, _ symbols: Symbols, start: Timestamp? = nil
    ) throws(LiveRequestError) {
        guard Schema.known.contains(schema) else { throw .unknownSchema(schema.rawValue) }
        guard [.rawSymbol, .instrumentID, .parent, .continuous].contains(symbolType) else {
            throw .unknownSymbolType(symbolType.name)
        }
        if case .named(let names) = symbols {
            guard !names.isEmpty else { throw .noSymbols(schema.name) }
            for name in names where !Self.isSymbol(name) { throw .badSymbol(name) }
        }
        self.schema = schema
        self.symbolType = symbolType
        self.symbols = symbols
        self.start = start
    }

    private static func isSymbol(_ text: String) -> Bool {
        let bytes = text.utf8
        guard !bytes.isEmpty, bytes.count <= 70, text != "ALL_SYMBOLS" else { return false }
        // Blanks occur inside of options' symbols.
        return bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "|") }
    }

    /// The lines that ask for it, each of at most 500 symbols: the gateway acts when it has read the last.
    /// - Parameter id: comes back in the acknowledgement.
    func lines(id: UInt32) -> [String] {
        let parts: [String]
        switch symbols {
        case .all: parts = ["ALL_SYMBOLS"]
        case .named(let names):
            parts = stride(from: 0, to: names.count, by: Self.symbolsPerLine).map { first in
                names[first..<min(first + Self.symbolsPerLine, names.count)].joined(separator: ",")
            }
        }
        let replay = start.map { "|start=\($0.nanoseconds)" } ?? ""
        return parts.enumerated().map { index, part in
            "schema=\(schema.name)|stype_in=\(symbolType.name)|symbols=\(part)\(replay)|snapshot=0|id=\(id)"
                + "|is_last=\(index == parts.count - 1 ? 1 : 0)\n"
        }
    }

    /// Before the others come those that say what instruments are and in which state.
    var rank: Int {
        switch schema {
        case .definition: 0
        case .status: 1
        case .statistics: 2
        default: 3
        }
    }
}

/// What cannot be asked of a gateway.
public enum LiveRequestError: Error, Equatable, Sendable {
    case unknownSchema(UInt16)
    case unknownSymbolType(String)
    case noSymbols(String)
    case badSymbol(String)
    case badDataset(String)
    case badHeartbeat(Int)
    case badClient(String)
    /// Both have the same records, which then could not be told apart.
    case ambiguousSchemas(String, String)
}

extension LiveRequestError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unknownSchema(let number): "schema \(number): not a schema that can be subscribed to"
        case .unknownSymbolType(let name):
            "symbol type \(name): expected raw_symbol, instrument_id, parent or continuous"
        case .noSymbols(let schema): "\(schema): no symbols to subscribe to"
        case .badSymbol(let text): "symbol '\(text)': expected 1 to 70 printable ASCII characters without , and |"
        case .badDataset(let text): "dataset '\(text)': expected 1 to 15 capital letters, digits and points"
        case .badHeartbeat(let seconds): "heartbeat interval \(seconds) s: expected 5 to 1800"
        case .badClient(let text): "client '\(text)': expected printable ASCII without | and ="
        case .ambiguousSchemas(let first, let second):
            "\(first) and \(second) in one session: their records cannot be told apart; use two sessions"
        }
    }
}

extension LiveSessionRequest {
    /// Whether a gateway could have a dataset of that name.
    public static func isDataset(_ name: String) -> Bool {
        let isName = name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || $0 == 0x2E
        }
        return isName && (1...15).contains(name.utf8.count)
    }

    /// - Throws: what a line could not hold, or the gateway would refuse.
    func check() throws(LiveRequestError) {
        guard Self.isDataset(dataset) else { throw .badDataset(dataset) }
        guard (5...1_800).contains(heartbeatInterval) else { throw .badHeartbeat(heartbeatInterval) }
        let isPrintable = client.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != 0x7C && $0 != 0x3D }
        guard isPrintable, !client.isEmpty else { throw .badClient(client) }
    }
}
