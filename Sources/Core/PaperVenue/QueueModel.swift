import Determinism

/// How a queue model shares the contracts that left a price without a trade between those ahead of an order and those
/// behind it. Trades always come off the front, new orders always join the end, and nobody is ever behind more than is
/// displayed.
@frozen public enum QueueModelKind: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    /// Every contract at the price is as likely to leave as the others.
    case proportional = 1
    /// Everybody who leaves was behind.
    case pessimistic = 2
    /// Everybody who leaves was ahead, while there is somebody.
    case optimistic = 3
    /// By the relative position x in the queue, in contracts: xⁿ to (1 − x)ⁿ.
    case power = 4
    /// By orders instead of contracts: each order behind is `weight` times as likely to leave as each ahead. Who has
    /// queued for long stays; who leaves has mostly just come.
    case orders = 5

    public var name: String {
        switch self {
        case .proportional: "proportional"
        case .pessimistic: "pessimistic"
        case .optimistic: "optimistic"
        case .power: "power"
        case .orders: "orders"
        }
    }
}

/// An estimate of an order's place in the queue at its price. The recorded book says how many contracts and orders rest
/// at a price, not in which order they leave.
///
/// The power law of relative position is the idea of E. Rigtorp, "Estimating order queue position", 2013
/// (https://rigtorp.se/2013/06/08/estimating-order-queue-position.html).
@frozen public struct QueueModel: Hashable, BitwiseCopyable, Sendable {
    public var kind: QueueModelKind
    /// n of the power law; 1 is proportional, more spares those near the front.
    public var exponent: Double
    /// Of `orders`; 1 is proportional by orders. The default was measured on ES: docs/fill-realism.md.
    public var weight: Double

    /// - Precondition: exponent and weight are positive.
    public init(_ kind: QueueModelKind, exponent: Double = 1, weight: Double = 8) {
        precondition(exponent > 0, "a power law has a positive exponent")
        precondition(weight > 0, "what is behind leaves too")
        self.kind = kind
        self.exponent = exponent
        self.weight = weight
    }

    /// - Precondition: `name` is that of a kind.
    public init(named name: String, exponent: Double, weight: Double) {
        for kind in QueueModelKind.allCases where kind.name == name {
            self.init(kind, exponent: exponent, weight: weight)
            return
        }
        preconditionFailure("a queue model has the name of a kind")
    }

    /// The place after a group that turned the level into `after`. What traded is off the front of `place` already.
    func follow(_ place: QueuePlace, _ before: QueueLevel, _ after: QueueLevel, traded: Double) -> QueuePlace {
        var place = place
        // What was left after the trades, and how many orders that may have been.
        let rest = before.contracts - traded
        if rest > 0 {
            let kept = traded > 0 ? before.orders * rest / before.contracts : before.orders
            let left = rest - after.contracts
            if left > 0 { leave(&place, left, of: QueueLevel(contracts: rest, orders: kept), after, traded: traded) }
        }
        place.contracts = min(place.contracts, after.contracts)
        place.orders = min(place.orders, after.orders)
        return place
    }

    private func leave(
        _ place: inout QueuePlace, _ left: Double, of level: QueueLevel, _ after: QueueLevel, traded: Double
    ) {
        let position = min(1, place.contracts / level.contracts)
        switch kind {
        case .pessimistic: return
        case .optimistic: place.shrink(by: left)
        case .proportional: place.shrink(by: left * position)
        case .power: place.shrink(by: left * share(position))
        case .orders: leaveByOrders(&place, left, of: level, after, traded: traded)
        }
    }

    private func leaveByOrders(
        _ place: inout QueuePlace, _ left: Double, of level: QueueLevel, _ after: QueueLevel, traded: Double
    ) {
        let gone = level.orders - after.orders
        // Without a count of who left there are only contracts to go by.
        guard traded == 0, gone >= 1 else {
            place.shrink(by: left * weighted(place.contracts, level.contracts))
            return
        }
        let ahead = weighted(place.orders, level.orders)
        place.leave(contracts: left * ahead, orders: gone * ahead)
    }

    /// The part of what leaves that was ahead, when each behind is likelier to leave than each ahead.
    private func weighted(_ ahead: Double, _ all: Double) -> Double {
        ahead <= 0 ? 0 : ahead / (ahead + weight * max(0, all - ahead))
    }

    /// The part of what leaves that was ahead of relative position `x`.
    private func share(_ x: Double) -> Double {
        if exponent == 1 { return x }
        let ahead = DeterministicMath.pow(x, exponent)
        let behind = DeterministicMath.pow(1 - x, exponent)
        return ahead / (ahead + behind)
    }
}

/// What rests at a price.
struct QueueLevel {
    var contracts: Double
    var orders: Double
}

/// Contracts and orders of others that must go before an order fills, as far as they can be known.
@frozen public struct QueuePlace: Hashable, BitwiseCopyable, Sendable {
    /// The price is outside the visible levels.
    public static let unknown = QueuePlace(contracts: -1, orders: -1)

    public internal(set) var contracts: Double
    public internal(set) var orders: Double

    @inlinable public var isKnown: Bool { contracts >= 0 }
    /// As trades meet it.
    @inlinable public var wholeContracts: Int64 { Int64(contracts.rounded()) }

    /// Contracts go, and orders in proportion.
    mutating func shrink(by gone: Double) {
        guard contracts > 0 else { return }
        let rest = max(0, contracts - gone)
        orders *= rest / contracts
        contracts = rest
    }

    mutating func leave(contracts gone: Double, orders count: Double) {
        contracts = max(0, contracts - gone)
        orders = max(0, orders - count)
    }
}

extension QueuePlace: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&contracts)
        try archive.field(&orders)
    }
}
