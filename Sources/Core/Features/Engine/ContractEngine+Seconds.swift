import MarketCalendar
import MarketData
import Units

// The ends of seconds: grid, bars, the market's opening and closing.
extension ContractEngine {
    mutating func closeSeconds<Sink: FeatureSink & ~Copyable>(upTo time: UInt64, sink: inout Sink) {
        while state.pointee.secondEnd <= time {
            if assembler.isOpen { closeLeftGroup(sink: &sink) }
            skipClosedMarket(upTo: time)
            guard state.pointee.secondEnd <= time else { return }
            passInstants(upTo: time, sink: &sink)
            closeSecond(at: state.pointee.secondEnd, sink: &sink)
        }
        passInstants(upTo: time, sink: &sink)
    }

    /// Closes a group that is still open when an instant behind it passes: its F_LAST is missing, and whose record
    /// told the time, this contract's or another stream's, changes no row.
    @inline(never)
    mutating func closeLeftGroup<Sink: FeatureSink & ~Copyable>(sink: inout Sink) {
        closeGroup(missingLast: true, sink: &sink)
    }

    mutating func closeSecond<Sink: FeatureSink & ~Copyable>(at end: UInt64, sink: inout Sink) {
        let mid = state.pointee.mid
        operators.pointee.grid.push(mid.isUsable(at: end) ? mid.twiceMid : MidGrid.absent)
        closeHistorySecond(at: end)
        let bar = state.pointee.closeBars(at: end)
        if families.contains(.trades) {
            operators.pointee.tradeHistory.secondClosed(at: end, grid: operators.pointee.grid)
        }
        if families.contains(.volatility) {
            if let bar { operators.pointee.volatility.minuteClosed(bar) }
            operators.pointee.volatility.secondClosed(
                at: end, grid: operators.pointee.grid, session: state.pointee.session)
        }
        if families.contains(.session) { operators.pointee.auction.closeSecond() }
        state.pointee.secondEnd = end + ContractState.second
        crossBoundaries(at: end)
        state.pointee.stale.insert(.motion)
        writeSecond(values + FeatureSchema.marketOffset, at: end)
        guard isLeading, state.pointee.session.contains(Timestamp(nanoseconds: end)) else { return }
        writeVector(atInstant: end)
        sink.secondEnded(self, time: end)
    }

    /// Opens and closes the market by the calendar when an end of a second is such an instant.
    mutating func crossBoundaries(at end: UInt64) {
        let session = state.pointee.session
        if end == session.close.nanoseconds {
            state.pointee.advance(to: end)
            state.pointee.endLevels()
            state.pointee.isBookOld = true
            collector?.pointee.end()
            refreshMarket(at: end)
        } else if end == session.rthOpen.nanoseconds {
            state.pointee.advance(to: end)
            state.pointee.meanLevelSize.reset(at: end)
        }
        guard end >= session.close.nanoseconds else { return }
        let next = operators.pointee.configuration.calendar.sessionInForce(Timestamp(nanoseconds: end))
        guard next.open.nanoseconds == end else { return }
        state.pointee.advance(to: end)
        state.pointee.beginSession(next)
        operators.pointee.tradeHistory.beginSession()
        operators.pointee.volatility.beginSession()
        operators.pointee.auction.beginSession(next)
        beginHistory(at: end)
        let lastGroup = Timestamp(nanoseconds: assembler.closedGroup.time)
        state.pointee.isBookOld = !next.canBegin(withBookOf: lastGroup)
        carryHole(to: end)
        refreshMarket(at: end)
    }

    mutating func refreshMarket(at time: UInt64) {
        let mid = state.pointee.mid
        for index in 0..<5 { levels[index].settle(at: time, mid: mid) }
        state.pointee.awakeLevels = ContractState.allLevels
        refreshValidity(at: time)
        let usable = isBookUsable(at: time)
        let book = assembler.settledBook
        let (shape, clock) = (ContractState.shape(of: state), ContractState.clock(of: state))
        state.pointee.flow.watch(
            book, shape: shape, change: .everything, isValid: state.pointee.isBookValid, clock: clock)
        state.pointee.meanLevelSize.watch(book, shape: shape, usable: usable, change: .everything, time: time)
        state.pointee.wasUsable = usable
        for index in 0..<5 { levels[index].watchDepth(book, usable: usable, touched: .everywhere, clock: clock) }
        watchHistory(usable: usable, at: time)
        forgetRows()
    }

    /// Every row must be written anew.
    mutating func forgetRows() {
        optionVersion = 0
        state.pointee.stale = .all
        state.pointee.tradeFlow.forget()
        operators.pointee.tradeHistory.forget()
        state.pointee.shape.forget()
    }

    /// While the market is closed and the mid has gone, seconds are all alike: jumps to the last one before the next
    /// session opens, or before `time`.
    mutating func skipClosedMarket(upTo time: UInt64) {
        let start = state.pointee.secondEnd
        guard !state.pointee.mid.isUsable(at: start), start > state.pointee.session.close.nanoseconds else { return }
        let next = operators.pointee.configuration.calendar.nextSession(after: Timestamp(nanoseconds: start &- 1)).open
            .nanoseconds
        let target = min(next, time / ContractState.second * ContractState.second)
        guard target > start, (target - start) / ContractState.second >= UInt64(MidGrid.capacity) else { return }
        if let bar = state.pointee.closeBars(at: target - ContractState.second) {
            operators.pointee.volatility.minuteClosed(bar)
        }
        operators.pointee.grid.pushAbsent(seconds: (target - start) / ContractState.second)
        operators.pointee.volatility.gridCleared()
        operators.pointee.baseline.skipSeconds()
        state.pointee.secondEnd = target
    }
}
