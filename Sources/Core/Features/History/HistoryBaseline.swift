import Determinism
import MarketCalendar
import MarketData
import Units

/// What past sessions make of the one under way: the profile's means bucket by bucket, the micro-price table, and the
/// rows that compare with them. Without a history it does nothing.
struct HistoryBaseline: ~Copyable {
    private static let second: UInt64 = 1_000_000_000
    /// Returns over five seconds in 300 s.
    private static let returns = 60
    /// Points of the five-second mid that a variance needs, of 61: nine tenths.
    private static let fewestPoints = 55
    private static let squareCapacity = 64
    private static let microCapacity = 16

    /// False without a history.
    let isPresent: Bool
    private let history: SessionHistory
    /// The means as in `TimeOfDayProfile`.
    private let means: UnsafeMutablePointer<Double>
    /// The micro-price table.
    private let offsets: UnsafeMutablePointer<Double>
    /// Squared five-second returns, the newest at `squareCount` − 1.
    private let squares: UnsafeMutablePointer<Double>
    /// Micro-prices of the last seconds in ticks.
    private let microPrices: UnsafeMutablePointer<Double>
    private var squareCount: UInt64 = 0
    private var secondCount: UInt64 = 0
    /// Σ of the squares of 300 s as of the newest five-second point; NaN where it is not defined.
    private var variance = Double.nan
    private var best = BestPrices()
    private var bucket = BucketMeans()
    private var session: SessionTimes?
    private var hasTable = false
    /// V of VPIN's volume buckets for the session under way; 0 without a profile.
    private(set) var volumeBucketSize: Int64 = 0

    init(_ history: SessionHistory?) {
        isPresent = history != nil
        self.history = history ?? SessionHistory([])
        let counts = isPresent ? [SessionBuckets.valueCount, MicroPriceState.count] : [0, 0]
        means = .allocate(capacity: counts[0])
        means.initialize(repeating: .nan, count: counts[0])
        offsets = .allocate(capacity: counts[1])
        offsets.initialize(repeating: .nan, count: counts[1])
        squares = .allocate(capacity: Self.squareCapacity)
        squares.initialize(repeating: 0, count: Self.squareCapacity)
        microPrices = .allocate(capacity: Self.microCapacity)
        microPrices.initialize(repeating: .nan, count: Self.microCapacity)
    }

    deinit {
        means.deallocate()
        offsets.deallocate()
        squares.deallocate()
        microPrices.deallocate()
    }

    /// A session begins: only sessions before its date count.
    mutating func begin(_ session: SessionTimes) {
        guard isPresent else { return }
        self.session = session
        let profile = history.profile(before: session.tradeDate)
        for index in 0..<SessionBuckets.valueCount { means[index] = profile.means[index] }
        volumeBucketSize = profile.volumeBucketSize
        let table = history.microPrice(before: session.tradeDate)
        hasTable = table != nil
        for state in 0..<MicroPriceState.count { offsets[state] = table?.offsets[state] ?? .nan }
        bucket = BucketMeans()
        best = BestPrices()
    }

    /// Takes a valid book as the last one.
    mutating func watch(_ book: UnsafePointer<Book>) {
        let spread = book.ask.pointee.bestPrice &- book.bid.pointee.bestPrice
        let (bid, ask) = (book.bid.pointee.bestSize, book.ask.pointee.bestSize)
        guard bid != best.bidSize || ask != best.askSize || spread != best.spread else { return }
        best = BestPrices(
            bidSize: bid, askSize: ask, spread: spread,
            offset: defined(hasTable, offsets.microPriceOffset(bidSize: bid, askSize: ask, spread: spread)))
    }

