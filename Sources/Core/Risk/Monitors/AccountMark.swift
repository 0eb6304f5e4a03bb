import Determinism
import Orders
import Units

/// The traded contract as risk sees it: the book's quality and what a position would be worth at the side it exits at.
public struct AccountMark: Hashable, BitwiseCopyable, Sendable {
    /// Quality of the last update, and its time; `noBook` before the first.
    public internal(set) var quality: DataQuality = .noBook
    /// Time of the last update with a usable book.
    public internal(set) var bookTime = Timestamp(nanoseconds: 0)
    /// It came too late to be of the present: a price, and no younger mark, whatever becomes of the feed.
    var isBookLate = false
    var bid = BookLevel.none
    var ask = BookLevel.none
    /// The last valid mark of the open position and its time.
    public internal(set) var price = Ticks.zero
    public internal(set) var time = Timestamp(nanoseconds: 0)
    /// How long the exchange has said in this session that the market was closed, and since when it says so now;
    /// `undefined` for not.
    private var closedTime = Nanoseconds.zero
    private var closedFrom = Timestamp.undefined
    /// The same at the last mark.
    private var closedAtMark = Nanoseconds.zero

    init() {}

    /// Takes an update. A book in the minute before the next session, which has not begun, marks neither: the gap is
    /// the next one's.
    mutating func take(_ update: MarketUpdate, in day: TradingDay, isLate: Bool) {
        let isEarly = day.reopen.isDefined && update.time < day.reopen && update.time + .seconds(60) >= day.reopen
        quality = isEarly ? update.quality.union(.stale) : update.quality
        let time = min(update.time, day.sessionClose)
        if update.quality.contains(.closed) {
            if !closedFrom.isDefined { closedFrom = time }
        } else {
            endClosed(at: time)
        }
        guard quality.hasUsableBook else { return }
        // What was said before the session's first book is of the one before.
        if bookTime < day.sessionOpen, update.time >= day.sessionOpen { closedAtMark = closedTime }
        bookTime = update.time
        isBookLate = isLate
        bid = update.bid
        ask = update.ask
    }

    mutating func begin(_ price: Ticks, at now: Timestamp) {
        // A fill that is told after the close.
        if closedFrom.isDefined, closedFrom < now {
            endClosed(at: now)
            closedFrom = now
        }
        mark(price, at: now)
    }

    mutating func mark(_ price: Ticks, at now: Timestamp) {
        self.price = price
        time = now
        closedAtMark = closedTime
    }

    private mutating func endClosed(at now: Timestamp) {
        guard closedFrom.isDefined else { return }
        closedTime = closedTime + max(.zero, now - closedFrom)
        closedFrom = .undefined
    }

    /// What was said in a session does not hold the next one, nor what was said while nothing was held.
    mutating func forgetClosed() {
        (closedTime, closedAtMark) = (.zero, .zero)
        closedFrom = .undefined
    }

    /// The part of a time of this session, from the last mark up to the close, during which the exchange did not say
    /// that it was closed; not before the session's first book.
    func openTime(from: Timestamp, to: Timestamp, in day: TradingDay) -> Nanoseconds {
        let whole = max(.zero, to - from)
        guard bookTime >= day.sessionOpen else { return whole }
        let now = closedFrom.isDefined ? max(.zero, to - max(from, closedFrom)) : .zero
        return whole - min(whole, closedTime - closedAtMark + now)
    }

    /// The bid for a long position, the ask for a short one; nil when the book is not usable or that side is empty.
    func exitPrice(_ exitSide: Side) -> Ticks? {
        guard quality.hasUsableBook else { return nil }
        let level = exitSide == .sell ? bid : ask
        return level.size > 0 ? level.price : nil
    }
}

extension AccountMark: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&quality)
        try archive.field(&bookTime)
        try archive.field(&isBookLate)
        try archive.field(&bid)
        try archive.field(&ask)
        try archive.field(&price)
        try archive.field(&time)
        try archive.field(&closedTime)
        try archive.field(&closedAtMark)
        try archive.field(&closedFrom)
    }
}
