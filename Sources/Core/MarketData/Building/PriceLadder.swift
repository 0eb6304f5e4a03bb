/// One side of a book: its price levels, sorted, best last, so that changes near the best move few elements.
struct PriceLadder {
    struct Level {
        var price: Int64
        var size: UInt64
        var count: UInt32
    }

    private(set) var levels: [Level] = []
    /// +1 for bids, where the highest price is best; −1 for asks.
    private let sign: Int64

    init(bestIsHighest: Bool) { sign = bestIsHighest ? 1 : -1 }

    /// The level `depth` away from the best, or nil. 0 is the best.
    @inline(__always)
    func level(_ depth: Int) -> Level? { depth < levels.count ? levels[levels.count - 1 - depth] : nil }

    /// How many levels are better than `price`: its depth, whether or not the level exists.
    func depth(of price: Int64) -> Int { levels.count - position(of: price).afterIt }

    /// Adds an order. Returns its level's depth.
    mutating func add(price: Int64, size: UInt32) -> Int {
        let (found, afterIt) = position(of: price)
        if found {
            levels[afterIt - 1].size &+= UInt64(size)
            levels[afterIt - 1].count &+= 1
            return levels.count - afterIt
        }
        levels.insert(Level(price: price, size: UInt64(size), count: 1), at: afterIt)
        return levels.count - 1 - afterIt
    }

    /// Takes `size` from a level, and an order with it when `removesOrder`. A level without orders goes.
    /// - Returns: the depth the level had.
    /// - Precondition: an order of at least `size` rests at `price`.
    mutating func reduce(price: Int64, size: UInt32, removesOrder: Bool) -> Int {
        let (found, afterIt) = position(of: price)
        precondition(found, "the order's level exists")
        let index = afterIt - 1
        levels[index].size -= UInt64(size)
        if removesOrder { levels[index].count -= 1 }
        let depth = levels.count - afterIt
        if levels[index].count == 0 { levels.remove(at: index) }
        return depth
    }

    mutating func clear() { levels.removeAll(keepingCapacity: true) }

    /// Whether the level exists, and the index just after it, or the one where it would be put.
    private func position(of price: Int64) -> (found: Bool, afterIt: Int) {
        // Undefined prices never get here, so the multiplication cannot overflow for asks but at Int64.min.
        let key = price &* sign
        var low = 0
        var high = levels.count
        while low < high {
            let middle = (low + high) / 2
            if levels[middle].price &* sign <= key { low = middle + 1 } else { high = middle }
        }
        return (low > 0 && levels[low - 1].price == price, low)
    }
}
