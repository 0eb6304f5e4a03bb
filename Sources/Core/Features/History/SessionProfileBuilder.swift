import Determinism
import MarketCalendar
import MarketData
import Units

/// A session as a builder saw it, before it is known what kind of day it was.
public struct CollectedSession: Sendable {
    public let session: SessionTimes
    /// The last group in the session, ns; 0 when there was none.
    public let lastGroup: UInt64
    public internal(set) var isComplete: Bool
    public let bucketCount: Int
    public let regularGroups: UInt64
    public let values: [Double]
    public let microPrice: MicroPriceCounts

    /// Regular hours are over: the last group lies in their last five minutes or later.
    public var reachesRegularClose: Bool {
        session.hasRTH && lastGroup >= session.rthClose.nanoseconds - SessionBuckets.length
    }
}

/// Collects what the history keeps of each session of one contract: sums per five-minute bucket, and the moves of the
/// best prices. A group costs a few additions.
struct SessionProfileBuilder: ~Copyable {
    private static let second: UInt64 = 1_000_000_000

    private let buckets: UnsafeMutablePointer<BucketSums>
    private let moves: UnsafeMutablePointer<UInt64>
    private var state = SessionProfileState()
    /// Sessions that have ended and were not taken away yet.
    private(set) var ended: [CollectedSession] = []

    init() {
        buckets = .allocate(capacity: SessionBuckets.count)
        buckets.initialize(repeating: BucketSums(), count: SessionBuckets.count)
        moves = .allocate(capacity: MicroPriceCounts.count)
        moves.initialize(repeating: 0, count: MicroPriceCounts.count)
    }

    deinit {
        buckets.deallocate()
        moves.deallocate()
    }

    /// The session under way; nil between sessions.
    var session: SessionTimes? { state.session }
    /// Gives away the sessions that have ended.
    ///
    /// - Parameter keepsLast: not the last one: records of it may still turn out to be missing.
    mutating func takeEnded(keepsLast: Bool) -> [CollectedSession] {
        let kept = keepsLast ? ended.suffix(1) : []
        defer { ended = Array(kept) }
        return ended.dropLast(kept.count)
    }

    mutating func begin(_ session: SessionTimes, at time: UInt64) {
        buckets.update(repeating: BucketSums(), count: SessionBuckets.count)
        moves.update(repeating: 0, count: MicroPriceCounts.count)
        state = SessionProfileState()
        state.session = session
        state.advancedTo = max(time, session.open.nanoseconds)
    }

    /// 17:00: what was collected becomes a session, unless there was no group.
    mutating func end() {
        guard let session = state.session else { return }
        pass(to: session.close.nanoseconds)
        state.session = nil
        guard state.lastGroup > 0 else { return }
        let last = SessionBuckets.count - 1
        let seen = (0...last).count { buckets[$0].groups > 0 }
        ended.append(
            CollectedSession(
                session: session, lastGroup: state.lastGroup,
                isComplete: !state.hasHole && seen >= SessionRecord.fewestBuckets && buckets[0].groups > 0
                    && buckets[last].groups > 0,
                bucketCount: seen, regularGroups: state.regularGroups, values: values(),
                microPrice: MicroPriceCounts(Array(UnsafeBufferPointer(start: moves, count: MicroPriceCounts.count)))
                    ?? MicroPriceCounts()))
    }

    /// Records are missing: the sessions that they are of are not complete, whatever else comes.
    mutating func loseRecords(_ hole: RecordHole) {
        if let session = state.session, hole.overlaps(session.open, session.close) { state.hasHole = true }
        state.breakSamples()
        for index in ended.indices where hole.overlaps(ended[index].session.open, ended[index].session.close) {
            ended[index].isComplete = false
        }
    }

    /// Lets time pass with the book as it is.
    private mutating func pass(to time: UInt64) {
        guard let session = state.session else { return }
        let open = session.open.nanoseconds
        let end = min(time, session.close.nanoseconds)
        while state.advancedTo < end {
            let bucket = Int((state.advancedTo - open) / SessionBuckets.length)
            let edge = open + UInt64(bucket + 1) * SessionBuckets.length
            let step = min(end, edge)
            buckets[bucket].pass(Double(step - state.advancedTo) * 1e-9, state.shape)
            state.advancedTo = step
            if step == edge { buckets[bucket].volumeAtEnd = state.volume }
        }
    }