    /// Completes the second that ended at `end`, already in the grid, and writes the rows that change with seconds.
    ///
    /// - Parameters:
    ///   - out: the market's part of the vector.
    ///   - start: since when the session's accumulators run, ns.
    mutating func closeSecond(
        _ out: UnsafeMutablePointer<Double>, grid: borrowing MidGrid, at end: UInt64, start: UInt64
    ) {
        let twiceMid = grid.twiceMid(lag: 0)
        let microPrice = defined(twiceMid != MidGrid.absent, Double(twiceMid) * 0.5 + best.offset)
        microPrices[Int(truncatingIfNeeded: secondCount) & (Self.microCapacity - 1)] = microPrice
        let before = microPrices[Int(truncatingIfNeeded: secondCount &- 10) & (Self.microCapacity - 1)]
        secondCount &+= 1
        out[.microPriceVelocity] = (microPrice - before) / 10
        if (end / Self.second - 1) % 5 == 0 { closePoint(grid) }
        enter(end)
        let isWarm = end &- start >= SessionBuckets.length && variance > 0
        out[.realizedVolatilityTimeOfDay] = defined(isWarm, ratio(variance, bucket.variance).squareRoot())
    }

    private mutating func closePoint(_ grid: borrowing MidGrid) {
        let square = SquaredReturn.of(grid.twiceMid(lag: 0), grid.twiceMid(lag: 5))
        squares[Int(truncatingIfNeeded: squareCount) & (Self.squareCapacity - 1)] = square
        squareCount &+= 1
        var points = 0
        for lag in 0...Self.returns where grid.twiceMid(lag: 5 * lag) != MidGrid.absent { points += 1 }
        var sum = 0.0
        for lag in stride(from: Self.returns, through: 1, by: -1) {
            sum += squares[Int(truncatingIfNeeded: squareCount &- UInt64(lag)) & (Self.squareCapacity - 1)]
        }
        variance = defined(points >= Self.fewestPoints, sum)
    }

    /// Seconds were left out while the market was closed: what was remembered of them is too old.
    mutating func skipSeconds() {
        guard isPresent else { return }
        squares.update(repeating: 0, count: Self.squareCapacity)
        microPrices.update(repeating: .nan, count: Self.microCapacity)
        variance = .nan
    }

    /// Makes `bucket` the one that holds `time`.
    private mutating func enter(_ time: UInt64) {
        guard time &- bucket.start >= SessionBuckets.length else { return }
        // Sessions begin at whole hours of UTC, so buckets do not depend on the session.
        bucket = BucketMeans()
        bucket.start = time - time % SessionBuckets.length
        guard let session, session.contains(Timestamp(nanoseconds: bucket.start)) else { return }
        bucket.read(means, Int((bucket.start - session.open.nanoseconds) / SessionBuckets.length))
    }

    // MARK: Rows

    /// Writes the rows that change with every group.
    ///
    /// - Parameters:
    ///   - values: the whole vector, with the levels' depths and the session's volume written already.
    mutating func write(
        _ values: UnsafeMutablePointer<Double>, _ state: UnsafeMutablePointer<ContractState>, row: borrowing RowContext
    ) {
        enter(row.time)
        let out = values + FeatureSchema.marketOffset
        let isValid = row.bookIsUsable && state.pointee.isBookValid
        out[.microPriceOffset] = isValid ? best.offset : .nan
        let age = row.time &- row.sessionStart
        out[.depthTimeOfDay] = defined(
            age >= 60 * Self.second,
            ratio(state.pointee.flow.meanDepthTop10(gain: row.clock.pointee.gain.h60), bucket.depth))
        state.pointee.activity.write(out, means: bucket, isWarm: age >= 10 * Self.second, left: row.clock.pointee.left)
        let volume = bucket.volumeBefore + bucket.volumeWithin * (Double(row.time &- bucket.start) * (1 / 3e11))
        out[.sessionVolumeTimeOfDay] = ratio(Double(state.pointee.sessionVolume), volume)
        let levels = ContractState.levels(of: state)
        for index in 0..<5 { writeLevel(values + index * LevelFeature.count, levels + index, row: row) }
    }

    private func writeLevel(
        _ out: UnsafeMutablePointer<Double>, _ level: UnsafePointer<LevelState>, row: borrowing RowContext
    ) {
        guard level.pointee.isActive else { return }
        let side = level.pointee.test.approachSide
        // The depth is NaN while the book may not be read.
        out[.passiveDepthTimeOfDay] = defined(
            side != 0,
            side > 0 ? ratio(out[.askDepthAtLevel], bucket.askSize) : ratio(out[.bidDepthAtLevel], bucket.bidSize))
        let isWarm = row.time &- level.pointee.activeSince >= 10 * Self.second
        let rate = level.pointee.trades.volumeRate60(row.clock.pointee.left)
        out[.volumeTimeOfDay] = defined(isWarm, ratio(rate, bucket.traded))
    }
}

