import DBN
import Determinism
import MarketCalendar
import MarketData
import Units

/// What the engine of a leading contract tells whoever runs it. Vectors are valid during the call.
public protocol FeatureSink: ~Copyable {
    /// A group closed: the engine's vector, book and levels are those after it.
    mutating func groupClosed(_ engine: borrowing ContractEngine)
    /// A group of a contract closed that does not lead and is followed: its book is the one after it, and it has no
    /// vector.
    mutating func followedGroup(_ engine: borrowing ContractEngine)
    /// A second of event time ended at `time` (ns) while the market's session runs: the vector is that of this instant.
    mutating func secondEnded(_ engine: borrowing ContractEngine, time: UInt64)
    /// The first instant after `time`, ns, and after those that it was told, of which the sink wants the vector
    /// although no second ends there; `.max` for none.
    func instantDue(after time: UInt64) -> UInt64
    /// The instant that was due lies behind: the vector is that of then.
    mutating func instantPassed(_ engine: borrowing ContractEngine, time: UInt64)
}

extension FeatureSink where Self: ~Copyable {
    public mutating func followedGroup(_ engine: borrowing ContractEngine) {}
    public func instantDue(after time: UInt64) -> UInt64 { .max }
    public mutating func instantPassed(_ engine: borrowing ContractEngine, time: UInt64) {}
}

/// The fold of one contract: records in, feature vectors out, current at every event group.
///
/// Not on the heap after `init`, no clock, no order of anything but the records'. A record costs what its group costs,
/// once, at F_LAST. The vector holds the five levels one after the other, then the market (`FeatureSchema`).
public struct ContractEngine: ~Copyable {
    let families: FeatureFamilies
    private let groups: UnsafeMutablePointer<EventGroupAssembler>
    let operators: UnsafeMutablePointer<EngineOperators>
    /// When the rows that change with seconds are due although no second ends, because a warm-up does, ns.
    var secondRowsDue = UInt64.max
    /// Collects sessions for the history; nil unless it is asked for.
    let collector: UnsafeMutablePointer<SessionProfileBuilder>?
    let state: UnsafeMutablePointer<ContractState>
    /// The levels where they lie in `state`: reading one element through the inline array may copy all of it.
    let levels: UnsafeMutablePointer<LevelState>
    /// What their rows that move with time are made of; made anew when a state is loaded.
    let terms: UnsafeMutablePointer<LevelTerms>
    let values: UnsafeMutablePointer<Double>
    /// The same without what lacks records, while something does.
    let shown: UnsafeMutablePointer<Double>
    var hidesLost = false
    /// False before the contract's first accepted record.
    public internal(set) var hasStarted = false
    /// The largest receive time on any stream that the engine was told, ns.
    public private(set) var clock: UInt64 = 0
    /// What it was before the record in hand: nothing came on any stream between the two, ns.
    public private(set) var clockBefore: UInt64 = 0
    /// The contract leads: vectors are written and the sink is told. One that does not lead keeps its state current and
    /// no more.
    public var isLeading = true {
        didSet { if isLeading != oldValue { forgetRows() } }
    }
    /// The sink is told of the groups although another contract leads: an order or a position may still be this one's.
    /// Not saved.
    public var isFollowed = false
    /// The option chain that a leading contract's vector shows; nil for none. It outlives the engine.
    public var optionBoard: UnsafeMutablePointer<OptionBoard>?
    /// The version of it that the vector shows; 0 when a level has changed since.
    var optionVersion: UInt64 = 0

    /// How long after the end of a second the receive clock closes it although no later record of the contract came,
    /// ns.
    static let clockGrace: UInt64 = 250_000_000
    /// How long before the first record's receipt a contract's time may begin, ns: a week.
    static let longestStart = Timestamp.nanosecondsPerWeek

