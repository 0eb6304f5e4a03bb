import Determinism
import MarketData

/// What trades leave behind for longer than a group: the rolling volume delta, volume buckets, λ and price impact
/// (FEATURES C-53, C-59, C-60, C-64, C-65).
struct TradeHistory: ~Copyable {
    private static let second: UInt64 = 1_000_000_000
    /// Age of the contract from which λ is given, ns.
    private static let lambdaAge: UInt64 = 300_000_000_000

    private var orders = AggressorOrders()
    private var delta = RollingDelta()
    private var buckets = VolumeBuckets()
    private var lambda = KyleLambda()
    private var impact = PriceImpact()
    /// Time of the contract's first group, ns.
    private var start: UInt64 = 0
    /// A trade or a second's end has changed what `write` writes.
    private var rowsStale = true
    /// Start of the second that is open, ns.
    private var openSecondStart: UInt64 = 0

    init() {}

    /// Contracts of a volume bucket; nil until the history of sessions says it.
    var bucketSize: Int64? {
        get { buckets.bucketSize }
        set { buckets.bucketSize = newValue }
    }
    /// Until when rows may appear that a second's end did not write, ns.
    var lambdaStart: UInt64 { start &+ Self.lambdaAge }

    mutating func begin(at time: UInt64) { start = time }

    mutating func beginSession() {
        delta.clear()
        impact.clear()
    }

    /// Trades are missing: volume buckets begin anew.
    mutating func loseRecords() {
        buckets.restart()
        rowsStale = true
    }

    /// The orders of a group. Valid until the next call.
    mutating func gather(_ trades: UnsafeBufferPointer<TradeRun>) -> UnsafeBufferPointer<AggressorOrder> {
        orders.gather(trades)
    }

    /// Takes the orders of a group whose flow counts.
    mutating func apply(_ orders: UnsafeBufferPointer<AggressorOrder>, group: borrowing GroupContext) {
        rowsStale = true
        let second = group.time / Self.second
        let signed = group.bought &- group.sold
        delta.add(signed, second: second)
        lambda.add(signed)
        buckets.add(group.trades)
        let midBefore = group.wasValid ? group.midBefore.twiceMid : nil
        for order in orders { impact.add(order, second: second, twiceMidBefore: midBefore) }
    }

    /// The newest second of the grid, which ended at `end` ns.
    mutating func secondClosed(at end: UInt64, grid: borrowing MidGrid) {
        rowsStale = true
        openSecondStart = end
        let open = end / Self.second
        delta.advance(to: open)
        lambda.secondClosed(open &- 1, old: grid.twiceMid(lag: 1), new: grid.twiceMid(lag: 0))
        impact.secondClosed(open &- 1, twiceMid: grid.twiceMid(lag: 0))
    }

    /// Whether the rows that trades and seconds change have to be written for a row of `time`.
    func isStale(at time: UInt64) -> Bool { rowsStale || time < openSecondStart }

    /// Every row must be written anew.
    mutating func forget() { rowsStale = true }

    mutating func write(_ out: UnsafeMutablePointer<Double>, at time: UInt64) {
        rowsStale = time < openSecondStart
        out[.volumeDeltaChange300] = Double(delta.value(at: time / Self.second))
        out[.vpin] = buckets.value
    }

    func writeSecond(_ out: UnsafeMutablePointer<Double>, at time: UInt64) {
        out[.kyleLambda] = defined(time >= lambdaStart, lambda.value)
        out[.realizedSpread] = impact.realizedSpread
        out[.priceImpact] = impact.priceImpact
    }
}

extension TradeHistory: PersistentState {
    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("trade-history")
        try archive.field(&delta)
        try archive.field(&buckets)
        try archive.field(&lambda)
        try archive.field(&impact)
        try archive.field(&start)
        try archive.field(&rowsStale)
        try archive.field(&openSecondStart)
    }
}
