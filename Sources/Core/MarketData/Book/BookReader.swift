import CVectors
import DBN
import Determinism
import Units

/// Which levels of a book may have changed: a bit for each slot whose price, size or order count differs from before.
@frozen public struct BookChange: BitwiseCopyable, Sendable, Equatable {
    public var bidSlots: UInt32 = 0
    public var askSlots: UInt32 = 0
    /// A price of the side changed, so that slots are not the same prices before and after.
    public var bidPricesMoved = false
    public var askPricesMoved = false

    /// Nothing changed.
    public static let none = BookChange()
    /// Anything may have changed.
    public static let everything = BookChange(bidSlots: 0x3FF, askSlots: 0x3FF, pricesMoved: true)

    @inlinable public init() {}

    private init(bidSlots: UInt32, askSlots: UInt32, pricesMoved: Bool) {
        self.bidSlots = bidSlots
        self.askSlots = askSlots
        bidPricesMoved = pricesMoved
        askPricesMoved = pricesMoved
    }

    @inlinable public var isEmpty: Bool { (bidSlots | askSlots) == 0 }

    @inlinable public mutating func formUnion(_ other: BookChange) {
        bidSlots |= other.bidSlots
        askSlots |= other.askSlots
        bidPricesMoved = bidPricesMoved || other.bidPricesMoved
        askPricesMoved = askPricesMoved || other.askPricesMoved
    }
}

/// Wire prices to ticks.
@frozen public struct TickGrid: BitwiseCopyable, Sendable {
    @usableFromInline let tickNanos: Int64
    @usableFromInline let ticksPerNano: Double

    @inlinable public init(tickSize: TickSize) {
        tickNanos = tickSize.nanos
        ticksPerNano = 1 / Double(tickSize.nanos)
    }

    /// The price in ticks, or nil when it is off the grid or 2²⁹ ticks or more from zero.
    @inlinable @inline(__always) public func ticks(_ nanos: Int64) -> Int32? {
        let quotient = Double(nanos) * ticksPerNano
        guard abs(quotient) < 0x1p29 else { return nil }
        // The quotient rounds to the only candidate; multiplying back decides exactly. Adding 1.5·2⁵² rounds, and
        // leaves the whole number in the lowest bits.
        let ticks = Int32(truncatingIfNeeded: (quotient + 0x1.8p52).bitPattern)
        return Int64(ticks) &* tickNanos == nanos && abs(ticks) < 1 << 29 ? ticks : nil
    }
}

/// Reads the levels of MBP-10 records into one book, in ticks.
///
/// A record states all twenty levels and changes one or two: the reader remembers the wire levels of the last record
/// and touches those that differ, all compared at once.
public struct BookReader: ~Copyable {
    let grid: TickGrid
    /// The wire levels of the last record that was read, and their prices in ticks: ten bids, then ten asks.
    private let wire: UnsafeMutablePointer<BidAskPair>
    private let ticks: UnsafeMutablePointer<Int32>
    /// The prices of the record that was checked last, for the slots in `repriced`.
    private let checked: UnsafeMutablePointer<Int32>
    /// Slots in which that record differs from the last one that was read, and those in which a price does.
    private var pending: UInt32 = 0
    private var repriced: UInt32 = 0
    /// A bit for each slot that lists a price with a size.
    private var bidListed: UInt32 = 0
    private var askListed: UInt32 = 0

    static var quantityLimit: UInt32 { 1 << 26 }

    public init(tickSize: TickSize) {
        grid = TickGrid(tickSize: tickSize)
        wire = UnsafeMutableRawPointer.allocate(byteCount: 10 * MemoryLayout<BidAskPair>.stride, alignment: 16)
            .initializeMemory(as: BidAskPair.self, repeating: BidAskPair(), count: 10)
        ticks = .allocate(capacity: 20)
        ticks.initialize(repeating: BookSideLadder.absentBid, count: 10)
        (ticks + 10).initialize(repeating: BookSideLadder.absentAsk, count: 10)
        checked = .allocate(capacity: 20)
        checked.initialize(repeating: 0, count: 20)
    }

    deinit {
        wire.deallocate()
        ticks.deallocate()
        checked.deallocate()
    }

    /// Whether the levels of `record` can be a book; remembers what differs for `read`.
    @inline(__always)
    public mutating func check(_ record: MarketByPriceView) -> RecordRejection? {
        let levels = record.record.bytes + 48
        pending = lh_differing_levels(levels, wire)
        repriced = 0
        var slots = pending
        while slots != 0 {
            let slot = slots.trailingZeroBitCount
            slots &= slots &- 1
            let (new, old) = (WireLevel(levels, slot), WireLevel(UnsafeRawPointer(wire), slot))
            if new.hasPrices(of: old) {
                if !new.isPlausible { return .implausibleQuantity }
            } else if let rejection = checkPrices(record.level(slot), slot: slot) {
                return rejection
            }
        }
        return nil
    }

