/// What is wrong with the data behind a value, a book or a decision. Empty is good.
@frozen public struct DataQuality: OptionSet, Hashable, BitwiseCopyable, Sendable {
    public var rawValue: UInt16

    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Records are known to be missing and the state behind the value has not been rebuilt since.
    public static let gap = DataQuality(rawValue: 1 << 0)
    /// Too old to be trusted.
    public static let stale = DataQuality(rawValue: 1 << 1)
    /// Delivered by a replay after a break instead of live.
    public static let replayed = DataQuality(rawValue: 1 << 2)
    /// The best bid is above the best ask.
    public static let crossed = DataQuality(rawValue: 1 << 3)
    /// One side of the book is empty.
    public static let oneSided = DataQuality(rawValue: 1 << 4)
    /// The publisher marked the book as possibly wrong.
    public static let badBook = DataQuality(rawValue: 1 << 5)
    /// Trading is halted or paused.
    public static let halted = DataQuality(rawValue: 1 << 6)
    /// The market is not open.
    public static let closed = DataQuality(rawValue: 1 << 7)
    /// Estimators have not seen enough yet.
    public static let warming = DataQuality(rawValue: 1 << 8)
    /// There is no book.
    public static let noBook = DataQuality(rawValue: 1 << 9)
    /// Baselines of earlier sessions are missing. Says nothing against the book.
    public static let noHistory = DataQuality(rawValue: 1 << 10)

    /// The market takes no orders.
    public static let notTrading: DataQuality = [.halted, .closed]
    /// The book is not one that an order could be filled on or a position marked at. A side may still be empty.
    public static let unusableBook: DataQuality = [.stale, .crossed, .badBook, .halted, .closed, .noBook]
    /// A strategy may not open a position on it.
    public static let refusedToStrategies: DataQuality = [
        .gap, .stale, .crossed, .oneSided, .badBook, .halted, .closed, .warming, .noBook,
    ]

    @inlinable public var hasUsableBook: Bool { isDisjoint(with: .unusableBook) }
}
