import Determinism
import MarketData

/// What rests at a level (FEATURES B.3), read from the book as it is: no state. A depth is NaN unless the ten levels
/// show every price that it sums.
enum LevelLiquidity {
    /// How far from the level the largest queue is looked for, ticks (B-29).
    static let searchTicks: Int32 = 10

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
        let mean = level.pointee.flow.passiveDepth.mean(gain: row.gain.h60)
        out[.passiveDepthLogRatio] = DeterministicMath.log((depth + 1) / (mean + 1))
    }

    private static func writeBand(
        _ out: UnsafeMutablePointer<Double>, level: UnsafePointer<LevelState>, book: UnsafePointer<Book>
    ) {
        let nearest = level.pointee.price.nearest
        let low = nearest &- level.pointee.parameters.band
        let high = nearest &+ level.pointee.parameters.band
        let bidsVisible = low >= book.pointee.visibleBidFloor
        let asksVisible = high <= book.pointee.visibleAskCeiling
        let bids = bidsVisible ? book.bid.size(from: low, through: high) : 0
        let asks = asksVisible ? book.ask.size(from: low, through: high) : 0
        out[.bidDepthInBand] = defined(bidsVisible, Double(bids))
        out[.askDepthInBand] = defined(asksVisible, Double(asks))
        let bothVisible = bidsVisible && asksVisible && book.pointee.isTwoSided
        out[.queueImbalance] = defined(bothVisible, imbalance(bids, asks))
        out[.orderCountImbalance] = defined(
            bothVisible,
            imbalance(
                book.bid.orderCount(from: low, through: high),
                book.ask.orderCount(from: low, through: high)))
        out[.bidDepthAtLevel] = defined(
            nearest >= book.pointee.visibleBidFloor, Double(book.bid.size(at: nearest)))
        out[.askDepthAtLevel] = defined(
            nearest <= book.pointee.visibleAskCeiling, Double(book.ask.size(at: nearest)))
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
        let book = row.book
        if side > 0 {
            let ceiling = book.pointee.visibleAskCeiling
            out[.depthToLevel] = defined(
                nearest &- 1 <= ceiling, Double(book.ask.size(from: .min, through: nearest &- 1)))
            out[.depthBeyond] = defined(
                nearest &+ beyond <= ceiling,
                Double(book.ask.size(from: nearest &+ 1, through: nearest &+ beyond)))
            out[.largestQueueOffset] = largestQueueOffset(book.ask, nearest: nearest, side: side)
        } else {
            let floor = book.pointee.visibleBidFloor
            out[.depthToLevel] = defined(
                nearest &+ 1 >= floor, Double(book.bid.size(from: nearest &+ 1, through: .max)))
            out[.depthBeyond] = defined(
                nearest &- beyond >= floor,
                Double(book.bid.size(from: nearest &- beyond, through: nearest &- 1)))
            out[.largestQueueOffset] = largestQueueOffset(book.bid, nearest: nearest, side: side)
        }
    }

    /// a·(n* − ℓ) of the largest listed queue within ten ticks; ties go to the nearest, then to the one beyond the
    /// level.
    private static func largestQueueOffset(_ ladder: UnsafePointer<BookSideLadder>, nearest: Int32, side: Int32)
        -> Double
    {
        let (prices, sizes) = (ladder.prices, ladder.sizes)
        // Size, then nearness, then the side of the level, then the offset itself, in one number to compare.
        var best: Int64 = 0
        for slot in 0..<10 {
            let offset = side &* (prices[slot] &- nearest)
            let distance = abs(offset)
            let rank = 2 &* (searchTicks &- distance) &+ (offset > 0 ? 1 : 0)
            let key = Int64(sizes[slot]) &<< 16 | Int64(rank) &<< 8 | Int64(offset &+ searchTicks)
            best = max(best, distance <= searchTicks ? key : 0)
        }
        return defined(best >= 1 << 16, Double((best & 0xFF) - Int64(searchTicks)))
    }
}
