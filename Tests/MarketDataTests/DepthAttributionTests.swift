import Determinism
import MarketData
import Testing

/// The split of a book's change into added, cancelled and filled, against FEATURES A.3 with dictionaries.
@Suite struct DepthAttributionTests {
    typealias Level = BookRecord.Level

    struct Key: Hashable { var side, price: Int32 }
    struct Change: Equatable { var added = 0, cancelled = 0, filled = 0 }

    /// A.3 word for word.
    private static func obvious(
        _ before: Book, _ after: Book, _ trades: [TradeRun], comparable: Bool
    ) -> [Key: Change] {
        var result: [Key: Change] = [:]
        for side in [1, -1] as [Int32] {
            let (old, new) = side > 0 ? (before.bid, after.bid) : (before.ask, after.ask)
            let isVisible = { (ladder: BookSideLadder, price: Int32) in
                guard ladder.levelCount == 10 else { return true }
                return side > 0 ? price >= ladder.prices[9] : price <= ladder.prices[9]
            }
            var fills: [Int32: Int] = [:]
            for trade in trades where trade.aggressor == -side { fills[trade.price, default: 0] += Int(trade.size) }
            let listed = [old, new].flatMap { ladder in (0..<Int(ladder.levelCount)).map { ladder.prices[$0] } }
            for price in Set(listed).union(fills.keys) {
                let filled = fills[price] ?? 0
                var change = Change(filled: filled)
                if comparable, isVisible(old, price), isVisible(new, price) {
                    let size = { (ladder: BookSideLadder) in
                        let slot = (0..<Int(ladder.levelCount)).first { ladder.prices[$0] == price }
                        return slot.map { Int(ladder.sizes[$0]) } ?? 0
                    }
                    let rest = size(new) - size(old) + filled
                    change.added = max(rest, 0)
                    change.cancelled = max(-rest, 0)
                    // So that q⁺ − q⁻ = added − cancelled − filled.
                    precondition(size(new) - size(old) == change.added - change.cancelled - filled)
                }
                if change != Change() { result[Key(side: side, price: price)] = change }
            }
        }
        return result
    }

    private static func side(_ random: inout SeededGenerator, best: Int, sign: Int) -> [Level] {
        var levels: [Level] = []
        var price = best
        // Mostly full sides, sometimes short or empty ones; sometimes holes between prices.
        let count = random.below(8) == 0 ? Int(random.below(10)) : 10
        for _ in 0..<count {
            levels.append(Level(price: price, size: 1 + Int(random.below(60)), count: 1))
            price += sign * (random.below(5) == 0 ? 2 : 1)
        }
        return levels
    }

    /// The next book: the same with some sizes changed, or one that has moved.
    private static func next(_ book: [Level], _ random: inout SeededGenerator, best: Int, sign: Int) -> [Level] {
        if random.below(2) == 0 { return side(&random, best: best, sign: sign) }
        return book.map { level in
            random.below(3) == 0 ? Level(price: level.price, size: 1 + Int(random.below(60))) : level
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `changes are those of dictionaries over random pairs of books`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var attribution = DepthAttribution()
        var mid = 20_000
        var bids = Self.side(&random, best: mid, sign: -1)
        var asks = Self.side(&random, best: mid + 1, sign: 1)
        for round in 0..<500 {
            let before = Book(bids: bids, asks: asks)
            mid += Int(random.below(7)) - 3
            bids = Self.next(bids, &random, best: mid, sign: -1)
            asks = Self.next(asks, &random, best: mid + 1, sign: 1)
            let after = Book(bids: bids, asks: asks)
            // More than was there, at prices with nothing, with no side, on both sides.
            let trades = (0..<random.below(5)).map { _ in
                TradeRun(
                    price: Int32(mid - 12 + Int(random.below(25))), aggressor: Int32(random.below(3)) - 1,
                    size: Int64(1 + random.below(150)))
            }
            let comparable = random.below(20) != 0
            trades.withUnsafeBufferPointer {
                attribution.update(
                    before: before, after: after, trades: $0, comparable: comparable, bids: true, asks: true)
            }
            var found: [Key: Change] = [:]
            for change in attribution.changes {
                let key = Key(side: change.side, price: change.price)
                #expect(found[key] == nil, "one entry per price; seed \(seed), round \(round)")
                found[key] = Change(
                    added: Int(change.added), cancelled: Int(change.cancelled), filled: Int(change.filled))
            }
            let expected = Self.obvious(before, after, trades, comparable: comparable)
            #expect(found.filter { $0.value != Change() } == expected, "seed \(seed), round \(round)")
        }
    }

    private static func changes(
        _ before: Book, _ after: Book, _ trades: [TradeRun] = [], bids: Bool = true, asks: Bool = true
    ) -> [DepthChange] {
        var attribution = DepthAttribution()
        trades.withUnsafeBufferPointer {
            attribution.update(before: before, after: after, trades: $0, comparable: true, bids: bids, asks: asks)
        }
        return Array(attribution.changes)
    }

    @Test func `what enters or leaves the ten levels is not flow`() {
        let before = Book(bids: (0..<10).map { Level(price: 100 - $0, size: 10) }, asks: [])
        let after = Book(bids: (0..<10).map { Level(price: 101 - $0, size: 10) }, asks: [])
        #expect(
            Self.changes(before, after) == [DepthChange(side: 1, price: 101, added: 10, cancelled: 0, filled: 0)],
            "91 was visible before only")
        #expect(
            Self.changes(after, before) == [DepthChange(side: 1, price: 101, added: 0, cancelled: 10, filled: 0)])
    }

    @Test func `a refill is added besides the fill`() {
        let book = Book(bids: [], asks: [Level(price: 101, size: 10)])
        let trades = [TradeRun(price: 101, aggressor: 1, size: 25)]
        #expect(
            Self.changes(book, book, trades)
                == [DepthChange(side: -1, price: 101, added: 25, cancelled: 0, filled: 25)])
    }

    @Test func `a side that takes no part has not even fills`() {
        let book = Book(bids: [Level(price: 100)], asks: [Level(price: 101)])
        let trades = [TradeRun(price: 101, aggressor: 1, size: 1), TradeRun(price: 100, aggressor: -1, size: 1)]
        #expect(Self.changes(book, book, trades, asks: false).map(\.side) == [1])
        #expect(Self.changes(book, book, trades, bids: false).map(\.side) == [-1])
        #expect(Self.changes(book, book, trades).map(\.side) == [1, -1])
    }

    @Test func `a trade without a side fills nothing`() {
        let book = Book(bids: [Level(price: 100)], asks: [Level(price: 101)])
        #expect(Self.changes(book, book, [TradeRun(price: 100, aggressor: 0, size: 5)]).isEmpty)
    }

    @Test func `a group with thousands of trades is listed in full`() {
        let book = Book(bids: [], asks: [Level(price: 101)])
        let trades = (0..<2_500).map { TradeRun(price: Int32(101 + $0), aggressor: 1, size: 1) }
        #expect(Self.changes(book, book, trades).map(\.filled).reduce(0, +) == 2_500)
    }
}
