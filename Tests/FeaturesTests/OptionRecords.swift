import DBN
import Determinism
import MarketCalendar
import Testing
import Units

@testable import Features

/// The records of a chain of three expirations on the future of a tape: today's, one of eight days, one of five weeks.
/// Every contract is quoted every half minute; one in twelve quotes is followed by a trade.
struct OptionRecords {
    struct Record {
        var received: UInt64
        var bytes: [UInt8]
    }
    private struct Contract {
        var id: UInt32
        var isCall: Bool
        var strike: Double
        var expiration: UInt64
    }

    private(set) var records: [Record] = []
    private var random: SeededGenerator
    private var contracts: [Contract] = []

    init(seed: UInt64, books: [TapeRecord]) throws {
        random = SeededGenerator(seed: seed)
        try list(at: EveryColumnTape.start - 2 * EveryColumnTape.second)
        guard let first = books.first, let last = books.last else { return }
        var place = books.startIndex
        var next = 0
        var time = first.time / EveryColumnTape.second * EveryColumnTape.second
        var forward = 5_000.0
        while time < last.time {
            while place < books.endIndex, books[place].time <= time {
                if let bid = books[place].bids.first, let ask = books[place].asks.first {
                    forward = Double(bid.price + ask.price) * 0.125
                }
                place += 1
            }
            for slot in 0..<4 as Range<UInt64> {
                quote(contracts[next % contracts.count], forward, at: time + 40_000_000 + slot * 230_000_000)
                next += 1
            }
            time += EveryColumnTape.second
        }
    }

    private mutating func list(at time: UInt64) throws {
        let zone = try ZoneFile.newYork()
        let dates = [(3, 1, 5.0), (11, 1, 15.0), (7, 2, 25.0)]
        for (day, month, step) in dates {
            let date = CivilDate(year: 2024, month: month, day: day)
            let expiration = zone.timestamp(date, TimeOfDay(hour: 16, minute: 0)).nanoseconds
            for strike in -8...8 {
                for isCall in [true, false] {
                    let contract = Contract(
                        id: UInt32(100 + contracts.count), isCall: isCall, strike: 5_000 + step * Double(strike),
                        expiration: expiration)
                    contracts.append(contract)
                    try define(contract, at: time)
                    interest(contract, at: time + 1_000_000)
                }
            }
        }
    }

    private func header(_ id: UInt32, _ time: UInt64) -> RecordHeader {
        RecordHeader(publisherID: 1, instrumentID: InstrumentID(id), eventTime: Timestamp(nanoseconds: time))
    }

    private mutating func add(
        _ received: UInt64, count: Int, _ write: (UnsafeMutableRawPointer) throws -> Void
    ) rethrows {
        var bytes = [UInt8](repeating: 0, count: count)
        try bytes.withUnsafeMutableBytes { raw in
            if let base = raw.baseAddress { try write(base) }
        }
        records.append(Record(received: received, bytes: bytes))
    }

    private mutating func define(_ contract: Contract, at time: UInt64) throws {
        var record = InstrumentDefinitionRecord(
            header: header(contract.id, time), receiveTime: Timestamp(nanoseconds: time), rawSymbol: "E",
            instrumentClass: contract.isCall ? .call : .put)
        record.underlying = "ESH4"
        record.expiration = Timestamp(nanoseconds: contract.expiration)
        record.unitOfMeasureQuantity = Price(nanos: 50_000_000_000)
        record.strikePrice = Price(nanos: Int64(contract.strike * 1e9))
        try add(time, count: RecordByteCount.instrumentDefinition) { _ = try record.write(to: $0) }
    }

    private mutating func interest(_ contract: Contract, at time: UInt64) {
        var record = StatisticsRecord(
            header: header(contract.id, time), receiveTime: Timestamp(nanoseconds: time), type: .openInterest)
        record.referenceTime = Timestamp(nanoseconds: 1)
        // More calls above the market and more puts below it: gamma has its zero between.
        let isOutside = contract.isCall == (contract.strike > 5_000)
        record.quantity = (isOutside ? 5_000 : 1) + Int64(random.below(1_000))
        add(time, count: RecordByteCount.statistics) { record.write(to: $0) }
    }

    private mutating func quote(_ contract: Contract, _ forward: Double, at time: UInt64) {
        let years = Double(contract.expiration - time) / 1e9 / 31_536_000
        let price = Black76(
            isCall: contract.isCall, forward: forward, strike: contract.strike, years: years, rate: 0.04,
            volatility: 0.14 + 0.0002 * abs(contract.strike - forward) + 0.01 * random.unit()
        ).price
        let bid = max(price - 0.2 * random.unit(), 0.05)
        book(contract, at: time, bid: bid, ask: bid + 0.3, action: .add, side: .bid, price: bid, size: 1)
        guard random.below(12) == 0 else { return }
        let sides: [BookSide] = [.bid, .ask, .none]
        book(
            contract, at: time + 2_000, bid: bid, ask: bid + 0.3, action: .trade, side: sides[Int(random.below(3))],
            price: bid + 0.15 * Double(random.below(3)), size: UInt32(1 + random.below(30)))
    }

    private mutating func book(
        _ contract: Contract, at time: UInt64, bid: Double, ask: Double, action: Action, side: BookSide, price: Double,
        size: UInt32
    ) {
        let record = MarketByPriceRecord(
            header: header(contract.id, time), price: Price(nanos: Int64(price * 1e9)), size: size, action: action,
            side: side, flags: .last, receiveTime: Timestamp(nanoseconds: time + 1_000))
        let level = BidAskPair(
            bidPrice: Int64(bid * 1e9), askPrice: Int64(ask * 1e9), bidSize: 5, askSize: 5, bidCount: 1, askCount: 1)
        add(time + 1_000, count: RecordByteCount.mbp1) { output in
            withUnsafePointer(to: level) { level in
                _ = record.write(levels: UnsafeBufferPointer(start: level, count: 1), to: output)
            }
        }
    }
}
