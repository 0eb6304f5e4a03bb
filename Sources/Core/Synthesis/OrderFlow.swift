import DBN
import Determinism

/// One record's worth of change to a ladder.
struct BookOperation {
    enum Change {
        /// A trade print: the book stays.
        case none
        /// An order joins or leaves a rung.
        case join, leave
        /// An order of a rung grows or shrinks by `size`.
        case grow, shrink
        /// An order leaves `from` and joins `rung`.
        case move
    }

    var action: Action
    var isBid: Bool
    var change: Change
    var rung: Int
    /// Where a moved order comes from.
    var from: Int
    /// Contracts by which the rung changes, or that were traded.
    var size: Int
    /// The record's `size`: the order's.
    var orderSize: Int
}

/// The orders of one contract: what happens next, given the queues and the price the book follows.
///
/// Queue-reactive, after Huang, Lehalle & Rosenbaum 2015 ("Simulating and analyzing order book data: the queue-reactive
/// model"): at every level the odds of an order arriving against one leaving are target : queue, so that queues revert
/// to their targets; at the best prices the targets and the aggressors lean with the distance of the followed price.
struct OrderFlow {
    static let capacity = 2_048
    /// Where limit orders arrive and leave, cumulated over levels; after the ESH4 tape's `depth`.
    private static let levelShares: InlineArray<10, Double> = [
        0.56, 0.70, 0.785, 0.845, 0.89, 0.92, 0.942, 0.96, 0.977, 1,
    ]

    let profile: ContractProfile
    /// Share of the usual number of orders at a level; the sizes make up for it.
    let orderDensity: Double
    /// The chance that a group closes a wide spread: tuned to the share of records with a spread of two ticks.
    private let improveChance: Double
    /// The profile's `mustMove`; more on a thin tape, where every move costs a larger part of the records.
    private let mustMove: Double
    private let orderSizes: QuantileTable
    private let tradeSizes: QuantileTable
    private let operations: UnsafeMutablePointer<BookOperation>
    private(set) var operationCount = 0
    var random: SeededGenerator

    init(profile: ContractProfile, rate: Double, seed: UInt64) {
        self.profile = profile
        orderDensity = min(max(rate / 0.25, 0.06), 1)
        mustMove = profile.mustMove + 0.35 * (1 - orderDensity)
        improveChance = min(0.09 / orderDensity, 0.8)
        orderSizes = QuantileTable(lognormalMedian: 0.61, deviation: 1)
        tradeSizes = QuantileTable(lognormalMedian: profile.tradeMedian, deviation: profile.tradeDeviation)
        operations = .allocate(capacity: Self.capacity)
        random = SeededGenerator(seed: seed)
    }

    func deallocate() {
        orderSizes.deallocate()
        tradeSizes.deallocate()
        operations.deallocate()
    }

    func operation(_ index: Int) -> BookOperation { operations[index] }

    // MARK: Levels

    /// A level as it is when nobody has looked at it for a while.
    mutating func freshLevel(_ level: Int, depth: Double) -> (size: Int, count: Int) {
        let scale = depth * (0.7 + 0.6 * random.unit())
        let count = max(1, Int(profile.counts[level] * orderDensity * scale))
        return (max(count, Int(profile.sizes[level] * scale)), count)
    }

    /// An order size with the given mean.
    private mutating func drawOrderSize(mean: Double) -> Int { max(1, Int(orderSizes.draw(&random) * mean + 0.5)) }

    /// The size of one of the orders of a rung: what remains is enough for the others.
    private mutating func drawOrderOf(size: Int, count: Int) -> Int {
        if count == 1 { return size }
        return min(drawOrderSize(mean: Double(size) / Double(count)), size - count + 1)
    }

    private mutating func drawLevel() -> Int {
        let u = random.unit()
        var level = 0
        while level < 9 && u >= Self.levelShares[level] { level += 1 }
        return level
    }

    private mutating func push(_ operation: BookOperation) {
        precondition(operationCount < Self.capacity, "a group of more records than there is room for")
        operations[operationCount] = operation
        operationCount += 1
    }
}

