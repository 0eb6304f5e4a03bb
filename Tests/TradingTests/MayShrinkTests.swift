import Execution
import Orders
import Testing
import Units

@Suite struct MayShrinkTests {
    /// One order of the brute-force model: signed contracts that may fill, and a link (0 for none).
    struct Small: Hashable {
        var side: Side
        var leaves: Int
        var link: Int
    }

    /// Whether some sequence of single-contract fills turns the position's sign. A fill of a linked order reduces the
    /// others of its link by one.
    static func canTurn(_ position: Int, _ orders: [Small]) -> Bool {
        var seen: Set<[Int]> = []
        func visit(_ position: Int, _ orders: [Small], start: Int) -> Bool {
            if position * start < 0 { return true }
            guard seen.insert([position] + orders.map(\.leaves)).inserted else { return false }
            for i in orders.indices where orders[i].leaves > 0 {
                var next = orders
                let link = orders[i].link
                for j in orders.indices where j == i || (link != 0 && orders[j].link == link) {
                    // The shared quantity was the largest member's: a smaller one is reduced only once that reaches it.
                    let shared = link == 0 ? orders[i].leaves : orders.filter { $0.link == link }.map(\.leaves).max()!
                    next[j].leaves = j == i ? orders[j].leaves - 1 : min(orders[j].leaves, shared - 1)
                }
                if visit(position + Int(orders[i].side.sign), next, start: start) { return true }
            }
            return false
        }
        return visit(position, orders, start: position)
    }

    static let choices: [Small?] =
        [nil]
        + [Side.buy, .sell].flatMap { side in
            (1...2).flatMap { leaves in (0...1).map { Small(side: side, leaves: leaves, link: $0) } }
        }

    static func working(_ order: Small, _ id: UInt64) -> WorkingOrder {
        WorkingOrder(
            id: ClientOrderID(raw: id), link: ClientOrderID(raw: UInt64(order.link)), side: order.side, role: .close,
            leaves: Quantity(Int64(order.leaves)))
    }

    /// Links join orders of one side only: closing orders of one bracket.
    static func linksOneSide(_ orders: [Small]) -> Bool {
        Set(orders.filter { $0.link != 0 }.map(\.side)).count <= 1
    }

    @Test func `it is true exactly when no sequence of fills raises the position or turns its sign`() {
        var allowed = 0, refused = 0
        for position in -3...3 {
            for first in Self.choices {
                for second in Self.choices {
                    for third in Self.choices {
                        let existing = [first, second, third].compactMap { $0 }
                        for case let candidate? in Self.choices
                        where Self.linksOneSide(existing + [candidate]) {
                            var working = WorkingOrders()
                            for (i, order) in existing.enumerated() {
                                working.append(Self.working(order, UInt64(i + 10)))
                            }
                            let answer = mayShrink(
                                position: Quantity(Int64(position)), working: working,
                                candidate: Self.working(candidate, 99))
                            let shrinks = position * Int(candidate.side.sign) < 0
                            let expected = shrinks && !Self.canTurn(position, existing + [candidate])
                            if answer != expected {
                                Issue.record("position \(position), \(existing), candidate \(candidate): \(answer)")
                            }
                            if answer { allowed += 1 } else { refused += 1 }
                        }
                    }
                }
            }
        }
        #expect(allowed > 500)
        #expect(refused > 10_000)
    }

    @Test func `nothing may be issued on a flat account, nor without contracts`() {
        let order = Small(side: .sell, leaves: 1, link: 0)
        #expect(!mayShrink(position: .zero, working: WorkingOrders(), candidate: Self.working(order, 1)))
        #expect(mayShrink(position: Quantity(1), working: WorkingOrders(), candidate: Self.working(order, 1)))
        var empty = Self.working(order, 1)
        empty.leaves = .zero
        #expect(!mayShrink(position: Quantity(1), working: WorkingOrders(), candidate: empty))
    }
}
