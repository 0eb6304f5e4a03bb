import DBN
import MarketData
import Units

/// One `mbp-10` record in ticks of 0.25, as tests write it.
struct BookRecord {
    struct Level: Equatable { var price: Int, size = 1, count = 1 }

    static let tick = TickSize(nanos: 250_000_000)
    /// 2023-11-14, 22:13:20 UTC.
    static let origin: UInt64 = 1_700_000_000_000_000_000

    var time = Self.origin
    var received: UInt64?
    var action = Action.add
    var side = BookSide.none
    var price: Int64 = .max
    var size: UInt32 = 0
    var flags: RecordFlags = .last
    var bids: [Level] = []
    var asks: [Level] = []

    /// A trade at a price in ticks, not the last of its group.
    static func trade(_ price: Int, _ size: UInt32, _ side: BookSide, at time: UInt64 = origin) -> BookRecord {
        BookRecord(
            time: time, action: .trade, side: side, price: Int64(price) * tick.nanos, size: size, flags: [])
    }

    static func nanos(_ level: Level?) -> Int64 { level.map { Int64($0.price) * tick.nanos } ?? .max }

    var bytes: [UInt8] {
        let levels = (0..<10).map { slot in
            let bid = slot < bids.count ? bids[slot] : nil
            let ask = slot < asks.count ? asks[slot] : nil
            return BidAskPair(
                bidPrice: Self.nanos(bid), askPrice: Self.nanos(ask), bidSize: UInt32(bid?.size ?? 0),
                askSize: UInt32(ask?.size ?? 0), bidCount: UInt32(bid?.count ?? 0), askCount: UInt32(ask?.count ?? 0))
        }
        let head = MarketByPriceRecord(
            header: RecordHeader(
                publisherID: 1, instrumentID: InstrumentID(1), eventTime: Timestamp(nanoseconds: time)),
            price: Price(nanos: price), size: size, action: action, side: side, flags: flags,
            receiveTime: Timestamp(nanoseconds: received ?? time &+ 50_000))
        var bytes = [UInt8](repeating: 0, count: RecordByteCount.mbp10)
        bytes.withUnsafeMutableBytes { raw in
            levels.withUnsafeBufferPointer { levels in
                if let base = raw.baseAddress { head.write(levels: levels, to: base) }
            }
        }
        return bytes
    }
}

extension [UInt8] {
    /// Calls `body` with the record that these bytes are.
    func asRecord<R>(_ body: (MarketByPriceView) -> R) -> R {
        withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { preconditionFailure("a record has bytes") }
            return body(RecordView(base).marketByPrice)
        }
    }
}

extension Book {
    /// A book with the given levels, best first.
    init(bids: [BookRecord.Level], asks: [BookRecord.Level]) {
        self.init()
        bid.fill(bids)
        ask.fill(asks)
    }
}

extension BookSideLadder {
    fileprivate mutating func fill(_ levels: [BookRecord.Level]) {
        for (slot, level) in levels.prefix(10).enumerated() {
            prices[slot] = Int32(level.price)
            sizes[slot] = Int32(level.size)
            counts[slot] = Int32(level.count)
        }
        levelCount = Int32(min(levels.count, 10))
    }
}