// MARK: - What happens next
extension OrderFlow {
    /// Plans the next event group.
    /// - Parameters:
    ///   - gap: the followed price less the mid, ticks.
    ///   - depth: share of midday's depth.
    mutating func plan(_ ladder: PriceLadder, gap: Double, depth: Double) {
        operationCount = 0
        if ladder.spread > 1 && random.chance(improveChance) {
            improve(ladder, isBid: gap > 0)
            return
        }
        let isForced = gap.magnitude > mustMove + 0.5 * Double(ladder.spread - 1)
        if isForced && random.chance(0.3 + 0.5 * (gap.magnitude - 1)) {
            if random.chance(max(orderDensity, 0.15)) {
                sweep(ladder, isBuy: gap > 0, rungs: min(max(Int(gap.magnitude - 0.3), 1), 6))
            } else {
                pull(ladder, isBid: gap < 0)
            }
            return
        }
        let u = random.unit()
        if u < 0.085 {
            trade(ladder, gap: gap)
        } else if u < 0.32 {
            modify(ladder, depth: depth)
        } else {
            limitFlow(ladder, gap: gap, depth: depth)
        }
    }

    /// The mean size of an order at a level.
    private func meanOrder(_ level: Int) -> Double {
        profile.sizes[level] / (profile.counts[level] * orderDensity)
    }

    /// The lean of the followed price towards the side's disadvantage, −1 to 1: at 1 the queue is about to go.
    private func pressure(_ gap: Double, isBid: Bool) -> Double {
        min(max((isBid ? -gap : gap) / profile.mustMove, -1), 1)
    }

    /// May the best queue of a side be exhausted? Not when the spread is already wide.
    private func mayExhaust(_ ladder: PriceLadder, _ gap: Double, isBid: Bool) -> Bool {
        ladder.spread == 1 && (isBid ? -gap : gap) >= profile.mayMove
    }

    /// A new best price inside the spread.
    private mutating func improve(_ ladder: PriceLadder, isBid: Bool) {
        let size = drawOrderSize(mean: meanOrder(0) * 1.5)
        let rung = isBid ? ladder.bestBid + 1 : ladder.bestAsk - 1
        push(BookOperation(action: .add, isBid: isBid, change: .join, rung: rung, from: 0, size: size, orderSize: size))
    }

    /// A market maker withdraws: all orders of the best price go in one group. How most moves of a thin tape happen, so
    /// that its trades keep the size of a busy one's.
    private mutating func pull(_ ladder: PriceLadder, isBid: Bool) {
        let rung = ladder.rung(0, isBid: isBid)
        var size = ladder.size(rung)
        var count = ladder.count(rung)
        while count > 0 {
            let order = drawOrderOf(size: size, count: count)
            push(
                BookOperation(
                    action: .cancel, isBid: isBid, change: .leave, rung: rung, from: 0, size: order, orderSize: order))
            size -= order
            count -= 1
        }
    }

    private mutating func limitFlow(_ ladder: PriceLadder, gap: Double, depth: Double) {
        let isBid = random.chance(0.5)
        let level = drawLevel()
        let rung = ladder.rung(level, isBid: isBid)
        let size = ladder.size(rung)
        let count = ladder.count(rung)
        var target = profile.sizes[level] * depth
        if level == 0 { target *= 1 - 0.75 * pressure(gap, isBid: isBid) }
        let last = count == 1 && !(level == 0 && mayExhaust(ladder, gap, isBid: isBid))
        if last || random.chance(target / (target + Double(size))) {
            let new = drawOrderSize(mean: meanOrder(level))
            push(
                BookOperation(action: .add, isBid: isBid, change: .join, rung: rung, from: 0, size: new, orderSize: new)
            )
        } else {
            let gone = drawOrderOf(size: size, count: count)
            push(
                BookOperation(
                    action: .cancel, isBid: isBid, change: .leave, rung: rung, from: 0, size: gone, orderSize: gone))
        }
    }

    /// Most modifications move an order to another price; the rest reduce it (ESH4: 8 in 10 and most others).
    private mutating func modify(_ ladder: PriceLadder, depth: Double) {
        let isBid = random.chance(0.5)
        let level = drawLevel()
        let rung = ladder.rung(level, isBid: isBid)
        let size = ladder.size(rung)
        let count = ladder.count(rung)
        let order = drawOrderOf(size: size, count: count)
        if count > 1 && random.chance(0.8) {
            // To a level that lacks more of its target: otherwise moves would flatten the book.
            let other = (level + 1 + Int(random.below(level == 0 ? 3 : 9))) % PriceLadder.visible
            let otherRung = ladder.rung(other, isBid: isBid)
            let here = Double(size) / profile.sizes[level]
            let there = Double(ladder.size(otherRung)) / profile.sizes[other]
            if here >= there || ladder.count(otherRung) < 2 {
                push(
                    BookOperation(
                        action: .modify, isBid: isBid, change: .move, rung: otherRung, from: rung, size: order,
                        orderSize: order))
            } else {
                let back = drawOrderOf(size: ladder.size(otherRung), count: ladder.count(otherRung))
                push(
                    BookOperation(
                        action: .modify, isBid: isBid, change: .move, rung: rung, from: otherRung, size: back,
                        orderSize: back))
            }
            return
        }
        if order > 1 {
            let less = 1 + Int(random.below(UInt64(order - 1)))
            push(
                BookOperation(
                    action: .modify, isBid: isBid, change: .shrink, rung: rung, from: 0, size: less,
                    orderSize: order - less))
        } else {
            let more = drawOrderSize(mean: meanOrder(level))
            push(
                BookOperation(
                    action: .modify, isBid: isBid, change: .grow, rung: rung, from: 0, size: more,
                    orderSize: order + more))
        }
    }
}

