import Determinism
import Features
import MarketCalendar
import MarketData
import Orders
import Units

/// The traded contract's book as the trading folds want it. Depth and trades are spread out only while somebody works
/// an order.
struct MarketView: ~Copyable {
    private(set) var quality: DataQuality = .noBook
    private(set) var time = Timestamp(nanoseconds: 0)
    private var receiveTime = Timestamp(nanoseconds: 0)
    /// The book of the last group: its owner's, or the copy that is kept here.
    private var book: UnsafePointer<Book>
    private let copy: UnsafeMutablePointer<Book>
    private let bids: UnsafeMutablePointer<BookLevel>
    private let asks: UnsafeMutablePointer<BookLevel>
    private var trades: UnsafeMutablePointer<MarketTrade>
    private var tradeCapacity = 1_024

    init() {
        copy = .allocate(capacity: 1)
        copy.initialize(to: Book())
        book = UnsafePointer(copy)
        bids = .allocate(capacity: TradingLimits.bookLevels)
        bids.initialize(repeating: .none, count: TradingLimits.bookLevels)
        asks = .allocate(capacity: TradingLimits.bookLevels)
        asks.initialize(repeating: .none, count: TradingLimits.bookLevels)
        trades = .allocate(capacity: tradeCapacity)
    }

    deinit {
        copy.deallocate()
        bids.deallocate()
        asks.deallocate()
        trades.deallocate()
    }

    /// Takes a group's book, which its owner will change.
    mutating func take(_ book: UnsafePointer<Book>, quality: DataQuality, group: EventGroup) {
        copy.update(from: book, count: 1)
        follow(UnsafePointer(copy), quality: quality, group: group)
    }

    /// Takes a group's book, which stays as it is until the next one is taken or the view freezes.
    mutating func follow(_ book: UnsafePointer<Book>, quality: DataQuality, group: EventGroup) {
        self.book = book
        self.quality = quality
        time = Timestamp(nanoseconds: group.time)
        receiveTime = Timestamp(nanoseconds: group.receiveTime)
    }

    /// The owner of the book may go on without telling: keeps it as it is.
    mutating func freeze() {
        guard book != UnsafePointer(copy) else { return }
        copy.update(from: book, count: 1)
        book = UnsafePointer(copy)
    }

    /// Another contract is traded: there is no book until its first group.
    mutating func clear() {
        copy.pointee = Book()
        book = UnsafePointer(copy)
        quality = .noBook
    }

    /// Says that the book still stands at `time`.
    mutating func keep(until time: Timestamp) {
        self.time = max(self.time, time)
    }

    /// Says whether the contract trades: nothing, `halted` or `closed`. False when that is known already, or there is
    /// no book.
    mutating func setTrading(_ state: DataQuality) -> Bool {
        guard !quality.contains(.noBook), quality.intersection(.notTrading) != state else { return false }
        quality = quality.subtracting(.notTrading).union(state)
        return true
    }

    /// Records of the contract are missing: its book is none until its next group. False when there is none anyway.
    mutating func loseRecords() -> Bool {
        guard !quality.contains(.noBook) else { return false }
        quality.formUnion([.gap, .badBook])
        return true
    }

    /// A session begins: a book from before it is none to trade on until the next group (K.3-8).
    mutating func begin(_ session: SessionTimes) {
        if !quality.contains(.noBook), !session.canBegin(withBookOf: receiveTime) { quality.insert(.stale) }
    }

    /// Says what the feed is worth.
    mutating func setFeed(_ feed: DataQuality) {
        quality.remove(.warming)
        quality.formUnion(feed)
    }

    /// The update of the last group, its best level of each side alone.
    func quote() -> MarketUpdate {
        let (bidSide, askSide) = (book.bid, book.ask)
        bids[0] = Self.level(bidSide, 0)
        asks[0] = Self.level(askSide, 0)
        return MarketUpdate(
            time: time, receiveTime: receiveTime, quality: quality,
            bids: UnsafeBufferPointer(start: bids, count: bidSide.pointee.isEmpty ? 0 : 1),
            asks: UnsafeBufferPointer(start: asks, count: askSide.pointee.isEmpty ? 0 : 1),
            trades: UnsafeBufferPointer(start: trades, count: 0))
    }

    /// The update of the last group: its best levels, and `runs` as the group's trades.
    mutating func update(depth: Int, trades runs: UnsafeBufferPointer<TradeRun>? = nil) -> MarketUpdate {
        let bidCount = Self.spread(book.bid, into: bids, depth: depth)
        let askCount = Self.spread(book.ask, into: asks, depth: depth)
        let tradeCount = runs.map { spread($0) } ?? 0
        return MarketUpdate(
            time: time, receiveTime: receiveTime, quality: quality,
            bids: UnsafeBufferPointer(start: bids, count: bidCount),
            asks: UnsafeBufferPointer(start: asks, count: askCount),
            trades: UnsafeBufferPointer(start: trades, count: tradeCount))
    }

    private static func spread(
        _ ladder: UnsafePointer<BookSideLadder>, into levels: UnsafeMutablePointer<BookLevel>, depth: Int
    ) -> Int {
        let count = min(Int(ladder.pointee.levelCount), depth)
        for slot in 0..<count { levels[slot] = level(ladder, slot) }
        return count
    }

    @inline(__always)
    private static func level(_ ladder: UnsafePointer<BookSideLadder>, _ slot: Int) -> BookLevel {
        BookLevel(
            price: Ticks(Int64(ladder.prices[slot])), size: UInt32(bitPattern: ladder.sizes[slot]),
            count: UInt32(bitPattern: ladder.counts[slot]))
    }

    private mutating func spread(_ runs: UnsafeBufferPointer<TradeRun>) -> Int {
        if runs.count > tradeCapacity {
            trades.deallocate()
            tradeCapacity = runs.count * 2
            trades = .allocate(capacity: tradeCapacity)
        }
        for (index, run) in runs.enumerated() {
            (trades + index).initialize(
                to: MarketTrade(
                    price: Ticks(Int64(run.price)), size: UInt32(clamping: run.size), aggressor: Int8(run.aggressor)))
        }
        return runs.count
    }

    /// What is wrong with a book, as the trading folds name it. A halt is no close: what is being closed goes on after
    /// it.
    static func quality(
        of book: UnsafePointer<Book>, isOpen: Bool, isHalted: Bool, isSuspect: Bool
    ) -> DataQuality {
        var quality: DataQuality = []
        if !isOpen { quality.insert(isHalted ? .halted : .closed) }
        if isSuspect { quality.insert(.badBook) }
        let (bids, asks) = (book.pointee.bid.levelCount, book.pointee.ask.levelCount)
        if bids > 0, asks > 0, book.bid.prices[0] > book.ask.prices[0] { quality.insert(.crossed) }
        if (bids == 0) != (asks == 0) { quality.insert(.oneSided) }
        if bids + asks == 0 { quality.insert(.noBook) }
        return quality
    }
}

extension MarketView {
    /// Only the state between groups: the spread-out levels are made anew.
    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&quality)
        try archive.field(&time)
        try archive.field(&receiveTime)
        freeze()
        try archive.field(&copy.pointee)
    }
}
