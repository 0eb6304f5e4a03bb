import DBN
import Determinism
import Features
import MarketCalendar
import MarketData
import Units

/// One `mbp-10` record in ticks of 0.25, which can be moved and mirrored.
struct TapeRecord {
    struct Level: Equatable { var price, size, count: Int }

    static let tick: Int64 = 250_000_000

    var time: UInt64
    var received: UInt64
    var action = Action.add
    var side = BookSide.none
    var price: Int?
    var size = 0
    var flags: RecordFlags = .last
    var bids: [Level] = []
    var asks: [Level] = []

    func shifted(by ticks: Int) -> TapeRecord {
        var copy = self
        copy.price = price.map { $0 + ticks }
        copy.bids = bids.map { Level(price: $0.price + ticks, size: $0.size, count: $0.count) }
        copy.asks = asks.map { Level(price: $0.price + ticks, size: $0.size, count: $0.count) }
        return copy
    }

    /// Prices negated and sides exchanged.
    var mirrored: TapeRecord {
        var copy = self
        copy.side = side == .bid ? .ask : side == .ask ? .bid : side
        copy.price = price.map { -$0 }
        copy.bids = asks.map { Level(price: -$0.price, size: $0.size, count: $0.count) }
        copy.asks = bids.map { Level(price: -$0.price, size: $0.size, count: $0.count) }
        return copy
    }

    var bytes: [UInt8] {
        let levels = (0..<10).map { slot in
            let bid = slot < bids.count ? bids[slot] : nil
            let ask = slot < asks.count ? asks[slot] : nil
            return BidAskPair(
                bidPrice: bid.map { Int64($0.price) * Self.tick } ?? .max,
                askPrice: ask.map { Int64($0.price) * Self.tick } ?? .max, bidSize: UInt32(bid?.size ?? 0),
                askSize: UInt32(ask?.size ?? 0), bidCount: UInt32(bid?.count ?? 0), askCount: UInt32(ask?.count ?? 0))
        }
        let head = MarketByPriceRecord(
            header: RecordHeader(
                publisherID: 1, instrumentID: InstrumentID(1), eventTime: Timestamp(nanoseconds: time)),
            price: price.map { Price(nanos: Int64($0) * Self.tick) } ?? .undefined, size: UInt32(size), action: action,
            side: side, flags: flags, receiveTime: Timestamp(nanoseconds: received))
        var bytes = [UInt8](repeating: 0, count: RecordByteCount.mbp10)
        bytes.withUnsafeMutableBytes { raw in
            levels.withUnsafeBufferPointer { levels in
                if let base = raw.baseAddress { head.write(levels: levels, to: base) }
            }
        }
        return bytes
    }
}

/// A seeded market of one contract: valid books, trades before the book that they leave, quiet and busy spells, and,
/// when
/// asked for, what goes wrong on a feed.
struct RandomTape {
    private(set) var records: [TapeRecord] = []
    private var random: SeededGenerator
    private var time: UInt64
    private var bids: [TapeRecord.Level] = []
    private var asks: [TapeRecord.Level] = []
    /// Groups left of the present trouble.
    private var badFor = 0
    private var oneSidedFor = 0
    private let withFaults: Bool

    /// - Parameter meanGap: between groups, ns.
    init(seed: UInt64, start: UInt64, groups: Int, meanGap: UInt64 = 500_000_000, withFaults: Bool) {
        random = SeededGenerator(seed: seed)
        time = start
        self.withFaults = withFaults
        for slot in 0..<14 {
            bids.append(level(20_000 - slot))
            asks.append(level(20_001 + slot))
        }
        add(.add, flags: [.last, .snapshot])
        for _ in 0..<groups { addGroup(meanGap: meanGap) }
    }

    private mutating func below(_ bound: Int) -> Int { Int(random.below(UInt64(bound))) }

    private mutating func level(_ price: Int) -> TapeRecord.Level {
        let count = 1 + below(9)
        return TapeRecord.Level(price: price, size: count * (1 + below(12)), count: count)
    }