    /// Takes a closed group.
    mutating func apply(_ group: borrowing GroupContext, records: Int32) {
        guard let session = state.session else { return }
        pass(to: group.time)
        let open = session.open.nanoseconds
        guard group.time >= open, group.time < session.close.nanoseconds else { return }
        state.volume &+= group.volume
        state.lastGroup = group.time
        let bucket = buckets + Int((group.time - open) / SessionBuckets.length)
        bucket.pointee.groups &+= 1
        bucket.pointee.messages &+= Int64(records)
        if group.flowCounts {
            bucket.pointee.traded &+= group.volume
            bucket.pointee.orders &+=
                (group.bought > 0 ? 1 : 0) + (group.sold > 0 ? 1 : 0) + (group.unsigned > 0 ? 1 : 0)
        }
        state.shape.watch(group.after, usable: group.bookIsUsable, isValid: group.mid.isValid)
        sample(group, isRegular: session.isRTH(Timestamp(nanoseconds: group.time)))
    }

    /// Takes the book as what holds from `time` on: the market opened or closed.
    mutating func watch(_ book: UnsafePointer<Book>, usable: Bool, isValid: Bool, at time: UInt64) {
        pass(to: time)
        state.shape.watch(book, usable: usable, isValid: isValid)
        if !isValid { state.breakSamples() }
    }

    /// Takes a completed second that ended at `end` with this mid, or `MidGrid.absent`.
    mutating func closeSecond(at end: UInt64, twiceMid: Int32) {
        let second = end &- Self.second
        guard let session = state.session, session.contains(Timestamp(nanoseconds: second)) else { return }
        let sinceOpen = second - session.open.nanoseconds
        guard sinceOpen % (5 * Self.second) == 0 else { return }
        let bucket = buckets + Int(sinceOpen / SessionBuckets.length)
        let before = state.pointBefore
        state.pointBefore = twiceMid
        guard twiceMid != MidGrid.absent, before != MidGrid.absent else { return }
        bucket.pointee.returns &+= 1
        bucket.pointee.variance += SquaredReturn.of(twiceMid, before)
    }

    /// One sample of the micro-price if the mid or a best size is another than at the group before.
    private mutating func sample(_ group: borrowing GroupContext, isRegular: Bool) {
        guard isRegular, group.mid.isValid else {
            state.breakSamples()
            if isRegular { state.regularGroups &+= 1 }
            return
        }
        state.regularGroups &+= 1
        let (bid, ask) = (group.after.bid.pointee.bestSize, group.after.ask.pointee.bestSize)
        let twiceMid = group.mid.twiceMid
        let isSame = state.hasBest && twiceMid == state.bestMid && bid == state.bestBid && ask == state.bestAsk
        guard !isSame else { return }
        (state.hasBest, state.bestMid, state.bestBid, state.bestAsk) = (true, twiceMid, bid, ask)
        let spread = group.after.ask.pointee.bestPrice &- group.after.bid.pointee.bestPrice
        let place = MicroPriceState.index(bidSize: bid, askSize: ask, spread: spread)
        if place >= 0, state.keptState >= 0 {
            MicroPriceCounts.add(moves, from: state.keptState, to: place, halfTicks: twiceMid &- state.keptMid)
        }
        (state.keptState, state.keptMid) = (place, twiceMid)
    }

