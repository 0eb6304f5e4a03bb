import DBN
import Determinism
import MarketCalendar
import MarketData
import Units

/// The session's auction and its clock: the families "session" and "time" (FEATURES C-83…C-103, C-106…C-112).
///
/// Trades move sums; rows are written when what they show has moved: those of the clock with time, those of the mid
/// with the mid, all of them after a trade or a boundary. What lies outside regular hours is written once, as NaN.
struct SessionAuction: ~Copyable {
    /// What the last write showed and what changed since.
    private struct Written: BitwiseCopyable {
        /// ns; nothing was written before the first.
        var time: UInt64 = .max
        var twiceMid = MidGrid.absent
        /// A row other than those of the clock and the mid may have changed.
        var isStale = true
    }

    /// What the two rows with a logarithm were written for: a trade leaves it as it is.
    private struct Measured: BitwiseCopyable {
        var twiceMid = MidGrid.absent
        var settlement = Price.undefined
        /// Absent outside regular hours and before their first trade.
        var regularMid = MidGrid.absent
        var regularFirst: Int32 = 0
        var isKnown = false
    }

    private struct State: BitwiseCopyable {
        var price = VolumeWeightedPrice()
        var regularPrice = VolumeWeightedPrice()
        var ranges = SessionRanges()
        var priorArea: ValueArea?
        /// Records of the session under way are missing: it is no prior one for the next.
        var isRegularLost = false
        var settlements = Settlements()
        var clock: SessionClock
        /// Trade dates whose settlement may be the prior one, days since 1970: from the last one with regular hours
        /// on. On a holiday the exchange settles nothing.
        var priorDays = (first: Int32.min, last: Int32.min)
        var settlement = Price.undefined
        var expiry: CivilDate?
        /// The date came from a definition record.
        var isExpiryDefined = false
        /// C-112.
        var daysToExpiration = Double.nan
        var written = Written()
        var measured = Measured()
    }

    private let calendar: TradingCalendar
    private let tickSize: TickSize
    private let state: UnsafeMutablePointer<State>
    private var history = VolumeWeightedHistory()
    private var profile = VolumeProfile()

    init(configuration: FeatureConfiguration) {
        calendar = configuration.calendar
        tickSize = configuration.tickSize
        let session = calendar.sessionInForce(Timestamp(nanoseconds: 0))
        state = .allocate(capacity: 1)
        state.initialize(to: State(clock: SessionClock(session: session, calendar: calendar)))
    }

    deinit { state.deallocate() }

    // MARK: Sessions

    /// The contract's first record lies in this session. What reference records said before it stays.
    mutating func start(_ session: SessionTimes) {
        state.pointee.clock = SessionClock(session: session, calendar: calendar)
        refreshDay()
    }

    /// 18:00: what belongs to a session begins anew, and the one that ended becomes the prior one.
    mutating func beginSession(_ next: SessionTimes) {
        _ = profile.evaluate()
        let ended = state.pointee.clock.session.tradeDate
        let isNext =
            calendar.previousTradeDate(before: next.tradeDate) == ended && !state.pointee.isRegularLost
        state.pointee.isRegularLost = false
        state.pointee.priorArea = isNext ? profile.area : nil
        state.pointee.ranges.beginSession(isNext: isNext)
        state.pointee.price = VolumeWeightedPrice()
        state.pointee.regularPrice = VolumeWeightedPrice()
        profile.clear()
        history.clear()
        state.pointee.clock = SessionClock(session: next, calendar: calendar)
        refreshDay()
    }

    /// Records of the night or of regular hours are missing.
    mutating func loseRecords(ofNight: Bool, ofRegularHours: Bool) {
        if ofNight { state.pointee.ranges.loseNight() }
        state.pointee.isRegularLost = state.pointee.isRegularLost || ofRegularHours
        state.pointee.written.isStale = true
    }

    /// Records of the session before are missing, which it is known of only now: it was no prior one.
    mutating func losePrior(night: Bool, regularHours: Bool) {
        if night { state.pointee.ranges.losePriorNight() }
        guard regularHours else { return }
        state.pointee.priorArea = nil
        state.pointee.ranges.losePriorClose()
        state.pointee.written.isStale = true
    }

    /// Finds what changes once a day.
    private mutating func refreshDay() {
        let today = state.pointee.clock.session.tradeDate
        let previous = calendar.previousTradeDate(before: today)
        var settled = previous
        while !calendar.isEquityMarketOpen(settled) { settled = calendar.previousTradeDate(before: settled) }
        state.pointee.priorDays = (settled.daysSinceEpoch, previous.daysSinceEpoch)
        refreshSettlement()
        state.pointee.daysToExpiration =
            state.pointee.expiry.map { Double(calendar.tradingDays(after: today, through: $0)) } ?? .nan
        state.pointee.written.isStale = true
    }

