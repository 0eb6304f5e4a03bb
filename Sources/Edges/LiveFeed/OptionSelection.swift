import DBN
import Determinism
import MarketCalendar
import Units

/// Which options a feed subscribes to (FEATURES A.13): those on the underlyings that expire within a horizon and whose
/// strikes lie around the forward.
public struct OptionSelectionRules: Equatable, Sendable {
    /// Contracts that expire later are left out, days.
    public var horizonDays = 45.0
    /// Strikes further from the forward than this share of it are left out.
    public var strikeWindow = 0.15
    /// How far the forward may move, as a share of it, before contracts outside of the selection belong to the chain.
    public var drift = 0.01
    /// At most so many contracts that have not expired, those with the nearest strikes; the engine has room for as
    /// many (`options.maximum_contracts`).
    public var contractsMax = 65_536

    public init() {}
}

/// Takes the definitions of a warm start and says which options to subscribe to. It never unsubscribes: a contract
/// once chosen stays, and when the forward has moved `additions` gives what that brings.
public struct OptionSelection: Sendable {
    /// What the options are on.
    public enum Underlyings: Sendable {
        /// Futures, by raw symbol; a definition names its own as text or, for want of that, by number.
        case futures([String], identities: [[InstrumentID]] = [])
        /// An index, by the root of its options, such as `SPXW`. Their definitions may give the date alone on which
        /// they expire; the calendar tells the instant.
        case index(root: String, calendar: TradingCalendar)
    }

    struct Contract: Sendable {
        var symbol = ""
        var instrument = InstrumentID(0)
        /// ns.
        var expiration: UInt64 = 0
        /// In 1e-9 points.
        var strike: Int64 = 0
        /// Place among the underlyings.
        var underlying = 0
        var isChosen = false
    }

    public let rules: OptionSelectionRules
    public private(set) var underlyings: Underlyings
    private var contracts: [Contract] = []
    private var places: [String: Int] = [:]
    /// Chosen before their definitions came.
    private var awaited: Set<String> = []

    /// Closer to its end than this an option has no value that is used (FEATURES A.13), ns.
    private static let lastMinutes: UInt64 = 300_000_000_000

    public init(_ underlyings: Underlyings, rules: OptionSelectionRules = OptionSelectionRules()) {
        self.underlyings = underlyings
        self.rules = rules
    }

    /// Contracts known so far.
    public var count: Int { places.count }

    /// One future more, behind those that are known; definitions on it count from here on.
    mutating func add(_ future: String, _ identity: InstrumentID) {
        guard case .futures(let symbols, let identities) = underlyings else { return }
        underlyings = .futures(symbols + [future], identities: identities + [[identity]])
    }

    /// Takes a record; false unless it is the definition of an option on one of the underlyings.
    @discardableResult
    public mutating func take(_ record: RecordView) -> Bool {
        guard record.type == .instrumentDefinition, record.byteCount >= RecordByteCount.instrumentDefinition else {
            return false
        }
        let definition = record.instrumentDefinition
        guard definition.instrumentClass == .call || definition.instrumentClass == .put,
            definition.strikePrice.isDefined, definition.strikePrice.nanos > 0, definition.expiration.isDefined,
            let underlying = underlying(of: definition)
        else { return false }
        let symbol = definition.rawSymbol
        guard definition.updateAction != .delete else {
            places[symbol] = nil
            return true
        }
        let known = places[symbol]
        var contract = Contract(
            symbol: symbol, instrument: record.instrumentID, expiration: expiration(of: definition),
            strike: definition.strikePrice.nanos, underlying: underlying)
        if let known {
            contract.isChosen = contracts[known].isChosen
            contracts[known] = contract
        } else {
            if awaited.remove(symbol) != nil { contract.isChosen = true }
            places[symbol] = contracts.count
            contracts.append(contract)
        }
        return true
    }

