/// The volume-weighted mean of trade prices since an anchor and their standard deviation (FEATURES C.5), in ticks.
///
/// Sums are whole ticks from the first price: when all traded at one price the variance is exactly 0, and a market that
/// lies higher has the same bits.
public struct VolumeWeightedPrice: BitwiseCopyable, Sendable {
    /// The price that the sums count from, ticks.
    private var first: Int32 = 0
    private var hasTrades = false
    /// Contracts.
    private var volume: Int64 = 0
    /// Σ (p − first)·v.
    private var sum: Int64 = 0
    /// Σ (p − first)²·v.
    private var squares: Int128 = 0
    /// The mean as a distance from `first`; NaN before a trade.
    public private(set) var offset = Double.nan
    /// σ; NaN before a trade and when it is 0.
    public private(set) var deviation = Double.nan

    public init() {}

    public mutating func add(price: Int32, size: Int64) {
        if !hasTrades {
            hasTrades = true
            first = price
        }
        let distance = Int64(price) &- Int64(first)
        let weighted = distance &* size
        volume &+= size
        sum &+= weighted
        squares &+= Int128(distance) &* Int128(weighted)
    }

    /// Brings mean and deviation up to date. Once per group.
    public mutating func settle() {
        guard volume > 0 else { return }
        offset = Double(sum) / Double(volume)
        let scaled = squares &* Int128(volume) &- Int128(sum) &* Int128(sum)
        let high = Double(Int64(truncatingIfNeeded: scaled >> 64))
        let root = (high * 0x1p64 + Double(UInt64(truncatingIfNeeded: scaled))).squareRoot()
        deviation = root > 0 ? root / Double(volume) : .nan
    }

    /// How far a mid is from the mean, ticks.
    func distance(twiceMid: Int32) -> Double {
        Double(Int64(twiceMid) &- 2 &* Int64(first)) * 0.5 - offset
    }
}
