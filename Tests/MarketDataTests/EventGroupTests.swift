import DBN
import Determinism
import MarketData
import Testing
import Units

/// Records in, event groups out (FEATURES A.3, K.3-15, 19).
@Suite struct EventGroupTests {
    /// What a closed group was.
    struct Closed: Equatable {
        var time: UInt64
        var records: Int32
        var trades: [TradeRun] = []
        var snapshot = false
        var clear = false
        var suspect = false
    }

    /// Feeds records as an engine does.
    struct Feed: ~Copyable {
        var assembler = EventGroupAssembler(tickSize: BookRecord.tick)
        var closed: [Closed] = []
        var rejections: [RecordRejection] = []
        var clock: UInt64 = 0

        mutating func take(_ record: BookRecord) { take(record.bytes) }

        mutating func take(_ bytes: [UInt8]) {
            bytes.withUnsafeBytes { raw in
                guard let base = raw.baseAddress else { return }
                let view = RecordView(base).marketByPrice
                clock = max(clock, view.receiveTime.nanoseconds)
                let isLast = view.flags.contains(.last)
                if let rejection = assembler.check(view, latestTime: clock) {
                    rejections.append(rejection)
                } else {
                    if assembler.endsOpenGroup(view) { close(missingLast: true) }
                    assembler.append(view, sequence: 1)
                }
                if isLast { close(missingLast: false) }
            }
        }

        mutating func close(missingLast: Bool) {
            guard assembler.close(missingLast: missingLast) else { return }
            let group = assembler.group
            closed.append(
                Closed(
                    time: group.time, records: group.recordCount, trades: Array(assembler.trades),
                    snapshot: group.hasSnapshot, clear: group.hasClear, suspect: assembler.isSuspect))
            assembler.advance()
        }
    }

    private static let origin = BookRecord.origin
    private static let bids = [BookRecord.Level(price: 100, size: 5, count: 2)]
    private static let asks = [BookRecord.Level(price: 101, size: 7, count: 3)]
    private static let book = BookRecord(bids: bids, asks: asks)

