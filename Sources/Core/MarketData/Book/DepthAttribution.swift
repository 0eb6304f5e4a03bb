/// What happened to the resting orders of one price in one event group, in contracts.
///
/// At every price that is visible before and after, `after − before = added − cancelled − filled`, exactly.
@frozen public struct DepthChange: BitwiseCopyable, Sendable, Equatable {
    /// +1 bid, −1 ask.
    public var side: Int32
    /// Price in ticks.
    public var price: Int32
    public var added: Int32
    public var cancelled: Int32
    public var filled: Int64

    @inlinable public init(side: Int32, price: Int32, added: Int32, cancelled: Int32, filled: Int64) {
        self.side = side
        self.price = price
        self.added = added
        self.cancelled = cancelled
        self.filled = filled
    }
}

/// Splits the change of the book over one event group into added, cancelled and filled contracts per price.
///
/// A price is compared only if the ten levels show it before and after: what enters or leaves the window is not flow.
/// Fills are the group's trades against the side; the rest of the change is an add or a cancel. Adds and cancels of one
/// price inside one group net: MBP cannot tell them apart.
public struct DepthAttribution: ~Copyable {
    private var storage: UnsafeMutablePointer<DepthChange>
    private var capacity = 2_048
    private var count = 0

    public init() { storage = .allocate(capacity: capacity) }

    deinit { storage.deallocate() }

    /// The changes of the last `update`, bids before asks. Prices without change are not listed.
    public var changes: UnsafeBufferPointer<DepthChange> { UnsafeBufferPointer(start: storage, count: count) }

    public mutating func clear() { count = 0 }

    /// - Parameters:
    ///   - change: the levels that may differ between the two books.
    ///   - comparable: false when there is no book to compare with: then only fills are listed.
    ///   - bids, asks: which sides take part.
    public mutating func update(
        before: UnsafePointer<Book>, after: UnsafePointer<Book>, change: BookChange = .everything,
        trades: UnsafeBufferPointer<TradeRun>, comparable: Bool, bids: Bool, asks: Bool
    ) {
        count = 0
        let hasTrades = trades.count > 0
        if !hasTrades {
            // Most groups: nothing was filled, and what changed is the size of one level.
            if change.isEmpty || !comparable { return }
            if !change.bidPricesMoved, !change.askPricesMoved {
                if bids { listResized(before.bid, after.bid, slots: change.bidSlots, side: 1) }
                if asks { listResized(before.ask, after.ask, slots: change.askSlots, side: -1) }
                return
            }
        }
        if capacity < trades.count + 64 { grow(to: trades.count * 2) }
        if bids, hasTrades || change.bidSlots != 0 {
            let floor = max(before.pointee.visibleBidFloor, after.pointee.visibleBidFloor)
            if hasTrades { listFills(side: 1, trades) }
            if comparable {
                compare(
                    before.bid, after.bid, slots: change.bidSlots, moved: change.bidPricesMoved, side: 1, from: floor,
                    through: Int32.max)
            }
        }
        if asks, hasTrades || change.askSlots != 0 {
            let ceiling = min(before.pointee.visibleAskCeiling, after.pointee.visibleAskCeiling)
            let first = count
            if hasTrades { listFills(side: -1, trades) }
            if comparable {
                compare(
                    before.ask, after.ask, slots: change.askSlots, moved: change.askPricesMoved, side: -1,
                    from: Int32.min, through: ceiling, first: first)
            }
        }
    }

    /// Lists the changes of a side whose prices stay, nothing filled: the window too is what it was.
    private mutating func listResized(
        _ before: UnsafePointer<BookSideLadder>, _ after: UnsafePointer<BookSideLadder>, slots: UInt32, side: Int32
    ) {
        var slots = slots
        while slots != 0 {
            let slot = slots.trailingZeroBitCount
            slots &= slots &- 1
            let change = after.sizes[slot] &- before.sizes[slot]
            guard change != 0 else { continue }
            (storage + count).initialize(
                to: DepthChange(
                    side: side, price: after.prices[slot], added: max(change, 0), cancelled: max(0 &- change, 0),
                    filled: 0))
            count &+= 1
        }
    }

