import DBN
import MarketData
import Testing
import Units

/// Groups, books and bars of real tapes.
@Suite struct RealGroupTests {
    /// Prices of one side that both books show, at which the change of size is not what the attribution says.
    private static func failures(
        _ old: UnsafePointer<BookSideLadder>, _ new: UnsafePointer<BookSideLadder>, side: Int32, from low: Int32,
        through high: Int32,
        changes: UnsafeBufferPointer<DepthChange>
    ) -> Int {
        let (oldLadder, newLadder) = (old.pointee, new.pointee)
        var failures = 0
        func check(_ price: Int32) {
            guard price >= low, price <= high else { return }
            var expected: Int64 = 0
            for change in changes where change.side == side && change.price == price {
                expected += Int64(change.added) - Int64(change.cancelled) - change.filled
            }
            if Int64(new.size(at: price)) - Int64(old.size(at: price)) != expected { failures += 1 }
        }
        for slot in 0..<10
        where oldLadder.prices[slot] != newLadder.prices[slot] || oldLadder.sizes[slot] != newLadder.sizes[slot] {
            if slot < oldLadder.levelCount { check(oldLadder.prices[slot]) }
            if slot < newLadder.levelCount { check(newLadder.prices[slot]) }
        }
        for change in changes where change.side == side { check(change.price) }
        return failures
    }

    @Test(.enabled(if: RealTape.isPresent, "needs ../shared/data/es"))
    func `every group of a real evening conserves depth, and the book is crossed only before the open`() throws {
        var assembler = EventGroupAssembler(tickSize: TickSize(nanos: 250_000_000))
        var attribution = DepthAttribution()
        var (groups, crossed, crossedAfterOpen, failures, flows) = (0, 0, 0, 0, 0)
        var clock: UInt64 = 0
        func close(_ missingLast: Bool) {
            guard assembler.close(missingLast: missingLast) else { return }
            let (before, after) = (assembler.before, assembler.book)
            groups += 1
            if after.pointee.isCrossed {
                crossed += 1
                if assembler.group.time >= RealTape.eveningOpen { crossedAfterOpen += 1 }
            }
            attribution.update(
                before: before, after: after, trades: assembler.trades, comparable: assembler.hasBefore, bids: true,
                asks: true)
            if assembler.hasBefore {
                flows += attribution.changes.count
                failures += Self.failures(
                    before.bid, after.bid, side: 1,
                    from: max(before.pointee.visibleBidFloor, after.pointee.visibleBidFloor),
                    through: .max, changes: attribution.changes)
                failures += Self.failures(
                    before.ask, after.ask, side: -1, from: .min,
                    through: min(before.pointee.visibleAskCeiling, after.pointee.visibleAskCeiling),
                    changes: attribution.changes)
            }
            assembler.advance()
        }
        try RealTape.read(RealTape.evening) { record in
            let view = record.marketByPrice
            clock = max(clock, view.receiveTime.nanoseconds)
            let isLast = view.flags.contains(.last)
            guard assembler.check(view, latestTime: clock) == nil else { return }
            if assembler.endsOpenGroup(view) { close(true) }
            assembler.append(view, sequence: 0)
            if isLast { close(false) }
        }
        let counters = assembler.counters
        #expect(groups == 37_115)
        #expect(crossed == 143 && crossedAfterOpen == 0)
        #expect(failures == 0)
        #expect(flows > 37_000, "there was something to conserve")
        #expect(counters.records == 43_781)
        #expect(counters.crossedGroups == 143)
        #expect(counters.rejected.indices.allSatisfy { counters.rejected[$0] == 0 })
        #expect(counters.missingLast == 0)
    }

    @Test(.enabled(if: RealTape.isPresent, "needs ../shared/data/es"))
    func `bars built from real trades are the vendor's own`() throws {
        let instrument = InstrumentID(118)
        let second: UInt64 = 1_000_000_000
        let reader = TickGrid(tickSize: TickSize(nanos: 250_000_000))
        var builder = BarBuilder(seconds: 60)
        var bars: [Bar] = []
        var end: UInt64 = 0
        func pass(to time: UInt64) {
            if end == 0 { end = (time / second + 1) * second }
            while end <= time {
                if let bar = builder.close(at: end) { bars.append(bar) }
                end += second
            }
        }
        try RealTape.read(RealTape.trades) { record in
            guard record.instrumentID == instrument else { return }
            let trade = record.marketByPrice
            pass(to: record.eventTime.nanoseconds)
            let price = try #require(reader.ticks(trade.price.nanos))
            builder.add(price: price, size: Int64(trade.size), eventTime: record.eventTime.nanoseconds)
        }
        pass(to: end + 120 * second)
        var expected: [Bar] = []
        try RealTape.read(RealTape.bars) { record in
            guard record.instrumentID == instrument else { return }
            var bar = Bar()
            bar.start = record.eventTime.nanoseconds
            bar.open = try #require(reader.ticks(record.load(16, as: Int64.self)))
            bar.high = try #require(reader.ticks(record.load(24, as: Int64.self)))
            bar.low = try #require(reader.ticks(record.load(32, as: Int64.self)))
            bar.close = try #require(reader.ticks(record.load(40, as: Int64.self)))
            bar.volume = Int64(record.load(48, as: UInt64.self))
            if bars.contains(where: { $0.start == bar.start }) { expected.append(bar) }
        }
        #expect(bars.count == 4)
        #expect(bars == expected)
    }
}