    /// Checks a level of which a price is another one than before.
    @inline(never)
    private mutating func checkPrices(_ level: BidAskPair, slot: Int) -> RecordRejection? {
        let old = wire[slot]
        if level.bidPrice == old.bidPrice {
            checked[slot] = ticks[slot]
        } else if level.bidPrice == .max {
            checked[slot] = BookSideLadder.absentBid
        } else {
            guard let ticks = grid.ticks(level.bidPrice) else { return .offTick }
            checked[slot] = ticks
        }
        if level.askPrice == old.askPrice {
            checked[10 + slot] = ticks[10 + slot]
        } else if level.askPrice == .max {
            checked[10 + slot] = BookSideLadder.absentAsk
        } else {
            guard let ticks = grid.ticks(level.askPrice) else { return .offTick }
            checked[10 + slot] = ticks
        }
        repriced |= 1 &<< UInt32(slot)
        let quantities = level.bidSize | level.askSize | level.bidCount | level.askCount
        return quantities < Self.quantityLimit ? nil : .implausibleQuantity
    }

    /// Puts what changed with the record that was checked last into `book`, which is the same one at every call, and
    /// adds the levels that changed to `change`.
    @inline(__always)
    public mutating func read(
        _ record: MarketByPriceView, into book: UnsafeMutablePointer<Book>, change: inout BookChange
    ) {
        let levels = record.record.bytes + 48
        // Slots that both sides list before and after: only sizes and counts can change while prices stay.
        let common = UInt32(truncatingIfNeeded: min(book.pointee.bid.levelCount, book.pointee.ask.levelCount))
        let simple = ((1 &<< common) &- 1) & ~repriced
        var (bidSlots, askSlots, others) = (0 as UInt32, 0 as UInt32, 0 as UInt32)
        var slots = pending
        while slots != 0 {
            let slot = slots.trailingZeroBitCount
            let bit = slots & (0 &- slots)
            slots &= slots &- 1
            let (new, old) = (WireLevel(levels, slot), WireLevel(UnsafeRawPointer(wire), slot))
            guard simple & bit != 0, new.hasSizes else {
                others |= bit
                continue
            }
            // Both sides are written: to find out which one changed by a jump costs more.
            let (bid, ask) = (book.bid, book.ask)
            bid.sizes[slot] = Int32(truncatingIfNeeded: new.sizes)
            bid.counts[slot] = Int32(truncatingIfNeeded: new.counts)
            ask.sizes[slot] = Int32(truncatingIfNeeded: new.sizes &>> 32)
            ask.counts[slot] = Int32(truncatingIfNeeded: new.counts &>> 32)
            new.store(in: wire, slot)
            let difference = (new.sizes ^ old.sizes) | (new.counts ^ old.counts)
            bidSlots |= UInt32(truncatingIfNeeded: difference) != 0 ? bit : 0
            askSlots |= difference &>> 32 != 0 ? bit : 0
        }
        change.bidSlots |= bidSlots
        change.askSlots |= askSlots
        if others != 0 { readOthers(record, others, into: book, &change) }
    }

    /// Reads the levels of which prices have changed, or whether they are listed.
    @inline(never)
    private mutating func readOthers(
        _ record: MarketByPriceView, _ others: UInt32, into book: UnsafeMutablePointer<Book>, _ total: inout BookChange
    ) {
        var change = BookChange()
        let (bidsBefore, asksBefore) = (bidListed, askListed)
        var slots = others
        while slots != 0 {
            let slot = slots.trailingZeroBitCount
            slots &= slots &- 1
            let (level, old) = (record.level(slot), wire + slot)
            let bidQuantities = (level.bidSize ^ old.pointee.bidSize) | (level.bidCount ^ old.pointee.bidCount)
            let askQuantities = (level.askSize ^ old.pointee.askSize) | (level.askCount ^ old.pointee.askCount)
            if level.bidPrice ^ old.pointee.bidPrice | Int64(bidQuantities) != 0 { readBid(level, slot, book, &change) }
            if level.askPrice ^ old.pointee.askPrice | Int64(askQuantities) != 0 { readAsk(level, slot, book, &change) }
            old.pointee = level
        }
        if bidListed != bidsBefore {
            change.bidSlots |= Self.unlisted(before: bidsBefore, after: bidListed)
            relist(book.bid, listed: bidListed, slots: change.bidSlots, isBid: true, moved: &change.bidPricesMoved)
        }
        if askListed != asksBefore {
            change.askSlots |= Self.unlisted(before: asksBefore, after: askListed)
            relist(book.ask, listed: askListed, slots: change.askSlots, isBid: false, moved: &change.askPricesMoved)
        }
        total.formUnion(change)
    }

    @inline(__always)
    private mutating func readBid(
        _ level: BidAskPair, _ slot: Int, _ book: UnsafeMutablePointer<Book>, _ change: inout BookChange
    ) {
        let bit: UInt32 = 1 &<< UInt32(slot)
        change.bidSlots |= bit
        if repriced & bit != 0 { ticks[slot] = checked[slot] }
        let isListed = level.bidPrice != .max && level.bidSize > 0
        bidListed = isListed ? bidListed | bit : bidListed & ~bit
        Self.put(
            book.bid, slot, isListed: isListed, price: ticks[slot], size: level.bidSize, orders: level.bidCount,
            moved: &change.bidPricesMoved)
    }