    private mutating func add(
        _ action: Action, side: BookSide = .none, price: Int? = nil, size: Int = 0, flags: RecordFlags = .last
    ) {
        records.append(
            TapeRecord(
                time: time, received: time + 30_000 + random.below(90_000), action: action, side: side, price: price,
                size: size, flags: flags, bids: Array(bids.prefix(10)),
                asks: oneSidedFor > 0 ? [] : Array(asks.prefix(10))))
    }

    private mutating func addGroup(meanGap: UInt64) {
        // Mostly short, some long, now and then no time at all.
        switch below(60) {
        case 0: time += meanGap * 40
        case 1: break
        default: time += random.below(meanGap)
        }
        var flags: RecordFlags = .last
        if withFaults {
            badFor = max(0, badFor - 1)
            oneSidedFor = max(0, oneSidedFor - 1)
            switch below(150) {
            case 0: badFor = 1 + below(12)
            case 1: oneSidedFor = 1 + below(8)
            case 2: clear()
            case 3: flags = []
            case 4: cross()
            default: break
            }
            if badFor > 1 { flags.insert(.maybeBadBook) }
            if badFor == 1 { flags.insert(.snapshot) }
        }
        switch below(10) {
        case 0, 1: trade(flags)
        case 2: add(.trade, side: .none, price: bids[0].price, size: 1 + below(5), flags: flags)
        case 3, 4, 5: cancel(flags)
        default: insert(flags)
        }
    }

    private mutating func clear() {
        let (oldBids, oldAsks) = (bids, asks)
        (bids, asks) = ([], [])
        add(.clear)
        time += random.below(1_500_000_000)
        (bids, asks) = (oldBids, oldAsks)
        add(.add, flags: [.last, .snapshot])
        time += 1_000_000
    }

    private mutating func cross() {
        let old = bids
        bids.insert(level(asks[0].price + 1), at: 0)
        add(.add, side: .bid, price: bids[0].price, size: bids[0].size)
        bids = old
        time += 20_000_000
        add(.cancel, side: .bid, price: bids[0].price, size: 1)
        time += 1_000_000
    }

    /// Price is pulled to both sides of where it began, ever further, so that levels are tested, hold and break.
    private mutating func isPulledUp() -> Bool {
        let swing = 4 + records.count / 200
        let center = 20_000 + (records.count / 300 % 2 == 0 ? swing : -swing)
        return below(100) < 50 + 5 * (center - bids[0].price)
    }

    /// Sweeps one side, a trade record per price, then the book.
    private mutating func trade(_ flags: RecordFlags) {
        let buys = isPulledUp()
        var wanted = 1 + below(below(3) == 0 ? 120 : 15)
        while wanted > 0 {
            let best = buys ? asks[0] : bids[0]
            let filled = min(wanted, best.size)
            add(.trade, side: buys ? .bid : .ask, price: best.price, size: filled, flags: [])
            wanted -= filled
            let left = TapeRecord.Level(price: best.price, size: best.size - filled, count: best.count)
            set(buys: buys, 0, left)
        }
        // The side behind follows: the spread is one or two ticks.
        while bids[0].price + 2 < asks[0].price { improve(bid: buys) }
        if below(3) == 0, bids[0].price + 1 < asks[0].price { improve(bid: buys) }
        add(.cancel, side: buys ? .ask : .bid, price: buys ? asks[0].price : bids[0].price, size: 1, flags: flags)
    }

    /// Replaces a level; an empty one goes, and the side stays 14 deep.
    private mutating func set(buys: Bool, _ slot: Int, _ new: TapeRecord.Level) {
        var side = buys ? asks : bids
        if new.size > 0 {
            side[slot] = new
        } else {
            side.remove(at: slot)
            let last = side[side.count - 1].price
            side.append(level(buys ? last + 1 + below(2) : last - 1 - below(2)))
        }
        if buys { asks = side } else { bids = side }
    }

    private mutating func improve(bid: Bool) {
        if bid {
            bids.insert(level(bids[0].price + 1), at: 0)
            bids.removeLast()
        } else {
            asks.insert(level(asks[0].price - 1), at: 0)
            asks.removeLast()
        }
    }

