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
        let words = Self.words(of: text)
        refused.formUnion(words.intersection(symbols.union(next)))
        return !words.isDisjoint(with: next)
    }

    /// What a text may name. A word with an option's right and strike behind it is a part of that option's name, which
    /// begins as its future's does ("ESM6 C7150").
    private static func words(of text: String) -> Set<String> {
        let parts = text.split { " ,:;'\"()[]".contains($0) }
        var words = parts.map { String($0.last == "." ? $0.dropLast() : $0) }
        // A text that fills its field may end in the midst of a name.
        if fieldByteCounts.contains(text.utf8.count) { words.removeLast(min(2, words.count)) }
        return Set(words.indices.filter { !isStrike(words, $0 + 1) }.map { words[$0] })
    }

    /// Of an error's text, in the first version of DBN and in the later ones, without the zero at the end.
    private static let fieldByteCounts: Set<Int> = [63, 301]

    private static func isStrike(_ words: [String], _ index: Int) -> Bool {
        guard index < words.count, let right = words[index].first, "CP".contains(right) else { return false }
        let strike = words[index].dropFirst()
        return !strike.isEmpty && strike.allSatisfy { $0.isNumber || $0 == "." }
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
