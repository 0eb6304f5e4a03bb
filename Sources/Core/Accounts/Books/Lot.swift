import Determinism
import Orders
import Units

/// Contracts of one book that were opened together at one price and are still open.
@frozen public struct Lot: Hashable, BitwiseCopyable, Sendable {
    /// The trade that opened it, counted over all books of the account: the smaller, the older.
    public var sequence: UInt64
    public var time: Timestamp
    public var side: Side
    /// Positive.
    public var quantity: Quantity
    public var price: Ticks

    public init(sequence: UInt64, time: Timestamp, side: Side, quantity: Quantity, price: Ticks) {
        self.sequence = sequence
        self.time = time
        self.side = side
        self.quantity = quantity
        self.price = price
    }
}

extension Lot: BoundedElement {
    public static let blank = Lot(sequence: 0, time: .undefined, side: .buy, quantity: .zero, price: .zero)

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&sequence)
        try archive.field(&time)
        try archive.code(&side)
        try archive.field(&quantity)
        try archive.field(&price)
    }
}
