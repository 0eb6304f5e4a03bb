import DBN
import Units

/// The contracts that a run wants of a gateway, and what that has said of them.
///
/// Beside `ES.c.0` stands `ES.c.1`: a gateway goes by expiry, so in the week in which the calendar has rolled already
/// that is the lead, and before it is the one that will lead. It need not exist.
public struct WantedContracts: Sendable {
    /// The symbols without which a run is not begun, as they are asked for.
    public let symbols: Set<String>
    /// The contracts after those that are asked for by their place in the calendar.
    public let next: Set<String>
    /// The one whose orders another one's book fills where the gateway does not know it; nil for none.
    private let replaceable: String?
    /// Of each symbol that has been said to stand for something.
    private var named: Set<String> = []
    private var refused: Set<String> = []

    /// - Parameter replaceable: the traded contract, when it is not the signal's: the signal's book fills its orders
    ///   where the gateway says that it does not know it, as on a tape that has none.
    public init(_ symbols: Set<String>, replaceable: String? = nil) {
        self.symbols = symbols
        self.replaceable = replaceable
        next = Set(symbols.compactMap(Self.next)).subtracting(symbols)
    }

    /// What is asked for, by the type of the symbols: a line has one type.
    public var groups: [(type: SymbolType, names: [String])] {
        let all = symbols.union(next).sorted()
        return [SymbolType.continuous, .rawSymbol].compactMap { type in
            let names = all.filter { Self.type(of: $0) == type }
            return names.isEmpty ? nil : (type, names)
        }
    }

    /// How a symbol is asked for.
    public static func type(of symbol: String) -> SymbolType { parts(symbol) == nil ? .rawSymbol : .continuous }

    /// Those without which no run is begun and of which nothing was said, or to one of the subscriptions that they
    /// stand for nothing: definitions of a contract whose books do not come are of no use.
    public var missing: [String] { replaced == nil ? unnamed.sorted() : [] }
    /// The replaceable one, when the gateway has said that it does not know it, and knows the others.
    public var replaced: String? {
        guard let replaceable, refused.contains(replaceable), unnamed == [replaceable] else { return nil }
        return replaceable
    }
    /// That, and the one after it in the calendar: what is said of them is of no use then.
    public var replacedSymbols: Set<String> {
        replaced.map { Set([$0] + (Self.next($0).map { [$0] } ?? [])) } ?? []
    }
    private var unnamed: Set<String> { symbols.subtracting(named.subtracting(refused)) }
    /// Whether the gateway has said that it does not know one of those.
    public var isRefused: Bool { !refused.isDisjoint(with: symbols) }
    /// Those that nothing can stand in for and that the gateway has said that it does not know.
    public var refusedForGood: [String] { symbols.intersection(refused).filter { $0 != replaceable }.sorted() }
    /// Whether something was said of each.
    public var isSettled: Bool { symbols.union(next).subtracting(named).isSubset(of: refused) }

    /// Whether it is one of those that are asked for.
    public func contains(_ symbol: String) -> Bool { symbols.contains(symbol) || next.contains(symbol) }

    /// A symbol stands for an instrument.
    public mutating func found(_ symbol: String) {
        if contains(symbol) { named.insert(symbol) }
    }

    /// The gateway does not know a symbol.
    /// - Returns: whether it is one that need not exist.
    public mutating func notFound(_ text: String) -> Bool {
        let parts = text.split { " ,:;'\"()[]".contains($0) }
        let words = Set(parts.map { String($0.last == "." ? $0.dropLast() : $0) })
        refused.formUnion(words.intersection(symbols.union(next)))
        return !words.isDisjoint(with: next)
    }

    private static func next(_ symbol: String) -> String? {
        parts(symbol).map { "\($0.root).c.\($0.rank + 1)" }
    }

    private static func parts(_ symbol: String) -> (root: Substring, rank: Int)? {
        let parts = symbol.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1] == "c", let rank = Int(parts[2]), (0...9).contains(rank) else { return nil }
        return (parts[0], rank)
    }
}