    @inline(__always)
    private mutating func readAsk(
        _ level: BidAskPair, _ slot: Int, _ book: UnsafeMutablePointer<Book>, _ change: inout BookChange
    ) {
        let bit: UInt32 = 1 &<< UInt32(slot)
        change.askSlots |= bit
        if repriced & bit != 0 { ticks[10 + slot] = checked[10 + slot] }
        let isListed = level.askPrice != .max && level.askSize > 0
        askListed = isListed ? askListed | bit : askListed & ~bit
        Self.put(
            book.ask, slot, isListed: isListed, price: ticks[10 + slot], size: level.askSize, orders: level.askCount,
            moved: &change.askPricesMoved)
    }

    /// Puts one level into its place, if it was listed there before and is now.
    @inline(__always)
    private static func put(
        _ side: UnsafeMutablePointer<BookSideLadder>, _ slot: Int, isListed: Bool, price: Int32, size: UInt32,
        orders: UInt32, moved: inout Bool
    ) {
        guard isListed, slot < Int(side.pointee.levelCount) else { return }
        moved = moved || price != side.prices[slot]
        side.prices[slot] = price
        side.sizes[slot] = Int32(bitPattern: size)
        side.counts[slot] = Int32(bitPattern: orders)
    }

    /// A side ends at its first level that lists nothing, whatever stands below it: the slots between two ends.
    private static func unlisted(before: UInt32, after: UInt32) -> UInt32 {
        let old: UInt32 = 1 &<< UInt32((~before).trailingZeroBitCount)
        let new: UInt32 = 1 &<< UInt32((~after).trailingZeroBitCount)
        return max(old, new) &- min(old, new)
    }

    /// Puts the levels of a side of which others are listed than before.
    private func relist(
        _ side: UnsafeMutablePointer<BookSideLadder>, listed: UInt32, slots: UInt32, isBid: Bool, moved: inout Bool
    ) {
        let count = (~listed).trailingZeroBitCount
        let absent = isBid ? BookSideLadder.absentBid : BookSideLadder.absentAsk
        let (prices, sizes, counts) = (side.prices, side.sizes, side.counts)
        var slots = slots
        while slots != 0 {
            let slot = slots.trailingZeroBitCount
            slots &= slots &- 1
            let isListed = slot < count
            let price = isListed ? ticks[isBid ? slot : 10 + slot] : absent
            moved = moved || price != prices[slot]
            prices[slot] = price
            let level = wire + slot
            let size = isBid ? level.pointee.bidSize : level.pointee.askSize
            let orders = isBid ? level.pointee.bidCount : level.pointee.askCount
            sizes[slot] = isListed ? Int32(bitPattern: size) : 0
            counts[slot] = isListed ? Int32(bitPattern: orders) : 0
        }
        side.pointee.levelCount = Int32(count)
    }
}

/// A level as the record states it, two numbers in each word, bids in the lower half. Words are 64 bits of the wire's
/// little-endian bytes: both sides of a level are compared and moved at once.
private struct WireLevel {
    let bidPrice: UInt64
    let askPrice: UInt64
    let sizes: UInt64
    let counts: UInt64

    @inline(__always) init(_ levels: UnsafeRawPointer, _ slot: Int) {
        let bytes = levels + 32 &* slot
        bidPrice = bytes.loadUnaligned(as: UInt64.self)
        askPrice = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        sizes = bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
        counts = bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
    }

    @inline(__always) func hasPrices(of other: WireLevel) -> Bool {
        (bidPrice ^ other.bidPrice) | (askPrice ^ other.askPrice) == 0
    }

    /// Neither side's size is 0.
    @inline(__always) var hasSizes: Bool { UInt32(truncatingIfNeeded: sizes) != 0 && sizes &>> 32 != 0 }

    /// All sizes and counts are below the limit, a power of two.
    @inline(__always) var isPlausible: Bool {
        let beyond = UInt64(~(BookReader.quantityLimit &- 1))
        return (sizes | counts) & (beyond &<< 32 | beyond) == 0
    }

    /// Puts sizes and counts where a level of the same prices lies.
    @inline(__always) func store(in levels: UnsafeMutablePointer<BidAskPair>, _ slot: Int) {
        let bytes = UnsafeMutableRawPointer(levels + slot)
        bytes.storeBytes(of: sizes, toByteOffset: 16, as: UInt64.self)
        bytes.storeBytes(of: counts, toByteOffset: 24, as: UInt64.self)
    }
}

extension BookReader: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        for slot in 0..<10 { try archive.field(&wire[slot]) }
        for slot in 0..<20 { try archive.field(&ticks[slot]) }
        try archive.field(&bidListed)
        try archive.field(&askListed)
    }
}
