import Orders

/// What can happen to the trading state of an account.
@frozen public enum StateEvent: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    /// Something wants the account to open nothing: an operator's pause, no valid mark, a silent gateway, a feed that
    /// is behind.
    case restrict = 1
    /// The last of those is gone.
    case release = 2
    case halt = 3
    /// An operator, a breached limit, or the execution gateway wants everything closed.
    case flatten = 4
    case provenFlat = 5
    case arm = 6
}

extension TradingState {
    /// The state after `event`, or nil where that changes nothing or cannot be.
    ///
    /// | from \ by  | restrict | release | halt   | flatten    | provenFlat | arm    |
    /// |------------|----------|---------|--------|------------|------------|--------|
    /// | ACTIVE     | REDUCING | –       | HALTED | FLATTENING | –          | –      |
    /// | REDUCING   | –        | ACTIVE  | HALTED | FLATTENING | –          | –      |
    /// | HALTED     | –        | –       | –      | FLATTENING | –          | ACTIVE |
    /// | FLATTENING | –        | –       | –      | –          | LOCKED     | –      |
    /// | LOCKED     | –        | –       | –      | FLATTENING | –          | ACTIVE |
    ///
    /// What restricts is remembered in HALTED, FLATTENING and LOCKED: after the arm the account goes on to REDUCING.
    public func after(_ event: StateEvent) -> TradingState? {
        switch (self, event) {
        case (.active, .restrict): .reducing
        case (.reducing, .release): .active
        case (.active, .halt), (.reducing, .halt): .halted
        case (.active, .flatten), (.reducing, .flatten), (.halted, .flatten), (.locked, .flatten): .flattening
        case (.flattening, .provenFlat): .locked
        case (.halted, .arm), (.locked, .arm): .active
        default: nil
        }
    }
}

/// What keeps an account REDUCING. It is ACTIVE again when all of them are gone.
@frozen public struct Restrictions: OptionSet, Hashable, BitwiseCopyable, Sendable, CustomStringConvertible {
    public var rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// An operator paused it.
    public static var paused: Restrictions { Restrictions(rawValue: 1 << 0) }
    /// A position has no valid mark.
    public static var mark: Restrictions { Restrictions(rawValue: 1 << 1) }
    /// The other gateway says nothing any more.
    public static var peer: Restrictions { Restrictions(rawValue: 1 << 2) }
    /// The feed is behind the present.
    public static var feed: Restrictions { Restrictions(rawValue: 1 << 3) }
    /// Another contract leads, and the one before it is still held or worked.
    public static var contract: Restrictions { Restrictions(rawValue: 1 << 4) }
    /// The programme wants the account flat until the session ends.
    public static var programme: Restrictions { Restrictions(rawValue: 1 << 5) }

    public var description: String {
        let named: [(Restrictions, String)] = [
            (.paused, "paused"), (.mark, "no valid mark of a position"), (.peer, "the other gateway is silent"),
            (.feed, "the feed is behind the present"), (.contract, "a contract is held that does not lead any more"),
            (.programme, "the programme wants the account flat until the session ends"),
        ]
        return named.filter { contains($0.0) }.map(\.1).joined(separator: ", ")
    }

    /// The reason of REDUCING with which it is told.
    var reason: StateReason {
        if contains(.paused) { return .operatorRequest }
        if contains(.mark) { return .noValidMark }
        if contains(.contract) { return .contractRolls }
        if contains(.programme) { return .flatByTime }
        return contains(.peer) ? .peerSilent : .warming
    }
}
