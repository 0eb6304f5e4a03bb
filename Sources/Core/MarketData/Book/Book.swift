import DBN
import Units

/// The ten-level book of one contract as its last MBP-10 record stated it: the record is the book, nothing is rebuilt.
@frozen public struct Book: BitwiseCopyable, Sendable, Equatable {
    public var bid: BookSideLadder
    public var ask: BookSideLadder

    @inlinable public init() {
        bid = BookSideLadder(absentPrice: BookSideLadder.absentBid)
        ask = BookSideLadder(absentPrice: BookSideLadder.absentAsk)
    }

    @inlinable public var isTwoSided: Bool { bid.levelCount > 0 && ask.levelCount > 0 }
    @inlinable public var isCrossed: Bool { isTwoSided && bid.bestPrice > ask.bestPrice }
    @inlinable public var isLocked: Bool { isTwoSided && bid.bestPrice == ask.bestPrice }
    /// Best bid plus best ask in ticks: twice the mid, kept as an integer. Meaningful only for a two-sided book.
    @inlinable public var twiceMid: Int32 { bid.bestPrice &+ ask.bestPrice }

    /// The lowest bid price that the ten levels can show (W_bid): without a tenth level everything is shown.
    @inlinable public var visibleBidFloor: Int32 {
        bid.isFull ? bid.prices[BookSideLadder.depth - 1] : BookSideLadder.absentBid
    }
    /// The highest ask price that the ten levels can show (W_ask).
    @inlinable public var visibleAskCeiling: Int32 {
        ask.isFull ? ask.prices[BookSideLadder.depth - 1] : BookSideLadder.absentAsk
    }
}

extension UnsafePointer<Book> {
    /// One side where it lies.
    @inlinable public var bid: UnsafePointer<BookSideLadder> {
        UnsafePointer<BookSideLadder>(UnsafeRawPointer(self).assumingMemoryBound(to: BookSideLadder.self))
    }
    @inlinable public var ask: UnsafePointer<BookSideLadder> { bid + 1 }
}

/// Why a record was not taken.
@frozen public enum RecordRejection: UInt8, BitwiseCopyable, Sendable, CaseIterable {
    /// One of the record's prices is not a whole number of ticks.
    case offTick
    /// A price or a size is beyond what any book holds (2³⁰ ticks, 2²⁶ contracts or orders).
    case implausibleQuantity
    /// `ts_event` is undefined, or lies more than a minute after everything received so far.
    case implausibleTime
    /// The record is shorter than its type.
    case tooShort
}

/// Reads the levels of MBP-10 records into ticks. Prices repeat from record to record, so a converted price is
/// remembered per slot and a record costs twenty comparisons and few conversions.
@frozen public struct BookReader: BitwiseCopyable, Sendable {
    @usableFromInline let tickNanos: Int64
    @usableFromInline let ticksPerNano: Double
    @usableFromInline var seenBids: InlineArray<10, Int64>
    @usableFromInline var seenAsks: InlineArray<10, Int64>
    @usableFromInline var seenBidTicks: InlineArray<10, Int32>
    @usableFromInline var seenAskTicks: InlineArray<10, Int32>

    @usableFromInline static let quantityLimit: UInt32 = 1 << 26
    @usableFromInline static let tickLimit: Int64 = 1 << 29

    public init(tickSize: TickSize) {
        tickNanos = tickSize.nanos
        ticksPerNano = 1 / Double(tickSize.nanos)
        seenBids = .init(repeating: .max)
        seenAsks = .init(repeating: .max)
        seenBidTicks = .init(repeating: BookSideLadder.absentBid)
        seenAskTicks = .init(repeating: BookSideLadder.absentAsk)
    }

    /// The price in ticks, or nil when it is off the grid or out of range.
    @inlinable public func ticks(_ nanos: Int64) -> Int32? {
        // The product rounds to the only candidate; multiplying back decides exactly.
        let candidate = (Double(nanos) * ticksPerNano).rounded()
        guard abs(candidate) < Double(Self.tickLimit) else { return nil }
        let ticks = Int64(candidate)
        return ticks &* tickNanos == nanos ? Int32(truncatingIfNeeded: ticks) : nil
    }

    /// Whether the levels of `record` can be a book; remembers their ticks for `read`.
    @inlinable public mutating func check(_ record: MarketByPriceView) -> RecordRejection? {
        for slot in 0..<10 {
            let level = record.level(slot)
            if level.bidPrice != seenBids[slot] {
                if level.bidPrice == .max {
                    seenBidTicks[slot] = BookSideLadder.absentBid
                } else {
                    guard let ticks = ticks(level.bidPrice) else { return .offTick }
                    seenBidTicks[slot] = ticks
                }
                seenBids[slot] = level.bidPrice
            }
            if level.askPrice != seenAsks[slot] {
                if level.askPrice == .max {
                    seenAskTicks[slot] = BookSideLadder.absentAsk
                } else {
                    guard let ticks = ticks(level.askPrice) else { return .offTick }
                    seenAskTicks[slot] = ticks
                }
                seenAsks[slot] = level.askPrice
            }
            let quantities = level.bidSize | level.askSize | level.bidCount | level.askCount
            guard quantities < Self.quantityLimit else { return .implausibleQuantity }
        }
        return nil
    }

    /// Puts the levels of the record that was checked last into `book`.
    @inlinable public func read(_ record: MarketByPriceView, into book: inout Book) {
        var bids: Int32 = 0
        var asks: Int32 = 0
        for slot in 0..<10 {
            let level = record.level(slot)
            // A side ends at its first absent level, whatever stands below it.
            let hasBid = bids == Int32(slot) && level.bidPrice != .max && level.bidSize > 0
            let hasAsk = asks == Int32(slot) && level.askPrice != .max && level.askSize > 0
            book.bid.prices[slot] = hasBid ? seenBidTicks[slot] : BookSideLadder.absentBid
            book.bid.sizes[slot] = hasBid ? Int32(bitPattern: level.bidSize) : 0
            book.bid.counts[slot] = hasBid ? Int32(bitPattern: level.bidCount) : 0
            book.ask.prices[slot] = hasAsk ? seenAskTicks[slot] : BookSideLadder.absentAsk
            book.ask.sizes[slot] = hasAsk ? Int32(bitPattern: level.askSize) : 0
            book.ask.counts[slot] = hasAsk ? Int32(bitPattern: level.askCount) : 0
            bids &+= hasBid ? 1 : 0
            asks &+= hasAsk ? 1 : 0
        }
        book.bid.levelCount = bids
        book.ask.levelCount = asks
    }
}
