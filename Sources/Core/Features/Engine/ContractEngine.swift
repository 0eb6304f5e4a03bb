import DBN
import Determinism
import MarketCalendar
import MarketData
import Units

/// What the engine of a leading contract tells whoever runs it. Vectors are valid during the call.
public protocol FeatureSink: ~Copyable {
    /// A group closed: the engine's vector, book and levels are those after it.
    mutating func groupClosed(_ engine: borrowing ContractEngine)
    /// A second of event time ended at `time` (ns) while the market's session runs: the vector is that of this instant.
    mutating func secondEnded(_ engine: borrowing ContractEngine, time: UInt64)
    /// The first instant after `time`, ns, and after those that it was told, of which the sink wants the vector although
    /// no second ends there; `.max` for none.
    func instantDue(after time: UInt64) -> UInt64
    /// The instant that was due lies behind: the vector is that of then.
    mutating func instantPassed(_ engine: borrowing ContractEngine, time: UInt64)
}

extension FeatureSink where Self: ~Copyable {
    public func instantDue(after time: UInt64) -> UInt64 { .max }
    public mutating func instantPassed(_ engine: borrowing ContractEngine, time: UInt64) {}
}

/// The fold of one contract: records in, feature vectors out, current at every event group.
///
/// Not on the heap after `init`, no clock, no order of anything but the records'. A record costs what its group costs,
/// once, at F_LAST. The vector holds the five levels one after the other, then the market (`FeatureSchema`).
public struct ContractEngine: ~Copyable {
    public let configuration: FeatureConfiguration
    public private(set) var assembler: EventGroupAssembler
    private var attribution = DepthAttribution()
    private var grid = MidGrid()
    private var tradeHistory = TradeHistory()
    private var volatility: Volatility
    /// When the rows that change with seconds are due although no second ends, because a warm-up does, ns.
    private var secondRowsDue = UInt64.max
    private var auction: SessionAuction
    private let state: UnsafeMutablePointer<ContractState>
    /// The levels where they lie in `state`: reading one element through the inline array may copy all of it.
    private let levels: UnsafeMutablePointer<LevelState>
    private let values: UnsafeMutablePointer<Double>
    /// False before the contract's first accepted record.
    public private(set) var hasStarted = false
    /// The largest receive time on any stream that the engine was told, ns.
    public private(set) var clock: UInt64 = 0
    /// What it was before the record in hand: nothing came on any stream between the two, ns.
    public private(set) var clockBefore: UInt64 = 0
    /// The contract leads: vectors are written and the sink is told. One that does not lead keeps its state current and
    /// no more.
    public var isLeading = true {
        didSet { if isLeading != oldValue { forgetRows() } }
    }

    /// How long after the end of a second the receive clock closes it although no later record of the contract came,
    /// ns.
    private static let clockGrace: UInt64 = 250_000_000
    /// How long before the first record's receipt a contract's time may begin, ns: a week.
    private static let longestStart: UInt64 = 604_800_000_000_000

    public init(configuration: FeatureConfiguration) {
        self.configuration = configuration
        assembler = EventGroupAssembler(tickSize: configuration.tickSize)
        volatility = Volatility(configuration: configuration)
        auction = SessionAuction(configuration: configuration)
        state = .allocate(capacity: 1)
        state.initialize(to: ContractState(configuration: configuration, start: 0))
        levels = ContractState.levels(of: state)
        values = .allocate(capacity: FeatureSchema.columnCount)
        values.initialize(repeating: .nan, count: FeatureSchema.columnCount)
    }

    deinit {
        state.deallocate()
        values.deallocate()
    }

