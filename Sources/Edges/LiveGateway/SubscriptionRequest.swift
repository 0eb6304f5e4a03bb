import DBN
import MarketCalendar
import Units

/// What a client wants to have: one schema of some symbols, perhaps from an earlier time on.
struct SubscriptionRequest: Equatable {
    /// Nil when the client gave none.
    var id: UInt32?
    let schema: Schema
    let symbolType: SymbolType
    /// Nil for all symbols.
    var symbols: [String]?
    /// Everything since then, at once.
    let start: Timestamp?
    /// The state of the books first; of the mbo schema only.
    let wantsSnapshot: Bool

    static let symbolTypes: [SymbolType] = [.rawSymbol, .instrumentID, .parent, .continuous]
    /// Says "all symbols" where symbols stand.
    static let allSymbols = "ALL_SYMBOLS"

    /// - Throws: what is wrong with it; such a subscription ends the session.
    init(_ line: ControlLine) throws(Refusal) {
        guard let name = line["schema"] else { throw Refusal("No schema was given.") }
        guard let schema = Schema(name: name) else { throw Refusal("Unknown schema \(name).") }
        let typeName = line["stype_in"] ?? SymbolType.rawSymbol.name
        guard let type = SymbolType(name: typeName), Self.symbolTypes.contains(type) else {
            let expected = Self.symbolTypes.map(\.name).joined(separator: ", ")
            throw Refusal("stype_in=\(typeName) is not served: expected one of \(expected).")
        }
        let names = (line["symbols"] ?? "").split(separator: ",").map { name in
            String(name.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        guard !names.isEmpty else { throw Refusal("No symbols were given.") }
        if let text = line["id"] {
            guard let id = UInt32(text) else { throw Refusal("id=\(text) is no number of 32 bits.") }
            self.id = id
        }
        self.schema = schema
        symbolType = type
        symbols = names.contains(Self.allSymbols) ? nil : names
        wantsSnapshot = line["snapshot"] == "1"
        if let text = line["start"] {
            start = UInt64(text).map(Timestamp.init(nanoseconds:)) ?? Timestamp(iso8601: text)
            guard start != nil else {
                throw Refusal("start=\(text) is neither nanoseconds since 1970 nor ISO 8601.")
            }
        } else {
            start = nil
        }
        guard !wantsSnapshot || schema == .mbo else { throw Refusal("A snapshot is of the mbo schema only.") }
        guard !wantsSnapshot || start == nil else { throw Refusal("A snapshot and a start exclude each other.") }
    }

    /// Takes the symbols of a further piece of the same subscription.
    mutating func add(_ other: SubscriptionRequest) {
        guard let more = other.symbols, let own = symbols else {
            symbols = nil
            return
        }
        symbols = own + more
    }

    /// Whether `other` may be a piece of this one.
    func continues(as other: SubscriptionRequest) -> Bool {
        id == other.id && schema == other.schema && symbolType == other.symbolType && start == other.start
    }
}

/// Puts subscriptions that come in pieces together: `is_last=0` on all pieces but the last.
struct SubscriptionAssembly {
    private var open: [SubscriptionRequest] = []

    /// The whole subscription that `piece` completes, if it does.
    mutating func add(_ piece: SubscriptionRequest, isLast: Bool) -> SubscriptionRequest? {
        guard let place = open.firstIndex(where: { $0.continues(as: piece) }) else {
            if isLast { return piece }
            open.append(piece)
            return nil
        }
        open[place].add(piece)
        return isLast ? open.remove(at: place) : nil
    }

    /// What was begun and not ended, as far as it came.
    mutating func takeUnfinished() -> [SubscriptionRequest] {
        defer { open = [] }
        return open
    }
}
