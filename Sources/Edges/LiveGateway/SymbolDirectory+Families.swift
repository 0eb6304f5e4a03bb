import DBN
import MarketCalendar
import Tape
import Units

extension SymbolDirectory {
    /// The parent symbol that an instrument belongs to, such as `ES.FUT` or `ES.OPT`: by its definition, else by the
    /// form of its own symbol.
    static func parent(of symbol: String, _ details: Details?) -> String? {
        if let details, !details.asset.isEmpty {
            switch details.instrumentClass {
            case .future, .futureSpread: return "\(details.asset).FUT"
            case .call, .put, .optionSpread, .mixedSpread: return "\(details.asset).OPT"
            default: break
            }
        }
        let words = symbol.split(separator: " ")
        if words.count == 2, let contract = FuturesContract(words[0], near: epoch), isStrike(words[1]) {
            return "\(contract.root).OPT"
        }
        switch try? FuturesSymbol(symbol, near: epoch) {
        case .outright(let contract): return "\(contract.root).FUT"
        case .calendarSpread(let near, _): return "\(near.root).FUT"
        default: return nil
        }
    }

    /// What `ES.c.0` and its like mean at a time: outright futures of the root that have not expired, by expiry. Volume
    /// and open interest of later days are not on a tape, so `.v.` and `.n.` go by expiry as well.
    func continuous(_ symbol: String, at time: UInt64) -> [Listing] {
        // A tape that was itself asked for by a continuous symbol.
        let named = resolve(symbol, as: .rawSymbol, at: time)
        if !named.isEmpty { return named }
        let parts = symbol.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, ["c", "v", "n"].contains(parts[1].lowercased()), let rank = Int(parts[2]), rank >= 0
        else { return [] }
        let contracts = resolve("\(parts[0]).FUT", as: .parent, at: time).compactMap { listing -> Contract? in
            guard listing.isValid(at: time), let expiry = expiry(of: listing.symbol, near: time), expiry > time
            else { return nil }
            return Contract(listing: listing, expiry: expiry)
        }
        let sorted = contracts.sorted { ($0.expiry, $0.listing.symbol) < ($1.expiry, $1.listing.symbol) }
        return rank < sorted.count ? [sorted[rank].listing] : []
    }

    private struct Contract {
        let listing: Listing
        let expiry: UInt64
    }

    /// When an outright future ends, ns: by its definition, else the third Friday of its month. Nil for spreads.
    private func expiry(of symbol: String, near time: UInt64) -> UInt64? {
        if let known = details[symbol] {
            guard known.instrumentClass == .future else { return nil }
            if known.expiration != .max { return known.expiration }
        }
        let today = UTCDay.date(of: Timestamp(nanoseconds: time))
        guard let contract = FuturesContract(symbol, near: today) else { return nil }
        let friday = CivilDate.nth(3, .friday, year: contract.year, month: contract.month)
        return UInt64(max(0, friday.daysSinceEpoch) + 1) * Timestamp.nanosecondsPerDay
    }

    /// Where only the form of a symbol counts, not its decade.
    private static let epoch = CivilDate(daysSinceEpoch: 0)

    /// Such as "P5230" or "C4250.5".
    private static func isStrike(_ word: Substring) -> Bool {
        guard let first = word.first, first == "C" || first == "P" else { return false }
        return word.count > 1 && word.dropFirst().allSatisfy { $0.isNumber || $0 == "." }
    }
}
