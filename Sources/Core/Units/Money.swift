/// An amount of US dollars in units of 1e-9, exact. There is no conversion from `Double`: money never passes through
/// floating point.
///
/// The range is ±9.2 billion dollars, and what would leave it stays at its end: a record may list any price, and one
/// that no account can be worth must not end the process that reads it. No account has a limit out there.
@frozen public struct Money: Comparable, Hashable, BitwiseCopyable, Sendable, AdditiveArithmetic {
    @inlinable public static var zero: Money { Money(nanos: 0) }

    public var nanos: Int64

    @inlinable public init(nanos: Int64) { self.nanos = nanos }
    /// Whole dollars and cents: `Money(cents: 1_250)` is $12.50.
    @inlinable public init(cents: Int64) { self.nanos = cents * 10_000_000 }
    @inlinable public static func < (a: Money, b: Money) -> Bool { a.nanos < b.nanos }
    @inlinable public static func + (a: Money, b: Money) -> Money {
        let (sum, leaves) = a.nanos.addingReportingOverflow(b.nanos)
        return leaves ? end(isBelow: a.nanos < 0) : Money(nanos: sum)
    }
    @inlinable public static func - (a: Money, b: Money) -> Money {
        let (difference, leaves) = a.nanos.subtractingReportingOverflow(b.nanos)
        return leaves ? end(isBelow: a.nanos < 0) : Money(nanos: difference)
    }
    @inlinable public static prefix func - (a: Money) -> Money { .zero - a }
    @inlinable public static func * (a: Money, count: Int64) -> Money {
        let (product, leaves) = a.nanos.multipliedReportingOverflow(by: count)
        return leaves ? end(isBelow: (a.nanos < 0) != (count < 0)) : Money(nanos: product)
    }

    /// Of `count` times `other`, as if it were computed without a range.
    @inlinable public func times(_ count: Int64, _ other: Int64) -> Money {
        let (product, leaves) = count.multipliedReportingOverflow(by: other)
        // More than the whole range in any unit, but for nothing.
        guard leaves else { return self * product }
        return nanos == 0 ? .zero : Self.end(isBelow: (nanos < 0) != ((count < 0) != (other < 0)))
    }

    /// The end of the range: as far from zero below as above.
    @usableFromInline static func end(isBelow: Bool) -> Money { Money(nanos: isBelow ? -.max : .max) }
}

extension Money: CustomStringConvertible {
    /// A decimal number of dollars with at least two and at most nine decimals, exactly: "-12.50", "0.37", "1.125".
    public var description: String {
        let magnitude = nanos.magnitude
        var fraction = String(magnitude % 1_000_000_000)
        fraction = String(repeating: "0", count: 9 - fraction.count) + fraction
        while fraction.count > 2, fraction.last == "0" { fraction.removeLast() }
        return (nanos < 0 ? "-" : "") + String(magnitude / 1_000_000_000) + "." + fraction
    }

    /// Reads a decimal number of dollars such as "12.5" or "-0.37". Nil for anything else, for more than nine decimals
    /// and for what does not fit.
    public init?(_ text: String) {
        guard let nanos = Decimal9.parse(text) else { return nil }
        self.init(nanos: nanos)
    }
}

/// Decimal text to integers in units of 1e-9, exactly.
public enum Decimal9 {
    /// Nil unless `text` is an optional sign, digits, and at most one point followed by one to nine digits, in range.
    public static func parse(_ text: some StringProtocol) -> Int64? {
        var digits = text.utf8[...]
        let negative = digits.first == UInt8(ascii: "-")
        if negative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
        var value: Int64 = 0
        var decimals: Int?
        var wholeDigits = 0
        for byte in digits {
            if byte == UInt8(ascii: ".") {
                guard decimals == nil else { return nil }
                decimals = 0
                continue
            }
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            guard decimals ?? 0 < 9 else { return nil }
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = scaled.subtractingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
            guard !overflow, !carry else { return nil }
            value = sum
            if let count = decimals { decimals = count + 1 } else { wholeDigits += 1 }
        }
        guard wholeDigits > 0, decimals != 0 else { return nil }
        for _ in (decimals ?? 0)..<9 {
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            value = scaled
        }
        // The digits were summed below zero, where the range is one larger.
        if negative { return value }
        guard value != .min else { return nil }
        return -value
    }
}
