import MarketData
import Units

// Records that are missing: what becomes of sums, bars and levels that lack them.
extension ContractEngine {
    /// Records of the session under way are missing, and with them a part of what some columns are made of. Said at
    /// most until the next session begins.
    public var hasHole: Bool { !state.pointee.lost.spans.isEmpty }

    /// The newest hole of this contract, as far as its next group has shown it, ns; nil before the first.
    public var newestHole: Range<UInt64>? { state.pointee.lost.newest }

    /// What decays quickly at the levels still lacks a noticeable part.
    public var isBehindHole: Bool { state.pointee.lost.isRecent(at: state.pointee.clock.time) }

    /// Where the columns lie that are not defined because records of their span are missing.
    public var lostColumns: [Int] {
        var found: [Int] = []
        if hidesLost { forEachLost(at: state.pointee.clock.time) { found.append($0) } }
        return found.sorted()
    }

    /// Records of this contract are missing: those after `from` and before `to`, ns, and none after the contract's next
    /// group, with which the book is whole again (`EventGroupAssembler.loseRecords`).
    public mutating func loseRecords(from: UInt64, to: UInt64) {
        assembler.loseRecords()
        // Of a contract that has not begun all of the past is missing.
        state.pointee.lost.begin(from: hasStarted ? from : 0, to: to)
        guard hasStarted else { return }
        lose(state.pointee.lost.hole(at: clock))
        refreshMarket(at: state.pointee.clock.time)
    }

    /// Records of options are missing: those before `to`, ns.
    public mutating func loseOptions(to: UInt64) { state.pointee.lost.loseOptions(to: to, state.pointee.session) }

    /// The first group after a hole: it reached so far at most.
    @inline(never)
    mutating func endHole(at time: UInt64) {
        let hole = state.pointee.lost.hole(at: time)
        state.pointee.lost.close()
        lose(hole)
    }

    /// A session begins in a hole.
    mutating func carryHole(to open: UInt64) {
        if state.pointee.lost.isOpen { lose(state.pointee.lost.hole(at: open &+ 1)) }
    }

    private mutating func lose(_ hole: RecordHole) {
        guard state.pointee.lose(hole) else { return }
        let (spans, prior) = (state.pointee.lost.spans, state.pointee.lost.priorSpans(hole))
        operators.pointee.tradeHistory.loseRecords()
        operators.pointee.volatility.loseRecords(
            ofRegularHours: spans.contains(.regular), ofPriorRegularHours: prior.contains(.regular),
            configuration: operators.pointee.configuration)
        operators.pointee.auction.loseRecords(
            ofNight: spans.contains(.overnight), ofRegularHours: spans.contains(.regular))
        operators.pointee.auction.losePrior(
            night: prior.contains(.overnight), regularHours: prior.contains(.regular))
        collector?.pointee.loseRecords(hole)
        optionVersion = 0
        secondRowsDue = 0
        forgetRows()
    }

    // MARK: Rows

    /// Shows the vector without the columns that lack records. What they will be again goes on behind.
    @inline(never)
    mutating func hideLost(at time: UInt64) {
        hidesLost = state.pointee.lost.isHiding(at: time)
        guard hidesLost else {
            state.pointee.lost.forget()
            return
        }
        shown.update(from: values, count: FeatureSchema.columnCount)
        let shown = self.shown
        forEachLost(at: time) { shown[$0] = .nan }
    }

    private func forEachLost(at time: UInt64, _ body: (Int) -> Void) {
        let lost = state.pointee.lost
        for (span, columns) in LostColumns.market where lost.spans.contains(span) {
            for column in columns { body(FeatureSchema.marketOffset + column.rawValue) }
        }
        for (seconds, columns) in LostColumns.windows where lost.lacks(seconds: seconds, at: time) {
            for column in columns { body(FeatureSchema.marketOffset + column.rawValue) }
        }
        for index in 0..<FeatureSchema.levelCount where levels[index].isActive {
            let offset = index * LevelFeature.count
            for (seconds, columns) in LostColumns.levelWindows where lost.lacks(seconds: seconds, at: time) {
                for column in columns { body(offset + column.rawValue) }
            }
            if lost.spans.contains(.options) { body(offset + LevelFeature.optionVolumeShare.rawValue) }
            guard levels[index].isPartial else { continue }
            for column in LostColumns.sinceActivation { body(offset + column.rawValue) }
        }
    }
}
