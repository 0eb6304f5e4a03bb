import MarketCalendar
import MarketData
import Units

// What a closed group does to the state. Mutating even where only what pointers lead to changes: a call that borrows
// the engine copies it.
extension ContractEngine {
    mutating func closeGroup<Sink: FeatureSink & ~Copyable>(missingLast: Bool, sink: inout Sink) {
        guard foldGroup(missingLast: missingLast) else { return }
        if isLeading { sink.groupClosed(self) } else if isFollowed { sink.followedGroup(self) }
    }

    /// Takes the open group into the state and, of a leading contract, into its vector. False when there is none.
    ///
    /// What it calls it calls alone, and all of that is one function in the end: between functions, what the group and
    /// the row are made of would be written and read again at every group.
    private mutating func foldGroup(missingLast: Bool) -> Bool {
        guard assembler.close(missingLast: missingLast) else { return false }
        // Number by number: a copy of all that was written just now would be waited for.
        let (time, eventTime, records) = (assembler.group.time, assembler.group.eventTime, assembler.group.recordCount)
        let restated = assembler.group.hasSnapshot || assembler.group.hasClear
        if restated, state.pointee.lost.isOpen, !assembler.isRestating { endHole(at: eventTime) }
        // One from before a close that time has passed, by its clock, opens nothing again (K.3-8).
        let close = state.pointee.session.close.nanoseconds
        let isPast = state.pointee.secondEnd > close && time < close
        state.pointee.isBookOld = isPast
        let midBefore = state.pointee.mid
        let wasValid = state.pointee.isBookValid
        state.pointee.advance(to: time)
        if state.pointee.averageMoved { moveAverage() }
        let isOpen = state.isOpen(at: time)
        let usable = isOpen && !isPast && !assembler.isSuspect && !assembler.book.pointee.isCrossed
        setValidity(usable && assembler.book.pointee.isTwoSided, assembler.book, at: time)
        attribute(flowCounts: usable && !restated)
        let parts = takeTrades(at: time, eventTime: eventTime, isOpen: isOpen)
        let context = GroupContext(
            time: time, eventTime: eventTime, clock: ContractState.clock(of: state),
            bookChange: assembler.change, before: assembler.before, after: assembler.book,
            changes: operators.pointee.attribution.changes, trades: assembler.trades, bought: parts.bought,
            sold: parts.sold, unsigned: parts.unsigned,
            flowCounts: usable && !restated, isOpen: isOpen, bookIsUsable: usable,
            wasValid: wasValid && assembler.hasBefore && !restated, mid: state.pointee.mid, midBefore: midBefore)
        apply(context, records: records)
        assembler.advance()
        if isLeading { writeVector(group: time, usable: usable) }
        return true
    }

    /// Takes a group's trades into what needs no book: volume, bars, the sources of levels, the session's auction.
    @inline(__always)
    private mutating func takeTrades(at time: UInt64, eventTime: UInt64, isOpen: Bool) -> OrderParts {
        let trades = assembler.trades
        return trades.isEmpty ? OrderParts() : take(trades, at: time, eventTime: eventTime, isOpen: isOpen)
    }

    @inline(never)
    private mutating func take(
        _ trades: UnsafeBufferPointer<TradeRun>, at time: UInt64, eventTime: UInt64, isOpen: Bool
    ) -> OrderParts {
        var parts = OrderParts()
        for trade in trades { parts.add(trade.size, aggressor: trade.aggressor) }
        state.pointee.take(trades: trades, eventTime: eventTime, isOpen: isOpen)
        if families.contains(.session) {
            operators.pointee.auction.take(trades: trades, time: time, isOpen: isOpen)
        }
        return parts
    }

    @inline(__always)
    private mutating func attribute(flowCounts: Bool) {
        guard flowCounts else {
            operators.pointee.attribution.clear()
            return
        }
        operators.pointee.attribution.update(
            before: assembler.before, after: assembler.book, change: assembler.change, trades: assembler.trades,
            comparable: assembler.hasBefore, bids: !assembler.book.pointee.bid.isEmpty,
            asks: !assembler.book.pointee.ask.isEmpty)
    }

