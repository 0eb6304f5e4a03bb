import Determinism
import MarketCalendar
import MarketData
import Units

/// The instants for which something derived holds: [start, end), ns.
struct ValidSpan: BitwiseCopyable {
    static let none = ValidSpan(start: 0, end: 0)

    var start: UInt64
    var end: UInt64

    func contains(_ time: UInt64) -> Bool { time >= start && time < end }
}

/// All that one contract's features remember besides its book.
struct ContractState: BitwiseCopyable {
    var status = TradingStatus()
    var session: SessionTimes
    var mid = MidState()
    var minuteBars = BarBuilder(seconds: 60)
    var averageBars: BarBuilder
    var averageTrueRange = AverageTrueRange()
    var sources: LevelSources
    var levels: InlineArray<5, LevelState>
    /// Before this event time, ns, no level can become active.
    var activationDue: UInt64 = 0
    /// Tests of each level in the sessions before this one, for reports.
    var testCounts = InlineArray<5, Int64>(repeating: 0)
    var shape = BookShape()
    var flow: MarketFlow
    var tradeFlow: TradeFlow
    var meanLevelSize: MeanLevelSize
    var activity: ActivitySums
    /// Contracts since 18:00, auctions included.
    var sessionVolume: Int64 = 0
    /// Since when the session's accumulators run (t₀), ns.
    var sessionStart: UInt64
    /// Time of the exponential sums.
    var clock: DecayClock
    /// The same, moved on to an instant that is not a group's for the row of then.
    var rowClock: DecayClock
    /// End of the second that is open, ns; a multiple of one second.
    var secondEnd: UInt64
    /// Columns of all levels that must be written anew with the next row.
    var stale = StaleColumns.all
    /// The mid that the last row was written with.
    var writtenMid = MidState()
    /// Levels that must take the next group whatever it is, and those that were being tested after the last one: a bit
    /// each.
    var awakeLevels = ContractState.allLevels
    private(set) var testedLevels: UInt32 = 0
    /// For which rows the terms of the levels hold unless something happens to them.
    var terms = ValidSpan.none
    /// When the last test of any level ended, ns.
    private(set) var lastTestEnd: UInt64 = 0
    /// What is missing of the past.
    var lost = LostHistory()
    /// The market has closed since the last group, and the session under way did not begin with its book (K.3-8).
    var isBookOld = false
    /// The book could be read after the last group.
    var wasUsable = false
    /// A bar has closed that the average's level has not moved to yet.
    var averageMoved = false
    /// The book is valid: two-sided, neither bad nor crossed, the market open.
    var isBookValid = false

    init(configuration: FeatureConfiguration, start: UInt64) {
        session = configuration.calendar.sessionInForce(Timestamp(nanoseconds: start))
        averageBars = BarBuilder(seconds: UInt64(configuration.averageBarMinutes) * 60)
        sources = LevelSources(averageLength: configuration.averageLength)
        levels = InlineArray { index in
            LevelState(kind: LevelKind.allCases[index], parameters: configuration.levels)
        }
        clock = DecayClock(at: start)
        rowClock = clock
        flow = MarketFlow(clock: clock)
        tradeFlow = TradeFlow(clock: clock)
        meanLevelSize = MeanLevelSize(since: start)
        activity = ActivitySums(isOn: configuration.history != nil, clock: clock)
        sessionStart = start
        secondEnd = (start / Self.second + 1) * Self.second
    }

    /// The levels where they lie: reading one element through an inline array in a struct may copy all of it.
    static func levels(of state: UnsafeMutablePointer<ContractState>) -> UnsafeMutablePointer<LevelState> {
        withUnsafeMutablePointer(to: &state.pointee.levels) {
            UnsafeMutableRawPointer($0).assumingMemoryBound(to: LevelState.self)
        }
    }

