import MarketData
import Units

// Rows: the vector at a group or at an instant between two.
extension ContractEngine {
    /// Brings the vector to an instant that is not a group's; with the sums of the newest group if it lies before that.
    mutating func writeVector(atInstant time: UInt64) {
        state.pointee.rowClock = state.pointee.clock
        state.pointee.rowClock.move(to: time)
        writeVector(at: ContractState.rowClock(of: state), time: time, usable: isRowUsable(at: time))
    }

    /// Brings the vector to the newest group, of this time, whose book can be read or not.
    @inline(__always)
    mutating func writeVector(group: UInt64, usable: Bool) {
        // Time may have passed to a later instant before the group came.
        let time = state.pointee.clock.time
        writeVector(
            at: ContractState.clock(of: state), time: time, usable: time == group ? usable : isRowUsable(at: time))
    }

    private mutating func isRowUsable(at time: UInt64) -> Bool {
        isBookUsable(at: time) && assembler.counters.groups > 0
    }

    /// The book of the last group may be read at `time`.
    mutating func isBookUsable(at time: UInt64) -> Bool {
        state.isOpen(at: time) && !state.pointee.isBookOld && !assembler.isSettledSuspect
            && !assembler.settledBook.pointee.isCrossed
    }

    @inline(__always)
    private mutating func writeVector(at clock: UnsafePointer<DecayClock>, time: UInt64, usable: Bool) {
        let row = RowContext(
            time: time, clock: clock, book: assembler.settledBook, bookIsUsable: usable, mid: state.pointee.mid,
            meanLevelSize: UnsafePointer(ContractState.meanLevelSize(of: state)), state: UnsafePointer(state),
            operators: UnsafePointer(operators), sessionStart: state.pointee.sessionStart,
            termsAreDue: !state.pointee.terms.contains(time))
        writeLevels(row: row)
        writeMarket(values + FeatureSchema.marketOffset, row: row)
        state.pointee.writtenMid = state.pointee.mid
        state.pointee.stale = []
        if operators.pointee.baseline.isPresent { operators.pointee.baseline.write(values, state, row: row) }
        if state.pointee.averageMoved {
            writeOptionsAtMovedAverage(row: row)
        } else {
            optionBoard?.pointee.write(values, leader: UnsafePointer(levels), at: time, seen: &optionVersion)
        }
        if state.pointee.lost.isAny { hideLost(at: time) }
    }

    @inline(__always)
    private mutating func writeLevels(row: borrowing RowContext) {
        var stale = state.pointee.stale
        // A mid that is not valid may stop being used by time alone.
        if !row.mid.isValid || !state.pointee.writtenMid.isValid { stale.insert(.position) }
        let moment = LevelMoment(row)
        let (levels, values, terms) = (self.levels, self.values, self.terms)
        let due = row.termsAreDue
        // The average's level comes last, and is not where it will be when a bar has closed.
        let count = state.pointee.averageMoved ? LevelKind.movingAverage.rawValue : FeatureSchema.levelCount
        for index in 0..<count {
            (levels + index).write(
                values + index * LevelFeature.count, terms: terms + index, row: row, moment: moment, also: stale,
                termsAreDue: due)
        }
        if row.termsAreDue { findTermsSpan(at: row.time) }
        if state.pointee.averageMoved { writeMovedAverage(row: row) }
    }

    // Mutating, here and above, where only what pointers lead to changes: a call that borrows the engine copies it.
    @inline(never)
    private mutating func findTermsSpan(at time: UInt64) {
        var (start, end) = (UInt64.zero, UInt64.max)
        for index in 0..<5 {
            let span = LevelTerms.span(levels + index, at: time)
            (start, end) = (max(start, span.start), min(end, span.end))
        }
        state.pointee.terms = ValidSpan(start: start, end: end)
    }

    /// The row of a second whose end closed a bar of the average: its level moves with the next group, but the row
    /// shows where it is now.
    @inline(never)
    private mutating func writeMovedAverage(row: borrowing RowContext) {
        let (index, moment) = (LevelKind.movingAverage.rawValue, LevelMoment(row))
        var level = movedAverage(row: row)
        let (out, terms) = (values + index * LevelFeature.count, terms + index)
        withUnsafeMutablePointer(to: &level) {
            $0.write(out, terms: terms, row: row, moment: moment, also: .all, termsAreDue: true)
        }
        levels[index].stale = .all
    }

    /// The chain's columns of such a row are those of the level where the row shows it.
    @inline(never)
    private mutating func writeOptionsAtMovedAverage(row: borrowing RowContext) {
        let index = LevelKind.movingAverage.rawValue
        let level = levels[index]
        levels[index] = movedAverage(row: row)
        optionVersion = 0
        optionBoard?.pointee.write(values, leader: UnsafePointer(levels), at: row.time, seen: &optionVersion)
        levels[index] = level
        optionVersion = 0
    }

    private func movedAverage(row: borrowing RowContext) -> LevelState {
        var level = levels[LevelKind.movingAverage.rawValue]
        if level.isActive, let price = state.pointee.sources.average.price {
            level.move(to: price, time: row.clock.pointee.time, mid: state.pointee.mid)
        }
        return level
    }

    @inline(__always)
    private mutating func writeMarket(_ out: UnsafeMutablePointer<Double>, row: borrowing RowContext) {
        if families.contains(.book) {
            state.pointee.shape.write(out, book: row.book, isValid: row.bookIsUsable && state.pointee.isBookValid)
        }
        let mid = state.pointee.mid
        out[.mid] = defined(
            mid.isUsable(at: row.time), Double(mid.twiceMid) * 0.5 * operators.pointee.tickPoints)
        if families.contains(.orderFlow) { state.pointee.flow.write(out, row: row) }
        if families.contains(.trades) {
            state.pointee.tradeFlow.write(out, row: row)
            if operators.pointee.tradeHistory.isStale(at: row.time) {
                operators.pointee.tradeHistory.write(out, at: row.time)
            }
        }
        if row.time >= secondRowsDue { writeSecond(out, at: row.time) }
        out[.averageTrueRange] = state.pointee.averageTrueRange.value
        out[.sessionVolume] = Double(state.pointee.sessionVolume)
        operators.pointee.auction.write(out, time: row.time, mid: mid, families: families)
    }

    /// `instant` if it is still to come.
    static func later(_ instant: UInt64, than time: UInt64) -> UInt64 { instant > time ? instant : .max }

    /// The rows that change only when a second, a bar or a session ends, or with a warm-up.
    @inline(never)
    mutating func writeSecond(_ out: UnsafeMutablePointer<Double>, at time: UInt64) {
        let start = state.pointee.sessionStart
        if families.contains(.trades) { operators.pointee.tradeHistory.writeSecond(out, at: time) }
        if families.contains(.volatility) {
            operators.pointee.volatility.writeSecond(out, at: time, sessionStart: start, session: state.pointee.session)
        }
        secondRowsDue = min(
            Self.later(start &+ Volatility.shortAge, than: time), Self.later(start &+ Volatility.longAge, than: time),
            Self.later(operators.pointee.tradeHistory.lambdaStart, than: time))
    }
}
