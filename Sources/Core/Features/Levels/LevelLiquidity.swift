import Determinism
import MarketData

/// What rests at a level (FEATURES B.3), read from the book as it is: no state. A depth is NaN unless the ten levels
/// show every price that it sums.
enum LevelLiquidity {
    /// The passive side's depth in the band, or NaN when it is not all visible or the side is not known.
    static func depthInBand(
        _ book: UnsafePointer<Book>, usable: Bool, nearest: Int32, band: Int32, side: Int32
    ) -> Double {
        guard usable, side != 0 else { return .nan }
        let low = nearest &- band
        let high = nearest &+ band
        if side > 0 {
            return defined(
                high <= book.pointee.visibleAskCeiling, Double(book.ask.size(from: low, through: high)))
        }
        return defined(low >= book.pointee.visibleBidFloor, Double(book.bid.size(from: low, through: high)))
    }

    /// Writes what changes with the book, the level and the side.
    static func write(
        _ out: UnsafeMutablePointer<Double>, level: UnsafePointer<LevelState>, row: borrowing RowContext
    ) {
        guard row.bookIsUsable else {
            for feature in LevelFeature.bidDepthInBand.rawValue...LevelFeature.largestQueueOffset.rawValue {
                out[feature] = .nan
            }
            return
        }
        writeBand(out, level: level, book: row.book)
        writePassive(out, level: level, row: row)
    }

    /// Whether rows that are measured against means can be defined. When not they are NaN from now on.
    static func seesPassiveSide(_ out: UnsafeMutablePointer<Double>, side: Int32, row: borrowing RowContext) -> Bool {
        out[.passiveDepthToAverage] = .nan
        out[.passiveDepthLogRatio] = .nan
        guard row.bookIsUsable, side != 0 else { return false }
        let atLevel = side > 0 ? out[.askDepthAtLevel] : out[.bidDepthAtLevel]
        let inBand = side > 0 ? out[.askDepthInBand] : out[.bidDepthInBand]
        return !atLevel.isNaN || !inBand.isNaN
    }

    /// Writes what is measured against means, which change with time.
    static func writeAgainstMeans(
        _ out: UnsafeMutablePointer<Double>, level: UnsafePointer<LevelState>, row: borrowing RowContext
    ) {
        let side = level.pointee.test.approachSide
        guard row.bookIsUsable, side != 0 else { return }
        let atLevel = side > 0 ? out[.askDepthAtLevel] : out[.bidDepthAtLevel]
        if atLevel.isNaN {
            out[.passiveDepthToAverage] = .nan
        } else {
            let means = row.meanLevelSize
            let mean = side > 0 ? means.pointee.askMean(at: row.time) : means.pointee.bidMean(at: row.time)
            out[.passiveDepthToAverage] = ratio(atLevel, mean)
        }
        let depth = side > 0 ? out[.askDepthInBand] : out[.bidDepthInBand]
        let isShown = !depth.isNaN && level.pointee.flow.visibleTime(at: row.time) >= 60_000_000_000
        guard isShown else {
            out[.passiveDepthLogRatio] = .nan
            return
        }
        let mean = level.pointee.flow.passiveDepth.mean(gain: row.clock.pointee.gain.h60)
        out[.passiveDepthLogRatio] = DeterministicMath.log((depth + 1) / (mean + 1))
    }

    private static func writeBand(
        _ out: UnsafeMutablePointer<Double>, level: UnsafePointer<LevelState>, book: UnsafePointer<Book>
    ) {
        let nearest = level.pointee.price.nearest
        let band = level.pointee.parameters.band
        let (floor, ceiling) = (book.pointee.visibleBidFloor, book.pointee.visibleAskCeiling)
        let bidsVisible = nearest &- band >= floor
        let asksVisible = nearest &+ band <= ceiling
        let bids = BandDepth(book.bid, nearest: nearest, band: band)
        let asks = BandDepth(book.ask, nearest: nearest, band: band)
        out[.bidDepthInBand] = defined(bidsVisible, Double(bids.size))
        out[.askDepthInBand] = defined(asksVisible, Double(asks.size))
        let bothVisible = bidsVisible && asksVisible && book.pointee.isTwoSided
        out[.queueImbalance] = defined(bothVisible, imbalance(bids.size, asks.size))
        out[.orderCountImbalance] = defined(bothVisible, imbalance(bids.orders, asks.orders))
        out[.bidDepthAtLevel] = defined(nearest >= floor, Double(bids.atLevel))
        out[.askDepthAtLevel] = defined(nearest <= ceiling, Double(asks.atLevel))
    }

    private static func writePassive(
        _ out: UnsafeMutablePointer<Double>, level: UnsafePointer<LevelState>, row: borrowing RowContext
    ) {
        let side = level.pointee.test.approachSide
        guard side != 0 else {
            for feature in LevelFeature.passiveDepthToAverage.rawValue...LevelFeature.largestQueueOffset.rawValue {
                out[feature] = .nan
            }
            return
        }
        let nearest = level.pointee.price.nearest
        let beyond = level.pointee.parameters.beyond
        let (floor, ceiling) = (row.book.pointee.visibleBidFloor, row.book.pointee.visibleAskCeiling)
        let ladder = side > 0 ? row.book.ask : row.book.bid
        let depth = ApproachDepth(ladder, nearest: nearest, beyond: beyond, side: side)
        let isBeforeShown = side > 0 ? nearest &- 1 <= ceiling : nearest &+ 1 >= floor
        let isBehindShown = side > 0 ? nearest &+ beyond <= ceiling : nearest &- beyond >= floor
        out[.depthToLevel] = defined(isBeforeShown, Double(depth.before))
        out[.depthBeyond] = defined(isBehindShown, Double(depth.behind))
        out[.largestQueueOffset] = depth.largestOffset
    }
}