    static func meanLevelSize(of state: UnsafeMutablePointer<ContractState>) -> UnsafeMutablePointer<MeanLevelSize> {
        withUnsafeMutablePointer(to: &state.pointee.meanLevelSize) { $0 }
    }

    /// The clock where it lies, and the one of a row that is not a group's.
    static func clock(of state: UnsafeMutablePointer<ContractState>) -> UnsafePointer<DecayClock> {
        UnsafePointer(withUnsafeMutablePointer(to: &state.pointee.clock) { $0 })
    }

    static func rowClock(of state: UnsafeMutablePointer<ContractState>) -> UnsafePointer<DecayClock> {
        UnsafePointer(withUnsafeMutablePointer(to: &state.pointee.rowClock) { $0 })
    }

    static func shape(of state: UnsafeMutablePointer<ContractState>) -> UnsafePointer<BookShape> {
        UnsafePointer(withUnsafeMutablePointer(to: &state.pointee.shape) { $0 })
    }

    private mutating func withLevels(_ body: (UnsafeMutablePointer<LevelState>) -> Void) {
        withUnsafeMutablePointer(to: &levels) {
            body(UnsafeMutableRawPointer($0).assumingMemoryBound(to: LevelState.self))
        }
    }

    static let second: UInt64 = 1_000_000_000
    static let allLevels: UInt32 = 0b11111

    /// A level was being tested after the last group.
    var isTesting: Bool { testedLevels != 0 }

    /// Notes what has become of a level that took a group.
    mutating func note(_ index: Int, _ level: UnsafePointer<LevelState>) {
        let bit: UInt32 = 1 &<< UInt32(index)
        awakeLevels = level.pointee.needsNextGroup ? awakeLevels | bit : awakeLevels & ~bit
        testedLevels = level.pointee.test.isTesting ? testedLevels | bit : testedLevels & ~bit
        lastTestEnd = max(lastTestEnd, level.pointee.test.testEnd)
    }

    /// Lets time pass up to `time` with everything as it is. Sums move their landmark along when it has fallen behind.
    @inline(__always)
    mutating func advance(to time: UInt64) {
        guard time > clock.time else { return }
        clock.move(to: time)
        if clock.isLandmarkDue { rebase() }
    }

    @inline(never)
    private mutating func rebase() {
        let clock = clock
        withLevels { levels in
            for index in 0..<5 where levels[index].isActive { levels[index].rebase(clock) }
        }
        flow.rebase(clock)
        tradeFlow.rebase(clock)
        activity.rebase(clock)
        terms = .none
        self.clock.moveLandmark()
    }

    /// 18:00: what belongs to a session begins anew. Bars, their averages and the mid grid go on.
    mutating func beginSession(_ next: SessionTimes) {
        lost.beginSession(next, after: session)
        session = next
        let start = next.open.nanoseconds
        flow = MarketFlow(clock: clock)
        tradeFlow = TradeFlow(clock: clock)
        activity.reset(clock)
        sessionStart = start
        sessionVolume = 0
        sources.beginSession()
        activationDue = 0
        terms = .none
        meanLevelSize.reset(at: start)
    }

    /// What is kept beside the state is made anew: none of it is saved.
    mutating func forgetDerived() {
        awakeLevels = Self.allLevels
        terms = .none
    }

    mutating func endLevels() {
        activationDue = 0
        awakeLevels = Self.allLevels
        for index in 0..<5 {
            testCounts[index] &+= levels[index].test.touchCount
            levels[index].end()
        }
    }

    /// Activates the levels whose price exists from this group on.
    mutating func activateLevels(at time: UInt64, eventTime: UInt64) {
        awakeLevels = Self.allLevels
        terms = .none
        // Five levels at most are missing, and only until their windows end.
        activationDue = sources.nextActivation(after: eventTime, session: session)
        let (session, mid, clock) = (session, mid, clock)
        for index in 0..<5 {
            var isActive = false
            withLevels { isActive = $0[index].isActive }
            guard !isActive, let kind = LevelKind(rawValue: index) else { continue }
            guard let price = sources.price(kind, at: eventTime, session: session) else { continue }
            levels[index].activate(price: price, clock: clock, mid: mid)
        }
    }