    /// Lists the fills of one side, one entry per price.
    private mutating func listFills(side: Int32, _ trades: UnsafeBufferPointer<TradeRun>) {
        let first = count
        for trade in trades where trade.aggressor == -side {
            entry(side: side, price: trade.price, first: first).pointee.filled &+= trade.size
        }
    }

    /// The entry of a price among those of this side, made when it is not there.
    private mutating func entry(side: Int32, price: Int32, first: Int) -> UnsafeMutablePointer<DepthChange> {
        for index in first..<count where storage[index].price == price { return storage + index }
        let new = storage + count
        new.initialize(to: DepthChange(side: side, price: price, added: 0, cancelled: 0, filled: 0))
        count &+= 1
        return new
    }

    private mutating func compare(
        _ before: UnsafePointer<BookSideLadder>, _ after: UnsafePointer<BookSideLadder>, slots: UInt32, moved: Bool,
        side: Int32, from low: Int32, through high: Int32, first: Int = 0
    ) {
        if !moved || before.samePrices(as: after) {
            var slots = slots
            while slots != 0 {
                let slot = slots.trailingZeroBitCount
                slots &= slots &- 1
                let change = after.sizes[slot] &- before.sizes[slot]
                let price = before.prices[slot]
                if change != 0, price >= low, price <= high { record(change, side: side, price: price, first: first) }
            }
        } else {
            merge(before, after, side: side, from: low, through: high, first: first)
        }
        settleFills(side: side, before, after, from: low, through: high, first: first)
    }

    /// Walks both ladders from the best price outwards.
    private mutating func merge(
        _ before: UnsafePointer<BookSideLadder>, _ after: UnsafePointer<BookSideLadder>, side: Int32, from low: Int32,
        through high: Int32, first: Int
    ) {
        var i = 0
        var j = 0
        let oldCount = Int(before.pointee.levelCount)
        let newCount = Int(after.pointee.levelCount)
        while i < oldCount || j < newCount {
            // Bids fall and asks rise: multiplied by the side, both fall.
            let old = i < oldCount ? before.prices[i] &* side : Int32.min
            let new = j < newCount ? after.prices[j] &* side : Int32.min
            let price = max(old, new) &* side
            var change: Int32 = 0
            if new >= old {
                change &+= after.sizes[j]
                j += 1
            }
            if old >= new {
                change &-= before.sizes[i]
                i += 1
            }
            if change != 0, price >= low, price <= high { record(change, side: side, price: price, first: first) }
        }
    }

    /// Notes the bare change of the displayed size; `settleFills` then gives fills their part.
    private mutating func record(_ change: Int32, side: Int32, price: Int32, first: Int) {
        let entry = entry(side: side, price: price, first: first)
        if change > 0 { entry.pointee.added = change } else { entry.pointee.cancelled = 0 &- change }
    }

    /// At comparable prices with fills, turns the bare change into what was added or cancelled besides the fills.
    private mutating func settleFills(
        side: Int32, _ before: UnsafePointer<BookSideLadder>, _ after: UnsafePointer<BookSideLadder>, from low: Int32,
        through high: Int32, first: Int
    ) {
        for index in first..<count {
            let entry = storage + index
            guard entry.pointee.filled > 0, entry.pointee.side == side else { continue }
            guard entry.pointee.price >= low, entry.pointee.price <= high else { continue }
            let change = Int64(entry.pointee.added) &- Int64(entry.pointee.cancelled)
            let residual = Int32(clamping: change &+ entry.pointee.filled)
            entry.pointee.added = max(residual, 0)
            entry.pointee.cancelled = max(0 &- residual, 0)
        }
    }

    private mutating func grow(to wanted: Int) {
        storage.deallocate()
        capacity = wanted + 64
        storage = .allocate(capacity: capacity)
    }
}