    private func values() -> [Double] {
        var values = [Double](repeating: .nan, count: SessionBuckets.valueCount)
        let seconds = Double(SessionBuckets.length) * 1e-9
        for bucket in 0..<SessionBuckets.count {
            let sums = buckets[bucket]
            func put(_ metric: ProfileMetric, _ value: Double) {
                values[SessionBuckets.offset(metric, bucket)] = value
            }
            put(.tradedContracts, Double(sums.traded) / seconds)
            put(.aggressorOrders, Double(sums.orders) / seconds)
            put(.messages, Double(sums.messages) / seconds)
            put(.depthTop10, ratio(sums.depth, sums.depthTime))
            put(.bidLevelSize, ratio(sums.bid, sums.bidTime))
            put(.askLevelSize, ratio(sums.ask, sums.askTime))
            put(.realizedVariance, defined(sums.returns > 0, sums.variance))
            put(.cumulativeVolume, Double(sums.volumeAtEnd))
        }
        return values
    }
}

extension SessionProfileBuilder: PersistentState {
    /// Sessions that have ended belong to whoever takes them away before a save.
    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("session-profile")
        try archive.field(&state)
        for index in 0..<SessionBuckets.count { try archive.field(&buckets[index]) }
        for index in 0..<MicroPriceCounts.count { try archive.field(&moves[index]) }
    }
}

/// Where a builder stands in the session under way.
struct SessionProfileState: BitwiseCopyable {
    var session: SessionTimes?
    var advancedTo: UInt64 = 0
    var lastGroup: UInt64 = 0
    /// Contracts since 18:00.
    var volume: Int64 = 0
    var regularGroups: UInt64 = 0
    /// Records of the session are missing.
    var hasHole = false
    var shape = LevelShape()
    /// Twice the mid of the last five-second point.
    var pointBefore = MidGrid.absent
    /// The best prices of the group before.
    var hasBest = false
    var bestMid: Int32 = 0
    var bestBid: Int32 = 0
    var bestAsk: Int32 = 0
    /// State and twice the mid of the last sample; −1 when there is none, or its spread was neither one nor two ticks.
    var keptState = -1
    var keptMid: Int32 = 0

    /// What comes next has no predecessor.
    mutating func breakSamples() {
        hasBest = false
        keptState = -1
    }
}

/// The sizes that hold from the last group on; NaN where they are not defined.
struct LevelShape: BitwiseCopyable {
    /// Contracts in ten levels of both sides.
    var depth = Double.nan
    /// Contracts per listed level.
    var bid = Double.nan
    var ask = Double.nan

    mutating func watch(_ book: UnsafePointer<Book>, usable: Bool, isValid: Bool) {
        let bids = book.bid.topSize(10)
        let asks = book.ask.topSize(10)
        let isFull = isValid && book.bid.pointee.isFull && book.ask.pointee.isFull
        depth = defined(isFull, Double(bids &+ asks))
        bid = defined(usable, ratio(Double(bids), Double(book.bid.pointee.levelCount)))
        ask = defined(usable, ratio(Double(asks), Double(book.ask.pointee.levelCount)))
    }
}

/// What one bucket adds up.
struct BucketSums: BitwiseCopyable {
    var groups: Int64 = 0
    var messages: Int64 = 0
    var traded: Int64 = 0
    var orders: Int64 = 0
    var volumeAtEnd: Int64 = 0
    /// Integrals over time, and the seconds in which each was defined.
    var depth = 0.0
    var depthTime = 0.0
    var bid = 0.0
    var bidTime = 0.0
    var ask = 0.0
    var askTime = 0.0
    var variance = 0.0
    /// Returns over five seconds that there are.
    var returns: UInt8 = 0

    mutating func pass(_ seconds: Double, _ shape: LevelShape) {
        if !shape.depth.isNaN {
            depth += shape.depth * seconds
            depthTime += seconds
        }
        if !shape.bid.isNaN {
            bid += shape.bid * seconds
            bidTime += seconds
        }
        if !shape.ask.isNaN {
            ask += shape.ask * seconds
            askTime += seconds
        }
    }
}

/// The square of the log return between two mids, given twice; 0 when one of them is absent or there is no logarithm.
enum SquaredReturn {
    static func of(_ new: Int32, _ old: Int32) -> Double {
        guard new != MidGrid.absent, old != MidGrid.absent, new != old, Int64(new) * Int64(old) > 0 else { return 0 }
        let change = DeterministicMath.log(Double(new) / Double(old))
        return change * change
    }
}
