import Determinism

/// Kyle's λ (FEATURES C-60): the regression without intercept of a second's change of the mid on its net buying, both
/// sides weighted with a half-life of 1,800 s. Never begins anew.
struct KyleLambda: BitwiseCopyable {
    private static let halfLife = 1_800.0
    /// Contracts that the slope is for.
    private static let unit = 100.0

    /// Σ D·size of the second that is open.
    private var openFlow: Int64 = 0
    private var products = 0.0
    private var squares = 0.0
    /// The second to which the two sums are decayed, since 1970.
    private var base: UInt64 = 0

    init() {}

    mutating func add(_ signed: Int64) { openFlow &+= signed }

    /// - Parameters:
    ///   - second: that was completed, since 1970.
    ///   - old: twice the mid a second before, ticks, or `MidGrid.absent`.
    ///   - new: twice the mid at its end.
    mutating func secondClosed(_ second: UInt64, old: Int32, new: Int32) {
        let flow = openFlow
        openFlow = 0
        // A second without net buying adds nothing to either sum.
        guard flow != 0, old != MidGrid.absent, new != MidGrid.absent else { return }
        let factor = DeterministicMath.exp2(-Double(second &- base) / Self.halfLife)
        let size = Double(flow) / Self.unit
        products = flushed(products * factor) + Double(new &- old) * 0.5 * size
        squares = flushed(squares * factor) + size * size
        base = second
    }

    /// Ticks per 100 contracts; NaN when nothing was bought or sold, net.
    var value: Double { ratio(products, squares) }
}

/// What the mid did in the five seconds after a trade (FEATURES C-64, C-65): samples wait until the mid at the end of
/// grid second floor(t) + 5 is known and count from then on, half-life 60 s.
///
/// All trades of one second wait for one mid, so their sums wait and not they.
struct PriceImpact: ~Copyable {
    private struct Waiting: BitwiseCopyable {
        /// Second in which it traded, since 1970.
        var second: UInt64 = 0
        /// Σ 2·D·p·size, Σ D·size and Σ size of all signed orders; prices in ticks.
        var paid: Int64 = 0
        var signed: Int64 = 0
        var volume: Int64 = 0
        /// The same of the orders before which the book was valid, with Σ D·size·2m⁻.
        var midBefore: Int64 = 0
        var signedWithMid: Int64 = 0
        var volumeWithMid: Int64 = 0
    }

    private static let horizon: UInt64 = 5
    private static let capacity = 8
    private static let halfLife = 60.0
    /// Seconds after which the sums are no more (K.3-37).
    private static let vanished: UInt64 = 60_000

    private let waiting: UnsafeMutablePointer<Waiting>
    private var openSecond: UInt64 = 0
    private var realized = 0.0
    private var realizedWeight = 0.0
    private var impact = 0.0
    private var impactWeight = 0.0
    /// The second to whose end the four sums are decayed.
    private var base: UInt64 = 0

    init() {
        waiting = .allocate(capacity: Self.capacity)
        waiting.initialize(repeating: Waiting(), count: Self.capacity)
    }

    deinit { waiting.deallocate() }

    private func slot(_ second: UInt64) -> UnsafeMutablePointer<Waiting> {
        waiting + Int(truncatingIfNeeded: second) & (Self.capacity - 1)
    }

    /// 18:00: what waits is dropped.
    mutating func clear() {
        waiting.update(repeating: Waiting(), count: Self.capacity)
        (realized, realizedWeight, impact, impactWeight) = (0, 0, 0, 0)
    }

    /// - Parameters:
    ///   - second: in which the group traded. When the mid it waits for is known already, it waits for the next one.
    ///   - twiceMidBefore: of a valid book before the group, half-ticks; nil without one.
    mutating func add(_ order: AggressorOrder, second: UInt64, twiceMidBefore: Int32?) {
        guard order.aggressor != 0 else { return }
        let second = max(second, openSecond &- min(openSecond, Self.horizon))
        let slot = slot(second)
        if slot.pointee.second != second {
            slot.pointee = Waiting()
            slot.pointee.second = second
        }
        let sign = Int64(order.aggressor)
        slot.pointee.paid &+= 2 &* sign &* order.priceSize
        slot.pointee.signed &+= sign &* order.size
        slot.pointee.volume &+= order.size
        guard let twiceMidBefore else { return }
        slot.pointee.midBefore &+= sign &* order.size &* Int64(twiceMidBefore)
        slot.pointee.signedWithMid &+= sign &* order.size
        slot.pointee.volumeWithMid &+= order.size
    }

    /// - Parameters:
    ///   - second: that was completed, since 1970.
    ///   - twiceMid: at its end, or `MidGrid.absent`.
    mutating func secondClosed(_ second: UInt64, twiceMid: Int32) {
        openSecond = second &+ 1
        let due = second &- Self.horizon
        let sample = slot(due).pointee
        guard sample.second == due, sample.volume > 0 else { return }
        slot(due).pointee = Waiting()
        guard twiceMid != MidGrid.absent else { return }
        let factor = DeterministicMath.exp2(-Double(second &- base) / Self.halfLife)
        base = second
        realized = flushed(realized * factor) + Double(sample.paid &- sample.signed &* Int64(twiceMid))
        realizedWeight = flushed(realizedWeight * factor) + Double(sample.volume)
        impact = flushed(impact * factor) + Double(sample.signedWithMid &* Int64(twiceMid) &- sample.midBefore)
        impactWeight = flushed(impactWeight * factor) + Double(sample.volumeWithMid)
    }

    /// Ticks. NaN without a sample.
    var realizedSpread: Double { openSecond &- base > Self.vanished ? .nan : ratio(realized, realizedWeight) }
    var priceImpact: Double { openSecond &- base > Self.vanished ? .nan : ratio(impact, impactWeight) }
}

extension PriceImpact: PersistentState {
    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("price-impact")
        try archive.field(&openSecond)
        try archive.field(&realized)
        try archive.field(&realizedWeight)
        try archive.field(&impact)
        try archive.field(&impactWeight)
        try archive.field(&base)
        for index in 0..<Self.capacity { try archive.field(&waiting[index]) }
    }
}
