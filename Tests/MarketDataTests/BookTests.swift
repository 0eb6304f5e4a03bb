import DBN
import Determinism
import MarketData
import Testing
import Units

/// Wire prices to ticks, and questions to one side of the book.
@Suite struct BookTests {
    /// What integer division says: whole ticks within the reader's range, else nil.
    private static func byDivision(_ nanos: Int64, tick: Int64) -> Int32? {
        let (quotient, remainder) = nanos.quotientAndRemainder(dividingBy: tick)
        return remainder == 0 && abs(quotient) < 1 << 29 ? Int32(quotient) : nil
    }

    @Test(
        arguments: [1, 500, 5_000, 50_000, 7_812_500, 31_250_000, 100_000_000, 250_000_000, 1_000_000_000] as [Int64])
    func `ticks are those of integer division`(tick: Int64) {
        let seed = UInt64(tick)
        var random = SeededGenerator(seed: seed)
        let reader = TickGrid(tickSize: TickSize(nanos: tick))
        let limit = Int64(1) << 29
        for _ in 0..<3_000 {
            let ticks = Int64(random.below(UInt64(2 * limit + 200))) - limit - 100
            // On the grid, beside it by one, and anywhere.
            for nanos in [ticks * tick, ticks * tick + 1, ticks * tick - 1, Int64(bitPattern: random.next())] {
                #expect(reader.ticks(nanos) == Self.byDivision(nanos, tick: tick), "seed \(seed), \(nanos)")
            }
        }
    }

    @Test func `no price traps`() {
        let edges: [Int64] = [.min, .min + 1, .max, .max - 1, 0, -1, 1]
        for tick in [1, 3, 250_000_000, 1_000_000_000_000_000_000, 5_000_000_000_000_000_000, .max] as [Int64] {
            let reader = TickGrid(tickSize: TickSize(nanos: tick))
            for nanos in edges + [tick, -tick, tick - 1, 1 - tick] {
                let ticks = reader.ticks(nanos)
                // Int64.min has no magnitude, and no book.
                if nanos != .min { #expect(ticks == Self.byDivision(nanos, tick: tick), "\(nanos) by \(tick)") }
            }
        }
    }

    @Test func `a record reads the same whatever came before it`() {
        let seed: UInt64 = 11
        var random = SeededGenerator(seed: seed)
        var warm = BookReader(tickSize: BookRecord.tick)
        var warmBook = Book()
        for step in 0..<400 {
            func side(_ sign: Int) -> [BookRecord.Level] {
                (0..<Int(random.below(11))).map {
                    .init(price: sign * $0 - 3, size: Int(random.below(4)), count: Int(random.below(3)))
                }
            }
            let bytes = BookRecord(bids: side(-1), asks: side(1)).bytes
            var cold = BookReader(tickSize: BookRecord.tick)
            var book = Book()
            var change = BookChange.none
            bytes.asRecord { record in
                #expect(cold.check(record) == nil)
                cold.read(record, into: &book, change: &change)
                #expect(warm.check(record) == nil)
                warm.read(record, into: &warmBook, change: &change)
            }
            #expect(book == warmBook && book.bid.levelCount == warmBook.bid.levelCount, "seed \(seed), step \(step)")
        }
    }

    @Test func `a side ends at its first level without a price or a size`() {
        var reader = BookReader(tickSize: BookRecord.tick)
        var book = Book()
        let bytes = BookRecord(
            bids: [.init(price: 5, size: 3), .init(price: 4, size: 0), .init(price: 3, size: 9)],
            asks: [.init(price: 6, size: 0)]
        ).bytes
        var change = BookChange.none
        bytes.asRecord { record in
            #expect(reader.check(record) == nil)
            reader.read(record, into: &book, change: &change)
        }
        #expect(book == Book(bids: [.init(price: 5, size: 3)], asks: []))
        #expect(!book.isTwoSided)
        #expect(book.visibleBidFloor == BookSideLadder.absentBid)
        #expect(book.visibleAskCeiling == BookSideLadder.absentAsk)
    }

    @Test func `sums over a side are those of a dictionary`() {
        let seed: UInt64 = 5
        var random = SeededGenerator(seed: seed)
        for round in 0..<300 {
            var levels: [BookRecord.Level] = []
            var price = Int(random.below(2_000)) - 1_000
            for _ in 0..<random.below(11) {
                price -= 1 + Int(random.below(3))
                levels.append(.init(price: price, size: 1 + Int(random.below(900)), count: 1 + Int(random.below(30))))
            }
            let ladder = Book(bids: levels, asks: []).bid
            let sizes = Dictionary(uniqueKeysWithValues: levels.map { ($0.price, $0.size) })
            for _ in 0..<20 {
                let low = price - 3 + Int(random.below(30))
                let high = low - 2 + Int(random.below(12))
                let size = sizes.filter { $0.key >= low && $0.key <= high }.values.reduce(0, +)
                #expect(ladder.size(from: Int32(low), through: Int32(high)) == size, "seed \(seed), round \(round)")
                #expect(ladder.size(at: Int32(low)) == sizes[low] ?? 0, "seed \(seed), round \(round)")
            }
            #expect(ladder.size(from: .min, through: .max) == sizes.values.reduce(0, +))
            for top in [1, 3, 5, 10] { #expect(ladder.topSize(top) == levels.prefix(top).map(\.size).reduce(0, +)) }
            #expect(ladder.isEmpty == levels.isEmpty && ladder.isFull == (levels.count == 10))
        }
    }

    @Test func `equality looks at prices, sizes and counts`() {
        let base = Book(bids: [.init(price: 5, size: 3, count: 2)], asks: [])
        for other in [(6, 3, 2), (5, 4, 2), (5, 3, 1)] {
            #expect(base != Book(bids: [.init(price: other.0, size: other.1, count: other.2)], asks: []))
        }
        #expect(base == Book(bids: [.init(price: 5, size: 3, count: 2)], asks: []))
    }
}
