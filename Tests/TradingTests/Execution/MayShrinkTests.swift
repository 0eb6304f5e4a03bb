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

    /// Nothing, or one to three contracts of either side, alone or in one link.
    static let choices: [Small?] =
        [nil]
        + [Side.buy, .sell].flatMap { side in
            (1...3).flatMap { leaves in (0...1).map { Small(side: side, leaves: leaves, link: $0) } }
        }

    static func working(_ order: Small, _ id: UInt64) -> WorkingOrder {
        WorkingOrder(
            id: ClientOrderID(raw: id), link: ClientOrderID(raw: UInt64(order.link)), side: order.side,
            role: OrderRole.allCases[Int(id) % OrderRole.allCases.count], leaves: Quantity(Int64(order.leaves)))
    }

    /// Links join orders of one side only: closing orders of one bracket.
    static func linksOneSide(_ orders: [Small]) -> Bool {
        Set(orders.filter { $0.link != 0 }.map(\.side)).count <= 1
    }

    /// Up to three working orders, in every combination; their order in the list is checked below.
    static let books: [[Small]] = {
        var books: [[Small]] = []
        for first in choices.indices {
            for second in first..<choices.count {
                for third in second..<choices.count {
                    let book = [choices[first], choices[second], choices[third]].compactMap { $0 }
                    if linksOneSide(book) { books.append(book) }
                }
            }
        }
        return books
    }()

    static func answer(_ position: Int, _ book: [Small], _ candidate: Small) -> Bool {
        var working = WorkingOrders()
        for (i, order) in book.enumerated() { working.append(Self.working(order, UInt64(i + 10))) }
        return mayShrink(
            position: Quantity(Int64(position)), working: working, candidate: Self.working(candidate, 99))
    }

    @Test(arguments: -3...3)
    func `it is true exactly when no sequence of fills raises the position or turns its sign`(position: Int) {
        var allowed = 0, refused = 0
        for book in Self.books {
            for case let candidate? in Self.choices where Self.linksOneSide(book + [candidate]) {
                let answer = Self.answer(position, book, candidate)
                let shrinks = position * Int(candidate.side.sign) < 0
                let expected = shrinks && !Self.canTurn(position, book + [candidate])
                if answer != expected {
                    Issue.record("position \(position), \(book), candidate \(candidate): \(answer)")
                }
                if Self.answer(position, book.reversed(), candidate) != answer {
                    Issue.record("position \(position), \(book) the other way round, candidate \(candidate)")
                }
                if answer { allowed += 1 } else { refused += 1 }
            }
        }
        #expect(position == 0 ? allowed == 0 : allowed > 30)
        #expect(refused > 1_000)
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
