import MarketCalendar
import MarketData
import Units

/// The highest and lowest trade of one window of the session.
public struct WindowRange: BitwiseCopyable, Sendable {
    public private(set) var high: Int32 = .min
    public private(set) var low: Int32 = .max

    public init() {}

    public var hasTrades: Bool { high >= low }

    public mutating func add(_ price: Int32) {
        update(price)
    }

    private mutating func update(_ price: Int32) {
        high = max(high, price)
        low = min(low, price)
    }
}

/// What the five levels are made of: the pre-market and opening-range extremes of the session's trades, and the mean of
/// the last closes (FEATURES A.10).
public struct LevelSources: BitwiseCopyable, Sendable {
    public private(set) var premarket = WindowRange()
    public private(set) var openingRange = WindowRange()
    public private(set) var average: ClosingAverage
    /// Records of the window are missing.
    private var premarketIsLost = false
    private var openingRangeIsLost = false

    public init(averageLength: Int) { average = ClosingAverage(length: averageLength) }

    /// A new session: its windows have had no trade yet. The average runs across sessions.
    public mutating func beginSession() {
        premarket = WindowRange()
        openingRange = WindowRange()
        premarketIsLost = false
        openingRangeIsLost = false
    }

    /// Records are missing. A window that lacks some gives no level; the average begins anew.
    mutating func loseRecords(ofPremarket: Bool, ofOpeningRange: Bool) {
        premarketIsLost = premarketIsLost || ofPremarket
        openingRangeIsLost = openingRangeIsLost || ofOpeningRange
        average = ClosingAverage(length: average.length)
    }

    /// The level cannot be told: records that it is made of are missing, or bars that it needs.
    func lacks(_ level: LevelKind) -> Bool {
        switch level {
        case .premarketHigh, .premarketLow: premarketIsLost
        case .openingRangeHigh, .openingRangeLow: openingRangeIsLost
        case .movingAverage: average.price == nil
        }
    }

    /// Takes a trade made while the market is open. True when it is the first of a window.
    public mutating func trade(price: Int32, eventTime: UInt64, session: borrowing SessionTimes) -> Bool {
        let time = Timestamp(nanoseconds: eventTime)
        var isFirst = false
        if time >= session.premarketStart, time < session.premarketEnd {
            isFirst = !premarket.hasTrades
            premarket.add(price)
        }
        if time >= session.openingRangeStart, time < session.openingRangeEnd {
            isFirst = isFirst || !openingRange.hasTrades
            openingRange.add(price)
        }
        return isFirst
    }

    /// The earliest event time, ns, at which a level may exist that does not at `eventTime`, unless a bar closes or a
    /// window has its first trade before.
    public func nextActivation(after eventTime: UInt64, session: borrowing SessionTimes) -> UInt64 {
        let (premarket, opening) = (session.premarketEnd.nanoseconds, session.openingRangeEnd.nanoseconds)
        return min(premarket > eventTime ? premarket : .max, opening > eventTime ? opening : .max)
    }

    /// Takes the close of a completed bar of the average.
    public mutating func close(_ bar: Bar) { average.add(bar.close) }

    /// The level's price if it exists at `eventTime`, the time of the group that may activate it.
    public func price(_ level: LevelKind, at eventTime: UInt64, session: SessionTimes) -> LevelPrice? {
        let time = Timestamp(nanoseconds: eventTime)
        let afterPremarket = time >= session.premarketEnd && premarket.hasTrades && !premarketIsLost
        let afterOpeningRange = time >= session.openingRangeEnd && openingRange.hasTrades && !openingRangeIsLost
        return switch level {
        case .premarketHigh: afterPremarket ? LevelPrice(numerator: Int64(premarket.high)) : nil
        case .premarketLow: afterPremarket ? LevelPrice(numerator: Int64(premarket.low)) : nil
        case .openingRangeHigh: afterOpeningRange ? LevelPrice(numerator: Int64(openingRange.high)) : nil
        case .openingRangeLow: afterOpeningRange ? LevelPrice(numerator: Int64(openingRange.low)) : nil
        case .movingAverage: average.price
        }
    }
}

/// The mean of the last closes as an exact fraction, and what it was a few bars ago.
public struct ClosingAverage: BitwiseCopyable, Sendable {
    /// The longest average that can be configured, bars.
    public static let maximumLength = 512
    /// How many bars back the slope (feature B-8) looks.
    public static let slopeBars = 5

    public let length: Int
    private var closes: InlineArray<512, Int32>
    private var recentSums: InlineArray<8, Int64>
    private var count = 0
    private var sum: Int64 = 0
    /// The change of the mean over the last five bars in ticks; NaN before it existed that long.
    public private(set) var slopeTicks = Double.nan

    /// - Precondition: 1 ≤ `length` ≤ 512.
    public init(length: Int) {
        precondition(length >= 1 && length <= Self.maximumLength, "the average is over 1 to 512 bars")
        self.length = length
        closes = InlineArray(repeating: 0)
        recentSums = InlineArray(repeating: 0)
    }

    public mutating func add(_ close: Int32) {
        if count >= length { sum &-= Int64(closes[(count - length) % Self.maximumLength]) }
        closes[count % Self.maximumLength] = close
        sum &+= Int64(close)
        recentSums[count & 7] = sum
        count += 1
        guard count >= length + Self.slopeBars else { return }
        slopeTicks = Double(sum - recentSums[(count - 1 - Self.slopeBars) & 7]) / Double(length)
    }

    /// Nil before `length` bars.
    public var price: LevelPrice? {
        count >= length ? LevelPrice(numerator: sum, denominator: Int64(length)) : nil
    }
}
