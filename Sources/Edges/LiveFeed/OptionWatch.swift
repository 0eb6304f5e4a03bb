import DBN
import Determinism
import MarketCalendar
import Units

/// Follows a feed's records to the chain of options: their definitions, and the prices of the futures that say which
/// strikes are near. Gives the symbols to subscribe to when definitions or the price have changed enough or time has
/// brought a contract into the horizon, and no oftener than its interval allows.
public struct OptionWatch: Sendable {
    /// Between two selections, at least.
    public var interval = Nanoseconds.seconds(10)

    private let rules: OptionSelectionRules
    /// How the futures were asked for: `ES.c.0` and `ES.c.1`, or one by its own symbol.
    private let asked: [String]
    private let readsIndexOptions: Bool
    private var selection: OptionSelection?
    /// What is known by its own name of those, in the order in which it was said: the places of the selection.
    private var futures: [Future] = []
    /// Definitions on what has no name so far, and subscriptions of an earlier run.
    private var early: [[UInt8]] = []
    private var earlyChosen: [String] = []
    /// By the records of data so far: a market that is closed has no books, and says its definitions all the same.
    private var clock = DataClock()
    /// What to take for the time until the first book comes; undefined when nothing was said or one has come.
    private var present = Timestamp.undefined
    /// When time alone brings a contract into the horizon; undefined when it brings none that is known.
    private var due = Timestamp.undefined
    private var isChanged = false
    private var selectedAt: Nanoseconds?

    /// Definitions that wait for the name of their future, at most.
    private static let mostEarly = 65_536

    /// A future that options are on, and where it stands.
    struct Future: Sendable {
        var name = ""
        var instrument = InstrumentID(0)
        var bid = Int64.max
        var ask = Int64.max
        var settlement: Price?
        /// The price of the last selection.
        var used = Price.undefined

        var hasBook: Bool { bid != .max && ask != .max }
        /// The middle of its book, else its last settlement.
        var price: Price? {
            let price = hasBook ? Price(nanos: bid / 2 + ask / 2) : settlement
            return price.flatMap { $0.nanos > 0 ? $0 : nil }
        }
    }

    /// - Parameters:
    ///   - futures: how they are asked for. Each counts by the contract that it stands for: options on two of them are
    ///     one chain, and each is measured from its own future.
    ///   - index: the root of an index's options, such as `SPXW`, and the calendar that tells when they expire; nil for
    ///     options on the futures.
    public init(
        futures asked: [String], index: (root: String, calendar: TradingCalendar)? = nil, rules: OptionSelectionRules
    ) {
        self.rules = rules
        self.asked = asked
        readsIndexOptions = index != nil
        selection = index.map { OptionSelection(.index(root: $0.root, calendar: $0.calendar), rules: rules) }
    }

    /// Definitions of the chain so far.
    public var count: Int { selection?.count ?? 0 }

    /// What an index's strikes are measured from: the price of the first future that has one, a percent or two from the
    /// index's own forward.
    public var forward: Price? {
        for future in futures { if let price = future.price { return price } }
        return nil
    }

    /// What is subscribed to, or is to be, so far.
    public var chosen: [String] { selection?.chosen ?? [] }

    /// Whether each future that has a name has a book, and there are definitions to choose from.
    public var isReady: Bool { count > 0 && !futures.isEmpty && futures.allSatisfy(\.hasBook) }

    @inline(__always)
    public mutating func take(_ record: RecordView) {
        switch record.type {
        case .symbolMapping: return takeMapping(record)
        // Stamped with the gateway's own time.
        case .system, .error: return
        default: clock.hear(record)
        }
        switch record.type {
        case .mbp10: takeBook(record)
        case .instrumentDefinition: takeDefinition(record)
        case .statistics where record.byteCount >= RecordByteCount.statistics:
            let statistics = record.statistics
            guard statistics.type == .settlementPrice, statistics.price.isDefined else { return }
            if let place = place(of: record.instrumentID) { futures[place].settlement = statistics.price }
        default: break
        }
    }

