import Configuration
import DBN
import LiveFeed
import MarketCalendar
import Platform
import Units

/// What a live run subscribes to: definitions, status and statistics, the books of both contracts, and the chain of
/// options.
struct LiveSubscriptions {
    /// Of the futures' dataset, in their order.
    private(set) var futures: [LiveSubscription]
    /// Of the options' own dataset, when they have one.
    private(set) var chain: [LiveSubscription] = []
    /// Whether the chain is subscribed to at all.
    let hasOptions: Bool
    /// Whether it comes from a dataset of its own.
    let hasIndexChain: Bool
    /// Where the replay of the books begins; nil without one.
    let start: Timestamp?
    /// From when on it is asked for: what stands at a session's opening is said shortly before it.
    private let asked: Timestamp?
    private static let lead = Nanoseconds.seconds(60)
    /// When the session began that is in force while this is made.
    let presentSession: Timestamp
    /// The two contracts, and those after them.
    let contracts: WantedContracts
    /// Of definitions and statistics of the chain, which the venue says once a day or once a week.
    static let begin = Timestamp(nanoseconds: 0)

    private let configuration: ResolvedConfiguration
    private let calendar: TradingCalendar

    init(_ configuration: ResolvedConfiguration, _ source: LiveSource) throws {
        self.configuration = configuration
        calendar = .cmeEquityIndex(zone: try ZoneData.newYork(), windows: configuration.sessions)
        hasOptions = configuration.live.hasOptions
        parents = configuration.live.hasOptions ? Self.parents(configuration) : []
        hasIndexChain = hasOptions && !configuration.options.root.isEmpty
        presentSession = calendar.sessionInForce(WallClock.now()).open
        start =
            switch source.replay {
            case .none: nil
            case .all: Self.begin
            case .session: presentSession
            }
        asked = source.replay == .session ? presentSession - Self.lead : start
        let (signal, traded) = (configuration.instrument.signal, configuration.instrument.traded)
        contracts = WantedContracts([signal, traded], replaceable: traded == signal ? nil : traded)
        futures = []
        for schema in [Schema.definition, .status, .statistics, .mbp10] {
            for (type, names) in contracts.groups {
                futures.append(try LiveSubscription(schema, type, .named(names), start: asked))
            }
        }
        guard hasOptions else { return }
        let reference = try references
        if hasIndexChain { chain = reference } else { futures += reference }
    }

    /// Where a replay begins of the session in force at a time of day; nil for a run that asks for none.
    var sessionStart: (@Sendable (Timestamp) -> Timestamp)? {
        guard start != nil else { return nil }
        return { [calendar] now in calendar.sessionInForce(now).open - Self.lead }
    }

    /// The definitions of the chain's families and their open interest.
    var references: [LiveSubscription] {
        get throws {
            try [Schema.definition, .statistics].map { schema in
                try LiveSubscription(schema, .parent, .named(parents), start: Self.begin)
            }
        }
    }

    /// What tells the prices of the signal's futures, this one and the next: settlements, and books from now on.
    var prices: [LiveSubscription] {
        get throws {
            let name = configuration.instrument.signal
            let type = WantedContracts.type(of: name)
            return [
                try LiveSubscription(.statistics, type, .named(signals), start: Self.begin),
                try LiveSubscription(.mbp10, type, .named(signals)),
            ]
        }
    }

    /// How the signal's futures are asked for: the chain is of options on both, for each leads in its time.
    private var signals: [String] {
        let wanted = WantedContracts([configuration.instrument.signal])
        return (wanted.symbols.union(wanted.next)).sorted()
    }

    /// Follows a feed to the chain (FEATURES A.13).
    var watch: OptionWatch {
        var rules = OptionSelectionRules()
        rules.horizonDays = configuration.options.horizonDays
        rules.strikeWindow = configuration.options.strikeWindow
        rules.contractsMax = configuration.options.maximumContracts
        let root = configuration.options.root
        return OptionWatch(
            futures: signals, index: root.isEmpty ? nil : (root, calendar),
            rules: rules)
    }

    /// Where the chain's dataset is and what it is called.
    func chain(_ source: LiveSource) -> (GatewayAddress, String) {
        guard hasIndexChain else { return (source.address, source.dataset) }
        let dataset = configuration.live.optionsDataset
        return (source.optionsAddress ?? .databento(dataset: dataset), dataset)
    }

    /// The contracts that the symbols of both mean by the calendar.
    func leads(at time: Timestamp) -> [String] {
        let date = calendar.sessionInForce(time).tradeDate
        return contracts.symbols.sorted().compactMap { text in
            guard let symbol = try? FuturesSymbol(text, near: date) else { return nil }
            return calendar.contract(symbol, on: date)?.rawSymbol
        }
    }

    /// When the session in force at `time` began.
    func sessionOpen(at time: Timestamp) -> Timestamp { calendar.sessionInForce(time).open }

    /// Subscribes to the quotes of what the sink's watch has chosen and now chooses.
    mutating func choose(from sink: inout LiveIngestSink) {
        guard hasOptions else { return }
        _ = sink.options?.additions(now: MonotonicClock.now())
        guard let chosen = sink.options?.chosen, !chosen.isEmpty, let quotes = try? quotes(chosen, start: asked)
        else { return }
        if hasIndexChain { chain.append(quotes) } else { futures.append(quotes) }
    }

    /// The quotes of what the watch of the sink newly chooses; nil when there is nothing new.
    func additions(from sink: inout LiveIngestSink) throws -> LiveSubscription? {
        guard hasOptions, let names = sink.options?.additions(now: MonotonicClock.now()), !names.isEmpty else {
            return nil
        }
        return try quotes(names, start: nil)
    }

    /// The best prices and the trades of options.
    private func quotes(_ names: [String], start: Timestamp?) throws -> LiveSubscription {
        try LiveSubscription(hasIndexChain ? .cmbp1 : .mbp1, .rawSymbol, .named(names), start: start)
    }

    /// The families whose definitions are wanted; none without options.
    let parents: [String]

    private static func parents(_ configuration: ResolvedConfiguration) -> [String] {
        let root = configuration.options.root
        guard root.isEmpty else { return OptionFamilies.parents(indexRoot: root) }
        let signal = configuration.instrument.signal
        // Any date will do: it decides the decade only.
        let near = CivilDate(daysSinceEpoch: 0)
        let contract = FuturesContract(signal, near: near)?.root ?? signal.prefix { $0 != "." }.description
        return OptionFamilies.parents(futuresRoot: contract)
    }
}
