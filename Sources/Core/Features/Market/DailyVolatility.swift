import Determinism
import MarketData

/// The variance of a day by Yang & Zhang (2000), over the bars of regular hours (FEATURES C-79): the overnight gap,
/// open to close and Rogers & Satchell's range together. A day's bar counts from the next session on.
struct DailyVolatility: ~Copyable {
    /// Days that the variance is over; one more gives the first close.
    let length: Int
    private let bars: UnsafeMutablePointer<Bar>
    private var count = 0
    private var today = Bar()
    private var hasToday = false
    /// Trades of this day are missing.
    private var isTodayLost = false
    /// NaN before `length` + 1 days and when it is exactly 0.
    private(set) var variance = Double.nan

    init(length: Int) {
        self.length = length
        bars = .allocate(capacity: length + 1)
        bars.initialize(repeating: Bar(), count: length + 1)
    }

    deinit { bars.deallocate() }

    /// Takes a trade of regular hours.
    mutating func add(price: Int32, size: Int64) {
        if !hasToday {
            hasToday = true
            (today.open, today.high, today.low, today.volume) = (price, price, price, 0)
        }
        today.high = max(today.high, price)
        today.low = min(today.low, price)
        today.close = price
        today.volume &+= size
    }

    /// Trades of the day are missing: the days before it and after it do not follow each other.
    mutating func loseRecords() {
        isTodayLost = true
        losePrior()
    }

    /// The same of a day that has ended: this one may be the first of a series.
    mutating func losePrior() {
        count = 0
        variance = .nan
    }

    /// Ends the day, if it had a trade.
    mutating func endDay() {
        let isWhole = hasToday && !isTodayLost
        hasToday = false
        isTodayLost = false
        guard isWhole else { return }
        bars[count % (length + 1)] = today
        count += 1
        guard count > length else { return }
        let value = compute()
        variance = value > 0 ? value : .nan
    }

    private func compute() -> Double {
        let n = Double(length)
        var (gaps, moves, range) = (0.0, 0.0, 0.0)
        for index in 0..<length {
            gaps += gap(index)
            moves += move(index)
            range += BarVariance(bar(index)).rogersSatchell
        }
        let (gapMean, moveMean) = (gaps / n, moves / n)
        var (gapSquares, moveSquares) = (0.0, 0.0)
        for index in 0..<length {
            gapSquares += (gap(index) - gapMean) * (gap(index) - gapMean)
            moveSquares += (move(index) - moveMean) * (move(index) - moveMean)
        }
        let share = 0.34 / (1.34 + (n + 1) / (n - 1))
        return gapSquares / (n - 1) + share * moveSquares / (n - 1) + (1 - share) * range / n
    }

    /// The bar `age` days ago.
    private func bar(_ age: Int) -> Bar { bars[(count - 1 - age) % (length + 1)] }
    /// ln(O/C₋₁).
    private func gap(_ age: Int) -> Double { LogReturn.between(bar(age + 1).close, bar(age).open) }
    /// ln(C/O).
    private func move(_ age: Int) -> Double { LogReturn.between(bar(age).open, bar(age).close) }
}

extension DailyVolatility: PersistentState {
    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("daily-volatility")
        try archive.field(&count)
        try archive.field(&today)
        try archive.field(&hasToday)
        try archive.field(&isTodayLost)
        try archive.field(&variance)
        for index in 0...length { try archive.field(&bars[index]) }
    }
}