    @inline(__always)
    private mutating func takeBook(_ record: RecordView) {
        guard let place = place(of: record.instrumentID), record.byteCount >= RecordByteCount.mbp10 else { return }
        let level = record.marketByPrice.level(0)
        (futures[place].bid, futures[place].ask) = (level.bidPrice, level.askPrice)
        present = .undefined
    }

    @inline(__always)
    private func place(of instrument: InstrumentID) -> Int? {
        for place in futures.indices where futures[place].instrument == instrument { return place }
        return nil
    }

    /// What is to be subscribed to now; empty when nothing is, or it is too early to look.
    ///
    /// - Parameter now: monotonic.
    public mutating func additions(now: Nanoseconds) -> [String] {
        guard forward != nil, selection != nil, isChanged || hasMoved || time >= due else { return [] }
        if let selectedAt, now - selectedAt < interval { return [] }
        selectedAt = now
        isChanged = false
        for place in futures.indices { futures[place].used = futures[place].price ?? .undefined }
        let forwards = readsIndexOptions ? [forward] : futures.map(\.price)
        let time = time
        let added = selection?.additions(at: time, forwards: forwards) ?? []
        due = selection?.nextEntry(after: time) ?? .undefined
        return added
    }

    /// 0 when nothing has come.
    private var time: Timestamp { present.isDefined ? present : clock.time }

    /// The present, for a chain whose future has no book.
    public mutating func setTime(_ now: Timestamp) {
        if !futures.contains(where: \.hasBook) { present = now }
    }

    /// A future has moved by half of the margin, or has a price that it had not.
    private var hasMoved: Bool {
        futures.contains { future in
            guard let price = future.price else { return false }
            guard future.used.isDefined else { return true }
            let distance = Double((price.nanos &- future.used.nanos).magnitude)
            return distance > rules.drift / 2 * Double(future.used.nanos)
        }
    }

    private mutating func takeDefinition(_ record: RecordView) {
        if selection?.take(record) == true {
            isChanged = true
        } else if !readsIndexOptions, futures.count < asked.count, early.count < Self.mostEarly {
            early.append(Array(UnsafeRawBufferPointer(start: record.bytes, count: record.byteCount)))
        }
    }

    private mutating func takeMapping(_ record: RecordView) {
        let mapping = record.symbolMapping
        let (input, name) = (mapping.inputSymbol, mapping.outputSymbol)
        if asked.contains(input) {
            if let place = futures.firstIndex(where: { $0.name == name }) {
                futures[place].instrument = record.instrumentID
            } else {
                futures.append(Future(name: name, instrument: record.instrumentID))
                if !readsIndexOptions { begin(name, record.instrumentID) }
            }
        } else if input == name {
            // A subscription of its own, so one that was made: it is there already.
            if selection == nil { earlyChosen.append(name) }
            selection?.choose(name)
        }
    }

    private mutating func begin(_ name: String, _ instrument: InstrumentID) {
        var begun = selection ?? OptionSelection(.futures([]), rules: rules)
        begun.add(name, instrument)
        early.removeAll { bytes in
            bytes.withUnsafeBytes { raw in
                guard let base = raw.baseAddress, begun.take(RecordView(base)) else { return false }
                isChanged = true
                return true
            }
        }
        if futures.count >= asked.count { early = [] }
        for name in earlyChosen { begun.choose(name) }
        earlyChosen = []
        selection = begun
    }
}

/// For the same settings. When it last chose is not part of it.
extension OptionWatch: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("option-watch")
        var isChoosing = selection != nil
        try archive.field(&isChoosing)
        if isChoosing {
            var choosing = selection ?? OptionSelection(.futures([]), rules: rules)
            try archive.field(&choosing)
            selection = choosing
        }
        try archive.field(&futures, blank: Future())
        try archive.field(&early)
        try archive.field(&earlyChosen)
        var time = clock.time
        try archive.field(&time)
        if archive.isLoading { clock = DataClock(at: time) }
        try archive.field(&present)
        try archive.field(&due)
        try archive.field(&isChanged)
    }
}

extension OptionWatch.Future: PersistentState {
    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&name)
        try archive.field(&instrument)
        try archive.field(&bid)
        try archive.field(&ask)
        try archive.field(&settlement)
        try archive.field(&used)
    }
}
