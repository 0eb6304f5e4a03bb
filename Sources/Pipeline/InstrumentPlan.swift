import MarketCalendar
import Units

/// One future with a ten-level book on the tape, and the ids under which its records come.
public struct TapeContract: Equatable, Sendable {
    /// An id and the instants between which it means this contract: ids are unique for a day only.
    public struct Identity: Equatable, Sendable {
        public let instrument: InstrumentID
        public let start: Timestamp
        public let end: Timestamp

        public init(instrument: InstrumentID, start: Timestamp, end: Timestamp) {
            self.instrument = instrument
            self.start = start
            self.end = end
        }
    }

    public let contract: FuturesContract
    public let identities: [Identity]

    public init(contract: FuturesContract, identities: [Identity]) {
        self.contract = contract
        self.identities = identities
    }
}

/// Why a tape cannot be traded with a configuration.
public enum InstrumentPlanError: Error, Equatable, Sendable {
    /// The configured text is not a symbol.
    case unknownSymbol(key: String, text: String)
    /// The contract table has no row for this root.
    case unknownContract(root: String)
    /// No outright future with `mbp-10` records is on the tape.
    case noContract
    /// Nothing on the tape says which contract an instrument with `mbp-10` records is; `name` is what it was asked for
    /// by, or empty.
    case unnamed(name: String, instrument: InstrumentID)
    /// The signal contract is not on the tape, and several others are.
    case ambiguous(wanted: String, candidates: [String])
    /// The traded contract is not on the tape, in the month of one of the signal's, and the signal's book cannot fill
    /// its orders: it is another thing.
    case otherUnderlying(traded: String, signal: String)
    /// The configured contract behind the lead is not on the tape.
    case notOnTape(signal: String, contract: String, candidates: [String])
    /// Orders are for the contract of the signal's month, and another one is configured.
    case otherMonth(traded: String, expected: String, signal: String)
}

/// Which contracts of the tape are read for signals and which are traded (SYSTEM.md §4, "Which instrument").
public struct InstrumentPlan: Sendable {
    /// The contracts of the signal's root, nearest expiry first. Each has an engine of its own; one leads at a time.
    public let signal: [TapeContract]
    /// The contracts of the traded root; empty when the signal contract's book fills the orders.
    public let traded: [TapeContract]
    public let signalSpecification: ContractSpecification
    public let tradedSpecification: ContractSpecification
    /// The signal or the traded contract is not on the tape, and another one stands in for it.
    public let isSubstituted: Bool
    private let signalSymbol: FuturesSymbol
    private let tradedSymbol: FuturesSymbol

    /// - Parameters:
    ///   - candidates: the futures with `mbp-10` records on the tape.
    ///   - reference: a trade date of the tape, which resolves one-digit years.
    public init(
        candidates: [TapeContract], signal: String, traded: String, reference: CivilDate
    ) throws(InstrumentPlanError) {
        let signalSymbol = try Self.parse(signal, key: "instrument.signal", reference: reference)
        self.signalSymbol = signalSymbol
        let tradedSymbol = try Self.parse(traded, key: "instrument.traded", reference: reference)
        self.tradedSymbol = tradedSymbol
        let ordered = candidates.sorted { $0.contract < $1.contract }
        let matching = ordered.filter { Self.matches($0.contract, signalSymbol) }
        if matching.isEmpty {
            guard let only = ordered.first else { throw .noContract }
            guard ordered.count == 1 else {
                throw .ambiguous(wanted: signal, candidates: ordered.map(\.contract.rawSymbol))
            }
            self.signal = [only]
            self.traded = []
            isSubstituted = true
            signalSpecification = try Self.specification(only.contract.root)
            tradedSpecification = signalSpecification
        } else {
            self.signal = matching
            let others = ordered.filter { Self.matches($0.contract, tradedSymbol) }
            self.traded = tradedSymbol.root == signalSymbol.root ? [] : others
            isSubstituted = tradedSymbol.root != signalSymbol.root && others.isEmpty
            signalSpecification = try Self.specification(signalSymbol.root)
            tradedSpecification = try Self.specification(tradedSymbol.root)
            if tradedSpecification.underlying != signalSpecification.underlying,
                !matching.indices.allSatisfy({ tradedBook(leader: $0) != nil })
            {
                throw .otherUnderlying(traded: traded, signal: signal)
            }
        }
    }

