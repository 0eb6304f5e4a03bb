import Determinism
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
extension UnsafePointer<LevelState> {
    /// Writes the level's features at the row's time. Time must have been advanced to it.
    ///
    /// - Parameter out: room for `LevelFeature.count` values.
    func write(_ out: UnsafeMutablePointer<Double>, row: borrowing RowContext) {
        guard pointee.isActive else {
            for feature in 0..<LevelFeature.count { out[feature] = .nan }
            return
        }
        writePosition(out, row: row)
        writeInteraction(out, row: row)
        LevelLiquidity.write(out, level: self, row: row)
        pointee.flow.write(out, level: self, row: row)
        pointee.trades.write(out, level: self, row: row)
    }

    private func writePosition(_ out: UnsafeMutablePointer<Double>, row: borrowing RowContext) {
        let hasMid = row.mid.isUsable(at: row.time)
        let distance = hasMid ? Double(row.mid.twiceMid) * 0.5 - pointee.price.ticks : .nan
        out[.distance] = distance
        out[.distanceInATR] = ratio(distance, row.averageTrueRange)
        let known = pointee.test.approachSide != 0
        let side = known ? Double(pointee.test.approachSide) : .nan
        out[.approachSide] = side
        let fiveSeconds = row.changes.seconds5
        out[.approachVelocity5s] = side * fiveSeconds / 5
        out[.approachVelocity30s] = side * row.changes.seconds30 / 30
        out[.approachAcceleration5s] = side * (fiveSeconds - row.changes.previousSeconds5) / 25
        out[.approachEfficiency60s] = ratio(side * row.changes.seconds60, row.changes.path60)
        let moves = pointee.kind == .movingAverage
        let barMinutes = Double(ClosingAverage.slopeBars) * row.averageBarMinutes
        out[.slope] = moves ? row.averageSlopeTicks / barMinutes : 0
        out[.closesBeyond] = Double(pointee.tallies.closesBeyond)
        let sinceCross = Double(row.time &- pointee.tallies.crossedAt) * 1e-9
        let sign = distance > 0 ? 1.0 : distance < 0 ? -1.0 : 0.0
        out[.timeSinceCross] = defined(hasMid && pointee.tallies.crossedAt > 0, sign * sinceCross)
    }

    private func writeInteraction(_ out: UnsafeMutablePointer<Double>, row: borrowing RowContext) {
        out[.touchCount] = Double(pointee.test.touchCount)
        out[.timeSinceLastTouch] = defined(
            pointee.test.lastTouch > 0, Double(row.time &- pointee.test.lastTouch) * 1e-9)
        out[.timeNear] = Double(pointee.tallies.timeNear) * 1e-9
        out[.testDuration] = pointee.test.isTesting ? Double(row.time &- pointee.test.testStart) * 1e-9 : 0
        out[.rejectionCount] = Double(pointee.test.rejectionCount)
        out[.breakCount] = Double(pointee.test.breakCount)
        out[.lastOutcome] = Double(pointee.test.lastOutcome)
        out[.penetrationOfTest] =
            pointee.test.isTesting ? defined(pointee.test.testSide != 0, pointee.test.penetration) : 0
        out[.penetrationOfSession] = pointee.test.greatestPenetration
    }
}

extension BandFlow {
    /// ln((d+1)/(d̄+1)); NaN before the band was visible for 60 s.
    func passiveDepthLogRatio(_ depth: Double) -> Double {
        guard visibleTime >= 60_000_000_000, !depth.isNaN else { return .nan }
        return DeterministicMath.log((depth + 1) / (passiveDepth.mean + 1))
    }
}
