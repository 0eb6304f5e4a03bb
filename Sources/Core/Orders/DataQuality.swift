/// What is wrong with the data behind a value, a book or a decision. Empty is good.
@frozen public struct DataQuality: OptionSet, Hashable, BitwiseCopyable, Sendable {
    public var rawValue: UInt16

    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Records are known to be missing and the state behind the value has not been rebuilt since.
    @inlinable public static var gap: DataQuality { DataQuality(rawValue: 1 << 0) }
    /// Too old to be trusted.
    @inlinable public static var stale: DataQuality { DataQuality(rawValue: 1 << 1) }
    /// Delivered by a replay after a break instead of live.
    @inlinable public static var replayed: DataQuality { DataQuality(rawValue: 1 << 2) }
    /// The best bid is above the best ask.
    @inlinable public static var crossed: DataQuality { DataQuality(rawValue: 1 << 3) }
    /// One side of the book is empty.
    @inlinable public static var oneSided: DataQuality { DataQuality(rawValue: 1 << 4) }
    /// The publisher marked the book as possibly wrong.
    @inlinable public static var badBook: DataQuality { DataQuality(rawValue: 1 << 5) }
    /// Trading is halted or paused.
    @inlinable public static var halted: DataQuality { DataQuality(rawValue: 1 << 6) }
    /// The market is not open.
    @inlinable public static var closed: DataQuality { DataQuality(rawValue: 1 << 7) }
    /// Estimators have not seen enough yet.
    @inlinable public static var warming: DataQuality { DataQuality(rawValue: 1 << 8) }
    /// There is no book.
    @inlinable public static var noBook: DataQuality { DataQuality(rawValue: 1 << 9) }
    /// Fewer than five earlier sessions are known, so nothing is compared with the usual day. Says nothing against the
    /// book.
    @inlinable public static var noHistory: DataQuality { DataQuality(rawValue: 1 << 10) }

    /// The market takes no orders.
    @inlinable public static var notTrading: DataQuality { .halted | .closed }
    /// The book is not one that an order could be filled on or a position marked at. A side may still be empty.
    @inlinable public static var unusableBook: DataQuality {
        .stale | .crossed | .badBook | .halted | .closed | .noBook
    }

    /// An array literal would be an array in debug builds.
    @inlinable static func | (a: DataQuality, b: DataQuality) -> DataQuality {
        DataQuality(rawValue: a.rawValue | b.rawValue)
    }

    @inlinable public var hasUsableBook: Bool { isDisjoint(with: .unusableBook) }
}
