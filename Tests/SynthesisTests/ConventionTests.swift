import DBN
import Testing
import Units

@testable import Synthesis

/// Databento's conventions for MBP-10 (FEATURES.md A.3), at every record.
@Suite struct ConventionTests {
    /// Thin, middling and thick; made once for all tests.
    static let tapes = [
        SyntheticTape(seed: 1, rate: 0.02, minutes: 60), SyntheticTape(seed: 2, rate: 0.3, minutes: 6),
        SyntheticTape(seed: 3, rate: 1, minutes: 4),
    ]

    @Test(arguments: 0..<3)
    func `an event group has one event time and one closing record, its last`(tape index: Int) {
        let tape = Self.tapes[index]
        for stream in [SyntheticStream.signal, .traded] {
            let groups = tape.groups(stream)
            #expect(groups.allSatisfy { group in group.allSatisfy { $0.eventTime == group[0].eventTime } })
            #expect(groups.last?.last?.flags.contains(.last) == true)
            #expect(zip(groups.dropFirst(), groups.dropFirst(2)).allSatisfy { $0[0].eventTime < $1[0].eventTime })
        }
    }

    @Test(arguments: 0..<3)
    func `times, sequences and levels are in order`(tape index: Int) {
        let tape = Self.tapes[index]
        for stream in [SyntheticStream.signal, .traded] {
            let book = tape.book(stream)
            let next = zip(book, book.dropFirst())
            #expect(next.allSatisfy { $0.receiveTime <= $1.receiveTime && $0.sequence < $1.sequence })
            #expect(book.allSatisfy { $0.receiveTime > $0.eventTime })
            #expect(book.allSatisfy(Self.isOrdered))
        }
    }

    /// Dense levels on the grid, not crossed, every order of at least one contract.
    private static func isOrdered(_ record: SyntheticTape.Record) -> Bool {
        let best = record.level(0)
        return best.bidPrice < best.askPrice && best.bidPrice % SyntheticTape.tick == 0
            && (0..<10).allSatisfy { index in
                let level = record.level(index)
                return level.bidPrice == best.bidPrice - Int64(index) * SyntheticTape.tick
                    && level.askPrice == best.askPrice + Int64(index) * SyntheticTape.tick
                    && level.bidSize >= level.bidCount && level.bidCount > 0
                    && level.askSize >= level.askCount && level.askCount > 0
            }
    }

    @Test(arguments: 0..<3)
    func `a trade prints at a resting price and leaves the book as it was`(tape index: Int) {
        let book = Self.tapes[index].book(.signal)
        var trades = 0
        var wrong = 0
        for (before, record) in zip(book, book.dropFirst()) where record.action == .trade {
            trades += 1
            let prices = record.levels.map { record.side == .bid ? $0.askPrice : $0.bidPrice }
            if record.book != before.book || record.flags.contains(.last) || !prices.contains(record.price) {
                wrong += 1
            }
        }
        #expect(wrong == 0)
        #expect(trades > 20)
    }

    @Test(arguments: 0..<3)
    func `what a group fills is what its levels lose`(tape index: Int) {
        let groups = Self.tapes[index].groups(.signal)
        var filledPrices = 0
        for (before, group) in zip(groups, groups.dropFirst()) {
            var filled: [Int64: Int64] = [:]
            for record in group where record.action == .trade { filled[record.price, default: 0] += record.size }
            guard let print = group.first(where: { $0.action == .trade }) else { continue }
            let isBid = print.side == .ask
            for (price, size) in filled {
                let old = Self.displayed(before[before.count - 1], price, isBid: isBid)
                let new = Self.displayed(group[group.count - 1], price, isBid: isBid)
                #expect(old - new == size, "tape \(index), price \(price)")
                filledPrices += 1
            }
        }
        #expect(filledPrices > 20)
    }

    @Test(arguments: 0..<3)
    func `an add and a cancel change their level by their size and one order`(tape index: Int) {
        let book = Self.tapes[index].book(.signal)
        var checked = 0
        var wrong = 0
        for (before, record) in zip(book, book.dropFirst()) where record.action == .add || record.action == .cancel {
            let isBid = record.side == .bid
            let sign: Int64 = record.action == .add ? 1 : -1
            let price = record.price
            let worstBid = max(record.level(9).bidPrice, before.level(9).bidPrice)
            let worstAsk = min(record.level(9).askPrice, before.level(9).askPrice)
            // Outside the ten levels of either book nothing can be compared.
            guard isBid ? price >= worstBid : price <= worstAsk else { continue }
            let old = Self.displayed(before, price, isBid: isBid)
            if Self.displayed(record, price, isBid: isBid) - old != sign * record.size { wrong += 1 }
            checked += 1
        }
        #expect(wrong == 0)
        #expect(checked > 100)
    }

    private static func displayed(_ record: SyntheticTape.Record, _ price: Int64, isBid: Bool) -> Int64 {
        for level in record.levels {
            if isBid && level.bidPrice == price { return Int64(level.bidSize) }
            if !isBid && level.askPrice == price { return Int64(level.askSize) }
        }
        return 0
    }
}
