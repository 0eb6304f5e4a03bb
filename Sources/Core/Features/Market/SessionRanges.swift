import MarketCalendar
import Units

/// First, last, highest and lowest trade of a part of the session, ticks.
struct TradedRange: BitwiseCopyable {
    private(set) var first: Int32 = 0
    private(set) var last: Int32 = 0
    private(set) var high: Int32 = .min
    private(set) var low: Int32 = .max

    var hasTrades: Bool { high >= low }
    /// Highest minus lowest; only with trades.
    var ticks: Int32 { high &- low }

    mutating func add(_ price: Int32) {
        if high < low { first = price }
        last = price
        high = max(high, price)
        low = min(low, price)
    }
}

/// The ranges of a session's parts and what the sessions before left (FEATURES C-96…C-102).
struct SessionRanges: BitwiseCopyable {
    /// Nights whose mean range today's is compared with.
    static let nights = 20

    /// Before the regular open.
    private(set) var overnight = TradedRange()
    private(set) var regular = TradedRange()
    private(set) var initialBalance = TradedRange()
    /// From the regular open to the end of the session, past the regular close.
    private(set) var sinceOpen = TradedRange()
    /// The last regular trade of the trade date before; nil without one.
    private(set) var priorClose: Int32?
    private var nightRanges = InlineArray<20, Int32>(repeating: 0)
    private var nightCount = 0
    private var nightSum: Int64 = 0
    /// The newest of them is of the session before, in the place of what was there.
    private var isNewestPrior = false
    private var replaced: Int32 = 0
    /// Trades of the night are missing: its range is not one to compare with.
    private var isNightLost = false

    /// Takes a trade made at `time` while the market was open.
    mutating func add(_ price: Int32, at time: Timestamp, session: borrowing SessionTimes) {
        guard session.hasRTH else { return }
        guard time >= session.rthOpen else {
            overnight.add(price)
            return
        }
        sinceOpen.add(price)
        if time < session.initialBalanceEnd { initialBalance.add(price) }
        if time < session.rthClose { regular.add(price) }
    }

    mutating func loseNight() { isNightLost = true }

    mutating func losePriorClose() { priorClose = nil }

    /// The night before this one lacked trades.
    mutating func losePriorNight() {
        guard isNewestPrior else { return }
        isNewestPrior = false
        nightCount &-= 1
        let place = nightCount % Self.nights
        nightSum &+= Int64(replaced) &- Int64(nightRanges[place])
        nightRanges[place] = replaced
    }

    /// A session ended and the next one begins.
    ///
    /// - Parameter isNext: it is that of the trade date that follows immediately.
    mutating func beginSession(isNext: Bool) {
        priorClose = isNext && regular.hasTrades ? regular.last : nil
        isNewestPrior = overnight.hasTrades && !isNightLost
        if isNewestPrior {
            let place = nightCount % Self.nights
            replaced = nightRanges[place]
            nightSum &+= Int64(overnight.ticks) &- Int64(nightRanges[place])
            nightRanges[place] = overnight.ticks
            nightCount &+= 1
        }
        isNightLost = false
        (overnight, regular, initialBalance, sinceOpen) = (TradedRange(), TradedRange(), TradedRange(), TradedRange())
    }

    /// C-96, ticks.
    var openingGap: Double {
        guard let priorClose, regular.hasTrades else { return .nan }
        return Double(Int64(regular.first) &- Int64(priorClose))
    }

    /// C-97.
    var openingGapFill: Double {
        let gap = openingGap
        guard abs(gap) >= 1 else { return .nan }
        let moved = gap > 0 ? regular.first &- sinceOpen.low : sinceOpen.high &- regular.first
        return min(1, max(0, Double(moved) / abs(gap)))
    }

    /// C-98.
    var overnightRatio: Double {
        guard overnight.hasTrades, nightCount >= Self.nights, nightSum > 0 else { return .nan }
        return Double(overnight.ticks) / (Double(nightSum) / Double(Self.nights))
    }

    /// C-99, ticks.
    var initialBalanceRange: Double {
        initialBalance.hasTrades && initialBalance.ticks > 0 ? Double(initialBalance.ticks) : .nan
    }

    /// C-100.
    var initialBalanceExtension: Double {
        let above = max(0, regular.high &- initialBalance.high)
        let below = max(0, initialBalance.low &- regular.low)
        return Double(above &- below) / initialBalanceRange
    }

    /// C-101, ticks.
    var regularRange: Double { regular.hasTrades && regular.ticks > 0 ? Double(regular.ticks) : .nan }
}
