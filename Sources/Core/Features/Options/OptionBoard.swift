import Determinism
import MarketCalendar
import MarketData
import Units

/// The option chain of a market: contracts, quotes, open interest and trades in, option features out.
///
/// One board serves all signal contracts. It lives by the receive clock: at every whole second it values the chain
/// (`refresh`), and between two refreshes it holds what it found; the leading engine writes that into its vector.
/// Nothing is on the heap after `init`, and without option definitions nothing costs anything.
public struct OptionBoard: ~Copyable {
    public static let second: UInt64 = 1_000_000_000
    static let minute: UInt64 = 60_000_000_000

    public let configuration: OptionConfiguration
    let calendar: TradingCalendar
    /// One tick of the future, points and 1e-9 points.
    let tick: Double
    let tickNanos: Int64
    let definitions: OptionDefinitionReader

    var chain: OptionChain
    var early: EarlyInterest
    var valuation: OptionValuation
    var zeroGamma: ZeroGamma
    var touch = TouchProbability()
    /// Prices of the underlying futures at the last refresh, points; NaN for none.
    let forwards: UnsafeMutablePointer<Double>
    let forwardCount: Int
    var strikeSums: OptionStrikes
    /// What trades did at the leader's levels.
    let levels: UnsafeMutablePointer<OptionLevel>

    /// The next whole second to evaluate, ns; `UInt64.max` while there are no contracts.
    public internal(set) var nextRefresh: UInt64 = .max
    /// Counts changes of what rows show; 0 while there are no contracts.
    public internal(set) var version: UInt64 = 0
    /// The last of these that was not a trade's: trades change volumes and flows alone.
    private(set) var chainVersion: UInt64 = 0
    /// Records of contracts that the board knows.
    public internal(set) var records: UInt64 = 0

    var state = OptionBoardState()

    /// - Parameters:
    ///   - symbols: the futures that options may be on, in the order of the plan's signal contracts.
    ///   - identities: the instrument numbers of each.
    public init(
        configuration: OptionConfiguration, calendar: TradingCalendar, tick: TickSize, symbols: [String],
        identities: [[InstrumentID]]
    ) {
        self.configuration = configuration
        self.calendar = calendar
        self.tick = tick.points
        tickNanos = tick.nanos
        definitions = OptionDefinitionReader(
            root: configuration.root, symbols: symbols, identities: identities, calendar: calendar)
        let capacity = configuration.isEnabled ? max(configuration.capacity, 1) : 1
        chain = OptionChain(capacity: capacity, underlyings: symbols.count)
        early = EarlyInterest(capacity: capacity)
        valuation = OptionValuation(capacity: capacity)
        zeroGamma = ZeroGamma(capacity: capacity)
        forwardCount = symbols.count
        forwards = .allocate(capacity: max(symbols.count, 1))
        forwards.initialize(repeating: .nan, count: max(symbols.count, 1))
        strikeSums = OptionStrikes(capacity: capacity)
        levels = .allocate(capacity: FeatureSchema.levelCount)
        levels.initialize(repeating: OptionLevel(), count: FeatureSchema.levelCount)
    }

    deinit {
        forwards.deallocate()
        levels.deallocate()
    }

    /// The strikes of the chain and near it, lowest first, with what is open, traded and exposed at each as of the last
    /// refresh. The pointer stays good until the next record.
    public var strikes: UnsafeBufferPointer<OptionStrike> {
        UnsafeBufferPointer(start: strikeSums.table, count: strikeSums.count)
    }

    /// Sums over the chain as of the last refresh.
    public var totals: OptionTotals { state.totals }

    /// Definitions for which there was no room.
    public var ignoredDefinitions: UInt64 { chain.ignored }

    /// A contract by its instrument number. The pointer stays good until the next record.
    public func contract(_ instrument: InstrumentID) -> UnsafePointer<OptionContract>? {
        let place = chain.find(instrument.raw)
        return place < 0 ? nil : UnsafePointer(chain.contracts + place)
    }

