import DBN
import Orders
import Tape
import Units

/// A recorded tape as event groups in memory: books and trades, in the order of reception.
final class GroupTape {
    struct Group {
        var time: Timestamp
        var quality: DataQuality
        /// Index of the group's last record in the file.
        var record: Int
        var bidCount, askCount: Int
        var trades: Range<Int>
    }

    private(set) var groups: [Group] = []
    private var levels: [BookLevel] = []
    private var trades: [MarketTrade] = []
    private let tick: Int64

    init(path: String, tick: Int64) throws {
        self.tick = tick
        var tape = try MergedTape.open([path])
        var record = 0
        var firstTrade = 0
        while let next = try tape.next() {
            guard next.type == .mbp10 else { continue }
            let view = next.marketByPrice
            if view.action == .trade { add(trade: view) }
            if view.flags.contains(.last) {
                add(group: view, record, trades: firstTrade..<trades.count)
                firstTrade = trades.count
            }
            record += 1
        }
    }

    private func add(trade view: MarketByPriceView) {
        let aggressor: Int8 = view.side == .bid ? 1 : (view.side == .ask ? -1 : 0)
        trades.append(MarketTrade(price: ticks(view.price.nanos), size: view.size, aggressor: aggressor))
    }

    private func add(group view: MarketByPriceView, _ record: Int, trades: Range<Int>) {
        var bidCount = 0, askCount = 0
        for index in 0..<TradingLimits.bookLevels {
            let level = view.level(index)
            if level.bidSize > 0 { bidCount += 1 }
            if level.askSize > 0 { askCount += 1 }
            levels.append(
                BookLevel(price: ticks(level.bidPrice), size: level.bidSize, count: level.bidCount))
            levels.append(
                BookLevel(price: ticks(level.askPrice), size: level.askSize, count: level.askCount))
        }
        let best = view.level(0)
        let isCrossed = bidCount > 0 && askCount > 0 && best.bidPrice > best.askPrice
        groups.append(
            Group(
                time: view.receiveTime, quality: isCrossed ? .crossed : [], record: record, bidCount: bidCount,
                askCount: askCount, trades: trades))
    }

    private func ticks(_ price: Int64) -> Ticks { price == .max ? .zero : Ticks(price / tick) }

    func group(endingAt record: Int) -> Int? {
        var (low, high) = (0, groups.count)
        while low < high {
            let middle = (low + high) / 2
            if groups[middle].record < record { low = middle + 1 } else { high = middle }
        }
        return low < groups.count && groups[low].record == record ? low : nil
    }

    /// Hands out a group as the venue takes it. The update is valid inside `body`.
    func update<Result>(_ index: Int, _ body: (MarketUpdate) -> Result) -> Result {
        let group = groups[index]
        return withUnsafeTemporaryAllocation(of: BookLevel.self, capacity: 2 * TradingLimits.bookLevels) {
            room in
            for level in 0..<TradingLimits.bookLevels {
                room[level] = levels[2 * (index * TradingLimits.bookLevels + level)]
                room[TradingLimits.bookLevels + level] = levels[2 * (index * TradingLimits.bookLevels + level) + 1]
            }
            return trades.withUnsafeBufferPointer { all in
                body(
                    MarketUpdate(
                        time: group.time, receiveTime: group.time, quality: group.quality,
                        bids: UnsafeBufferPointer(rebasing: room[0..<group.bidCount]),
                        asks: UnsafeBufferPointer(
                            rebasing: room[TradingLimits.bookLevels..<(TradingLimits.bookLevels + group.askCount)]),
                        trades: UnsafeBufferPointer(rebasing: all[group.trades])))
            }
        }
    }
}
