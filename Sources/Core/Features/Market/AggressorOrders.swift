import MarketData

/// All trades of one group with one aggressor: one order (FEATURES A.3).
struct AggressorOrder: BitwiseCopyable, Equatable {
    /// +1 buy, −1 sell, 0 not given.
    var aggressor: Int32
    /// Ticks.
    var firstPrice: Int32
    var lastPrice: Int32
    /// It was filled at two prices or more.
    var isSweep = false
    /// Contracts.
    var size: Int64 = 0
    /// Σ price × size, ticks × contracts.
    var priceSize: Int64 = 0

    init(aggressor: Int32, price: Int32) {
        self.aggressor = aggressor
        firstPrice = price
        lastPrice = price
    }

    mutating func add(_ trade: TradeRun) {
        lastPrice = trade.price
        isSweep = isSweep || trade.price != firstPrice
        size &+= trade.size
        priceSize &+= Int64(trade.price) &* trade.size
    }
}

/// The aggressor orders of a group, in the order in which they began.
struct AggressorOrders: ~Copyable {
    private let orders: UnsafeMutablePointer<AggressorOrder>
    private var count = 0

    init() {
        orders = .allocate(capacity: 3)
        orders.initialize(repeating: AggressorOrder(aggressor: 0, price: 0), count: 3)
    }

    deinit { orders.deallocate() }

    /// Valid until the next call.
    mutating func gather(_ trades: UnsafeBufferPointer<TradeRun>) -> UnsafeBufferPointer<AggressorOrder> {
        count = 0
        for trade in trades {
            var slot = 0
            while slot < count, orders[slot].aggressor != trade.aggressor { slot += 1 }
            if slot == count {
                orders[slot] = AggressorOrder(aggressor: trade.aggressor, price: trade.price)
                count += 1
            }
            orders[slot].add(trade)
        }
        return UnsafeBufferPointer(start: orders, count: count)
    }
}
