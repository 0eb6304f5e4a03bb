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

    init() {}

    mutating func take(_ update: MarketUpdate) {
        quality = update.quality
        guard update.quality.hasUsableBook else { return }
        bookTime = update.time
        bid = update.bid
        ask = update.ask
    }

    /// Marks a position at the bid if long, at the ask if short; false when that side is not there.
    mutating func mark(exitSide: Side, at now: Timestamp) -> Bool {
        guard quality.hasUsableBook else { return false }
        let level = exitSide == .sell ? bid : ask
        guard level.size > 0 else { return false }
        price = level.price
        time = now
        return true
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
    }
}
