/// What a symbol of the futures market stands for.
///
///     ESZ6, ESZ26   one contract
///     ES.c.0        the lead contract by the calendar; ES.c.1 the one after it
///     ES.FUT        every contract of the root
///     ESH4-ESM4     a calendar spread: not an outright, its prices are differences
public enum FuturesSymbol: Hashable, Sendable {
    case outright(FuturesContract)
    case continuous(root: String, rank: Int)
    case parent(root: String)
    case calendarSpread(FuturesContract, FuturesContract)

    /// - Parameter reference: the date that decides the decade of a one-digit year.
    /// - Throws: when the text is none of these; options and user-defined spreads are none of these.
    public init(_ text: String, near reference: CivilDate) throws(FuturesSymbolError) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let legs = text.split(separator: "-", omittingEmptySubsequences: false)
        if let contract = FuturesContract(text, near: reference) {
            self = .outright(contract)
        } else if parts.count >= 2, FuturesContract.isRoot(Array(parts[0].utf8)[...]) {
            let root = String(parts[0])
            if parts.count == 2, parts[1] == "FUT" {
                self = .parent(root: root)
            } else if parts.count == 3, parts[1] == "c", let rank = decimal(Array(parts[2].utf8)[...]), rank <= 9 {
                self = .continuous(root: root, rank: rank)
            } else {
                throw .unknownForm(text)
            }
        } else if legs.count == 2, let near = FuturesContract(legs[0], near: reference),
            let far = FuturesContract(legs[1], near: reference)
        {
            self = .calendarSpread(near, far)
        } else {
            throw .unknownForm(text)
        }
    }

    /// The root that the symbol belongs to; of a spread, that of its first leg.
    public var root: String {
        switch self {
        case .outright(let contract), .calendarSpread(let contract, _): contract.root
        case .continuous(let root, _), .parent(let root): root
        }
    }
}

extension FuturesSymbol: CustomStringConvertible {
    /// As Globex and Databento write it.
    public var description: String {
        switch self {
        case .outright(let contract): contract.rawSymbol
        case .continuous(let root, let rank): "\(root).c.\(rank)"
        case .parent(let root): "\(root).FUT"
        case .calendarSpread(let near, let far): "\(near)-\(far)"
        }
    }
}

public enum FuturesSymbolError: Error, Equatable, Sendable {
    case unknownForm(String)
}
