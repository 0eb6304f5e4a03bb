import Determinism
import Orders
import Units

/// A purchase or sale of one book.
@frozen public struct BookTrade: Hashable, BitwiseCopyable, Sendable {
    /// Counted over all books of the account.
    public var sequence: UInt64
    public var time: Timestamp
    public var side: Side
    /// Positive.
    public var quantity: Quantity
    public var price: Ticks
    /// For the whole quantity.
    public var fee: Money

    public init(sequence: UInt64, time: Timestamp, side: Side, quantity: Quantity, price: Ticks, fee: Money) {
        self.sequence = sequence
        self.time = time
        self.side = side
        self.quantity = quantity
        self.price = price
        self.fee = fee
    }

    @inlinable public var signedQuantity: Quantity { Quantity(side.sign * quantity.contracts) }
}

/// Why a book has a trade. The codes are stable.
@frozen public enum AllocationKind: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    /// Its own order filled.
    case fill = 1
    /// Its share of an order that closed the account's position.
    case accountClose = 2
    /// It crossed with another book, without the venue.
    case transfer = 3

    public var name: String {
        switch self {
        case .fill: "fill"
        case .accountClose: "account_close"
        case .transfer: "transfer"
        }
    }
}

/// A trade and the book that has it.
@frozen public struct BookAllocation: Hashable, BitwiseCopyable, Sendable {
    public var strategy: StrategyID
    public var kind: AllocationKind
    public var trade: BookTrade

    public init(strategy: StrategyID, kind: AllocationKind, trade: BookTrade) {
        self.strategy = strategy
        self.kind = kind
        self.trade = trade
    }
}
