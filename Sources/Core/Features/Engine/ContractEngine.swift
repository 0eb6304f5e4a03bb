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
    public var isLeading = true
    /// The option chain that a leading contract's vector shows; nil for none. It outlives the engine.
    public var optionBoard: UnsafeMutablePointer<OptionBoard>?
    /// The version of it that the vector shows.
    private var optionVersion: UInt64 = 0

    /// How long after the end of a second the receive clock closes it although no later record of the contract came,
    /// ns.
    private static let clockGrace: UInt64 = 250_000_000
    /// How long before the first record's receipt a contract's time may begin, ns: a week.
    private static let longestStart: UInt64 = 604_800_000_000_000

    public init(configuration: FeatureConfiguration) {
        self.configuration = configuration
        assembler = EventGroupAssembler(tickSize: configuration.tickSize)
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
    public var isOpen: Bool { state.isOpen(at: state.pointee.advancedTo) }
    public var session: SessionTimes { state.pointee.session }
    public var isSuspect: Bool { assembler.isSettledSuspect }
    public var status: TradingStatus { state.pointee.status }
    public var statusSource: TradingStatus.Source { state.pointee.status.source }
    /// Tests of a level in all sessions so far.
    public func testCount(_ kind: LevelKind) -> Int64 {
        state.pointee.testCounts[kind.rawValue] + level(kind).pointee.test.touchCount
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
        refreshMarket(at: max(time, state.pointee.advancedTo))
    }

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
        let context = GroupContext(
            time: group.time, eventTime: group.eventTime, before: assembler.before, after: assembler.book,
            changes: attribution.changes, trades: assembler.trades, bought: parts.bought, sold: parts.sold,
            unsigned: parts.unsigned, flowCounts: usable && !restated, isOpen: isOpen, bookIsUsable: usable,
            wasValid: wasValid && assembler.hasBefore && !restated, mid: state.pointee.mid, midBefore: midBefore)
        apply(context, records: group.recordCount)
        assembler.advance()
        guard isLeading else { return }
        writeVector(state, at: max(group.time, state.pointee.advancedTo))
        sink.groupClosed(self)
    }

    private mutating func attribute(flowCounts: Bool) {
        guard flowCounts else {
            attribution.clear()
            return
        }
        attribution.update(
            before: assembler.before, after: assembler.book, trades: assembler.trades,
            comparable: assembler.hasBefore, bids: !assembler.book.pointee.bid.isEmpty,
            asks: !assembler.book.pointee.ask.isEmpty)
    }

    private mutating func apply(_ context: borrowing GroupContext, records: Int32) {
        if context.isOpen, state.pointee.session.contains(Timestamp(nanoseconds: context.time)) {
            activateLevels(context)
        }
        state.pointee.flow.apply(context, records: records)
        state.pointee.meanLevelSize.watch(context.after, usable: context.bookIsUsable)
        for index in 0..<5 { levels[index].apply(context) }
    }

    private mutating func activateLevels(_ context: borrowing GroupContext) {
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
            closeSecond(at: state.pointee.secondEnd, sink: &sink)
        }
    }

    private mutating func closeSecond<Sink: FeatureSink & ~Copyable>(at end: UInt64, sink: inout Sink) {
        let mid = state.pointee.mid
        grid.push(mid.isUsable(at: end) ? mid.twiceMid : MidGrid.absent)
        state.pointee.closeBars(at: end)
        state.pointee.secondEnd = end + ContractState.second
        crossBoundaries(at: end)
        guard isLeading, state.pointee.session.contains(Timestamp(nanoseconds: end)) else { return }
        var instant = state.pointee
        instant.advance(to: end)
        instant.moveAverage()
        writeVector(&instant, at: end)
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
        refreshMarket(at: end)
    }

    private mutating func refreshMarket(at time: UInt64) {
        refreshValidity(at: time)
        let usable = state.isOpen(at: time) && !assembler.isSettledSuspect && !assembler.settledBook.pointee.isCrossed
        state.pointee.flow.watch(assembler.settledBook, isValid: state.pointee.isBookValid)
        state.pointee.meanLevelSize.watch(assembler.settledBook, usable: usable)
        for index in 0..<5 { levels[index].watchDepth(assembler.settledBook, usable: usable) }
    }

    /// While the market is closed and the mid has gone, seconds are all alike: jumps to the last one before the next
    /// session opens, or before `time`.
    private mutating func skipClosedMarket(upTo time: UInt64) {
        let start = state.pointee.secondEnd
        guard !state.pointee.mid.isUsable(at: start), start > state.pointee.session.close.nanoseconds else { return }
        let next = configuration.calendar.nextSession(after: Timestamp(nanoseconds: start &- 1)).open.nanoseconds
        let target = min(next, time / ContractState.second * ContractState.second)
        guard target > start, (target - start) / ContractState.second >= UInt64(MidGrid.capacity) else { return }
        state.pointee.closeBars(at: target - ContractState.second)
        grid.pushAbsent(seconds: (target - start) / ContractState.second)
        state.pointee.secondEnd = target
    }

    // MARK: Vector

    private mutating func writeVector(_ state: UnsafeMutablePointer<ContractState>, at time: UInt64) {
        let row = RowContext(
            time: time, book: assembler.settledBook,
            bookIsUsable: state.isOpen(at: time) && !assembler.isSettledSuspect
                && !assembler.settledBook.pointee.isCrossed
                && assembler.counters.groups > 0,
            mid: state.pointee.mid, changes: grid.changes, averageTrueRange: state.pointee.averageTrueRange.value,
            meanBidLevelSize: state.pointee.meanLevelSize.bidMean(at: time),
            meanAskLevelSize: state.pointee.meanLevelSize.askMean(at: time),
            averageSlopeTicks: state.pointee.sources.average.slopeTicks,
            averageBarMinutes: Double(configuration.averageBarMinutes), sessionStart: state.pointee.sessionStart)
        let levels = ContractState.levels(of: state)
        for index in 0..<5 {
            UnsafePointer(levels + index).write(values + index * LevelFeature.count, row: row)
        }
        writeMarket(values + FeatureSchema.marketOffset, state, row: row)
        optionBoard?.pointee.write(values, leader: UnsafePointer(levels), at: time, seen: &optionVersion)
    }

    private mutating func writeMarket(
        _ out: UnsafeMutablePointer<Double>, _ state: UnsafeMutablePointer<ContractState>, row: borrowing RowContext
    ) {
        BookShape.write(out, book: row.book, isValid: row.bookIsUsable && state.pointee.isBookValid)
        let mid = state.pointee.mid
        out[.mid] = defined(
            mid.isUsable(at: row.time), Double(mid.twiceMid) * 0.5 * configuration.tickSize.points)
        state.pointee.flow.write(out, row: row)
        out[.averageTrueRange] = state.pointee.averageTrueRange.value
        out[.sessionVolume] = Double(state.pointee.sessionVolume)
    }
}

extension ContractEngine: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("contract")
        try archive.field(&assembler)
        try archive.field(&grid)
        try archive.field(&hasStarted)
        try archive.field(&clock)
        try archive.field(&clockBefore)
        try archive.field(&isLeading)
        try archive.field(&optionVersion)
        try archive.field(&state.pointee)
        for index in 0..<FeatureSchema.columnCount { try archive.field(&values[index]) }
    }
}
