/// Whose book a fill belongs to. Every strategy has a book of its own; what a human orders, and what nobody's order
/// explains, is in the account's.
@frozen public struct StrategyID: Hashable, Comparable, BitwiseCopyable, Sendable {
    /// Books of one account, the account's own among them.
    public static let capacity = 16
    public static let account = StrategyID(rawValue: 0)
    /// The default trading policy.
    public static let level = StrategyID(rawValue: 1)

    public var rawValue: UInt8

    /// - Precondition: less than `capacity`.
    @inlinable public init(rawValue: UInt8) {
        precondition(rawValue < Self.capacity, "an account has at most 16 books")
        self.rawValue = rawValue
    }

    /// The name in keys of the configuration and in the audit log.
    public var name: String {
        switch self {
        case .account: "manual"
        case .level: "level"
        default: "\(rawValue)"
        }
    }

    @inlinable public static func < (a: StrategyID, b: StrategyID) -> Bool { a.rawValue < b.rawValue }
}
