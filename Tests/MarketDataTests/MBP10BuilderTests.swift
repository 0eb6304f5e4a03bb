import DBN
import Determinism
import Foundation
import MarketData
import Testing
import Units

/// One `mbo` record, laid out by the DBN specification.
struct Order {
    var action: Character
    var side: Character = "B"
    var price: Int64 = .max
    var size: UInt32 = 0
    var id: UInt64 = 0
    var flags: UInt8 = 0x80
    var instrument: UInt32 = 1
    var received: UInt64 = 10
    var event: UInt64 = 9
    var delta: Int32 = 1
    var sequence: UInt32 = 1

    var bytes: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 56)
        func put<T: BitwiseCopyable>(_ value: T, _ offset: Int) {
            bytes.withUnsafeMutableBytes { $0.storeBytes(of: value, toByteOffset: offset, as: T.self) }
        }
        put(UInt16(0xA0) << 8 | 14, 0)
        put(UInt16(1), 2)
        put(instrument, 4)
        put(event, 8)
        put(id, 16)
        put(price, 24)
        put(size, 32)
        put(flags, 36)
        put(action.asciiValue ?? 0, 38)
        put(side.asciiValue ?? 0, 39)
        put(received, 40)
        put(delta, 48)
        put(sequence, 52)
        return bytes
    }
}

/// The `mbp-10` records that a row of orders gives, copied.
func build(_ orders: [Order]) -> [Built] {
    var builder = MBP10Builder()
    var result: [Built] = []
    func drain() { builder.drain { record in result.append(Built(record)) } }
    for order in orders {
        order.bytes.withUnsafeBytes { builder.apply(RecordView($0.baseAddress!)) }
        drain()
    }
    builder.finish()
    drain()
    return result
}

struct Built {
    let bytes: [UInt8]

    init(_ record: RecordView) { bytes = Array(UnsafeRawBufferPointer(start: record.bytes, count: record.byteCount)) }

    func read<T>(_ body: (MarketByPriceView) -> T) -> T {
        bytes.withUnsafeBytes { body(RecordView($0.baseAddress!).marketByPrice) }
    }

    var action: Character { Character(Unicode.Scalar(read { $0.action.rawValue })) }
    var flags: UInt8 { read { $0.flags.rawValue } }
    var depth: UInt8 { read { $0.depth } }
    var levels: [BidAskPair] { (0..<10).map { index in read { $0.level(index) } } }
    /// Price, size and count of the bids that there are.
    var bids: [[Int64]] {
        levels.filter { $0.bidCount > 0 }.map { [$0.bidPrice, Int64($0.bidSize), Int64($0.bidCount)] }
    }
    var asks: [[Int64]] {
        levels.filter { $0.askCount > 0 }.map { [$0.askPrice, Int64($0.askSize), Int64($0.askCount)] }
    }
}