    /// That the contracts are those that were asked for: no other may take the place of one that was named. `MES.c.0`
    /// is the contract of the signal's month, whichever that is.
    ///
    /// - Parameter tradeDate: the first one of the tape.
    public func check(on tradeDate: CivilDate, calendar: TradingCalendar) throws(InstrumentPlanError) {
        guard signalSymbol.root == signalSpecification.root else { return }
        if case .continuous(_, let rank) = signalSymbol, rank > 0,
            let wanted = calendar.contract(signalSymbol, on: tradeDate),
            !signal.contains(where: { $0.contract == wanted })
        {
            throw .notOnTape(
                signal: signalSymbol.description, contract: wanted.rawSymbol,
                candidates: signal.map(\.contract.rawSymbol))
        }
        if case .continuous(_, rank: 0) = tradedSymbol { return }
        let lead = signal[leader(on: tradeDate, calendar: calendar)].contract
        guard let wanted = calendar.contract(tradedSymbol, on: tradeDate) else { return }
        let expected = FuturesContract(root: tradedSymbol.root, year: lead.year, month: lead.month)
        guard wanted == expected else {
            throw .otherMonth(
                traded: tradedSymbol.description, expected: expected.rawSymbol, signal: lead.rawSymbol)
        }
    }

    /// The place in `signal` of the contract that leads on a trade date: the configured one if it is on the tape, else
    /// the first that has not expired, else the last.
    public func leader(on tradeDate: CivilDate, calendar: TradingCalendar) -> Int {
        if let wanted = calendar.contract(signalSymbol, on: tradeDate),
            let index = signal.firstIndex(where: { $0.contract == wanted })
        {
            return index
        }
        return signal.firstIndex { calendar.expiry(of: $0.contract).map { $0 >= tradeDate } ?? true } ?? signal.count
            - 1
    }

    /// Another contract leads from the session after this one on: by the calendar, whether or not the tape has it.
    public func leadEnds(_ leader: Int, with session: SessionTimes, calendar: TradingCalendar) -> Bool {
        let next = calendar.nextSession(after: session.open).tradeDate
        if self.leader(on: next, calendar: calendar) != leader { return true }
        let wanted = calendar.contract(signalSymbol, on: session.tradeDate)
        return wanted == signal[leader].contract && calendar.contract(signalSymbol, on: next) != wanted
    }

    /// The contract that orders are for while `leader` leads: the traded root's contract of the same month.
    public func tradedContract(leader: Int) -> FuturesContract {
        let lead = signal[leader].contract
        return FuturesContract(root: tradedSpecification.root, year: lead.year, month: lead.month)
    }

    /// The place in `traded` of that contract; nil when the leader's own book fills the orders.
    public func tradedBook(leader: Int) -> Int? {
        let wanted = tradedContract(leader: leader)
        return traded.firstIndex { $0.contract == wanted }
    }

    private static func parse(
        _ text: String, key: String, reference: CivilDate
    ) throws(InstrumentPlanError) -> FuturesSymbol {
        do {
            let symbol = try FuturesSymbol(text, near: reference)
            switch symbol {
            case .outright, .continuous: return symbol
            case .parent, .calendarSpread: throw InstrumentPlanError.unknownSymbol(key: key, text: text)
            }
        } catch {
            throw .unknownSymbol(key: key, text: text)
        }
    }

    private static func matches(_ contract: FuturesContract, _ symbol: FuturesSymbol) -> Bool {
        switch symbol {
        case .outright(let wanted): contract == wanted
        case .continuous(let root, _), .parent(let root): contract.root == root
        case .calendarSpread: false
        }
    }

    private static func specification(_ root: String) throws(InstrumentPlanError) -> ContractSpecification {
        guard let row = ContractSpecification.of(root: root) else { throw .unknownContract(root: root) }
        return row
    }
}

extension InstrumentPlanError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unknownSymbol(let key, let text):
            "\(key): '\(text)' is not a future; expected a contract (ESZ6) or the calendar's lead (ES.c.0)"
        case .unknownContract(let root):
            "the contract table has no row for '\(root)'; known roots: "
                + ContractSpecification.all.map(\.root).joined(separator: ", ")
        case .noContract:
            "no outright future with mbp-10 records is on the tape"
        case .unnamed(let name, let instrument):
            (name.isEmpty || name == "\(instrument.raw)"
                ? "instrument \(instrument.raw)" : "\(name) (id \(instrument.raw))")
                + " has no raw symbol; add its definition file"
        case .ambiguous(let wanted, let candidates):
            "the signal contract \(wanted) is not on the tape, and more than one other is: "
                + candidates.joined(separator: ", ") + "; name one with instrument.signal"
        case .otherUnderlying(let traded, let signal):
            "instrument.traded: \(traded) is not on the tape, and the book of \(signal) cannot fill its orders: "
                + "another underlying"
        case .notOnTape(let signal, let contract, let candidates):
            "instrument.signal: \(signal) is \(contract) here, which is not on the tape; it has "
                + candidates.joined(separator: ", ")
        case .otherMonth(let traded, let expected, let signal):
            "instrument.traded: \(traded) is of another month than the signal's contract \(signal); "
                + "expected \(expected)"
        }
    }
}