    @inline(__always)
    private mutating func apply(_ context: borrowing GroupContext, records: Int32) {
        if context.isOpen, context.eventTime >= state.pointee.activationDue, !state.pointee.isBookOld,
            state.pointee.session.contains(Timestamp(nanoseconds: context.time))
        {
            activateLevels(context)
        }
        state.pointee.shape.apply(context.after, before: context.before, change: context.bookChange)
        if families.contains(.orderFlow) {
            state.pointee.flow.apply(context, shape: ContractState.shape(of: state), records: records)
        }
        let isSwitched = context.bookIsUsable != state.pointee.wasUsable
        if !context.bookChange.isEmpty || isSwitched {
            state.pointee.wasUsable = context.bookIsUsable
            state.pointee.meanLevelSize.watch(
                context.after, shape: ContractState.shape(of: state), usable: context.bookIsUsable,
                change: isSwitched ? .everything : context.bookChange, time: context.time)
        }
        if !context.trades.isEmpty { applyTrades(context) }
        applyLevels(context, isSwitched: isSwitched)
        applyHistory(context, records: records)
    }

    /// Gives the group to the levels that it concerns. A trade, another mid and a book that can be used again, or not
    /// any more, concern all of them.
    ///
    /// - Parameter isSwitched: the book can be used again, or not any more.
    @inline(__always)
    private mutating func applyLevels(_ context: borrowing GroupContext, isSwitched: Bool) {
        var due = state.pointee.awakeLevels
        if isSwitched || !context.trades.isEmpty || context.midHasMoved {
            due = ContractState.allLevels
        } else if !context.bookChange.isEmpty, !operators.pointee.gates.isOutOfSight(context.bookChange) {
            due |= operators.pointee.gates.concerned(by: BookTouch(context.after, context.bookChange), context.after)
        }
        guard due != 0 else { return }
        let touch = BookTouch(context.after, context.bookChange)
        while due != 0 {
            let index = due.trailingZeroBitCount
            due &= due &- 1
            levels[index].apply(context, touch: touch)
            operators.pointee.gates.follow(index, levels + index, context.after)
            state.pointee.note(index, levels + index)
        }
    }

    @inline(never)
    private mutating func applyTrades(_ context: borrowing GroupContext) {
        if context.isOpen, state.pointee.session.isRTH(Timestamp(nanoseconds: context.time)) {
            operators.pointee.volatility.takeRegular(context.trades)
        }
        guard context.flowCounts, families.contains(.trades) else { return }
        let orders = operators.pointee.tradeHistory.gather(context.trades)
        state.pointee.tradeFlow.apply(
            orders, group: context, largeTrade: operators.pointee.configuration.levels.largeTrade)
        operators.pointee.tradeHistory.apply(orders, group: context)
    }

    @inline(never)
    private mutating func moveAverage() {
        optionVersion = 0
        state.pointee.moveAverage()
    }

    @inline(never)
    private mutating func activateLevels(_ context: borrowing GroupContext) {
        optionVersion = 0
        state.pointee.stale = .all
        let current = state.pointee.mid
        // A level takes its side from the mid in force before the group that activates it (K.3-21).
        state.pointee.mid = context.midBefore
        state.pointee.activateLevels(at: context.time, eventTime: context.eventTime)
        state.pointee.mid = current
    }

    mutating func refreshValidity(at time: UInt64) {
        let book = assembler.settledBook
        let valid =
            book.pointee.isTwoSided && !book.pointee.isCrossed && !assembler.isSettledSuspect
            && state.isOpen(at: time) && !state.pointee.isBookOld
        setValidity(valid, book, at: time)
    }

    @inline(__always)
    private mutating func setValidity(_ valid: Bool, _ book: UnsafePointer<Book>, at time: UInt64) {
        state.pointee.isBookValid = valid
        state.pointee.mid.update(twiceMid: book.pointee.twiceMid, isValid: valid, time: time)
    }
}