@Suite struct MBP10BuilderTests {
    @Test func `orders of one price add up to a level and leave it by cancels`() {
        let built = build([
            Order(action: "A", price: 100, size: 5, id: 1), Order(action: "A", price: 100, size: 7, id: 2),
            Order(action: "A", price: 101, size: 1, id: 3), Order(action: "C", price: 100, size: 2, id: 1),
            Order(action: "C", price: 100, size: 3, id: 1), Order(action: "C", price: 101, size: 1, id: 3),
        ])
        #expect(built.map(\.bids) == [
            [[100, 5, 1]], [[100, 12, 2]], [[101, 1, 1], [100, 12, 2]], [[101, 1, 1], [100, 10, 2]],
            [[101, 1, 1], [100, 7, 1]], [[100, 7, 1]],
        ])
        #expect(built.map(\.depth) == [0, 0, 0, 1, 1, 0])
    }

    @Test func `a modification moves an order, and an unknown order is added by it`() {
        let built = build([
            Order(action: "A", side: "A", price: 100, size: 5, id: 1),
            Order(action: "M", side: "A", price: 102, size: 4, id: 1),
            Order(action: "M", side: "A", price: 101, size: 9, id: 2),
        ])
        #expect(built.map(\.asks) == [[[100, 5, 1]], [[102, 4, 1]], [[101, 9, 1], [102, 4, 1]]])
    }

    @Test func `trades come with the levels unchanged and fills do not come`() {
        let built = build([
            Order(action: "A", price: 100, size: 5, id: 1),
            Order(action: "T", side: "A", price: 100, size: 2, flags: 0),
            Order(action: "F", price: 100, size: 2, id: 1, flags: 0), Order(action: "C", price: 100, size: 2, id: 1),
        ])
        #expect(built.map(\.action) == ["A", "T", "C"])
        #expect(built.map(\.bids) == [[[100, 5, 1]], [[100, 5, 1]], [[100, 3, 1]]])
    }

    @Test func `an order below the ten best levels gives no record but its end of event is kept`() {
        var orders = (0..<10).map { Order(action: "A", price: 100 - Int64($0), size: 1, id: UInt64($0)) }
        orders.append(Order(action: "C", price: 91, size: 1, id: 9, flags: 0))  // uncovers nothing: nine are left
        orders.append(Order(action: "A", price: 95, size: 1, id: 20, flags: 0))
        orders.append(Order(action: "A", price: 50, size: 1, id: 21, flags: 0))  // the tenth
        orders.append(Order(action: "A", price: 40, size: 1, id: 22, flags: 0x82))  // the eleventh closes the event
        let built = build(orders)
        #expect(built.count == 13)
        #expect(built.suffix(3).map(\.flags) == [0, 0, 0x80])
        #expect(built.last?.depth == 9)
    }

    @Test func `a snapshot gives one record without a price`() {
        let snapshot: UInt8 = 0x28
        let built = build([
            Order(action: "R", side: "N", flags: snapshot),
            Order(action: "A", price: 100, size: 5, id: 1, flags: snapshot),
            Order(action: "A", side: "A", price: 101, size: 6, id: 2, flags: snapshot, sequence: 77),
            Order(action: "A", price: 99, size: 1, id: 3, sequence: 78),
        ])
        #expect(built.map(\.action) == ["A", "A"])
        #expect(built[0].flags == 0xA8)
        #expect(built[0].read { $0.price == .undefined && $0.size == 0 && $0.side == .none && $0.sequence == 77 })
        #expect(built[0].bids == [[100, 5, 1]])
        #expect(built[0].asks == [[101, 6, 1]])
    }

    @Test func `a clear empties the book, and instruments do not touch each other`() {
        let built = build([
            Order(action: "A", price: 100, size: 5, id: 1), Order(action: "A", price: 7, size: 5, id: 1, instrument: 2),
            Order(action: "R", side: "N"), Order(action: "A", price: 8, size: 1, id: 2, instrument: 2),
        ])
        #expect(built.map(\.bids) == [[[100, 5, 1]], [[7, 5, 1]], [], [[8, 1, 1], [7, 5, 1]]])
    }

    @Test func `records keep the order of the input when events of two instruments overlap`() {
        let built = build([
            Order(action: "A", price: 100, size: 1, id: 1, flags: 0),
            Order(action: "A", price: 7, size: 1, id: 1, instrument: 2),
            Order(action: "A", price: 99, size: 1, id: 2, flags: 0x80),
        ])
        #expect(built.map { $0.read { $0.record.instrumentID.raw } } == [1, 2, 1])
        #expect(built.map(\.flags) == [0, 0x80, 0x80])
    }

    @Test func `a cancel of an unknown order changes nothing and is counted`() {
        var builder = MBP10Builder()
        let cancel = Order(action: "C", price: 1, size: 1, id: 5).bytes
        cancel.withUnsafeBytes { builder.apply(RecordView($0.baseAddress!)) }
        #expect(builder.unknownOrders == 1)
        builder.finish()
        builder.drain { _ in Issue.record("no record is due") }
    }

    /// The obvious book: every order in a list, levels summed from scratch.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `levels equal those summed anew from all orders after every event`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var reference = Reference()
        var orders: [Order] = []
        var expected: [[BidAskPair]] = []
        for _ in 0..<300 {
            orders.append(reference.randomEvent(&random))
            expected.append(reference.levels)
        }
        // Only events that show in ten levels give a record: follow by sequence.
        for (index, _) in orders.enumerated() { orders[index].sequence = UInt32(index) }
        let built = build(orders)
        var last = [BidAskPair](repeating: BidAskPair(), count: 10)
        var position = 0
        for index in orders.indices {
            if position < built.count, built[position].read({ $0.sequence }) == UInt32(index) {
                last = built[position].levels
                position += 1
            }
            #expect(last == expected[index], "seed \(seed), event \(index)")
        }
        #expect(position == built.count)
    }
}

/// A book without any structure, for comparison.
struct Reference {
    private var resting: [(id: UInt64, side: Character, price: Int64, size: UInt32)] = []
    private var nextID: UInt64 = 1

    mutating func randomEvent(_ random: inout SeededGenerator) -> Order {
        let roll = Int.random(in: 0..<100, using: &random)
        let side: Character = Bool.random(using: &random) ? "A" : "B"
        let price = Int64.random(in: 0..<20, using: &random) + (side == "A" ? 100 : 85)
        let size = UInt32.random(in: 1...9, using: &random)
        if resting.isEmpty || roll < 45 {
            nextID += 1
            resting.append((nextID, side, price, size))
            return Order(action: "A", side: side, price: price, size: size, id: nextID)
        }
        let index = Int.random(in: resting.indices, using: &random)
        let old = resting[index]
        if roll < 80 {
            let part = UInt32.random(in: 1...old.size, using: &random)
            resting[index].size -= part
            if resting[index].size == 0 { resting.remove(at: index) }
            return Order(action: "C", side: old.side, price: old.price, size: part, id: old.id)
        }
        if roll < 99 {
            let moved = Int64.random(in: 0..<20, using: &random) + (old.side == "A" ? 100 : 85)
            resting[index] = (old.id, old.side, moved, size)
            return Order(action: "M", side: old.side, price: moved, size: size, id: old.id)
        }
        resting = []
        return Order(action: "R", side: "N")
    }

    var levels: [BidAskPair] {
        func side(_ name: Character, _ best: (Int64, Int64) -> Bool) -> [(Int64, UInt32, UInt32)] {
            let prices = Set(resting.filter { $0.side == name }.map(\.price)).sorted(by: best)
            return prices.map { price in
                let orders = resting.filter { $0.side == name && $0.price == price }
                return (price, orders.reduce(0) { $0 + $1.size }, UInt32(orders.count))
            }
        }
        let bids = side("B", >), asks = side("A", <)
        return (0..<10).map { index in
            var level = BidAskPair()
            if index < bids.count { (level.bidPrice, level.bidSize, level.bidCount) = bids[index] }
            if index < asks.count { (level.askPrice, level.askSize, level.askCount) = asks[index] }
            return level
        }
    }
}
