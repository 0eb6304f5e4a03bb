import Determinism
import Orders
import Units

/// What one fill of an opening order is protected with: a stop, a target and, when it is time, a close, linked so that
/// they can close its contracts once.
@frozen public struct Bracket: Hashable, BitwiseCopyable, Sendable {
    /// The opening order.
    public var entry: ClientOrderID
    /// Whose book it is in.
    public var strategy: StrategyID
    /// The stop; it names the link.
    public var stop: ClientOrderID
    /// A close that is live, or `none`.
    public var close: ClientOrderID
    /// Side of the orders that close it.
    public var exitSide: Side
    /// Contracts still open.
    public var quantity: Quantity
    /// Price of a target that waits here, at a venue without links; else zero.
    public var target: Ticks
    /// Event time of the time stop; undefined for never.
    public var timeStop: Timestamp
    /// Message time by which the stop must be acknowledged; undefined once it is.
    public var stopDeadline: Timestamp
    /// It is to be closed at the market, not before `closeFrom` (message time).
    public var isCloseWanted: Bool
    public var closeFrom: Timestamp
    /// Where books net: the price of the stop, as much of it as rests at the venue, and contracts that `close` was
    /// asked for.
    public var stopPrice = Ticks.zero
    public var closing = Quantity.zero

    func isStopLate(at now: Timestamp) -> Bool { stopDeadline.isDefined && now >= stopDeadline }
}

extension Bracket: BoundedElement {
    public static let blank = Bracket(
        entry: .none, strategy: .account, stop: .none, close: .none, exitSide: .sell, quantity: .zero, target: .zero,
        timeStop: .undefined, stopDeadline: .undefined, isCloseWanted: false, closeFrom: .undefined)

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&entry)
        try archive.field(&strategy)
        try archive.field(&stop)
        try archive.field(&close)
        try archive.code(&exitSide)
        try archive.field(&quantity)
        try archive.field(&target)
        try archive.field(&timeStop)
        try archive.field(&stopDeadline)
        try archive.field(&isCloseWanted)
        try archive.field(&closeFrom)
        try archive.field(&stopPrice)
        try archive.field(&closing)
    }
}
