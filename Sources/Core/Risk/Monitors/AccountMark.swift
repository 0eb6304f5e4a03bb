import Determinism
import Orders
import Units

/// The traded contract as risk sees it: the book's quality and what a position would be worth at the side it exits at.
public struct AccountMark: Hashable, BitwiseCopyable, Sendable {
    /// Quality of the last update, and its time; `noBook` before the first.
    public internal(set) var quality: DataQuality = .noBook
    /// Time of the last update with a usable book.
    public internal(set) var bookTime = Timestamp(nanoseconds: 0)
    var bid = BookLevel.none
    var ask = BookLevel.none
    /// The last valid mark of the open position and its time.
    public internal(set) var price = Ticks.zero
    public internal(set) var time = Timestamp(nanoseconds: 0)
    /// How long the exchange has said since the last usable book that the market was closed, within this session, and
    /// since when it says so now; `undefined` for not.
    private var closedTime = Nanoseconds.zero
    private var closedFrom = Timestamp.undefined

    init() {}

    /// Takes an update. A book between the close and the next session, which has not begun, is of neither: the gap is the
    /// next one's.
    mutating func take(_ update: MarketUpdate, in day: TradingDay) {
        quality = update.quality
        let time = min(update.time, day.sessionClose)
        if update.quality.contains(.closed) {
            if !closedFrom.isDefined { closedFrom = time }
        } else if closedFrom.isDefined {
            closedTime = closedTime + max(.zero, time - closedFrom)
            closedFrom = .undefined
        }
        guard update.quality.hasUsableBook, update.time < day.sessionClose else { return }
        closedTime = .zero
        bookTime = update.time
        bid = update.bid
        ask = update.ask
    }

    mutating func begin(_ price: Ticks, at now: Timestamp) {
        self.price = price
        time = now
    }

    /// What was said in a session does not hold the next one.
    mutating func beginSession() {
        closedTime = .zero
        closedFrom = .undefined
    }

    /// The part of a time of this session, up to its close, during which the exchange did not say that it was closed.
    func openTime(from: Timestamp, to: Timestamp) -> Nanoseconds {
        let whole = max(.zero, to - from)
        let now = closedFrom.isDefined ? max(.zero, to - max(from, closedFrom)) : .zero
        return whole - min(whole, closedTime + now)
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
        try archive.field(&bid)
        try archive.field(&ask)
        try archive.field(&price)
        try archive.field(&time)
        try archive.field(&closedTime)
        try archive.field(&closedFrom)
    }
}
