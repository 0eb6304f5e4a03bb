import Determinism
import Orders
import Units

/// The venue's own copy of the book in force, ten levels a side. The recording does not react to orders that take from
/// it: what they have taken goes on being displayed, and is not there for the next one.
@frozen public struct VenueBook: Sendable {
    public internal(set) var quality: DataQuality = .noBook
    var bids = InlineArray<10, BookLevel>(repeating: .none)
    var asks = InlineArray<10, BookLevel>(repeating: .none)
    var bidCount = 0
    var askCount = 0
    /// Contracts of each level that our own orders have taken since they were displayed.
    private var takenBids = InlineArray<10, UInt32>(repeating: 0)
    private var takenAsks = InlineArray<10, UInt32>(repeating: 0)
    /// When an order has last taken something.
    private var lastTaking = Timestamp.undefined

    /// How long what was taken is remembered when nothing follows the book: by then others have come.
    static let memory = Nanoseconds.seconds(1)

    public init() {}

    /// The book in force at `now` for a venue that has followed none since its last order. What was taken a moment ago
    /// stays so at the prices that are displayed still, or again; of older orders nothing does.
    mutating func show(_ update: MarketUpdate, at now: Timestamp) {
        if lastTaking.isDefined, now <= lastTaking + Self.memory { return follow(update) }
        replace(by: update)
        takenBids = InlineArray(repeating: 0)
        takenAsks = InlineArray(repeating: 0)
    }

    /// The next book. What was taken at a price stays so while the price is displayed; of fewer contracts all are, and
    /// more have come since.
    mutating func follow(_ update: MarketUpdate) {
        // Nearly always: orders rest.
        if isUntouched { return replace(by: update) }
        let before = self
        replace(by: update)
        func left(_ price: Ticks, _ size: UInt32, of side: Side) -> UInt32 {
            let count = side == .buy ? before.bidCount : before.askCount
            for i in 0..<count where (side == .buy ? before.bids[i].price : before.asks[i].price) == price {
                return min(side == .buy ? before.takenBids[i] : before.takenAsks[i], size)
            }
            return 0
        }
        for i in 0..<bidCount { takenBids[i] = left(bids[i].price, bids[i].size, of: .buy) }
        for i in 0..<askCount { takenAsks[i] = left(asks[i].price, asks[i].size, of: .sell) }
    }

    private var isUntouched: Bool {
        for i in 0..<TradingLimits.bookLevels where takenBids[i] | takenAsks[i] != 0 { return false }
        return true
    }

    private mutating func replace(by update: MarketUpdate) {
        quality = update.quality
        bidCount = min(update.bids.count, TradingLimits.bookLevels)
        askCount = min(update.asks.count, TradingLimits.bookLevels)
        for i in 0..<bidCount { bids[i] = update.bids[i] }
        for i in 0..<askCount { asks[i] = update.asks[i] }
    }

    /// Levels that an order of `side` would take from, with what is left of them.
    func opposite(of side: Side, _ index: Int) -> BookLevel? {
        guard index < (side == .buy ? askCount : bidCount) else { return nil }
        var level = side == .buy ? asks[index] : bids[index]
        level.size -= side == .buy ? takenAsks[index] : takenBids[index]
        return level
    }

    mutating func take(_ quantity: Quantity, from side: Side, _ index: Int, at now: Timestamp) {
        lastTaking = now
        let size = UInt32(truncatingIfNeeded: quantity.contracts)
        switch side {
        case .buy: takenAsks[index] += size
        case .sell: takenBids[index] += size
        }
    }

    /// Contracts that an order of `side` could take, as far as the levels reach; up to a price or to the last of them.
    func available(to side: Side, upTo limit: Ticks?) -> Quantity {
        var total = Quantity.zero
        var i = 0
        while let level = opposite(of: side, i) {
            if let limit, side == .buy ? level.price > limit : level.price < limit { break }
            total += Quantity(Int64(level.size))
            i += 1
        }
        return total
    }

    /// What is displayed on the order's own side at its price; nil where the ten levels do not reach.
    func level(_ side: Side, at price: Ticks) -> QueueLevel? {
        let count = side == .buy ? bidCount : askCount
        for i in 0..<count {
            let level = side == .buy ? bids[i] : asks[i]
            if level.price == price { return QueueLevel(contracts: Double(level.size), orders: Double(level.count)) }
        }
        let isInside: Bool
        if count == TradingLimits.bookLevels {
            let last = side == .buy ? bids[count - 1].price : asks[count - 1].price
            isInside = side == .buy ? price > last : price < last
        } else {
            isInside = true
        }
        return isInside ? QueueLevel(contracts: 0, orders: 0) : nil
    }
}

extension VenueBook: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&quality)
        try archive.field(&lastTaking)
        try archive.bounded(&bidCount, atMost: TradingLimits.bookLevels)
        try archive.bounded(&askCount, atMost: TradingLimits.bookLevels)
        for i in 0..<bidCount {
            try archive.field(&bids[i])
            try archive.field(&takenBids[i])
        }
        for i in 0..<askCount {
            try archive.field(&asks[i])
            try archive.field(&takenAsks[i])
        }
    }
}
