import MarketData

/// The mid and until when it may be used. A valid book that does not change stays valid; once it stops being valid its
/// mid holds for less than one second more (FEATURES A.4, K.3-7).
@frozen public struct MidState: BitwiseCopyable, Sendable {
    /// Twice the mid in ticks, as long as `isKnown`.
    public var twiceMid: Int32 = 0
    /// A mid has been valid at some time.
    public var isKnown = false
    /// The book is two-sided, neither bad nor crossed, and the market is open.
    public var isValid = false
    /// First instant, ns, at which the mid may not be used any more; `UInt64.max` while it is valid.
    public var usableUntil: UInt64 = 0

    public static let hold: UInt64 = 1_000_000_000

    public init() {}

    @inlinable public func isUsable(at time: UInt64) -> Bool { isKnown && time < usableUntil }

    /// Takes the state of the book after a group, or after the market opened or closed.
    @inlinable public mutating func update(twiceMid: Int32, isValid: Bool, time: UInt64) {
        if isValid {
            self.twiceMid = twiceMid
            isKnown = true
            usableUntil = .max
        } else if self.isValid {
            usableUntil = time &+ Self.hold
        }
        self.isValid = isValid
    }
}

/// Everything an operator may look at when a group closes. Lives for the call.
@frozen public struct GroupContext: ~Copyable {
    /// Time of the group, ns.
    public var time: UInt64
    /// Raw `ts_event` of the group, ns.
    public var eventTime: UInt64
    /// The decay clock at `time`, where it lies: a copy would be waited for.
    public var clock: UnsafePointer<DecayClock>
    /// Levels of the book that the group may have changed.
    public var bookChange: BookChange
    /// The book before the group, and the one after it.
    public var before: UnsafePointer<Book>
    public var after: UnsafePointer<Book>
    public var changes: UnsafeBufferPointer<DepthChange>
    public var trades: UnsafeBufferPointer<TradeRun>
    /// Contracts of the group's aggressor orders.
    public var bought: Int64
    public var sold: Int64
    public var unsigned: Int64
    /// The state after the group lets flow count: open, neither bad nor crossed.
    public var flowCounts: Bool
    /// The market is open: trades make bars, levels and tests.
    public var isOpen: Bool
    /// The book after the group may be read: as `flowCounts`.
    public var bookIsUsable: Bool
    /// The book before the group was two-sided and valid, and is comparable with the one after.
    public var wasValid: Bool
    /// The mid after the group, and the one in force before it.
    public var mid: MidState
    public var midBefore: MidState

    /// The mid is another one, or valid again.
    @inlinable public var midHasMoved: Bool {
        mid.isValid && (mid.twiceMid != midBefore.twiceMid || !midBefore.isValid)
    }
    /// Contracts of all trades of the group.
    @inlinable public var volume: Int64 { bought &+ sold &+ unsigned }
}

/// The prices, in ticks, between which a group may have changed each side of the book.
@frozen public struct BookTouch: BitwiseCopyable, Sendable {
    private(set) var bidLow = Int32.max
    private(set) var bidHigh = Int32.min
    private(set) var askLow = Int32.max
    private(set) var askHigh = Int32.min

    /// Anything may have changed.
    static var everywhere: BookTouch {
        var touch = BookTouch()
        (touch.bidLow, touch.bidHigh) = (.min, .max)
        (touch.askLow, touch.askHigh) = (.min, .max)
        return touch
    }

    private init() {}

    init(_ book: UnsafePointer<Book>, _ change: BookChange) {
        if change.bidPricesMoved {
            (bidLow, bidHigh) = (.min, .max)
        } else if change.bidSlots != 0 {
            bidHigh = book.bid.prices[change.bidSlots.trailingZeroBitCount]
            bidLow = book.bid.prices[31 &- change.bidSlots.leadingZeroBitCount]
        }
        if change.askPricesMoved {
            (askLow, askHigh) = (.min, .max)
        } else if change.askSlots != 0 {
            askLow = book.ask.prices[change.askSlots.trailingZeroBitCount]
            askHigh = book.ask.prices[31 &- change.askSlots.leadingZeroBitCount]
        }
    }

    /// Whether the depths at a level may have changed: within `reach` of it, and on the side in the way of price
    /// (+1 offers, −1 bids) up to the best price as well.
    @inline(__always) func reaches(_ nearest: Int32, side: Int32, reach: Int32) -> Bool {
        (bidHigh >= nearest &- reach && (side < 0 || bidLow <= nearest &+ reach))
            || (askLow <= nearest &+ reach && (side > 0 || askHigh >= nearest &- reach))
    }
}

/// What a row needs besides the operators' own state: the book and the clocks of the market at the row's time.
struct RowContext: ~Copyable {
    /// Time of the row, ns.
    var time: UInt64
    /// The decay clock at that time, where it lies.
    var clock: UnsafePointer<DecayClock>
    var book: UnsafePointer<Book>
    var bookIsUsable: Bool
    var mid: MidState
    var meanLevelSize: UnsafePointer<MeanLevelSize>
    /// What changes with seconds and bars at most, where it lies.
    let state: UnsafePointer<ContractState>
    let operators: UnsafePointer<EngineOperators>
    /// Instant since which the session's accumulators run (t₀), ns.
    var sessionStart: UInt64
    /// The terms of all levels must be made anew.
    var termsAreDue: Bool

    /// How the mid moved up to the newest completed second.
    var changes: MidChanges { operators.pointee.grid.changes }
    /// NaN before 15 bars.
    var averageTrueRange: Double { state.pointee.averageTrueRange.value }
    /// Change of the moving average over five of its bars, ticks.
    var averageSlopeTicks: Double { state.pointee.sources.average.slopeTicks }
    /// Length of the moving average's bars, minutes.
    var averageBarMinutes: Double { Double(operators.pointee.configuration.averageBarMinutes) }
}