    /// The current vector, `FeatureSchema.columnCount` values. NaN is "not defined now".
    public var vector: UnsafeBufferPointer<Double> {
        UnsafeBufferPointer(start: values, count: FeatureSchema.columnCount)
    }
    /// The group that closed last.
    public var group: EventGroup { assembler.closedGroup }
    /// The book after it.
    public var book: UnsafePointer<Book> { assembler.settledBook }
    public var trades: UnsafeBufferPointer<TradeRun> { assembler.trades }
    /// What the last group did to resting orders.
    public var depthChanges: UnsafeBufferPointer<DepthChange> { attribution.changes }
    public var mid: MidState { state.pointee.mid }
    public var isBookValid: Bool { state.pointee.isBookValid }
    /// The market of this contract is open.
    public var isOpen: Bool { state.isOpen(at: state.pointee.clock.time) }
    public var session: SessionTimes { state.pointee.session }
    public var isSuspect: Bool { assembler.isSettledSuspect }
    public var status: TradingStatus { state.pointee.status }
    public var statusSource: TradingStatus.Source { state.pointee.status.source }
    /// Tests of a level in all sessions so far.
    public func testCount(_ kind: LevelKind) -> Int64 {
        state.pointee.testCounts[kind.rawValue] + level(kind).pointee.test.touchCount
    }
    /// Whether a level is being tested, and when its last test ended (ns; 0 before the first end, or while inactive).
    public func test(_ kind: LevelKind) -> (isUnderWay: Bool, end: UInt64) {
        let level = levels + kind.rawValue
        return (level.pointee.test.isTesting, level.pointee.test.testEnd)
    }
    /// One level. The pointer stays good as long as the engine lives.
    public func level(_ kind: LevelKind) -> UnsafePointer<LevelState> { UnsafePointer(levels + kind.rawValue) }

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
            let status = state.pointee.status
            // An order restated from long ago does not make the engine live through all the time since.
            let start = max(eventTime, clock &- min(clock, Self.longestStart))
            state.pointee = ContractState(configuration: configuration, start: start)
            grid.clear()
            tradeHistory.begin(at: start)
            auction.start(state.pointee.session)
            state.pointee.status = status
        }
        closeSeconds(upTo: max(eventTime, clock &- min(clock, Self.clockGrace)), sink: &sink)
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

    /// Takes a `statistics` record of this contract: final settlements.
    public mutating func takeStatistics(_ record: StatisticsView) { auction.takeStatistics(record) }

    /// Takes a `definition` record of this contract: its expiration.
    public mutating func takeDefinition(_ record: InstrumentDefinitionView) { auction.takeDefinition(record) }

    /// The calendar's date of expiry, which counts until a definition says another.
    public mutating func expect(expiry: CivilDate?) { auction.expect(expiry: expiry) }

    private mutating func hear(_ clock: UInt64) {
        guard clock != self.clock else { return }
        clockBefore = self.clock
        self.clock = clock
    }

    // MARK: Groups

    // What follows is mutating even where it changes only what pointers lead to: a call that borrows the engine copies
    // it.

    private mutating func closeGroup<Sink: FeatureSink & ~Copyable>(missingLast: Bool, sink: inout Sink) {
        guard assembler.close(missingLast: missingLast) else { return }
        let group = assembler.group
        let midBefore = state.pointee.mid
        let wasValid = state.pointee.isBookValid
        state.pointee.advance(to: group.time)
        state.pointee.moveAverage()
        refreshValidity(at: group.time)
        let isOpen = state.isOpen(at: group.time)
        let usable = isOpen && !assembler.isSuspect && !assembler.book.pointee.isCrossed
        let restated = group.hasSnapshot || group.hasClear
        attribute(flowCounts: usable && !restated)
        var parts = OrderParts()
        for trade in assembler.trades { parts.add(trade.size, aggressor: trade.aggressor) }
        state.pointee.take(trades: assembler.trades, eventTime: group.eventTime, isOpen: isOpen)
        auction.take(trades: assembler.trades, time: group.time, isOpen: isOpen)
        let context = GroupContext(
            time: group.time, eventTime: group.eventTime, clock: state.pointee.clock, bookChange: assembler.change,
            bookTouch: BookTouch(assembler.book, assembler.change), before: assembler.before, after: assembler.book,
            changes: attribution.changes, trades: assembler.trades,
            bought: parts.bought, sold: parts.sold, unsigned: parts.unsigned, flowCounts: usable && !restated,
            isOpen: isOpen, bookIsUsable: usable, wasValid: wasValid && assembler.hasBefore && !restated,
            mid: state.pointee.mid, midBefore: midBefore)
        apply(context, records: group.recordCount)
        assembler.advance()
        guard isLeading else { return }
        writeVector(at: state.pointee.clock)
        sink.groupClosed(self)
    }

    private mutating func attribute(flowCounts: Bool) {
        guard flowCounts else {
            attribution.clear()
            return
        }
        attribution.update(
            before: assembler.before, after: assembler.book, change: assembler.change, trades: assembler.trades,
            comparable: assembler.hasBefore, bids: !assembler.book.pointee.bid.isEmpty,
            asks: !assembler.book.pointee.ask.isEmpty)
    }

    private mutating func apply(_ context: borrowing GroupContext, records: Int32) {
        if context.isOpen, context.eventTime >= state.pointee.activationDue,
            state.pointee.session.contains(Timestamp(nanoseconds: context.time))
        {
            activateLevels(context)
        }
        state.pointee.shape.apply(context.after, change: context.bookChange)
        state.pointee.flow.apply(context, shape: state.pointee.shape, records: records)
        if !context.bookChange.isEmpty || context.bookIsUsable != state.pointee.wasUsable {
            state.pointee.wasUsable = context.bookIsUsable
            state.pointee.meanLevelSize.watch(
                context.after, shape: state.pointee.shape, usable: context.bookIsUsable, time: context.time)
        }
        if !context.trades.isEmpty { applyTrades(context) }
        for index in 0..<5 { levels[index].apply(context) }
    }

    private mutating func applyTrades(_ context: borrowing GroupContext) {
        if context.isOpen, state.pointee.session.isRTH(Timestamp(nanoseconds: context.time)) {
            volatility.takeRegular(context.trades)
        }
        guard context.flowCounts else { return }
        let orders = tradeHistory.gather(context.trades)
        state.pointee.tradeFlow.apply(orders, group: context, largeTrade: configuration.levels.largeTrade)
        tradeHistory.apply(orders, group: context)
    }

    private mutating func activateLevels(_ context: borrowing GroupContext) {
        state.pointee.stale = .all
        let current = state.pointee.mid
        // A level takes its side from the mid in force before the group that activates it (K.3-21).
        state.pointee.mid = context.midBefore
        state.pointee.activateLevels(at: context.time, eventTime: context.eventTime)
        state.pointee.mid = current
    }

    private mutating func refreshValidity(at time: UInt64) {
        let book = assembler.settledBook
        let valid =
            book.pointee.isTwoSided && !book.pointee.isCrossed && !assembler.isSettledSuspect
            && state.isOpen(at: time)
        state.pointee.isBookValid = valid
        state.pointee.mid.update(twiceMid: book.pointee.twiceMid, isValid: valid, time: time)
    }

    // MARK: Seconds

    private mutating func closeSeconds<Sink: FeatureSink & ~Copyable>(upTo time: UInt64, sink: inout Sink) {
        while state.pointee.secondEnd <= time {
            skipClosedMarket(upTo: time)
            guard state.pointee.secondEnd <= time else { return }
            passInstants(upTo: time, sink: &sink)
            closeSecond(at: state.pointee.secondEnd, sink: &sink)
        }
        passInstants(upTo: time, sink: &sink)
    }

    /// Tells the instants inside the open second that the sink asks for, up to `time`.
    private mutating func passInstants<Sink: FeatureSink & ~Copyable>(upTo time: UInt64, sink: inout Sink) {
        let end = state.pointee.secondEnd
        let start = max(end - ContractState.second, state.pointee.sessionStart)
        while true {
            let due = sink.instantDue(after: start)
            guard due <= time, due < end, isLeading, state.pointee.session.contains(Timestamp(nanoseconds: due)) else {
                return
            }
            tell(due, sink: &sink)
        }
    }

    /// Writes the vector as it was at an instant inside a second. That leaves no trace: the rows of before are put back,
    /// and the next group writes anew what it would have written.
    private mutating func tell<Sink: FeatureSink & ~Copyable>(_ due: UInt64, sink: inout Sink) {
        let rowsDue = secondRowsDue
        let kept = UnsafeMutablePointer<Double>.allocate(capacity: FeatureSchema.columnCount)
        defer { kept.deallocate() }
        kept.initialize(from: values, count: FeatureSchema.columnCount)
        var instant = state.pointee.clock
        instant.move(to: due)
        writeVector(at: instant, time: due)
        sink.instantPassed(self, time: due)
        values.update(from: kept, count: FeatureSchema.columnCount)
        secondRowsDue = rowsDue
        forgetRows()
    }

    private mutating func closeSecond<Sink: FeatureSink & ~Copyable>(at end: UInt64, sink: inout Sink) {
        let mid = state.pointee.mid
        grid.push(mid.isUsable(at: end) ? mid.twiceMid : MidGrid.absent)
        if let bar = state.pointee.closeBars(at: end) { volatility.minuteClosed(bar) }
        tradeHistory.secondClosed(at: end, grid: grid)
        volatility.secondClosed(at: end, grid: grid, session: state.pointee.session)
        auction.closeSecond()
        state.pointee.secondEnd = end + ContractState.second
        crossBoundaries(at: end)
        state.pointee.stale.insert(.motion)
        writeSecond(values + FeatureSchema.marketOffset, at: end)
        guard isLeading, state.pointee.session.contains(Timestamp(nanoseconds: end)) else { return }
        var instant = state.pointee.clock
        instant.move(to: end)
        writeVector(at: instant, time: end)
        sink.secondEnded(self, time: end)
    }

    /// Opens and closes the market by the calendar when an end of a second is such an instant.
    private mutating func crossBoundaries(at end: UInt64) {
        let session = state.pointee.session
        if end == session.close.nanoseconds {
            state.pointee.advance(to: end)
            state.pointee.endLevels()
            refreshMarket(at: end)
        } else if end == session.rthOpen.nanoseconds {
            state.pointee.advance(to: end)
            state.pointee.meanLevelSize.reset(at: end)
        }
        guard end >= session.close.nanoseconds else { return }
        let next = configuration.calendar.sessionInForce(Timestamp(nanoseconds: end))
        guard next.open.nanoseconds == end else { return }
        state.pointee.advance(to: end)
        state.pointee.beginSession(next)
        tradeHistory.beginSession()
        volatility.beginSession()
        auction.beginSession(next)
        refreshMarket(at: end)
    }

    private mutating func refreshMarket(at time: UInt64) {
        let mid = state.pointee.mid
        for index in 0..<5 { levels[index].settle(at: time, mid: mid) }
        refreshValidity(at: time)
        let usable = state.isOpen(at: time) && !assembler.isSettledSuspect && !assembler.settledBook.pointee.isCrossed
        let (book, shape, clock) = (assembler.settledBook, state.pointee.shape, state.pointee.clock)
        state.pointee.flow.watch(book, shape: shape, isValid: state.pointee.isBookValid, clock: clock)
        state.pointee.meanLevelSize.watch(book, shape: shape, usable: usable, time: time)
        state.pointee.wasUsable = usable
        for index in 0..<5 { levels[index].watchDepth(book, usable: usable, touched: .everywhere, clock: clock) }
        forgetRows()
    }

    /// Every row must be written anew.
    private mutating func forgetRows() {
        state.pointee.stale = .all
        state.pointee.tradeFlow.forget()
        tradeHistory.forget()
        state.pointee.shape.forget()
    }

    /// While the market is closed and the mid has gone, seconds are all alike: jumps to the last one before the next
    /// session opens, or before `time`.
    private mutating func skipClosedMarket(upTo time: UInt64) {
        let start = state.pointee.secondEnd
        guard !state.pointee.mid.isUsable(at: start), start > state.pointee.session.close.nanoseconds else { return }
        let next = configuration.calendar.nextSession(after: Timestamp(nanoseconds: start &- 1)).open.nanoseconds
        let target = min(next, time / ContractState.second * ContractState.second)
        guard target > start, (target - start) / ContractState.second >= UInt64(MidGrid.capacity) else { return }
        if let bar = state.pointee.closeBars(at: target - ContractState.second) { volatility.minuteClosed(bar) }
        grid.pushAbsent(seconds: (target - start) / ContractState.second)
        volatility.gridCleared()
        state.pointee.secondEnd = target
    }

    // MARK: Vector

    /// Brings the vector to the time of `clock`, which is the state's or a copy that has moved on; `time` says when that
    /// is if a row lies before the newest group.
    private mutating func writeVector(at clock: DecayClock, time: UInt64? = nil) {
        let time = time ?? clock.time
        let row = RowContext(
            time: time, left: clock.left, gain: clock.gain, book: assembler.settledBook,
            bookIsUsable: state.isOpen(at: time) && !assembler.isSettledSuspect
                && !assembler.settledBook.pointee.isCrossed && assembler.counters.groups > 0,
            mid: state.pointee.mid, changes: grid.changes, averageTrueRange: state.pointee.averageTrueRange.value,
            meanLevelSize: UnsafePointer(ContractState.meanLevelSize(of: state)),
            averageSlopeTicks: state.pointee.sources.average.slopeTicks,
            averageBarMinutes: Double(configuration.averageBarMinutes), sessionStart: state.pointee.sessionStart)
        writeLevels(row: row, clock: clock)
        writeMarket(values + FeatureSchema.marketOffset, row: row)
        state.pointee.writtenMid = state.pointee.mid
        state.pointee.stale = []
    }

    private mutating func writeLevels(row: borrowing RowContext, clock: DecayClock) {
        var stale = state.pointee.stale
        // A mid that is not valid may stop being used by time alone.
        if !row.mid.isValid || !state.pointee.writtenMid.isValid { stale.insert(.position) }
        for index in 0..<5 where index != LevelKind.movingAverage.rawValue || !state.pointee.averageMoved {
            (levels + index).write(values + index * LevelFeature.count, row: row, also: stale)
        }
        guard state.pointee.averageMoved else { return }
        writeMovedAverage(row: row, clock: clock)
    }

    /// The row of a second whose end closed a bar of the average: its level moves with the next group, but the row shows
    /// where it is now.
    private mutating func writeMovedAverage(row: borrowing RowContext, clock: DecayClock) {
        let index = LevelKind.movingAverage.rawValue
        var level = levels[index]
        if level.isActive, let price = state.pointee.sources.average.price {
            level.move(to: price, clock: clock, mid: state.pointee.mid)
        }
        withUnsafeMutablePointer(to: &level) {
            $0.write(values + index * LevelFeature.count, row: row, also: .all)
        }
        levels[index].stale = .all
    }

    private mutating func writeMarket(_ out: UnsafeMutablePointer<Double>, row: borrowing RowContext) {
        state.pointee.shape.write(out, book: row.book, isValid: row.bookIsUsable && state.pointee.isBookValid)
        let mid = state.pointee.mid
        out[.mid] = defined(
            mid.isUsable(at: row.time), Double(mid.twiceMid) * 0.5 * configuration.tickSize.points)
        state.pointee.flow.write(out, row: row)
        state.pointee.tradeFlow.write(out, row: row)
        if tradeHistory.isStale(at: row.time) { tradeHistory.write(out, at: row.time) }
        if row.time >= secondRowsDue { writeSecond(out, at: row.time) }
        out[.averageTrueRange] = state.pointee.averageTrueRange.value
        out[.sessionVolume] = Double(state.pointee.sessionVolume)
        auction.write(out, time: row.time, mid: mid)
    }

    /// `instant` if it is still to come.
    private static func later(_ instant: UInt64, than time: UInt64) -> UInt64 { instant > time ? instant : .max }

    /// The rows that change only when a second, a bar or a session ends, or with a warm-up.
    private mutating func writeSecond(_ out: UnsafeMutablePointer<Double>, at time: UInt64) {
        let start = state.pointee.sessionStart
        tradeHistory.writeSecond(out, at: time)
        volatility.writeSecond(out, at: time, sessionStart: start, session: state.pointee.session)
        secondRowsDue = min(
            Self.later(start &+ Volatility.shortAge, than: time), Self.later(start &+ Volatility.longAge, than: time),
            Self.later(tradeHistory.lambdaStart, than: time))
    }
}

extension ContractEngine: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("contract")
        try archive.field(&assembler)
        try archive.field(&grid)
        try archive.field(&tradeHistory)
        try archive.field(&volatility)
        try archive.field(&secondRowsDue)
        try archive.field(&auction)
        try archive.field(&hasStarted)
        try archive.field(&clock)
        try archive.field(&clockBefore)
        try archive.field(&isLeading)
        try archive.field(&state.pointee)
        for index in 0..<FeatureSchema.columnCount { try archive.field(&values[index]) }
    }
}
