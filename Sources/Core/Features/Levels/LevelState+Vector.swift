import MarketData

extension UnsafeMutablePointer<Double> {
    /// The slot of a level feature in that level's part of the vector.
    subscript(feature: LevelFeature) -> Double {
        get { self[feature.rawValue] }
        nonmutating set { self[feature.rawValue] = newValue }
    }

    /// The slot of a market feature in the market's part of the vector.
    subscript(feature: MarketFeature) -> Double {
        get { self[feature.rawValue] }
        nonmutating set { self[feature.rawValue] = newValue }
    }
}

// On the pointer and not on the value: a call on a large value behind a pointer copies it first.
extension UnsafeMutablePointer<LevelState> {
    /// Brings the level's part of the vector to the row's time: what is stale, and what changes with time alone.
    ///
    /// - Parameters:
    ///   - out: room for `LevelFeature.count` values, as the last call left it.
    ///   - terms: the level's, as the last call left them.
    ///   - also: columns that the row makes stale for every level.
    ///   - termsAreDue: the terms must be made anew.
    @inline(__always)
    func write(
        _ out: UnsafeMutablePointer<Double>, terms: UnsafeMutablePointer<LevelTerms>, row: borrowing RowContext,
        moment: borrowing LevelMoment, also: StaleColumns, termsAreDue: Bool
    ) {
        let stale = pointee.stale.union(also)
        guard pointee.isActive else {
            pointee.stale = []
            if stale == .all { out.update(repeating: .nan, count: LevelFeature.count) }
            return
        }
        if stale != [] {
            pointee.stale = []
            writeStale(out, row: row, stale: stale)
        }
        if !stale.isSubset(of: .besideTerms) || termsAreDue {
            terms.set(UnsafePointer(self), base: row.sessionStart, time: row.time)
        }
        UnsafePointer(terms).writeTimes(out, moment)
        UnsafePointer(terms).writeSums(out, moment, flow: BandFlow.sums(of: self))
        if pointee.seesDepth { LevelLiquidity.writeAgainstMeans(out, level: UnsafePointer(self), row: row) }
    }

    @inline(never)
    private func writeStale(_ out: UnsafeMutablePointer<Double>, row: borrowing RowContext, stale: StaleColumns) {
        let level = UnsafePointer(self)
        let families = pointee.parameters.families
        if stale.contains(.position) {
            findSide(row: row)
            if families.contains(.levelPosition) { level.writePosition(out, row: row) }
            if families.contains(.levelConfirmation) { out[.closesBeyond] = Double(pointee.tallies.closesBeyond) }
        }
        if stale.contains(.motion) {
            findProgress(row: row)
            if families.contains(.levelPosition) { level.writeMotion(out, row: row) }
        }
        if stale.contains(.interaction), families.contains(.levelInteraction) { level.writeInteraction(out) }
        if stale.contains(.liquidity), families.contains(.levelLiquidity) {
            LevelLiquidity.write(out, level: level, row: row)
            pointee.seesDepth = LevelLiquidity.seesPassiveSide(out, side: pointee.test.approachSide, row: row)
        }
        if stale.contains(.flow), families.contains(.levelFlow) { pointee.flow.writeRatios(out, test: pointee.test) }
        if stale.contains(.trades), families.contains(.levelTrades) { pointee.trades.writeRatios(out) }
    }

    private func findSide(row: borrowing RowContext) {
        let offset = pointee.price.offset(ofTwiceMid: row.mid.twiceMid)
        pointee.midSide = defined(row.mid.isUsable(at: row.time), Double(offset.signum()))
    }

    private func findProgress(row: borrowing RowContext) {
        let side = pointee.test.approachSide
        let progress = side == 0 ? .nan : Double(side) * row.changes.seconds30
        pointee.absorptionDivisor = defined(!progress.isNaN, 1 + max(0, progress))
    }
}

// MARK: - What changes with events

extension UnsafePointer<LevelState> {
    fileprivate func writePosition(_ out: UnsafeMutablePointer<Double>, row: borrowing RowContext) {
        let hasMid = row.mid.isUsable(at: row.time)
        let distance = hasMid ? Double(row.mid.twiceMid) * 0.5 - pointee.price.ticks : .nan
        out[.distance] = distance
        out[.distanceInATR] = ratio(distance, row.averageTrueRange)
        let moves = pointee.kind == .movingAverage
        let barMinutes = Double(ClosingAverage.slopeBars) * row.averageBarMinutes
        out[.slope] = moves ? row.averageSlopeTicks / barMinutes : 0
    }

    /// How the mid moved over completed seconds, seen from the side that price comes from.
    fileprivate func writeMotion(_ out: UnsafeMutablePointer<Double>, row: borrowing RowContext) {
        let known = pointee.test.approachSide != 0
        let side = known ? Double(pointee.test.approachSide) : .nan
        out[.approachSide] = side
        let fiveSeconds = row.changes.seconds5
        out[.approachVelocity5s] = side * fiveSeconds / 5
        out[.approachVelocity30s] = side * row.changes.seconds30 / 30
        out[.approachAcceleration5s] = side * (fiveSeconds - row.changes.previousSeconds5) / 25
        out[.approachEfficiency60s] = ratio(side * row.changes.seconds60, row.changes.path60)
    }

    fileprivate func writeInteraction(_ out: UnsafeMutablePointer<Double>) {
        out[.touchCount] = Double(pointee.test.touchCount)
        out[.rejectionCount] = Double(pointee.test.rejectionCount)
        out[.breakCount] = Double(pointee.test.breakCount)
        out[.lastOutcome] = Double(pointee.test.lastOutcome)
        out[.penetrationOfTest] =
            pointee.test.isTesting ? defined(pointee.test.testSide != 0, pointee.test.penetration) : 0
        out[.penetrationOfSession] = pointee.test.greatestPenetration
    }
}
