import MarketData

/// The resting-order flow within a level's band (FEATURES B.4), half-life 30 s.
public struct BandFlow: BitwiseCopyable, Sendable {
    /// Sums by book side, so that the passive side is chosen when a row is read (K.3-30).
    enum Sum { static let bidAdded = 0, bidCancelled = 1, bidFilled = 2, askAdded = 3, askCancelled = 4, askFilled = 5 }

    var sums = ExponentialSums<6>()
    var age = ExponentialAge()
    /// Fills at ℓ since the test began, by book side.
    var testBidFills: Int64 = 0
    var testAskFills: Int64 = 0
    /// Largest size displayed at ℓ since the test began; −1 when it was never visible.
    var testBidDisplayed: Int32 = -1
    var testAskDisplayed: Int32 = -1
    /// The passive side's depth in the band, half-life 60 s, and for how long it has been visible, ns.
    var passiveDepth = TimeWeightedMean()
    var visibleTime: UInt64 = 0

    init() {}

    mutating func advance(_ decay: Decay, elapsed: UInt64) {
        sums.decay(decay.h30)
        age.decay(decay.h30)
        if !passiveDepth.value.isNaN { visibleTime &+= elapsed }
        passiveDepth.decay(decay.h60)
    }

    mutating func beginTest() {
        testBidFills = 0
        testAskFills = 0
        testBidDisplayed = -1
        testAskDisplayed = -1
    }

    mutating func apply(_ group: borrowing GroupContext, price: LevelPrice, band: Int32, isTesting: Bool) {
        let nearest = price.nearest
        for change in group.changes where abs(change.price &- nearest) <= band {
            let offset = change.side > 0 ? Sum.bidAdded : Sum.askAdded
            sums[offset] += Double(change.added)
            sums[offset + 1] += Double(change.cancelled)
            sums[offset + 2] += Double(change.filled)
            if isTesting, change.price == nearest {
                if change.side > 0 { testBidFills &+= change.filled } else { testAskFills &+= change.filled }
            }
        }
        guard isTesting, group.bookIsUsable else { return }
        let book = group.after
        if nearest >= book.pointee.visibleBidFloor {
            testBidDisplayed = max(testBidDisplayed, book.bid.size(at: nearest))
        }
        if nearest <= book.pointee.visibleAskCeiling {
            testAskDisplayed = max(testAskDisplayed, book.ask.size(at: nearest))
        }
    }

    /// Takes the passive side's depth from the book in force.
    mutating func watchDepth(_ book: UnsafePointer<Book>, usable: Bool, price: LevelPrice, band: Int32, side: Int32) {
        passiveDepth.value = LevelLiquidity.depthInBand(
            book, usable: usable, nearest: price.nearest, band: band, side: side)
    }

    func write(_ out: UnsafeMutablePointer<Double>, level: UnsafePointer<LevelState>, row: borrowing RowContext) {
        let warm = row.time &- level.pointee.activeSince >= 10_000_000_000
        writeRates(out, warm: warm)
        let side = level.pointee.test.approachSide
        let (bidAdded, bidCancelled, bidFilled) = (sums[Sum.bidAdded], sums[Sum.bidCancelled], sums[Sum.bidFilled])
        let (askAdded, askCancelled, askFilled) = (sums[Sum.askAdded], sums[Sum.askCancelled], sums[Sum.askFilled])
        let lifting = (bidAdded - bidCancelled - bidFilled) - (askAdded - askCancelled - askFilled)
        let total = bidAdded + bidCancelled + bidFilled + askAdded + askCancelled + askFilled
        out[.orderFlowImbalance] = ratio(lifting, total)
        // The passive side is the one in the way: offers when price comes from below.
        let (added, cancelled, filled) =
            side > 0 ? (askAdded, askCancelled, askFilled) : (bidAdded, bidCancelled, bidFilled)
        out[.cancelToAdd] = defined(side != 0, ratio(cancelled, added))
        out[.replenishment] = defined(side != 0, ratio(added, cancelled + filled))
        let fills = side > 0 ? testAskFills : testBidFills
        let displayed = side > 0 ? testAskDisplayed : testBidDisplayed
        let shown = level.pointee.test.isTesting && side != 0 && displayed > 0
        out[.tradedToDisplayed] = defined(shown, Double(fills) / Double(displayed))
    }

    private func writeRates(_ out: UnsafeMutablePointer<Double>, warm: Bool) {
        out[.bidAdded] = defined(warm, age.rate(sums[Sum.bidAdded], halfLife: 30))
        out[.askAdded] = defined(warm, age.rate(sums[Sum.askAdded], halfLife: 30))
        out[.bidCancelled] = defined(warm, age.rate(sums[Sum.bidCancelled], halfLife: 30))
        out[.askCancelled] = defined(warm, age.rate(sums[Sum.askCancelled], halfLife: 30))
        out[.bidFilled] = defined(warm, age.rate(sums[Sum.bidFilled], halfLife: 30))
        out[.askFilled] = defined(warm, age.rate(sums[Sum.askFilled], halfLife: 30))
    }
}
