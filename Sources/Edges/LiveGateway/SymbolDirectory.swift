import DBN
import MarketCalendar
import Units

/// Which instruments a dataset of the tape has, what they are called and when.
///
/// Ids are unique within a day only: an id bears the name it was given last. One that only ever had one name has it
/// from the beginning of time to its end, whatever the tape says about days.
public struct SymbolDirectory: Sendable {
    /// One instrument under one name, from `begin` until before `end`.
    public struct Listing: Equatable, Sendable {
        public let id: UInt32
        public let symbol: String
        /// ns; 0 of the first name of an id.
        public let begin: UInt64
        /// ns; `UInt64.max` of the last.
        public let end: UInt64

        func isValid(at time: UInt64) -> Bool { begin <= time && time < end }
    }

    /// What definitions say of a symbol.
    struct Details: Sendable {
        let instrumentClass: InstrumentClass
        let asset: String
        /// `UInt64.max` when unset.
        let expiration: UInt64
    }

    /// By id, then time.
    public let listings: [Listing]
    let details: [String: Details]
    private let byID: [UInt32: Range<Int>]
    private let bySymbol: [String: [Int]]
    /// Under names such as `ES.FUT`.
    private let byParent: [String: [Int]]

    init(names: [UInt32: [(begin: UInt64, symbol: String)]], details: [String: Details]) {
        var listings: [Listing] = []
        var byID: [UInt32: Range<Int>] = [:]
        for id in names.keys.sorted() {
            let spans = Self.spans(names[id] ?? [])
            let first = listings.count
            for (index, span) in spans.enumerated() {
                let end = index + 1 < spans.count ? spans[index + 1].begin : .max
                listings.append(
                    Listing(id: id, symbol: span.symbol, begin: index == 0 ? 0 : span.begin, end: end))
            }
            byID[id] = first..<listings.count
        }
        var bySymbol: [String: [Int]] = [:]
        var byParent: [String: [Int]] = [:]
        for (index, listing) in listings.enumerated() {
            bySymbol[listing.symbol, default: []].append(index)
            if let parent = Self.parent(of: listing.symbol, details[listing.symbol]) {
                byParent[parent, default: []].append(index)
            }
        }
        self.listings = listings
        self.details = details
        self.byID = byID
        self.bySymbol = bySymbol
        self.byParent = byParent
    }

    /// The name of an id at a time; nil for an unknown id.
    public func symbol(of id: UInt32, at time: UInt64) -> String? {
        byID[id]?.lazy.map { listings[$0] }.first { $0.isValid(at: time) }?.symbol
    }

    /// The instruments that a symbol stands for; none when it does not resolve.
    /// - Parameter time: ns; decides which contract a continuous symbol means.
    func resolve(_ symbol: String, as type: SymbolType, at time: UInt64) -> [Listing] {
        switch type {
        case .instrumentID: UInt32(symbol).flatMap { byID[$0] }?.map { listings[$0] } ?? []
        case .parent: (byParent[symbol] ?? []).map { listings[$0] }
        case .continuous: continuous(symbol, at: time)
        default: (bySymbol[symbol] ?? []).map { listings[$0] }
        }
    }

    /// Names in the order they began, each once in a row.
    private static func spans(_ names: [(begin: UInt64, symbol: String)]) -> [(begin: UInt64, symbol: String)] {
        var spans: [(begin: UInt64, symbol: String)] = []
        for name in names.sorted(by: { ($0.begin, $0.symbol) < ($1.begin, $1.symbol) }) {
            if spans.last?.symbol == name.symbol { continue }
            // Of two names that begin together, the one that sorts last.
            if spans.last?.begin == name.begin { spans.removeLast() }
            spans.append(name)
        }
        return spans
    }
}