    private mutating func refreshSettlement() {
        let days = state.pointee.priorDays
        state.pointee.settlement = state.pointee.settlements.price(days: days.first...days.last)
    }

    // MARK: Records

    /// Takes a group's trades.
    mutating func take(trades: UnsafeBufferPointer<TradeRun>, time: UInt64, isOpen: Bool) {
        // Prints of an auction, while the market is not open, count as volume only (K.3-3).
        guard !trades.isEmpty, isOpen, time >= state.pointee.clock.session.open.nanoseconds else { return }
        let stamp = Timestamp(nanoseconds: time)
        let isRegular = state.pointee.clock.session.isRTH(stamp)
        for trade in trades {
            state.pointee.price.add(price: trade.price, size: trade.size)
            state.pointee.ranges.add(trade.price, at: stamp, session: state.pointee.clock.session)
            guard isRegular else { continue }
            state.pointee.regularPrice.add(price: trade.price, size: trade.size)
            profile.add(price: trade.price, size: trade.size)
        }
        state.pointee.price.settle()
        if isRegular { state.pointee.regularPrice.settle() }
        history.push(time: time, offset: state.pointee.price.offset)
        state.pointee.written.isStale = true
    }

    /// A second is complete: the profile is that of the trades so far (K.3-56).
    mutating func closeSecond() {
        if profile.evaluate() { state.pointee.written.isStale = true }
    }

    /// Takes a `statistics` record of the contract; all but final settlements pass.
    mutating func takeStatistics(_ record: StatisticsView) {
        let isFinal = record.flags & 1 == 1
        guard record.type == .settlementPrice, isFinal, record.referenceTime.isDefined else { return }
        let price = record.update == .delete ? Price.undefined : record.price
        state.pointee.settlements.take(
            price, day: Int32(record.referenceTime.nanoseconds / Timestamp.nanosecondsPerDay),
            received: record.receiveTime.nanoseconds)
        refreshSettlement()
        state.pointee.written.isStale = true
    }

    /// Takes a `definition` record of the contract: its expiration wins over the calendar's (K.3-61).
    mutating func takeDefinition(_ record: InstrumentDefinitionView) {
        guard record.expiration.isDefined, record.expiration.nanoseconds > 0 else { return }
        state.pointee.isExpiryDefined = true
        state.pointee.expiry = calendar.zone.local(record.expiration).date
        refreshDay()
    }

    /// The calendar's date of expiry, until a definition says another.
    mutating func expect(expiry: CivilDate?) {
        guard !state.pointee.isExpiryDefined else { return }
        state.pointee.expiry = expiry
        refreshDay()
    }

    // MARK: Rows

    @inline(__always)
    mutating func write(
        _ out: UnsafeMutablePointer<Double>, time: UInt64, mid: MidState, families: FeatureFamilies
    ) {
        let twiceMid = mid.isUsable(at: time) ? mid.twiceMid : MidGrid.absent
        if !state.pointee.clock.phase.contains(time) || state.pointee.written.time == .max {
            enterPhase(out, at: time)
        }
        let isStale = state.pointee.written.isStale
        if time != state.pointee.written.time || isStale {
            if families.contains(.time) { writeClock(out, time: time) }
            if families.contains(.session) { writeSlope(out, time: time) }
        }
        if isStale { writeRanges(out) }
        if isStale || twiceMid != state.pointee.written.twiceMid { writeDistances(out, twiceMid: twiceMid) }
        state.pointee.written = Written(time: time, twiceMid: twiceMid, isStale: false)
    }

    @inline(never)
    private mutating func enterPhase(_ out: UnsafeMutablePointer<Double>, at time: UInt64) {
        state.pointee.clock.enter(time)
        out[.sessionSegment] = state.pointee.clock.phase.segment
        out[.isRegular] = state.pointee.clock.phase.isRegular ? 1 : 0
        state.pointee.written.isStale = true
    }

    @inline(__always)
    private mutating func writeClock(_ out: UnsafeMutablePointer<Double>, time: UInt64) {
        out[.minutesSinceOpen] = state.pointee.clock.minutesSinceOpen(time)
        out[.minutesToClose] = state.pointee.clock.minutesToClose(time)
        if !state.pointee.clock.knowsHands(at: time) { moveHands(to: time) }
        let hands = state.pointee.clock.hands(at: time)
        out[.timeOfDaySine] = hands.sine
        out[.timeOfDayCosine] = hands.cosine
    }

    @inline(never)
    private mutating func moveHands(to time: UInt64) { state.pointee.clock.moveHands(to: time, calendar: calendar) }

    @inline(__always)
    private mutating func writeSlope(_ out: UnsafeMutablePointer<Double>, time: UInt64) {
        out[.vwapSlope] = (state.pointee.price.offset - history.offset(before: time)) / 5
    }