    /// Takes the bars that end with the second that was just completed.
    ///
    /// - Returns: the one-minute bar that has closed.
    mutating func closeBars(at time: UInt64) -> Bar? {
        let minuteBar = wholeBar(minuteBars.close(at: time))
        if let minuteBar {
            averageTrueRange.update(minuteBar)
            stale.insert(.position)
        }
        if let bar = wholeBar(averageBars.close(at: time)) { closeAverageBar(bar) }
        return minuteBar
    }

    /// Nil for a bar of which records are missing.
    private func wholeBar(_ bar: Bar?) -> Bar? {
        guard let bar, bar.start >= lost.barsFrom else { return nil }
        return bar
    }

    /// Takes note of missing records. What bars have made begins anew with the bars after them; levels whose window
    /// they are missing from end for the session; the others lose the test under way. False when they lie where the
    /// market is closed.
    mutating func lose(_ hole: RecordHole) -> Bool {
        let found = LostSpans(hole, session)
        guard lost.concerns(hole, found) else { return false }
        lost.add(hole, found)
        sources.loseRecords(ofPremarket: found.contains(.premarket), ofOpeningRange: found.contains(.openingRange))
        averageTrueRange = AverageTrueRange()
        averageMoved = false
        activationDue = 0
        awakeLevels = Self.allLevels
        terms = .none
        stale = .all
        for (index, kind) in LevelKind.allCases.enumerated() {
            if sources.lacks(kind) {
                testCounts[index] &+= levels[index].test.touchCount
                levels[index].deactivate()
            } else {
                levels[index].loseRecords()
            }
        }
        return true
    }

    private mutating func closeAverageBar(_ bar: Bar) {
        sources.close(bar)
        averageMoved = true
        activationDue = 0
        stale.insert(.position)
        for index in 0..<5 {
            // A close is compared with the average that it is part of (K.3-34).
            let moved = index == LevelKind.movingAverage.rawValue ? sources.average.price : nil
            levels[index].barClosed(bar, price: moved ?? levels[index].price)
        }
    }

    /// Moves the average's level to where its bars have put it. The group that closes a bar does so after time has
    /// passed up to the group with the level where it was.
    mutating func moveAverage() {
        averageMoved = false
        awakeLevels = Self.allLevels
        let average = LevelKind.movingAverage
        var isActive = false
        withLevels { isActive = $0[average.rawValue].isActive }
        guard isActive, let price = sources.average.price else { return }
        levels[average.rawValue].move(to: price, time: clock.time, mid: mid)
    }

    /// Takes a group's trades into volume, bars and the sources of levels.
    mutating func take(trades: UnsafeBufferPointer<TradeRun>, eventTime: UInt64, isOpen: Bool) {
        for trade in trades {
            sessionVolume &+= trade.size
            // Prints of an auction, while the market is not open, count as volume only (K.3-3).
            guard isOpen else { continue }
            minuteBars.add(price: trade.price, size: trade.size, eventTime: eventTime)
            averageBars.add(price: trade.price, size: trade.size, eventTime: eventTime)
            if sources.trade(price: trade.price, eventTime: eventTime, session: session) { activationDue = 0 }
        }
    }
}

// On the pointer and not on the value: a call on a large value behind a pointer copies it first.
extension UnsafeMutablePointer<ContractState> {
    /// Whether the contract's market is open at `time`, ns.
    func isOpen(at time: UInt64) -> Bool {
        let time = Timestamp(nanoseconds: time)
        let byCalendar = time >= pointee.session.open && time < pointee.session.close
        return pointee.status.isOpen(byCalendar: byCalendar)
    }
}
