/// What an order event does to the book. Open: an unknown byte stays readable.
@frozen public struct Action: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    @inlinable public static var add: Action { .init(rawValue: UInt8(ascii: "A")) }
    @inlinable public static var cancel: Action { .init(rawValue: UInt8(ascii: "C")) }
    @inlinable public static var modify: Action { .init(rawValue: UInt8(ascii: "M")) }
    @inlinable public static var clear: Action { .init(rawValue: UInt8(ascii: "R")) }
    /// An aggressor's trade; does not change the book.
    @inlinable public static var trade: Action { .init(rawValue: UInt8(ascii: "T")) }
    /// A resting order's fill; does not change the book.
    @inlinable public static var fill: Action { .init(rawValue: UInt8(ascii: "F")) }
    @inlinable public static var none: Action { .init(rawValue: UInt8(ascii: "N")) }

    /// In words; `action-N` for a byte without one.
    public var name: String {
        switch self {
        case .add: "add"
        case .cancel: "cancel"
        case .modify: "modify"
        case .clear: "clear"
        case .trade: "trade"
        case .fill: "fill"
        case .none: "none"
        default: "action-\(rawValue)"
        }
    }
}

/// The side of the book, or the aggressor of a trade.
@frozen public struct BookSide: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    @inlinable public static var ask: BookSide { .init(rawValue: UInt8(ascii: "A")) }
    @inlinable public static var bid: BookSide { .init(rawValue: UInt8(ascii: "B")) }
    @inlinable public static var none: BookSide { .init(rawValue: UInt8(ascii: "N")) }

    /// In words; `side-N` for a byte without one.
    public var name: String {
        switch self {
        case .ask: "ask"
        case .bid: "bid"
        case .none: "none"
        default: "side-\(rawValue)"
        }
    }
}

/// The `flags` byte. Test bits, never equality: combinations occur.
@frozen public struct RecordFlags: OptionSet, Hashable, BitwiseCopyable, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Last record of the venue event for this instrument: the book may be used.
    @inlinable public static var last: RecordFlags { .init(rawValue: 0x80) }
    @inlinable public static var topOfBook: RecordFlags { .init(rawValue: 0x40) }
    @inlinable public static var snapshot: RecordFlags { .init(rawValue: 0x20) }
    @inlinable public static var marketByPrice: RecordFlags { .init(rawValue: 0x10) }
    @inlinable public static var badReceiveTime: RecordFlags { .init(rawValue: 0x08) }
    /// An unrecoverable gap in the venue's channel: suspect until cleared and rebuilt.
    @inlinable public static var maybeBadBook: RecordFlags { .init(rawValue: 0x04) }
    @inlinable public static var publisherSpecific: RecordFlags { .init(rawValue: 0x02) }
}

/// The values that stand for "none" on the wire, besides `Price.undefined` and `Timestamp.undefined`.
public enum Undefined {
    public static let orderSize = UInt32.max
    /// Of version 3; versions 1 and 2 have `Int32.max`.
    public static let statisticQuantity = Int64.max
    /// A channel id, except in `mbo` records, which have `UInt8.max`.
    public static let channelID = UInt16.max
}