    /// What neither time nor the mid moves.
    @inline(never)
    private mutating func writeRanges(_ out: UnsafeMutablePointer<Double>) {
        let phase = state.pointee.clock.phase
        let area = phase.isRegular ? profile.area : nil
        out[.valueAreaWidth] = area.map { Double($0.high &- $0.low) } ?? .nan
        out[.daysToExpiration] = state.pointee.daysToExpiration
        out[.openingGap] = defined(phase.isAfterOpen, state.pointee.ranges.openingGap)
        out[.openingGapFill] = defined(phase.isAfterOpen, state.pointee.ranges.openingGapFill)
        out[.overnightRangeRatio] = defined(phase.isAfterOpen, state.pointee.ranges.overnightRatio)
        out[.initialBalanceRange] = defined(phase.isAfterBalance, state.pointee.ranges.initialBalanceRange)
        out[.initialBalanceExtension] = defined(phase.isAfterBalance, state.pointee.ranges.initialBalanceExtension)
        out[.regularRange] = defined(phase.isRegular, state.pointee.ranges.regularRange)
    }
}

extension SessionAuction: PersistentState {
    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("session-auction")
        try archive.field(&state.pointee)
        try archive.field(&history)
        try archive.field(&profile)
    }
}

// MARK: - Distances of the mid

extension SessionAuction {
    @inline(never)
    private mutating func writeDistances(_ out: UnsafeMutablePointer<Double>, twiceMid: Int32) {
        let isKnown = twiceMid != MidGrid.absent
        let isRegular = state.pointee.clock.phase.isRegular
        let regularMid = isRegular ? twiceMid : MidGrid.absent
        writePrice(out, .vwapSessionDistance, state.pointee.price, twiceMid: twiceMid)
        writePrice(out, .vwapRegularDistance, state.pointee.regularPrice, twiceMid: regularMid)
        writeArea(out, .pointOfControlDistance, profile.area, twiceMid: regularMid)
        writeArea(out, .priorPointOfControlDistance, state.pointee.priorArea, twiceMid: twiceMid)
        let hours = state.pointee.ranges.regular
        let isTraded = isKnown && isRegular && hours.hasTrades
        out[.regularRangePosition] = defined(
            isTraded, ratio(Self.distance(twiceMid, hours.low), Double(hours.ticks)))
        measure(
            out,
            Measured(
                twiceMid: twiceMid, settlement: state.pointee.settlement,
                regularMid: isTraded ? twiceMid : MidGrid.absent, regularFirst: isTraded ? hours.first : 0,
                isKnown: true))
    }

    /// Writes the rows with a logarithm, where they are others than those that are there.
    private mutating func measure(_ out: UnsafeMutablePointer<Double>, _ now: Measured) {
        let before = state.pointee.measured
        state.pointee.measured = now
        if !before.isKnown || now.twiceMid != before.twiceMid || now.settlement != before.settlement {
            let twiceTick = Double(now.twiceMid) * Double(tickSize.nanos)
            out[.priorSettlementDistance] = defined(
                now.twiceMid != MidGrid.absent && now.settlement.isDefined,
                Self.basisPoints(twiceTick, over: 2 * Double(now.settlement.nanos)))
        }
        if !before.isKnown || now.regularMid != before.regularMid || now.regularFirst != before.regularFirst {
            out[.regularReturn] = defined(
                now.regularMid != MidGrid.absent,
                Self.basisPoints(Double(now.regularMid), over: 2 * Double(now.regularFirst)))
        }
    }

    /// Distance and, in the row after it, the distance in standard deviations.
    private func writePrice(
        _ out: UnsafeMutablePointer<Double>, _ row: MarketFeature, _ price: VolumeWeightedPrice, twiceMid: Int32
    ) {
        let distance = defined(twiceMid != MidGrid.absent, price.distance(twiceMid: twiceMid))
        out[row.rawValue] = distance
        out[row.rawValue + 1] = distance / price.deviation
    }

    /// Distances from the point of control, the value area's top and its bottom: three rows.
    private func writeArea(
        _ out: UnsafeMutablePointer<Double>, _ row: MarketFeature, _ area: ValueArea?, twiceMid: Int32
    ) {
        let target = out + row.rawValue
        guard let area, twiceMid != MidGrid.absent else {
            target.update(repeating: .nan, count: 3)
            return
        }
        target[0] = Self.distance(twiceMid, area.pointOfControl)
        target[1] = Self.distance(twiceMid, area.high)
        target[2] = Self.distance(twiceMid, area.low)
    }

    private static func distance(_ twiceMid: Int32, _ price: Int32) -> Double {
        Double(Int64(twiceMid) &- 2 &* Int64(price)) * 0.5
    }

    /// 1e4·ln(a/b); NaN unless the ratio is positive.
    private static func basisPoints(_ price: Double, over base: Double) -> Double {
        let quotient = ratio(price, base)
        return defined(quotient > 0, 1e4 * DeterministicMath.log(quotient))
    }
}
