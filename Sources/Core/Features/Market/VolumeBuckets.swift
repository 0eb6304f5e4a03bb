import Determinism
import MarketData

/// The volume-synchronised probability of informed trading (Easley, López de Prado & O'Hara 2012) by true aggressors
/// (FEATURES C-59): volume is cut into buckets of V contracts, and the mean of |B − S|/V is taken over the last 50 full
/// ones. Trades are split at the edges; those without an aggressor half and half. Runs on from session to session.
struct VolumeBuckets: ~Copyable {
    private static let window = 50

    /// V in contracts of the buckets to come; nil until it is known. The bucket that is being filled keeps its own.
    var bucketSize: Int64? {
        get { nextSize > 0 ? nextSize : nil }
        set { nextSize = newValue ?? 0 }
    }
    private var nextSize: Int64 = 0
    private let shares: UnsafeMutablePointer<Double>
    private var full = 0
    /// The bucket that is being filled: its V, 0 when none was begun; what is in it; B − S.
    private var size: Int64 = 0
    private var filled: Int64 = 0
    private var difference: Int64 = 0
    private var mean = Double.nan

    init() {
        shares = .allocate(capacity: Self.window)
        shares.initialize(repeating: .nan, count: Self.window)
    }

    deinit { shares.deallocate() }

    /// The mean over the last 50 full buckets; NaN before there are as many, and without a bucket size.
    var value: Double { bucketSize == nil ? .nan : mean }

    /// Takes the trades of a group whose flow counts, in the order they printed.
    mutating func add(_ trades: UnsafeBufferPointer<TradeRun>) {
        guard let bucketSize else { return }
        let before = full
        for trade in trades { add(trade, bucketSize: bucketSize) }
        if full != before, full >= Self.window { readMean() }
    }

    private mutating func add(_ trade: TradeRun, bucketSize: Int64) {
        var left = trade.size
        while left > 0 {
            if filled == 0 { size = bucketSize }
            if filled == 0, left / size > Int64(Self.window) {
                // Only the last fifty of equal buckets can still be seen.
                left -= (left / size - Int64(Self.window)) * size
            }
            let part = min(left, size - filled)
            left -= part
            filled += part
            difference += Int64(trade.aggressor) * part
            if filled == size { close() }
        }
    }

    /// Trades are missing: the buckets so far and those to come do not follow each other.
    mutating func restart() {
        (full, filled, difference, mean) = (0, 0, 0, .nan)
    }

    private mutating func close() {
        shares[full % Self.window] = Double(abs(difference)) / Double(size)
        full += 1
        filled = 0
        difference = 0
    }

    private mutating func readMean() {
        var sum = 0.0
        // From the oldest: what came before them leaves no trace.
        for index in 0..<Self.window { sum += shares[(full + index) % Self.window] }
        mean = sum / Double(Self.window)
    }
}

extension VolumeBuckets: PersistentState {
    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("volume-buckets")
        try archive.field(&nextSize)
        try archive.field(&full)
        try archive.field(&size)
        try archive.field(&filled)
        try archive.field(&difference)
        try archive.field(&mean)
        for index in 0..<Self.window { try archive.field(&shares[index]) }
    }
}