// MARK: - Aggressors
extension OrderFlow {
    /// An aggressor within the best queue, or one that just exhausts it.
    private mutating func trade(_ ladder: PriceLadder, gap: Double) {
        let isBuy = random.chance(0.5 + 0.42 * min(max(gap / profile.mustMove, -1), 1))
        let rung = isBuy ? ladder.bestAsk : ladder.bestBid
        let queue = ladder.size(rung)
        var size = max(1, Int(tradeSizes.draw(&random) + 0.5))
        if size >= queue {
            if mayExhaust(ladder, gap, isBid: !isBuy) {
                takeThrough(ladder, isBuy: isBuy, size: size)
                return
            }
            // Who would move the price without a reason takes less.
            size = Int(Double(queue) * (0.2 + 0.5 * random.unit()))
        }
        guard size > 0 else {
            let new = drawOrderSize(mean: meanOrder(0))
            push(
                BookOperation(
                    action: .add, isBid: !isBuy, change: .join, rung: rung, from: 0, size: new, orderSize: new))
            return
        }
        pushTrade(rung, isBuy: isBuy, size: size)
        pushFills(ladder, rung, isBid: !isBuy, size: size)
    }

    /// An aggressor that takes the best queue and the rest of its size from the next, but never all of that.
    private mutating func takeThrough(_ ladder: PriceLadder, isBuy: Bool, size: Int) {
        let best = ladder.rung(0, isBid: !isBuy)
        let next = ladder.rung(1, isBid: !isBuy)
        let rest = min(size - ladder.size(best), ladder.size(next) / 2)
        pushTrade(best, isBuy: isBuy, size: ladder.size(best))
        if rest > 0 { pushTrade(next, isBuy: isBuy, size: rest) }
        pushFills(ladder, best, isBid: !isBuy, size: ladder.size(best))
        if rest > 0 { pushFills(ladder, next, isBid: !isBuy, size: rest) }
    }

    /// An aggressor that takes whole levels: all prints first, then the fills, as the exchange reports them.
    private mutating func sweep(_ ladder: PriceLadder, isBuy: Bool, rungs: Int) {
        var taken = 0
        var room = Self.capacity
        while taken < rungs {
            let rung = ladder.rung(taken, isBid: !isBuy)
            room -= ladder.count(rung) + 1
            if room < 0 { break }
            pushTrade(rung, isBuy: isBuy, size: ladder.size(rung))
            taken += 1
        }
        for level in 0..<taken {
            let rung = ladder.rung(level, isBid: !isBuy)
            pushFills(ladder, rung, isBid: !isBuy, size: ladder.size(rung))
        }
    }

    private mutating func pushTrade(_ rung: Int, isBuy: Bool, size: Int) {
        // `side` of a trade is the aggressor's.
        push(
            BookOperation(action: .trade, isBid: isBuy, change: .none, rung: rung, from: 0, size: size, orderSize: size)
        )
    }

    /// The resting orders that a trade of `size` fills, oldest first: a cancel for each filled one, a modification for
    /// the last if something of it remains.
    private mutating func pushFills(_ ladder: PriceLadder, _ rung: Int, isBid: Bool, size: Int) {
        var left = size
        var queue = ladder.size(rung)
        var count = ladder.count(rung)
        while left > 0 {
            let order = drawOrderOf(size: queue, count: count)
            if order <= left {
                push(
                    BookOperation(
                        action: .cancel, isBid: isBid, change: .leave, rung: rung, from: 0, size: order,
                        orderSize: order))
                left -= order
                queue -= order
                count -= 1
            } else {
                push(
                    BookOperation(
                        action: .modify, isBid: isBid, change: .shrink, rung: rung, from: 0, size: left,
                        orderSize: order - left))
                left = 0
            }
        }
    }
}
