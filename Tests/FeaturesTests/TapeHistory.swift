import Determinism
import MarketData

@testable import Features

/// All that the groups and seconds of a run were, for references that compute rows from the definitions.
struct TapeHistory {
    struct Event {
        var time: UInt64
        var trades: [TradeRun]
        /// The state after the group lets flow count.
        var flowCounts: Bool
        var isOpen: Bool
        /// Twice the mid of a valid book before the group.
        var twiceMidBefore: Int32?
        var isLockedBefore: Bool
    }
    /// An aggressor order.
    struct Order {
        var time: UInt64
        var sign: Int32
        var trades: [TradeRun]
        var event: Event
        var size: Double { Double(trades.map(\.size).reduce(0, +)) }
    }

    static let second: UInt64 = 1_000_000_000

    private(set) var events: [Event] = []
    /// Twice the mid in force at the end of a second, where it may be used.
    private(set) var mids: [UInt64: Int32] = [:]
    private var book = Book()
    private var isValid = false

    mutating func add(_ engine: borrowing ContractEngine) {
        let group = engine.group
        let isRestated = group.hasSnapshot || group.hasClear
        let after = engine.book.pointee
        events.append(
            Event(
                time: group.time, trades: Array(engine.trades),
                flowCounts: engine.isOpen && !engine.isSuspect && !after.isCrossed && !isRestated,
                isOpen: engine.isOpen, twiceMidBefore: isValid && !isRestated ? book.twiceMid : nil,
                isLockedBefore: book.isLocked))
        book = after
        isValid = engine.isBookValid
    }

    mutating func addSecond(_ engine: borrowing ContractEngine, end: UInt64) {
        if engine.mid.isUsable(at: end) { mids[end / Self.second - 1] = engine.mid.twiceMid }
    }

    /// The orders whose flow counts, in order.
    var orders: [Order] {
        events.filter(\.flowCounts).flatMap { event in
            var signs: [Int32] = []
            for trade in event.trades where !signs.contains(trade.aggressor) { signs.append(trade.aggressor) }
            return signs.map { sign in
                Order(
                    time: event.time, sign: sign, trades: event.trades.filter { $0.aggressor == sign }, event: event)
            }
        }
    }

    /// One-minute bars of the trades up to `time`, without the one that is open.
    func minuteBars(before time: UInt64) -> [Bar] {
        var bars: [Bar] = []
        for event in events where event.isOpen {
            let start = event.time / 60_000_000_000 * 60_000_000_000
            guard start + 60_000_000_000 <= time else { continue }
            for trade in event.trades {
                if bars.last?.start != start {
                    var bar = Bar()
                    bar.start = start
                    (bar.open, bar.high, bar.low) = (trade.price, trade.price, trade.price)
                    bars.append(bar)
                }
                let last = bars.count - 1
                bars[last].high = max(bars[last].high, trade.price)
                bars[last].low = min(bars[last].low, trade.price)
                bars[last].close = trade.price
                bars[last].volume += trade.size
            }
        }
        return bars
    }
}

/// A row of a run and what it should be.
struct ExpectedRows {
    var rows: [(feature: MarketFeature, value: Double)] = []

    mutating func add(_ feature: MarketFeature, _ value: Double) { rows.append((feature, value)) }

    /// What differs by more than `tolerance`, relative to 1 or to the value.
    func differences(_ vector: [Double], tolerance: Double = 1e-9) -> [String] {
        rows.compactMap { row in
            let found = vector[row.feature]
            let isClose = abs(found - row.value) <= tolerance * max(1, abs(row.value))
            return isClose || found.isNaN && row.value.isNaN ? nil : "\(row.feature): \(found), expected \(row.value)"
        }
    }
}
