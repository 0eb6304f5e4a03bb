/// The instruments of one subscription.
///
/// An id that bears several names on the tape belongs to the selection while it bears one that was asked for.
final class Selection {
    /// An instrument, and the symbol by which it was asked for.
    struct Member: Equatable {
        let listing: SymbolDirectory.Listing
        let requested: String
    }

    /// Everything the dataset has, instruments without a name included.
    let isEverything: Bool
    private let members: [Member]
    private var active: Set<UInt32> = []
    private var named: [UInt32: String] = [:]
    /// ns: from here on the instruments are others, or called otherwise.
    private(set) var nextChange: UInt64 = 0
    /// Records mostly follow one of the same instrument.
    private var lastFound: UInt32 = .max

    init(_ members: [Member], isEverything: Bool) {
        self.members = members
        self.isEverything = isEverything
    }

    /// Goes to a time, not before the last one, and says which instruments are new or have a new name.
    func advance(to time: UInt64) -> [Member] {
        let valid = members.filter { $0.listing.isValid(at: time) }
        let known = named
        let fresh = valid.filter { known[$0.listing.id] != $0.listing.symbol }
        named = Dictionary(valid.map { ($0.listing.id, $0.listing.symbol) }) { first, _ in first }
        active = Set(valid.map(\.listing.id))
        lastFound = .max
        let boundaries = members.lazy.flatMap { [$0.listing.begin, $0.listing.end] }
        nextChange = boundaries.filter { $0 > time }.min() ?? .max
        return fresh
    }

    @inline(__always)
    func contains(_ id: UInt32) -> Bool {
        if isEverything || id == lastFound { return true }
        guard active.contains(id) else { return false }
        lastFound = id
        return true
    }
}
