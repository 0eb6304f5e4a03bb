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
    ///   - also: columns that the row makes stale for every level.
    func write(_ out: UnsafeMutablePointer<Double>, row: borrowing RowContext, also: StaleColumns) {
        let stale = pointee.stale.union(also)
        pointee.stale = []
        guard pointee.isActive else {
            if stale == .all { for feature in 0..<LevelFeature.count { out[feature] = .nan } }
            return
        }
        let level = UnsafePointer(self)
        let families = pointee.parameters.families
        if families.contains(.levelPosition) {
            if stale.contains(.position) { level.writePosition(out, row: row) }
            if stale.contains(.position) || stale.contains(.motion) { level.writeMotion(out, row: row) }
        }
        if families.contains(.levelInteraction) {
            if stale.contains(.interaction) { level.writeInteraction(out) }
            level.writeTimes(out, row: row)
        }
        if families.contains(.levelConfirmation) {
            if stale.contains(.position) { out[.closesBeyond] = Double(pointee.tallies.closesBeyond) }
            level.writeTimeSinceCross(out, row: row)
        }
        if families.contains(.levelLiquidity) {
            if stale.contains(.liquidity) { LevelLiquidity.write(out, level: level, row: row) }
            LevelLiquidity.writeAgainstMeans(out, level: level, row: row)
        }
        let age = row.time &- pointee.activeSince
        if families.contains(.levelFlow) {
            if stale.contains(.flow) { pointee.flow.writeRatios(out, test: pointee.test) }
            pointee.flow.writeRates(out, warm: age >= 10_000_000_000, left: row.left)
        }
        guard families.contains(.levelTrades) else { return }
        if stale.contains(.trades) { pointee.trades.writeRatios(out) }
        let side = pointee.test.approachSide
        let progress = side == 0 ? .nan : Double(side) * row.changes.seconds30
        pointee.trades.writeSums(out, age: age, progress: progress, left: row.left)
    }
}

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

    fileprivate func writeTimes(_ out: UnsafeMutablePointer<Double>, row: borrowing RowContext) {
        out[.timeSinceLastTouch] = defined(
            pointee.test.lastTouch > 0, Double(row.time &- pointee.test.lastTouch) * 1e-9)
        out[.timeNear] = Double(pointee.tallies.timeNear(at: min(row.time, row.mid.usableUntil))) * 1e-9
        out[.testDuration] = pointee.test.isTesting ? Double(row.time &- pointee.test.testStart) * 1e-9 : 0
    }

    fileprivate func writeTimeSinceCross(_ out: UnsafeMutablePointer<Double>, row: borrowing RowContext) {
        let distance =
            row.mid.isUsable(at: row.time) ? pointee.price.offset(ofTwiceMid: row.mid.twiceMid) : nil
        let sinceCross = Double(row.time &- pointee.tallies.crossedAt) * 1e-9
        let sign = Double(distance?.signum() ?? 0)
        out[.timeSinceCross] = defined(distance != nil && pointee.tallies.crossedAt > 0, sign * sinceCross)
    }
}
