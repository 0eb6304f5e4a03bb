import MarketData

/// The resting-order flow within a level's band (FEATURES B.4), half-life 30 s.
public struct BandFlow: BitwiseCopyable, Sendable {
    /// Sums by book side, so that the passive side is chosen when a row is read (K.3-30); in the order of the columns.
    enum Sum { static let bidAdded = 0, askAdded = 1, bidCancelled = 2, askCancelled = 3, bidFilled = 4, askFilled = 5 }

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

    /// The sums where they lie, in the order of their columns.
    @inline(__always)
    static func sums(of level: UnsafeMutablePointer<LevelState>) -> UnsafePointer<ExponentialSums<6>> {
        UnsafePointer(withUnsafeMutablePointer(to: &level.pointee.flow.sums) { $0 })
    }

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
        _ group: borrowing GroupContext, nearest: Int32, band: Int32, isTesting: Bool, stale: inout StaleColumns
    ) {
        let width = UInt32(bitPattern: 2 &* band)
        for change in group.changes where UInt32(bitPattern: change.price &- nearest &+ band) <= width {
            let gain = group.clock.pointee.gain.h30
            let offset = change.side > 0 ? Sum.bidAdded : Sum.askAdded
            sums.add(Double(change.added), to: offset, gain: gain)
            sums.add(Double(change.cancelled), to: offset + 2, gain: gain)
            sums.add(Double(change.filled), to: offset + 4, gain: gain)
            if isTesting, change.price == nearest {
                if change.side > 0 { testBidFills &+= change.filled } else { testAskFills &+= change.filled }
            }
            stale.insert(.flow)
        }
        if isTesting, group.bookIsUsable { watchDisplayed(group.after, nearest: nearest, stale: &stale) }
    }

    private mutating func watchDisplayed(_ book: UnsafePointer<Book>, nearest: Int32, stale: inout StaleColumns) {
        if nearest >= book.pointee.visibleBidFloor {
            let size = book.bid.size(at: nearest)
            if size > testBidDisplayed {
                testBidDisplayed = size
                stale.insert(.flow)
            }
        }
        if nearest <= book.pointee.visibleAskCeiling {
            let size = book.ask.size(at: nearest)
            if size > testAskDisplayed {
                testAskDisplayed = size
                stale.insert(.flow)
            }
        }
    }

    /// The passive side's depth in the band is `depth` from the clock's time on, NaN while it is not all visible.
    mutating func watchDepth(_ depth: Double, clock: UnsafePointer<DecayClock>) {
        let time = clock.pointee.time
        if passiveDepth.value.isNaN != depth.isNaN {
            if depth.isNaN { visibleTime &+= time &- visibleSince }
            visibleSince = time
        }
        passiveDepth.set(depth, gain: clock.pointee.gain.h60)
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

}
