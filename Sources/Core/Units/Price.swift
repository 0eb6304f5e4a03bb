/// A price in units of 1e-9 of the quote currency, as DBN has it: 5 000.25 is `nanos == 5_000_250_000_000`.
@frozen public struct Price: Comparable, Hashable, BitwiseCopyable, Sendable {
    /// DBN's "no price" (`UNDEF_PRICE`).
    @inlinable public static var undefined: Price { Price(nanos: .max) }

    public let nanos: Int64

    @inlinable public init(nanos: Int64) { self.nanos = nanos }
    @inlinable public var isDefined: Bool { nanos != .max }
    @inlinable public static func < (a: Price, b: Price) -> Bool { a.nanos < b.nanos }
}

/// A price, or a difference of prices, as a whole number of ticks of one contract.
@frozen public struct Ticks: Comparable, Hashable, BitwiseCopyable, Sendable, AdditiveArithmetic {
    @inlinable public static var zero: Ticks { Ticks(0) }

    public var count: Int64

    @inlinable public init(_ count: Int64) { self.count = count }
    @inlinable public static func < (a: Ticks, b: Ticks) -> Bool { a.count < b.count }
    @inlinable public static func + (a: Ticks, b: Ticks) -> Ticks { Ticks(a.count + b.count) }
    @inlinable public static func - (a: Ticks, b: Ticks) -> Ticks { Ticks(a.count - b.count) }
    @inlinable public static prefix func - (a: Ticks) -> Ticks { Ticks(-a.count) }
}

/// The smallest price step of a contract, in units of 1e-9 of the quote currency. Always positive.
@frozen public struct TickSize: Hashable, BitwiseCopyable, Sendable {
    public let nanos: Int64

    /// - Precondition: `nanos` is positive; a step of zero has no ticks.
    @inlinable public init(nanos: Int64) {
        precondition(nanos > 0, "a tick size is positive")
        self.nanos = nanos
    }

    /// The price as whole ticks, or nil when it does not lie on the grid (or is undefined).
    @inlinable public func ticks(_ price: Price) -> Ticks? {
        guard price.isDefined else { return nil }
        let (quotient, remainder) = price.nanos.quotientAndRemainder(dividingBy: nanos)
        return remainder == 0 ? Ticks(quotient) : nil
    }

    /// - Precondition: the product fits in 64 bits.
    @inlinable public func price(_ ticks: Ticks) -> Price { Price(nanos: ticks.count * nanos) }

    /// One tick in points of the quote currency, for features and displays only.
    @inlinable public var points: Double { Double(nanos) / 1e9 }
}
