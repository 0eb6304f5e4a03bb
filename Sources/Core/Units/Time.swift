/// An instant in nanoseconds since 1970-01-01 00:00 UTC, without leap seconds, as DBN has it.
@frozen public struct Timestamp: Comparable, Hashable, BitwiseCopyable, Sendable {
    /// DBN's "no time" (`UNDEF_TIMESTAMP`).
    @inlinable public static var undefined: Timestamp { Timestamp(nanoseconds: .max) }

    public let nanoseconds: UInt64

    @inlinable public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }
    @inlinable public var isDefined: Bool { nanoseconds != .max }
    @inlinable public static func < (a: Timestamp, b: Timestamp) -> Bool { a.nanoseconds < b.nanoseconds }

    /// The time from `b` to `a`. Wraps instead of trapping when they lie more than 292 years apart: stamps come from
    /// outside.
    @inlinable public static func - (a: Timestamp, b: Timestamp) -> Nanoseconds {
        Nanoseconds(Int64(bitPattern: a.nanoseconds &- b.nanoseconds))
    }
    @inlinable public static func + (a: Timestamp, b: Nanoseconds) -> Timestamp {
        Timestamp(nanoseconds: a.nanoseconds &+ UInt64(bitPattern: b.count))
    }
    @inlinable public static func - (a: Timestamp, b: Nanoseconds) -> Timestamp {
        Timestamp(nanoseconds: a.nanoseconds &- UInt64(bitPattern: b.count))
    }
}

extension Timestamp {
    @inlinable public static var nanosecondsPerDay: UInt64 { 86_400_000_000_000 }
    @inlinable public static var nanosecondsPerWeek: UInt64 { 604_800_000_000_000 }
    /// 2100-01-01 00:00 UTC: no record is from then or later, and a stamp that says so is none.
    @inlinable public static var latest: Timestamp { Timestamp(nanoseconds: 4_102_444_800_000_000_000) }
}

/// A span of time in nanoseconds; may be negative.
@frozen public struct Nanoseconds: Comparable, Hashable, BitwiseCopyable, Sendable, AdditiveArithmetic {
    @inlinable public static var zero: Nanoseconds { Nanoseconds(0) }

    public var count: Int64

    @inlinable public init(_ count: Int64) { self.count = count }
    @inlinable public static func seconds(_ count: Int64) -> Nanoseconds { Nanoseconds(count * 1_000_000_000) }
    @inlinable public static func milliseconds(_ count: Int64) -> Nanoseconds { Nanoseconds(count * 1_000_000) }
    @inlinable public static func microseconds(_ count: Int64) -> Nanoseconds { Nanoseconds(count * 1_000) }
    @inlinable public static func minutes(_ count: Int64) -> Nanoseconds { .seconds(count * 60) }
    @inlinable public static func hours(_ count: Int64) -> Nanoseconds { .seconds(count * 3_600) }

    @inlinable public var seconds: Double { Double(count) / 1e9 }
    @inlinable public static func < (a: Nanoseconds, b: Nanoseconds) -> Bool { a.count < b.count }
    @inlinable public static func + (a: Nanoseconds, b: Nanoseconds) -> Nanoseconds { Nanoseconds(a.count + b.count) }
    @inlinable public static func - (a: Nanoseconds, b: Nanoseconds) -> Nanoseconds { Nanoseconds(a.count - b.count) }
    @inlinable public static func * (a: Nanoseconds, count: Int64) -> Nanoseconds { Nanoseconds(a.count * count) }
}
