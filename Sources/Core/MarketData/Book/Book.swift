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

extension UnsafeMutablePointer<Book> {
    /// One side where it lies.
    @inlinable public var bid: UnsafeMutablePointer<BookSideLadder> {
        UnsafeMutableRawPointer(self).assumingMemoryBound(to: BookSideLadder.self)
    }
    @inlinable public var ask: UnsafeMutablePointer<BookSideLadder> { bid + 1 }
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
