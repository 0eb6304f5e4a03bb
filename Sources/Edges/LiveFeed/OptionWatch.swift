import DBN
import MarketCalendar
import Units

/// Follows a feed's records to the chain of options: their definitions, and the price of the future that says which
/// strikes are near. Gives the symbols to subscribe to when definitions or the price have changed enough, and no
/// oftener than its interval allows.
public struct OptionWatch: Sendable {
    /// Between two selections, at least.
    public var interval = Nanoseconds.seconds(10)

    private let rules: OptionSelectionRules
    /// How the future was asked for: `ES.c.0`, or its own symbol.
    private let future: String
    private let readsIndexOptions: Bool
    private var selection: OptionSelection?
    /// Definitions that came before the future had a name, and subscriptions of an earlier run.
    private var early: [[UInt8]] = []
    private var earlyChosen: [String] = []
    private var instrument: InstrumentID?
    private var bid: Int64 = .max
    private var ask: Int64 = .max
    private var settlement: Price?
    private var time = Timestamp.undefined
    private var isChanged = false
    private var usedForward = Price.undefined
    private var selectedAt: Nanoseconds?

    /// - Parameter index: the root of an index's options, such as `SPXW`, and the calendar that tells when they expire;
    ///   nil for options on the future.
    public init(
        future: String, index: (root: String, calendar: TradingCalendar)? = nil, rules: OptionSelectionRules
    ) {
        self.rules = rules
        self.future = future
        readsIndexOptions = index != nil
        selection = index.map { OptionSelection(.index(root: $0.root, calendar: $0.calendar), rules: rules) }
    }

    /// Definitions of the chain so far.
    public var count: Int { selection?.count ?? 0 }

    /// What strikes are measured from: the middle of the future's book, else its last settlement. Also for an index,
    /// whose own forward lies within a percent or two of it.
    public var forward: Price? {
        if bid != .max, ask != .max { return Price(nanos: bid / 2 + ask / 2) }
        return settlement
    }

    /// What is subscribed to, or is to be, so far.
    public var chosen: [String] { selection?.chosen ?? [] }

    /// Whether the future has a book, and there are definitions to choose from.
    public var isReady: Bool { count > 0 && bid != .max && ask != .max }

    @inline(__always)
    public mutating func take(_ record: RecordView) {
        switch record.type {
        case .mbp10 where record.instrumentID == instrument && record.byteCount >= RecordByteCount.mbp10:
            let level = record.marketByPrice.level(0)
            (bid, ask) = (level.bidPrice, level.askPrice)
            time = record.receiveTime
        case .instrumentDefinition: takeDefinition(record)
        case .symbolMapping: takeMapping(record)
        case .statistics where record.instrumentID == instrument && record.byteCount >= RecordByteCount.statistics:
            let statistics = record.statistics
            if statistics.type == .settlementPrice, statistics.price.isDefined { settlement = statistics.price }
        default: break
        }
    }

    /// What is to be subscribed to now; empty when nothing is, or it is too early to look.
    ///
    /// - Parameter now: monotonic.
    public mutating func additions(now: Nanoseconds) -> [String] {
        guard let forward, forward.nanos > 0, selection != nil, isChanged || hasMoved(forward) else { return [] }
        if let selectedAt, now - selectedAt < interval { return [] }
        selectedAt = now
        isChanged = false
        usedForward = forward
        let forwards = [Price?](repeating: forward, count: 1)
        return selection?.additions(at: time.isDefined ? time : Timestamp(nanoseconds: 0), forwards: forwards) ?? []
    }

    /// The present, for a chain whose future has no book.
    public mutating func setTime(_ now: Timestamp) { if !time.isDefined { time = now } }

    private func hasMoved(_ forward: Price) -> Bool {
        guard usedForward.isDefined else { return true }
        let distance = Double((forward.nanos &- usedForward.nanos).magnitude)
        return distance > rules.drift / 2 * Double(usedForward.nanos)
    }

    private mutating func takeDefinition(_ record: RecordView) {
        guard selection != nil else {
            early.append(Array(UnsafeRawBufferPointer(start: record.bytes, count: record.byteCount)))
            return
        }
        if selection?.take(record) == true { isChanged = true }
    }

    private mutating func takeMapping(_ record: RecordView) {
        let mapping = record.symbolMapping
        let (asked, name) = (mapping.inputSymbol, mapping.outputSymbol)
        if asked == future {
            instrument = record.instrumentID
            if !readsIndexOptions, selection == nil { begin(name, record.instrumentID) }
        } else if asked == name {
            // A subscription of its own, so one that was made: it is there already.
            if selection == nil { earlyChosen.append(name) }
            selection?.choose(name)
        }
    }

    private mutating func begin(_ name: String, _ instrument: InstrumentID) {
        var begun = OptionSelection(.futures([name], identities: [[instrument]]), rules: rules)
        for bytes in early {
            bytes.withUnsafeBytes { bytes in
                if let base = bytes.baseAddress, begun.take(RecordView(base)) { isChanged = true }
            }
        }
        for name in earlyChosen { begun.choose(name) }
        (early, earlyChosen) = ([], [])
        selection = begun
    }
}
