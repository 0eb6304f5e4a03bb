import Determinism
import Orders
import Units

/// The venue's own copy of the book in force, ten levels a side. Orders that take from it leave less for the next one
/// until the recorded market replaces it: the recording does not react to them.
@frozen public struct VenueBook: Sendable {
    public internal(set) var quality: DataQuality = .noBook
    var bids = InlineArray<10, BookLevel>(repeating: .none)
    var asks = InlineArray<10, BookLevel>(repeating: .none)
    var bidCount = 0
    var askCount = 0

    public init() {}

    mutating func replace(by update: MarketUpdate) {
        quality = update.quality
        bidCount = min(update.bids.count, TradingLimits.bookLevels)
        askCount = min(update.asks.count, TradingLimits.bookLevels)
        for i in 0..<bidCount { bids[i] = update.bids[i] }
        for i in 0..<askCount { asks[i] = update.asks[i] }
    }

    /// Levels that an order of `side` would take from.
    func opposite(of side: Side, _ index: Int) -> BookLevel? {
        switch side {
        case .buy: index < askCount ? asks[index] : nil
        case .sell: index < bidCount ? bids[index] : nil
        }
    }

    mutating func take(_ quantity: Quantity, from side: Side, _ index: Int) {
        let size = UInt32(truncatingIfNeeded: quantity.contracts)
        switch side {
        case .buy: asks[index].size -= size
        case .sell: bids[index].size -= size
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
        try archive.bounded(&bidCount, atMost: TradingLimits.bookLevels)
        try archive.bounded(&askCount, atMost: TradingLimits.bookLevels)
        for i in 0..<bidCount { try archive.field(&bids[i]) }
        for i in 0..<askCount { try archive.field(&asks[i]) }
    }
}