    public init(configuration: FeatureConfiguration) {
        operators = .allocate(capacity: 1)
        operators.initialize(to: EngineOperators(configuration: configuration))
        families = configuration.families
        groups = .allocate(capacity: 1)
        groups.initialize(to: EventGroupAssembler(tickSize: configuration.tickSize))
        collector = configuration.collectsSessions ? .allocate(capacity: 1) : nil
        collector?.initialize(to: SessionProfileBuilder())
        state = .allocate(capacity: 1)
        state.initialize(to: ContractState(configuration: configuration, start: 0))
        levels = ContractState.levels(of: state)
        terms = .allocate(capacity: FeatureSchema.levelCount)
        values = .allocate(capacity: FeatureSchema.columnCount)
        values.initialize(repeating: .nan, count: FeatureSchema.columnCount)
        shown = .allocate(capacity: FeatureSchema.columnCount)
        shown.initialize(repeating: .nan, count: FeatureSchema.columnCount)
    }

    deinit {
        groups.deinitialize(count: 1)
        groups.deallocate()
        operators.deinitialize(count: 1)
        operators.deallocate()
        collector?.deinitialize(count: 1)
        collector?.deallocate()
        state.deallocate()
        terms.deallocate()
        values.deallocate()
        shown.deallocate()
    }

    /// What makes event groups of the records. It lies behind a pointer: who is lent the engine gets a copy of it.
    public internal(set) var assembler: EventGroupAssembler {
        unsafeAddress { UnsafePointer(groups) }
        unsafeMutableAddress { groups }
    }
    public var configuration: FeatureConfiguration { operators.pointee.configuration }
    /// The current vector, `FeatureSchema.columnCount` values. NaN is "not defined now".
    public var vector: UnsafeBufferPointer<Double> {
        UnsafeBufferPointer(start: hidesLost ? shown : values, count: FeatureSchema.columnCount)
    }
    /// The group that closed last.
    public var group: EventGroup { assembler.closedGroup }
    /// The book after it.
    public var book: UnsafePointer<Book> { assembler.settledBook }
    /// The same, for a sink that is told of a group: where it stays as it is until the next group has closed.
    public var closedBook: UnsafePointer<Book> { assembler.before }
    public var trades: UnsafeBufferPointer<TradeRun> { assembler.trades }
    /// What the last group did to resting orders.
    public var depthChanges: UnsafeBufferPointer<DepthChange> { operators.pointee.attribution.changes }
    public var mid: MidState { state.pointee.mid }
    public var isBookValid: Bool { state.pointee.isBookValid }
    /// The market of this contract is open.
    public var isOpen: Bool { state.isOpen(at: state.pointee.clock.time) }
    /// It is not, although its session has begun and is not over.
    public var isHalted: Bool {
        state.pointee.status.isHalt && state.pointee.session.contains(Timestamp(nanoseconds: state.pointee.clock.time))
    }
    public var session: SessionTimes { state.pointee.session }
    public var isSuspect: Bool { assembler.isSettledSuspect }
    /// The market has closed since the book's last group: it is none to read any more (K.3-8).
    public var isBookOld: Bool { state.pointee.isBookOld }
    public var status: TradingStatus { state.pointee.status }
    public var statusSource: TradingStatus.Source { state.pointee.status.source }
    /// Tests of a level in all sessions so far.
    public func testCount(_ kind: LevelKind) -> Int64 {
        state.pointee.testCounts[kind.rawValue] + level(kind).pointee.test.touchCount
    }
    /// A level is being tested, or a test ended less than `span` ns before the last group.
    public func hasRecentTest(within span: UInt64) -> Bool {
        state.pointee.isTesting || assembler.closedGroup.time &- state.pointee.lastTestEnd < span
    }
    /// One level. The pointer stays good as long as the engine lives.
    public func level(_ kind: LevelKind) -> UnsafePointer<LevelState> { level(at: kind.rawValue) }
    /// The same by its place among the levels.
    public func level(at index: Int) -> UnsafePointer<LevelState> { UnsafePointer(levels + index) }

