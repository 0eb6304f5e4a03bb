import Orders
import Units

@testable import Pipeline

extension RiskStage {
    /// A book of a hundred at the bid and a tick above it.
    mutating func mark(bid: Int64, at time: Timestamp) {
        let levels = [
            BookLevel(price: Ticks(bid), size: 100, count: 1), BookLevel(price: Ticks(bid + 1), size: 100, count: 1),
        ]
        levels.withUnsafeBufferPointer { levels in
            mark(
                MarketUpdate(
                    time: time, receiveTime: time, quality: [],
                    bids: UnsafeBufferPointer(rebasing: levels[0..<1]),
                    asks: UnsafeBufferPointer(rebasing: levels[1..<2]),
                    trades: UnsafeBufferPointer(start: nil, count: 0)))
        }
    }
}
