/// A signed number of contracts. Positive is long or bought, negative short or sold, where a sign applies.
@frozen public struct Quantity: Comparable, Hashable, BitwiseCopyable, Sendable, AdditiveArithmetic {
    @inlinable public static var zero: Quantity { Quantity(0) }

    public var contracts: Int64

    @inlinable public init(_ contracts: Int64) { self.contracts = contracts }
    @inlinable public var magnitude: Quantity { Quantity(abs(contracts)) }
    @inlinable public static func < (a: Quantity, b: Quantity) -> Bool { a.contracts < b.contracts }
    @inlinable public static func + (a: Quantity, b: Quantity) -> Quantity { Quantity(a.contracts + b.contracts) }
    @inlinable public static func - (a: Quantity, b: Quantity) -> Quantity { Quantity(a.contracts - b.contracts) }
    @inlinable public static prefix func - (a: Quantity) -> Quantity { Quantity(-a.contracts) }
}

/// The side of an order.
@frozen public enum Side: Int8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    case buy = 1
    case sell = -1

    @inlinable public var opposite: Side { self == .buy ? .sell : .buy }
    /// +1 for a buy, −1 for a sell.
    @inlinable public var sign: Int64 { Int64(rawValue) }
}