    private mutating func cancel(_ flags: RecordFlags) {
        let asksTurn = below(2) == 0
        let slot = below(10)
        let old = asksTurn ? asks[slot] : bids[slot]
        let size = 1 + below(old.size)
        let left = TapeRecord.Level(price: old.price, size: old.size - size, count: max(1, old.count - 1))
        set(buys: asksTurn, slot, left)
        add(.cancel, side: asksTurn ? .ask : .bid, price: old.price, size: size, flags: flags)
    }

    private mutating func insert(_ flags: RecordFlags) {
        let asksTurn = below(2) == 0
        if below(4) == 0, bids[0].price + 1 < asks[0].price {
            improve(bid: isPulledUp())
        } else {
            let slot = below(10)
            let old = asksTurn ? asks[slot] : bids[slot]
            let size = 1 + below(20)
            set(buys: asksTurn, slot, TapeRecord.Level(price: old.price, size: old.size + size, count: old.count + 1))
        }
        add(.add, side: asksTurn ? .ask : .bid, price: asksTurn ? asks[0].price : bids[0].price, size: 1, flags: flags)
    }
}

/// A session of 2024-01-03 whose windows lie in its first half hour, so that short tapes see every level.
enum TestSession {
    /// Tuesday 2024-01-02, 18:00 in New York: the open of trade date 2024-01-03.
    static let open: UInt64 = 1_704_236_400_000_000_000
    static let minute: UInt64 = 60_000_000_000

    static func calendar() throws -> TradingCalendar {
        let windows = try SessionWindows(
            premarketStart: TimeOfDay(hour: 18, minute: 2), premarketEnd: TimeOfDay(hour: 18, minute: 5),
            openingRangeStart: TimeOfDay(hour: 18, minute: 5), openingRangeMinutes: 3,
            rthOpen: TimeOfDay(hour: 18, minute: 5), rthClose: TimeOfDay(hour: 16, minute: 0),
            initialBalanceMinutes: 10)
        return .cmeEquityIndex(zone: try ZoneFile.newYork(), windows: windows)
    }

    static func configuration(averageLength: Int = 8) throws -> FeatureConfiguration {
        FeatureConfiguration(
            calendar: try calendar(), tickSize: TickSize(nanos: TapeRecord.tick), averageBarMinutes: 1,
            averageLength: averageLength)
    }
}

/// Every vector of groups and seconds.
struct AllRows: FeatureSink {
    struct Row {
        var isGroup: Bool
        var time: UInt64
        var values: [Double]

        /// The same bits.
        static func == (a: Row, b: Row) -> Bool {
            a.isGroup == b.isGroup && a.time == b.time
                && zip(a.values, b.values).allSatisfy { $0.bitPattern == $1.bitPattern }
        }
    }
    var rows: [Row] = []

    mutating func groupClosed(_ engine: borrowing ContractEngine) {
        rows.append(Row(isGroup: true, time: engine.group.time, values: Array(engine.vector)))
    }

    mutating func secondEnded(_ engine: borrowing ContractEngine, time: UInt64) {
        rows.append(Row(isGroup: false, time: time, values: Array(engine.vector)))
    }
}

/// Feeds records to an engine one by one, with the clock that goes with them.
struct Player: ~Copyable {
    var engine: ContractEngine
    var clock: UInt64 = 0
    var sequence: UInt64 = 0

    init(_ configuration: FeatureConfiguration) { engine = ContractEngine(configuration: configuration) }

    mutating func take<Sink: FeatureSink & ~Copyable>(_ bytes: [UInt8], sink: inout Sink) {
        bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return }
            let view = RecordView(base).marketByPrice
            clock = max(clock, view.receiveTime.nanoseconds)
            engine.take(view, sequence: sequence, clock: clock, sink: &sink)
            sequence += 1
        }
    }

    mutating func take<Sink: FeatureSink & ~Copyable>(_ record: TapeRecord, sink: inout Sink) {
        take(record.bytes, sink: &sink)
    }

    /// The vectors of a whole tape.
    static func rows(_ records: some Sequence<TapeRecord>, _ configuration: FeatureConfiguration) -> [AllRows.Row] {
        var player = Player(configuration)
        var sink = AllRows()
        for record in records { player.take(record, sink: &sink) }
        return sink.rows
    }
}