    /// Takes one `mbp-10` record of this contract.
    ///
    /// - Parameters:
    ///   - sequence: the record's position in the ring.
    ///   - clock: the largest receive time seen on any stream, this record's included, ns.
    public mutating func take<Sink: FeatureSink & ~Copyable>(
        _ record: MarketByPriceView, sequence: UInt64, clock: UInt64, sink: inout Sink
    ) {
        hear(clock)
        let isLast = record.flags.contains(.last)
        guard assembler.check(record, latestTime: clock) == nil else {
            if isLast { closeGroup(missingLast: false, sink: &sink) }
            return
        }
        if assembler.endsOpenGroup(record) { closeGroup(missingLast: true, sink: &sink) }
        let eventTime = record.record.eventTime.nanoseconds
        if !hasStarted {
            hasStarted = true
            let (status, lost) = (state.pointee.status, state.pointee.lost)
            // An order restated from long ago does not make the engine live through all the time since.
            let start = max(eventTime, clock &- min(clock, Self.longestStart))
            state.pointee = ContractState(configuration: operators.pointee.configuration, start: start)
            operators.pointee.grid.clear()
            operators.pointee.tradeHistory.begin(at: start)
            operators.pointee.auction.start(state.pointee.session)
            state.pointee.status = status
            state.pointee.lost = lost
            beginHistory(at: start)
        }
        closeSeconds(upTo: max(eventTime, clock &- min(clock, Self.clockGrace)), sink: &sink)
        if eventTime < state.pointee.secondEnd &- ContractState.second { assembler.countLate() }
        assembler.append(record, sequence: sequence)
        if isLast { closeGroup(missingLast: false, sink: &sink) }
    }

    /// Tells the time: the largest receive time seen on any stream, ns.
    ///
    /// - Parameter limit: no second that ends after it is closed, ns.
    public mutating func tick<Sink: FeatureSink & ~Copyable>(
        clock: UInt64, upTo limit: UInt64 = .max, sink: inout Sink
    ) {
        hear(clock)
        guard hasStarted else { return }
        closeSeconds(upTo: min(clock &- min(clock, Self.clockGrace), limit), sink: &sink)
    }

    /// Takes the `action` of a `status` record of this contract.
    ///
    /// - Parameters:
    ///   - time: `ts_event` of the record in ns; one after `clock` is not believed.
    ///   - clock: the largest receive time seen on any stream, this record's included, ns.
    public mutating func takeStatus<Sink: FeatureSink & ~Copyable>(
        action: UInt16, time: UInt64, clock: UInt64, sink: inout Sink
    ) {
        hear(clock)
        let time = min(time, clock)
        if hasStarted {
            closeSeconds(upTo: max(time, clock &- min(clock, Self.clockGrace)), sink: &sink)
            state.pointee.advance(to: time)
        }
        state.pointee.status.apply(action: action)
        refreshMarket(at: max(time, state.pointee.clock.time))
    }

    /// Status records of this contract are missing, those after `from` and before `to`, ns. No time passes with that.
    public mutating func loseStatus(from: UInt64, to: UInt64) {
        state.pointee.status.lose(from: from, to: to, in: state.pointee.session)
        refreshMarket(at: state.pointee.clock.time)
    }

    /// Takes a `statistics` record of this contract: final settlements.
    public mutating func takeStatistics(_ record: StatisticsView) { operators.pointee.auction.takeStatistics(record) }

    /// Takes a `definition` record of this contract: its expiration.
    public mutating func takeDefinition(_ record: InstrumentDefinitionView) {
        operators.pointee.auction.takeDefinition(record)
    }

    /// The calendar's date of expiry, which counts until a definition says another.
    public mutating func expect(expiry: CivilDate?) { operators.pointee.auction.expect(expiry: expiry) }

    mutating func hear(_ clock: UInt64) {
        guard clock != self.clock else { return }
        clockBefore = self.clock
        self.clock = clock
    }
}

extension ContractEngine: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("contract")
        try archive.field(&assembler)
        try archive.field(&operators.pointee.grid)
        try archive.field(&operators.pointee.tradeHistory)
        try archive.field(&operators.pointee.volatility)
        try archive.field(&secondRowsDue)
        try archive.field(&operators.pointee.auction)
        try archive.field(&hasStarted)
        try archive.field(&clock)
        try archive.field(&clockBefore)
        try archive.field(&isLeading)
        try archive.field(&optionVersion)
        state.pointee.forgetDerived()
        try archive.field(&state.pointee)
        try archive.field(&operators.pointee.baseline)
        if let collector { try archive.field(&collector.pointee) }
        for index in 0..<FeatureSchema.columnCount { try archive.field(&values[index]) }
        try archive.field(&hidesLost)
        guard hidesLost else { return }
        for index in 0..<FeatureSchema.columnCount { try archive.field(&shown[index]) }
    }
}