    @Test(arguments: [14_500, -200] as [Int32])
    func `a group was sent when its last record was`(delta: Int32) {
        var feed = Feed()
        #expect(feed.assembler.group.sendTime == .max)
        feed.take(BookRecord.trade(101, 3, .bid))
        var bytes = Self.book.bytes
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: delta.littleEndian, toByteOffset: 40, as: Int32.self) }
        feed.take(bytes)
        #expect(feed.assembler.closedGroup.recordCount == 2)
        #expect(Int64(feed.assembler.closedGroup.sendTime) == Int64(Self.origin + 50_000) - Int64(delta))
    }

    @Test func `trades and the book record after them are one group`() {
        var feed = Feed()
        feed.take(.trade(101, 2, .bid))
        feed.take(.trade(101, 3, .bid))
        feed.take(.trade(102, 1, .bid))
        feed.take(.trade(102, 1, .none))
        feed.take(Self.book)
        #expect(
            feed.closed == [
                Closed(
                    time: Self.origin, records: 5,
                    trades: [
                        TradeRun(price: 101, aggressor: 1, size: 5), TradeRun(price: 102, aggressor: 1, size: 1),
                        TradeRun(price: 102, aggressor: 0, size: 1),
                    ])
            ])
        #expect(feed.assembler.book.pointee == Book(bids: Self.bids, asks: Self.asks))
        #expect(feed.assembler.counters.missingLast == 0)
    }

    @Test func `a trade with F_LAST ends its group`() {
        var feed = Feed()
        var trade = BookRecord.trade(101, 2, .ask)
        trade.flags = .last
        feed.take(trade)
        #expect(feed.closed.map(\.trades) == [[TradeRun(price: 101, aggressor: -1, size: 2)]])
    }

    @Test func `a new event time ends a group without F_LAST, and the same event time does not`() {
        var feed = Feed()
        feed.take(BookRecord(flags: [], bids: Self.bids, asks: Self.asks))
        feed.take(BookRecord(flags: [], bids: Self.bids))
        #expect(feed.closed.isEmpty)
        feed.take(BookRecord(time: Self.origin + 1, bids: Self.bids))
        #expect(feed.closed.map(\.records) == [2, 1])
        #expect(feed.assembler.counters.missingLast == 1)
        #expect(feed.assembler.counters.groups == 2)
    }

    @Test func `the time of a group never goes back, its event time does`() {
        var feed = Feed()
        feed.take(BookRecord(time: Self.origin + 1_000))
        feed.take(BookRecord(time: Self.origin + 400))
        #expect(feed.closed.map(\.time) == [Self.origin + 1_000, Self.origin + 1_000])
        #expect(feed.assembler.group.eventTime == Self.origin + 400)
        feed.take(BookRecord(time: Self.origin + 2_000))
        #expect(feed.closed.last?.time == Self.origin + 2_000)
    }

    @Test func `one price off the tick in any of 21 places rejects the record and changes nothing`() {
        for place in 0..<21 {
            var feed = Feed()
            feed.take(Self.book)
            let before = feed.assembler.book
            let levels = (0..<10).map { BookRecord.Level(price: 100 - $0) }
            let others = (0..<10).map { BookRecord.Level(price: 101 + $0) }
            var bytes = BookRecord(
                price: 100 * BookRecord.tick.nanos, bids: levels, asks: others
            ).bytes
            let offset = place == 20 ? 16 : 48 + 32 * (place / 2) + 8 * (place % 2)
            bytes.withUnsafeMutableBytes { raw in
                let price = raw.loadUnaligned(fromByteOffset: offset, as: Int64.self)
                raw.storeBytes(of: price + 1, toByteOffset: offset, as: Int64.self)
            }
            feed.take(bytes)
            #expect(feed.rejections == [.offTick], "place \(place)")
            #expect(feed.assembler.book == before, "place \(place)")
            #expect(feed.closed.count == 1, "place \(place): a group of rejected records gives no row")
            #expect(feed.assembler.counters.rejected[0] == 1)
            #expect(feed.assembler.counters.records == 1)
        }
    }

    @Test func `a rejected record with F_LAST ends the group of those before it`() {
        var feed = Feed()
        feed.take(BookRecord(flags: [], bids: Self.bids, asks: Self.asks))
        feed.take(BookRecord(price: 1, flags: .last))
        #expect(feed.closed.map(\.records) == [1])
        #expect(feed.assembler.counters.missingLast == 0)
        #expect(feed.assembler.book.pointee == Book(bids: Self.bids, asks: Self.asks))
    }

    @Test func `a rejected record without F_LAST leaves the group open`() {
        var feed = Feed()
        feed.take(BookRecord(flags: [], bids: Self.bids, asks: Self.asks))
        feed.take(BookRecord(time: Self.origin + 5, price: 1, flags: []))
        #expect(feed.closed.isEmpty)
        #expect(feed.assembler.isOpen == true)
    }

    @Test func `sizes from two to the 26th on are implausible, of a level or of a trade`() {
        let limit = 1 << 26
        func rejections(_ record: BookRecord) -> [RecordRejection] {
            var feed = Feed()
            feed.take(record)
            return feed.rejections
        }
        func level(size: Int = 1, count: Int = 1) -> [BookRecord.Level] { [.init(price: 9, size: size, count: count)] }
        #expect(rejections(BookRecord(bids: level(size: limit - 1, count: limit - 1))).isEmpty)
        #expect(rejections(BookRecord(bids: level(size: limit))) == [.implausibleQuantity])
        #expect(rejections(BookRecord(asks: level(size: limit))) == [.implausibleQuantity])
        #expect(rejections(BookRecord(bids: level(count: limit))) == [.implausibleQuantity])
        #expect(rejections(BookRecord(asks: level(count: limit))) == [.implausibleQuantity])
        #expect(rejections(.trade(9, UInt32(limit), .bid)) == [.implausibleQuantity])
        #expect(rejections(.trade(9, UInt32(limit - 1), .bid)).isEmpty)
        // An order's size may be undefined on any other action.
        #expect(rejections(BookRecord(action: .cancel, size: .max, bids: level())).isEmpty)
    }

    @Test func `times that cannot be are rejected`() {
        let skew: UInt64 = 60_000_000_000
        var feed = Feed()
        feed.take(Self.book)
        let latest = feed.clock
        feed.take(BookRecord(time: latest + skew + 1, received: latest))
        feed.take(BookRecord(time: .max, received: latest))
        feed.take(BookRecord(time: UInt64(Int64.max), received: latest))
        #expect(feed.rejections == [.implausibleTime, .implausibleTime, .implausibleTime])
        feed.take(BookRecord(time: latest + skew, received: latest))
        #expect(feed.closed.count == 2)
        #expect(feed.assembler.counters.rejected[Int(RecordRejection.implausibleTime.rawValue)] == 3)
    }

    @Test func `a record shorter than its type is rejected`() {
        var feed = Feed()
        var bytes = Self.book.bytes
        bytes[0] = 91
        feed.take(bytes)
        #expect(feed.rejections == [.tooShort])
    }

    /// Rows: the flags and action of one record, and whether the book is suspect after it.
    @Test func `a snapshot or a clear ends suspicion, and a maybe-bad flag on the same record begins it again`() {
        let steps: [(Action, RecordFlags, Bool)] = [
            (.add, .last, false),
            (.add, [.last, .maybeBadBook], true),
            (.add, .last, true),
            (.add, [.last, .snapshot], false),
            (.add, [.last, .snapshot, .maybeBadBook], true),
            (.clear, .last, false),
            (.clear, [.last, .maybeBadBook], true),
            (.clear, [.last, .snapshot], false),
        ]
        var feed = Feed()
        for (index, step) in steps.enumerated() {
            feed.take(BookRecord(action: step.0, flags: step.1, bids: Self.bids))
            #expect(feed.closed.last?.suspect == step.2, "step \(index)")
            #expect(feed.closed.last?.snapshot == step.1.contains(.snapshot), "step \(index)")
            #expect(feed.closed.last?.clear == (step.0 == .clear), "step \(index)")
        }
    }

    @Test func `flags of any record of the group count for the group`() {
        var feed = Feed()
        feed.take(BookRecord(action: .clear, flags: [.snapshot]))
        feed.take(BookRecord(flags: [.snapshot], bids: Self.bids))
        feed.take(Self.book)
        #expect(feed.closed == [Closed(time: Self.origin, records: 3, snapshot: true, clear: true)])
        #expect(feed.assembler.hasBefore == true)
    }

    @Test func `a group takes more trades than it has room for at first`() {
        var feed = Feed()
        for index in 0..<5_000 { feed.take(.trade(100 + index % 2, UInt32(index + 1), .bid)) }
        feed.take(Self.book)
        let trades = feed.closed.last?.trades ?? []
        #expect(trades.count == 5_000)
        #expect(
            trades.indices.allSatisfy { trades[$0].size == Int64($0 + 1)
                && trades[$0].price == Int32(100 + $0 % 2) })
        feed.take(.trade(100, 1, .bid))
        feed.take(Self.book)
        #expect(feed.closed.last?.trades.count == 1)
    }

    @Test func `a crossed book is counted, a locked one is not`() {
        var feed = Feed()
        feed.take(BookRecord(bids: [.init(price: 101)], asks: [.init(price: 101)]))
        #expect(feed.assembler.counters.crossedGroups == 0)
        #expect(feed.assembler.book.pointee.isLocked)
        feed.take(BookRecord(bids: [.init(price: 102)], asks: [.init(price: 101)]))
        #expect(feed.assembler.counters.crossedGroups == 1)
    }

    @Test func `an open group is saved and goes on as if nothing had happened`() throws {
        var feed = Feed()
        feed.take(Self.book)
        for index in 0..<1_500 { feed.take(.trade(100 + index % 3, 1, .ask, at: Self.origin + 9)) }
        var saving = StateArchive()
        try feed.assembler.persist(&saving)
        var loading = StateArchive(loading: saving.bytes)
        var restored = Feed()
        try restored.assembler.persist(&loading)
        try loading.checkEnd()
        restored.clock = feed.clock
        restored.closed = feed.closed
        for record in [BookRecord(time: Self.origin + 9, bids: Self.bids), BookRecord(time: Self.origin + 11)] {
            feed.take(record)
            restored.take(record)
        }
        #expect(restored.closed == feed.closed)
        #expect(restored.closed[1].trades.count == 1_500)
        #expect(restored.assembler.counters == feed.assembler.counters)
    }
}
