import DBN

/// A book as a ladder: size and order count at every tick, dense around the best prices, and the image of its ten
/// levels as they lie in a record.
///
/// Bids lie at and below `bestBid`, asks at and above `bestAsk`; the first ten ticks of each side are never empty.
struct PriceLadder {
    static let ticks = 8_192
    static let visible = 10

    private let sizes: UnsafeMutablePointer<UInt32>
    private let counts: UnsafeMutablePointer<UInt32>
    /// 320 bytes: ten `BidAskPair`s.
    private let image: UnsafeMutablePointer<BidAskPair>
    /// The price of rung 0 and of one tick, in 1e-9 of a point.
    private let basePrice: Int64
    private let tickNanos: Int64
    private(set) var bestBid = 0
    private(set) var bestAsk = 0

    /// An empty ladder centred on `centerTick`.
    init(centerTick: Int64, tickNanos: Int64) {
        sizes = .allocate(capacity: Self.ticks)
        counts = .allocate(capacity: Self.ticks)
        image = .allocate(capacity: Self.visible)
        sizes.initialize(repeating: 0, count: Self.ticks)
        counts.initialize(repeating: 0, count: Self.ticks)
        image.initialize(repeating: BidAskPair(), count: Self.visible)
        basePrice = (centerTick - Int64(Self.ticks / 2)) * tickNanos
        self.tickNanos = tickNanos
    }

    func deallocate() {
        sizes.deallocate()
        counts.deallocate()
        image.deallocate()
    }

    /// The mid in ticks from the centre.
    var mid: Double { 0.5 * Double(bestBid + bestAsk) - Double(Self.ticks / 2) }
    var spread: Int { bestAsk - bestBid }
    func price(_ rung: Int) -> Int64 { basePrice + Int64(rung) * tickNanos }
    func size(_ rung: Int) -> Int { Int(sizes[rung]) }
    func count(_ rung: Int) -> Int { Int(counts[rung]) }

    /// The rung of level `level` of a side.
    func rung(_ level: Int, isBid: Bool) -> Int { isBid ? bestBid - level : bestAsk + level }
    /// The level of a rung; negative when it is better than the best price.
    func level(_ rung: Int, isBid: Bool) -> Int { isBid ? bestBid - rung : rung - bestAsk }

    /// Sets the best prices. The caller fills the levels and calls `redraw`.
    mutating func setBest(bid: Int, ask: Int) {
        precondition(bid >= Self.visible && bid < ask && ask < Self.ticks - Self.visible, "the price left the ladder")
        bestBid = bid
        bestAsk = ask
    }

    func set(_ rung: Int, size: Int, count: Int) {
        sizes[rung] = UInt32(truncatingIfNeeded: size)
        counts[rung] = UInt32(truncatingIfNeeded: count)
    }

    /// Changes a rung; its size and count stay consistent: both zero, or size ≥ count ≥ 1.
    func change(_ rung: Int, size: Int, count: Int) {
        let newSize = self.size(rung) + size
        let newCount = self.count(rung) + count
        precondition(newCount >= 0 && newSize >= newCount && (newCount > 0) == (newSize > 0), "an order of no size")
        set(rung, size: newSize, count: newCount)
    }

    /// Writes one level of one side into the image.
    func redraw(level: Int, isBid: Bool) {
        let rung = rung(level, isBid: isBid)
        if isBid {
            image[level].bidPrice = price(rung)
            image[level].bidSize = sizes[rung]
            image[level].bidCount = counts[rung]
        } else {
            image[level].askPrice = price(rung)
            image[level].askSize = sizes[rung]
            image[level].askCount = counts[rung]
        }
    }

    /// Writes all levels of one side into the image.
    func redraw(isBid: Bool) {
        for level in 0..<Self.visible { redraw(level: level, isBid: isBid) }
    }

    /// Copies the ten levels behind a record's head.
    func write(to levels: UnsafeMutableRawPointer) {
        levels.copyMemory(from: image, byteCount: Self.visible * MemoryLayout<BidAskPair>.stride)
    }
}