extension HistoryBaseline: PersistentState {
    /// What comes from the history alone is made anew when a session is loaded.
    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("baseline")
        guard isPresent else { return }
        try archive.field(&session)
        if archive.isLoading, let session { begin(session) }
        try archive.field(&best)
        try archive.field(&variance)
        try archive.field(&squareCount)
        try archive.field(&secondCount)
        for index in 0..<Self.squareCapacity { try archive.field(&squares[index]) }
        for index in 0..<Self.microCapacity { try archive.field(&microPrices[index]) }
    }
}

/// The best sizes and the spread of the last valid book, with the micro-price's offset that goes with them, ticks.
struct BestPrices: BitwiseCopyable {
    var bidSize: Int32 = -1
    var askSize: Int32 = -1
    var spread: Int32 = -1
    var offset = Double.nan
}

/// The profile's means in one bucket, and the volume before and within it.
struct BucketMeans: BitwiseCopyable {
    /// ns; the bucket that begins at the end of time holds nothing.
    var start = UInt64.max
    var traded = Double.nan
    var orders = Double.nan
    var messages = Double.nan
    var depth = Double.nan
    var bidSize = Double.nan
    var askSize = Double.nan
    var variance = Double.nan
    var volumeBefore = Double.nan
    var volumeWithin = Double.nan

    mutating func read(_ means: UnsafeMutablePointer<Double>, _ index: Int) {
        func mean(_ metric: ProfileMetric) -> Double { means[SessionBuckets.offset(metric, index)] }
        traded = mean(.tradedContracts)
        orders = mean(.aggressorOrders)
        messages = mean(.messages)
        depth = mean(.depthTop10)
        bidSize = mean(.bidLevelSize)
        askSize = mean(.askLevelSize)
        variance = mean(.realizedVariance)
        let volumes = means + SessionBuckets.offset(.cumulativeVolume, index)
        volumeBefore = index == 0 ? 0 : volumes[-1]
        volumeWithin = volumes[0] - volumeBefore
    }
}

/// Messages and aggressor orders, half-life 60 s: what the profile's rates are compared with. Stands still without a
/// history.
struct ActivitySums: BitwiseCopyable {
    private enum Sum { static let messages = 0, orders = 1 }

    private let isOn: Bool
    private var sums = ExponentialSums<2>()
    private var age: ExponentialAge

    init(isOn: Bool, clock: DecayClock) {
        self.isOn = isOn
        age = ExponentialAge(gain: clock.gain.h60)
    }

    mutating func reset(_ clock: DecayClock) { self = ActivitySums(isOn: isOn, clock: clock) }

    mutating func rebase(_ clock: DecayClock) {
        guard isOn else { return }
        sums.decay(clock.left.h60)
        age.decay(clock.left.h60)
    }

    mutating func apply(_ group: borrowing GroupContext, records: Int32) {
        guard isOn else { return }
        let gain = group.clock.pointee.gain.h60
        sums.add(Double(records), to: Sum.messages, gain: gain)
        guard group.flowCounts, group.trades.count > 0 else { return }
        let orders = (group.bought > 0 ? 1.0 : 0) + (group.sold > 0 ? 1 : 0) + (group.unsigned > 0 ? 1 : 0)
        sums.add(orders, to: Sum.orders, gain: gain)
    }

    func write(_ out: UnsafeMutablePointer<Double>, means: BucketMeans, isWarm: Bool, left: Decay) {
        let factor = defined(isWarm, age.rateFactor(halfLife: 60, decay: left.h60))
        out[.messageRateTimeOfDay] = ratio(sums[Sum.messages] * factor, means.messages)
        out[.tradeIntensityTimeOfDay] = ratio(sums[Sum.orders] * factor, means.orders)
    }
}