    var refreshedAt: UInt64 { state.refreshedAt }
    /// Place of the leading contract at the last refresh.
    var leader: Int32 { state.leader }
    /// When the stock exchanges close on the trade date, ns: options that expire then are today's.
    var todayClose: UInt64 { state.todayClose }
    /// The session's instants, 18:00 to 18:00, ns.
    var sessionRange: Range<UInt64> { state.sessionOpen..<max(state.nextOpen, state.sessionOpen) }

    /// Begins the session of `time` (ns) when it has come: what counts since 18:00 begins anew.
    mutating func enterSession(at time: UInt64) {
        guard time >= state.nextOpen else { return }
        let instant = Timestamp(nanoseconds: time)
        let session = calendar.sessionInForce(instant)
        state.sessionOpen = session.open.nanoseconds
        state.nextOpen = calendar.nextSession(after: instant).open.nanoseconds
        state.todayClose = calendar.equityClose(on: session.tradeDate).nanoseconds
        state.volumes = OptionVolumes()
        state.resetFlows()
        for place in 0..<chain.count {
            chain.contracts[place].volume = 0
            chain.contracts[place].signedVolume = 0
        }
        strikeSums.touchAll()
        chain.removeExpired(before: state.sessionOpen)
        if version > 0 { chainChanged() }
    }

    /// Rows show another chain than before.
    mutating func chainChanged() {
        version &+= 1
        chainVersion = version
    }
}

/// What a board remembers besides its contracts, strikes and levels.
struct OptionBoardState: BitwiseCopyable {
    var sessionOpen: UInt64 = 0
    /// 18:00 ET that begins the next session, ns; 0 before the first record.
    var nextOpen: UInt64 = 0
    var todayClose: UInt64 = 0
    /// The last refresh, ns.
    var refreshedAt: UInt64 = 0
    var leader: Int32 = 0
    var totals = OptionTotals()
    var market = OptionMarket()

    var volumes = OptionVolumes()
    var clock = OptionFlowClock()
    var callPremium = OptionFlowSum()
    var putPremium = OptionFlowSum()
    var deltaFlow = OptionFlowSum()
    var vegaFlow = OptionFlowSum()

    /// The market's sums; a level's end with the level.
    mutating func resetFlows() {
        callPremium = OptionFlowSum()
        putPremium = OptionFlowSum()
        deltaFlow = OptionFlowSum()
        vegaFlow = OptionFlowSum()
    }
}

/// What the last refresh found. Prices in points, volatilities per √year; NaN where not defined.
struct OptionMarket: BitwiseCopyable {
    /// The lead future's mid.
    var lead = Double.nan
    /// What distances to strikes are measured from: the same, or the forward of the nearest index expiration.
    var reference = Double.nan
    /// The future above the index, in 1e-9 points: added to strikes when they are compared with levels.
    var basisNanos: Int64 = 0
    /// To today's close of the stock exchanges.
    var yearsToClose = Double.nan
    var atTheMoneyToday = Double.nan
    var atTheMoney7 = Double.nan
    var atTheMoney30 = Double.nan
    var riskReversal = Double.nan
    var butterfly = Double.nan
    var straddle = Double.nan
    var callWall = Double.nan
    var putWall = Double.nan
    /// As of the last whole minute.
    var zeroGamma = Double.nan
}

extension OptionBoard: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("options")
        try archive.field(&chain)
        try archive.field(&early)
        try archive.field(&nextRefresh)
        try archive.field(&version)
        try archive.field(&chainVersion)
        try archive.field(&records)
        try archive.field(&state)
        for slot in 0..<forwardCount { try archive.field(&forwards[slot]) }
        for index in 0..<FeatureSchema.levelCount { try archive.field(&levels[index]) }
        try archive.field(&strikeSums)
    }
}
