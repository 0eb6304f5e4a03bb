import Determinism
import MarketData
import Testing

/// Bars of one length from trades (FEATURES A.5).
@Suite struct BarBuilderTests {
    private static let second: UInt64 = 1_000_000_000
    private static let minute = 60 * second
    /// A whole minute.
    private static let origin: UInt64 = 1_700_000_040 * second

    private static func bar(_ start: UInt64, _ prices: [Int32], volume: Int64) -> Bar {
        var bar = Bar()
        bar.start = start
        bar.open = prices[0]
        bar.high = prices.max() ?? 0
        bar.low = prices.min() ?? 0
        bar.close = prices[prices.count - 1]
        bar.volume = volume
        return bar
    }

    @Test func `a bar closes at the end of its interval and covers it from its start`() {
        var builder = BarBuilder(seconds: 60)
        builder.add(price: 5, size: 2, eventTime: Self.origin)
        builder.add(price: 9, size: 1, eventTime: Self.origin + Self.minute - 1)
        builder.add(price: -3, size: 4, eventTime: Self.origin + Self.minute - 1)
        #expect(builder.close(at: Self.origin + Self.minute - Self.second) == nil)
        #expect(builder.close(at: Self.origin + Self.minute) == Self.bar(Self.origin, [5, 9, -3], volume: 7))
        #expect(builder.close(at: Self.origin + Self.minute) == nil)
    }

    @Test func `an interval without a trade makes no bar`() {
        var builder = BarBuilder(seconds: 60)
        builder.add(price: 5, size: 1, eventTime: Self.origin)
        #expect(builder.close(at: Self.origin + Self.minute) != nil)
        for minutes in 2..<10 as Range<UInt64> {
            #expect(builder.close(at: Self.origin + minutes * Self.minute) == nil)
        }
        builder.add(price: 6, size: 1, eventTime: Self.origin + 9 * Self.minute + 1)
        #expect(
            builder.close(at: Self.origin + 10 * Self.minute)
                == Self.bar(Self.origin + 9 * Self.minute, [6], volume: 1))
    }

    @Test func `a trade that comes after its interval closed belongs to the open one`() {
        var builder = BarBuilder(seconds: 60)
        builder.add(price: 5, size: 1, eventTime: Self.origin)
        #expect(builder.close(at: Self.origin + Self.minute) != nil)
        builder.add(price: 7, size: 1, eventTime: Self.origin + Self.minute - 1)
        builder.add(price: 8, size: 1, eventTime: Self.origin + Self.minute + 1)
        #expect(
            builder.close(at: Self.origin + 2 * Self.minute)
                == Self.bar(Self.origin + Self.minute, [7, 8], volume: 2))
    }

    @Test func `intervals are aligned to midnight, not to the first trade`() {
        for length in [60, 120, 3_600] as [UInt64] {
            var builder = BarBuilder(seconds: length)
            builder.add(price: 5, size: 1, eventTime: Self.origin + 17)
            let start = (Self.origin + 17) / (length * Self.second) * (length * Self.second)
            #expect(builder.current.start == start)
            #expect(builder.close(at: start + length * Self.second - 1) == nil)
            #expect(builder.close(at: start + length * Self.second)?.start == start)
        }
    }

    @Test(arguments: 0..<6 as Range<UInt64>)
    func `bars of random trades are those of a grouping by interval`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var builder = BarBuilder(seconds: 60)
        var byInterval: [UInt64: [(Int32, Int64)]] = [:]
        var bars: [Bar] = []
        var time = Self.origin + random.below(Self.minute)
        var nextEnd = (time / Self.second + 1) * Self.second
        for _ in 0..<1_500 {
            time += random.below(8) == 0 ? random.below(5 * Self.minute) : random.below(3 * Self.second)
            while nextEnd <= time {
                if let bar = builder.close(at: nextEnd) { bars.append(bar) }
                nextEnd += Self.second
            }
            let price = Int32(random.below(40)) - 20
            let size = Int64(1 + random.below(9))
            builder.add(price: price, size: size, eventTime: time)
            byInterval[time / Self.minute * Self.minute, default: []].append((price, size))
        }
        let expected = byInterval.sorted { $0.key < $1.key }.dropLast().map { start, trades in
            Self.bar(start, trades.map(\.0), volume: trades.map(\.1).reduce(0, +))
        }
        #expect(bars == expected, "seed \(seed)")
    }
}

/// Who says whether the market is open.
@Suite struct TradingStatusTests {
    @Test func `the calendar decides until the first status record, then only trading is open`() {
        var status = TradingStatus()
        #expect(status.source == .calendar)
        #expect(status.isOpen(byCalendar: true))
        #expect(!status.isOpen(byCalendar: false))
        for action in 1...13 as ClosedRange<UInt16> {
            status.apply(action: action)
            #expect(status.source == .status)
            #expect(status.isOpen(byCalendar: true) == (action == 7), "action \(action)")
            #expect(status.isOpen(byCalendar: false) == (action == 7), "action \(action)")
        }
    }

    @Test func `a short-sale restriction, or no action, changes nothing`() {
        var status = TradingStatus()
        for action in [0, 14] as [UInt16] { status.apply(action: action) }
        #expect(status.source == .calendar)
        status.apply(action: 7)
        for action in [0, 14] as [UInt16] {
            status.apply(action: action)
            #expect(status.isOpen(byCalendar: false))
        }
    }
}