    /// The contracts that belong to the chain at an instant and were not chosen before, nearest strike first.
    ///
    /// - Parameter forwards: of each underlying; of an index one. Without its forward an underlying's contracts wait.
    public mutating func additions(at time: Timestamp, forwards: [Price?]) -> [String] {
        let first = time.nanoseconds &+ Self.lastMinutes
        let last = time.nanoseconds &+ horizon
        var livingCount = awaited.count
        let window = rules.strikeWindow + (1 + rules.strikeWindow) * rules.drift
        var found: [(distance: UInt64, place: Int)] = []
        for place in contracts.indices {
            let contract = contracts[place]
            guard contract.expiration >= first, places[contract.symbol] == place else { continue }
            if contract.isChosen { livingCount += 1 }
            guard !contract.isChosen, contract.expiration <= last, contract.underlying < forwards.count,
                let forward = forwards[contract.underlying], forward.isDefined, forward.nanos > 0
            else { continue }
            let distance = (contract.strike &- forward.nanos).magnitude
            guard Double(distance) <= window * Double(forward.nanos) else { continue }
            found.append((distance, place))
        }
        found.sort { a, b in
            let (one, other) = (contracts[a.place], contracts[b.place])
            return (a.distance, one.expiration, one.symbol) < (b.distance, other.expiration, other.symbol)
        }
        let chosen = found.prefix(max(0, rules.contractsMax - livingCount))
        return chosen.map { entry in
            contracts[entry.place].isChosen = true
            return contracts[entry.place].symbol
        }
    }

    /// When the next of the contracts that are known comes into the horizon; nil when none will.
    func nextEntry(after time: Timestamp) -> Timestamp? {
        let last = time.nanoseconds &+ horizon
        var soonest = UInt64.max
        for place in contracts.indices {
            let contract = contracts[place]
            guard contract.expiration > last, contract.expiration < soonest else { continue }
            if !contract.isChosen, places[contract.symbol] == place { soonest = contract.expiration }
        }
        return soonest == .max ? nil : Timestamp(nanoseconds: soonest - horizon)
    }

    /// ns.
    private var horizon: UInt64 { UInt64(rules.horizonDays * Double(Timestamp.nanosecondsPerDay)) }

    /// A contract is subscribed to already, by name. One without a definition so far is chosen when that comes.
    public mutating func choose(_ symbol: String) {
        guard let place = places[symbol] else {
            awaited.insert(symbol)
            return
        }
        contracts[place].isChosen = true
    }

    /// The contracts that are chosen, in the order of their definitions.
    public var chosen: [String] {
        contracts.indices.filter { contracts[$0].isChosen && places[contracts[$0].symbol] == $0 }
            .map { contracts[$0].symbol }
    }

    /// ns.
    private func expiration(of definition: InstrumentDefinitionView) -> UInt64 {
        guard case .index(let root, let calendar) = underlyings else { return definition.expiration.nanoseconds }
        return calendar.indexOptionExpiration(
            definition.expiration, isSettledAtTheOpen: TradingCalendar.isSettledAtTheOpen(root: root)
        ).nanoseconds
    }

    private func underlying(of definition: InstrumentDefinitionView) -> Int? {
        switch underlyings {
        case .index(let root, _):
            return definition.rawSymbol.split(separator: " ", maxSplits: 1).first.map(String.init) == root ? 0 : nil
        case .futures(let symbols, let identities):
            if let place = symbols.firstIndex(of: definition.underlying) { return place }
            let identity = definition.underlyingID
            guard identity.raw != 0 else { return nil }
            return identities.firstIndex { $0.contains(identity) }
        }
    }
}

/// For rules and a calendar that are the same.
extension OptionSelection: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("option-selection")
        if case .futures(var symbols, var identities) = underlyings {
            try archive.field(&symbols)
            try archive.field(&identities)
            underlyings = .futures(symbols, identities: identities)
        }
        var isListed = contracts.indices.map { places[contracts[$0].symbol] == $0 }
        var waiting = awaited.sorted()
        try archive.field(&contracts, blank: Contract())
        try archive.field(&isListed)
        try archive.field(&waiting)
        guard archive.isLoading else { return }
        guard isListed.count == contracts.count else {
            throw .mismatch(offset: 0, expected: "a mark for each contract")
        }
        places = [:]
        for (place, contract) in contracts.enumerated() where isListed[place] { places[contract.symbol] = place }
        awaited = Set(waiting)
    }
}

extension OptionSelection.Contract: PersistentState {
    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&symbol)
        try archive.field(&instrument)
        try archive.field(&expiration)
        try archive.field(&strike)
        try archive.field(&underlying)
        try archive.field(&isChosen)
    }
}
