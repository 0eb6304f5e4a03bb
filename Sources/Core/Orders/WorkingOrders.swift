import Determinism
import Units

/// What a live order may still do to a position.
@frozen public struct WorkingOrder: Hashable, BitwiseCopyable, Sendable {
    public var id: ClientOrderID
    public var link: ClientOrderID
    public var side: Side
    public var role: OrderRole
    /// Contracts that may still fill; positive.
    public var leaves: Quantity
    /// Whose book its fills belong to.
    public var strategy: StrategyID
    /// At what it rests in the book: the limit of a limit order; zero when it does not rest.
    public var restingPrice: Ticks

    @inlinable public init(
        id: ClientOrderID, link: ClientOrderID, side: Side, role: OrderRole, leaves: Quantity,
        strategy: StrategyID = .account, restingPrice: Ticks = .zero
    ) {
        self.id = id
        self.link = link
        self.side = side
        self.role = role
        self.leaves = leaves
        self.strategy = strategy
        self.restingPrice = restingPrice
    }
}

extension WorkingOrder: BoundedElement {
    public static let blank = WorkingOrder(id: .none, link: .none, side: .buy, role: .entry, leaves: .zero)

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&id)
        try archive.field(&link)
        try archive.code(&side)
        try archive.code(&role)
        try archive.field(&leaves)
        try archive.field(&strategy)
        try archive.field(&restingPrice)
    }
}

public typealias WorkingOrders = TradingLimits.LiveOrders<WorkingOrder>

extension BoundedList where Element == WorkingOrder {
    /// The most contracts that can fill on one side, of all books or of one. Linked orders share their quantity, so a
    /// link counts as its largest member. O(n²) in the live orders, called once per order sent.
    public func mostFilled(_ side: Side, of strategy: StrategyID? = nil) -> Quantity {
        var total = Quantity.zero
        for i in indices where self[i].side == side {
            if let strategy, self[i].strategy != strategy { continue }
            if self[i].link == .none {
                total += self[i].leaves
            } else if !linkSeen(before: i) {
                total += largest(ofLinkAt: i)
            }
        }
        return total
    }

    /// The most that can fill on one side with another order of `quantity` in the link, of all books or of one.
    public func mostFilled(
        _ side: Side, of strategy: StrategyID? = nil, with quantity: Quantity, link: ClientOrderID
    ) -> Quantity {
        var shared = Quantity.zero
        if link != .none {
            for i in indices where self[i].side == side && self[i].link == link { shared = max(shared, self[i].leaves) }
        }
        return mostFilled(side, of: strategy) + max(.zero, quantity - shared)
    }

    /// What orders that open can fill on one side, of all books or of one, with another of `quantity` in the link.
    public func mostOpened(
        _ side: Side, of strategy: StrategyID? = nil, with quantity: Quantity = .zero, link: ClientOrderID = .none
    ) -> Quantity {
        var total = Quantity.zero
        var shared = Quantity.zero
        for i in indices where self[i].side == side && self[i].role == .entry {
            if let strategy, self[i].strategy != strategy { continue }
            if self[i].link == .none {
                total += self[i].leaves
            } else if !linkSeen(before: i) {
                total += largest(ofLinkAt: i)
            }
            if self[i].link == link, link != .none { shared = max(shared, self[i].leaves) }
        }
        return total + max(.zero, quantity - shared)
    }

    private func linkSeen(before index: Int) -> Bool {
        for i in 0..<index where self[i].link == self[index].link && self[i].side == self[index].side { return true }
        return false
    }

    private func largest(ofLinkAt index: Int) -> Quantity {
        var most = self[index].leaves
        for i in (index + 1)..<count where self[i].link == self[index].link && self[i].side == self[index].side {
            most = max(most, self[i].leaves)
        }
        return most
    }

    public func index(of id: ClientOrderID) -> Int? {
        for i in indices where self[i].id == id { return i }
        return nil
    }
}
