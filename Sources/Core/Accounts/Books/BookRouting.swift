import Orders
import Units

/// A set of strategies.
@frozen public struct StrategySet: Hashable, BitwiseCopyable, Sendable {
    public static let none = StrategySet(bits: 0)
    public static let all = StrategySet(bits: .max)

    /// Bit n stands for the strategy n.
    public var bits: UInt16

    public init(bits: UInt16) { self.bits = bits }

    public init(_ strategies: StrategyID...) {
        bits = 0
        for strategy in strategies { bits |= 1 << UInt16(strategy.rawValue) }
    }

    public func contains(_ strategy: StrategyID) -> Bool { bits >> UInt16(strategy.rawValue) & 1 == 1 }
}

/// Which account at the venue holds what the books hold.
@frozen public enum BookRouting: Hashable, BitwiseCopyable, Sendable {
    /// One account, in which long and short books net.
    case netting
    /// Two accounts: the first holds the long positions of the strategies in `long`, the second the short positions of
    /// those in `short`. A strategy may be in both. Nothing nets.
    case twoAccounts(long: StrategySet, short: StrategySet)

    /// Where a strategy's position on a side is held, and so where orders that open or close it go: a buy opens and a
    /// sell closes what is long. Nil when the strategy may not hold that side.
    public func account(of strategy: StrategyID, holding side: Side) -> VenueAccount? {
        switch self {
        case .netting: .first
        case .twoAccounts(let long, let short):
            switch side {
            case .buy: long.contains(strategy) ? .first : nil
            case .sell: short.contains(strategy) ? .second : nil
            }
        }
    }

    /// What an account at the venue must hold, by the books.
    public func quantity(in venueAccount: VenueAccount, _ books: borrowing AccountBooks) -> Quantity {
        switch self {
        case .netting: return venueAccount == .first ? books.account.quantity : .zero
        case .twoAccounts:
            var total: Int64 = 0
            let sign: Int64 = venueAccount == .first ? 1 : -1
            books.forEachBook { _, book in total += max(0, sign * book.quantity.contracts) }
            return Quantity(sign * total)
        }
    }
}
