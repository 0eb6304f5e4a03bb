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
    /// The passive side's depth in the band, half-life 60 s.
    private(set) var passiveDepth = StepFunctionMean()
    /// For how long it has been visible, ns, up to `visibleSince` while it is.
    private var visibleTime: UInt64 = 0
    private var visibleSince: UInt64 = 0

    init() {}

    mutating func rebase(_ clock: DecayClock) {
        sums.decay(clock.left.h30)
        age.decay(clock.left.h30)
        passiveDepth.rebase(left: clock.left.h60, gain: clock.gain.h60)
    }

    mutating func beginTest() {
        testBidFills = 0
        testAskFills = 0
        testBidDisplayed = -1
        testAskDisplayed = -1
    }

    mutating func apply(
        _ group: borrowing GroupContext, price: LevelPrice, band: Int32, isTesting: Bool, stale: inout StaleColumns
    ) {
        let nearest = price.nearest
        for change in group.changes where abs(change.price &- nearest) <= band {
            let gain = group.clock.gain.h30
            let offset = change.side > 0 ? Sum.bidAdded : Sum.askAdded
            sums.add(Double(change.added), to: offset, gain: gain)
            sums.add(Double(change.cancelled), to: offset + 1, gain: gain)
            sums.add(Double(change.filled), to: offset + 2, gain: gain)
            if isTesting, change.price == nearest {
                if change.side > 0 { testBidFills &+= change.filled } else { testAskFills &+= change.filled }
            }
            stale.insert(.flow)
        }
        guard isTesting, group.bookIsUsable else { return }
        stale.insert(.flow)
        let book = group.after
        if nearest >= book.pointee.visibleBidFloor {
            testBidDisplayed = max(testBidDisplayed, book.bid.size(at: nearest))
        }
        if nearest <= book.pointee.visibleAskCeiling {
            testAskDisplayed = max(testAskDisplayed, book.ask.size(at: nearest))
        }
    }

    /// The passive side's depth in the band is `depth` from the clock's time on, NaN while it is not all visible.
    mutating func watchDepth(_ depth: Double, clock: DecayClock) {
        if passiveDepth.value.isNaN != depth.isNaN {
            if depth.isNaN { visibleTime &+= clock.time &- visibleSince }
            visibleSince = clock.time
        }
        passiveDepth.set(depth, gain: clock.gain.h60)
    }

    /// ns for which the depth has been visible until `time`.
    func visibleTime(at time: UInt64) -> UInt64 {
        passiveDepth.value.isNaN ? visibleTime : visibleTime &+ (time &- visibleSince)
    }

    /// Ratios of sums: time does not change them.
    func writeRatios(_ out: UnsafeMutablePointer<Double>, test: LevelTest) {
        let side = test.approachSide
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
        let shown = test.isTesting && side != 0 && displayed > 0
        out[.tradedToDisplayed] = defined(shown, Double(fills) / Double(displayed))
    }

    func writeRates(_ out: UnsafeMutablePointer<Double>, warm: Bool, left: Decay) {
        let factor = defined(warm, age.rateFactor(halfLife: 30, decay: left.h30))
        out[.bidAdded] = sums[Sum.bidAdded] * factor
        out[.askAdded] = sums[Sum.askAdded] * factor
        out[.bidCancelled] = sums[Sum.bidCancelled] * factor
        out[.askCancelled] = sums[Sum.askCancelled] * factor
        out[.bidFilled] = sums[Sum.bidFilled] * factor
        out[.askFilled] = sums[Sum.askFilled] * factor
    }
}
