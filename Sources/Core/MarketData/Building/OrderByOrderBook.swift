import DBN

/// The resting orders of one instrument by order id, and the price levels they add up to.
struct OrderByOrderBook {
    struct Order {
        var price: Int64
        var size: UInt32
        var isBid: Bool
    }

    /// What one event did to the levels.
    enum Change: Equatable {
        /// Nothing, or nothing that shows in price levels.
        case none
        /// The best (lowest) depth that changed, and the depth to report: where the order now rests, else where it was.
        case level(best: Int, reported: Int)
        case cleared
    }

    private var orders: [UInt64: Order] = [:]
    private(set) var bids = PriceLadder(bestIsHighest: true)
    private(set) var asks = PriceLadder(bestIsHighest: false)
    /// Cancels of orders that are not in the book.
    private(set) var unknownOrders = 0
    /// Adds of orders that were already in the book; the old one is replaced.
    private(set) var repeatedOrders = 0

    mutating func apply(_ event: OrderEvent) -> Change {
        switch event.action {
        case .add: add(event)
        case .cancel: cancel(event)
        case .modify: modify(event)
        case .clear: clear()
        default: .none  // T and F do not change the book: the C or M that follows does.
        }
    }

    private mutating func add(_ event: OrderEvent) -> Change {
        guard event.side != .none else { return .none }
        let isBid = event.side == .bid
        if event.flags.contains(.topOfBook) {
            // Not an order: this side's one level, or none when the price is undefined.
            clear(isBid: isBid)
            if event.price == .max { return .level(best: 0, reported: 0) }
        }
        guard event.price != .max else { return .none }
        var best = Int.max
        if let old = orders[event.orderID] {
            repeatedOrders += 1
            best = take(old, size: old.size, removesOrder: true)
        }
        let depth = place(Order(price: event.price, size: event.size, isBid: isBid), event.orderID)
        return .level(best: min(best, depth), reported: depth)
    }

    private mutating func cancel(_ event: OrderEvent) -> Change {
        guard var order = orders[event.orderID] else {
            unknownOrders += 1
            return .none
        }
        let size = min(event.size, order.size)
        let isGone = size == order.size
        let depth = take(order, size: size, removesOrder: isGone)
        if isGone {
            orders[event.orderID] = nil
        } else {
            order.size -= size
            orders[event.orderID] = order
        }
        return .level(best: depth, reported: depth)
    }

    private mutating func modify(_ event: OrderEvent) -> Change {
        guard event.price != .max, event.side != .none else { return .none }
        // An order first seen by its modification was placed before the record began: it rests from now on.
        guard let old = orders[event.orderID] else { return add(event) }
        let before = take(old, size: old.size, removesOrder: true)
        let after = place(Order(price: event.price, size: event.size, isBid: event.side == .bid), event.orderID)
        return .level(best: min(before, after), reported: after)
    }

    private mutating func clear() -> Change {
        orders.removeAll(keepingCapacity: true)
        bids.clear()
        asks.clear()
        return .cleared
    }

    private mutating func clear(isBid: Bool) {
        orders = orders.filter { $0.value.isBid != isBid }
        if isBid { bids.clear() } else { asks.clear() }
    }

    private mutating func place(_ order: Order, _ id: UInt64) -> Int {
        orders[id] = order
        return order.isBid ? bids.add(price: order.price, size: order.size) : asks.add(price: order.price, size: order.size)
    }

    private mutating func take(_ order: Order, size: UInt32, removesOrder: Bool) -> Int {
        order.isBid
            ? bids.reduce(price: order.price, size: size, removesOrder: removesOrder)
            : asks.reduce(price: order.price, size: size, removesOrder: removesOrder)
    }
}

/// The fields of an `mbo` record that a book needs.
///
///   16         24      32     36      37           38       39     40        48            52
///   | order_id | price | size | flags | channel_id | action | side | ts_recv | ts_in_delta | sequence
struct OrderEvent {
    let orderID: UInt64
    let price: Int64
    let size: UInt32
    let flags: RecordFlags
    let action: Action
    let side: BookSide
    let receiveTime: UInt64
    let sendTimeDelta: Int32
    let sequence: UInt32

    init(_ record: RecordView) {
        orderID = record.load(16, as: UInt64.self)
        price = record.load(24, as: Int64.self)
        size = record.load(32, as: UInt32.self)
        flags = RecordFlags(rawValue: record.load(36, as: UInt8.self))
        action = Action(rawValue: record.load(38, as: UInt8.self))
        side = BookSide(rawValue: record.load(39, as: UInt8.self))
        receiveTime = record.load(40, as: UInt64.self)
        sendTimeDelta = record.load(48, as: Int32.self)
        sequence = record.load(52, as: UInt32.self)
    }
}
