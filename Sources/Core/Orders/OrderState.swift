/// Where an order stands. Nothing but `filled`, `cancelled` and `rejected` is terminal: an order whose fate is unknown
/// is never taken for unfilled.
@frozen public enum OrderState: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    /// Sent, no answer yet.
    case pending = 1
    case working = 2
    case partiallyFilled = 3
    case filled = 4
    case cancelled = 5
    case rejected = 6
    /// The venue does not know it, or has not answered in time.
    case unknown = 7

    @inlinable public var isTerminal: Bool {
        switch self {
        case .filled, .cancelled, .rejected: true
        case .pending, .working, .partiallyFilled, .unknown: false
        }
    }
}

/// What can happen to an order.
@frozen public enum OrderTransition: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    case accept = 1
    case reject = 2
    case partialFill = 3
    case lastFill = 4
    case cancel = 5
    /// Contact lost: no answer in time, or an answer that makes no sense.
    case lose = 6
}

extension OrderState {
    /// The state after `transition`, or nil where that cannot happen.
    ///
    /// | from \ by       | accept  | reject   | partial fill    | last fill | cancel    | lose    |
    /// |-----------------|---------|----------|-----------------|-----------|-----------|---------|
    /// | pending         | working | rejected | partiallyFilled | filled    | cancelled | unknown |
    /// | working         | –       | –        | partiallyFilled | filled    | cancelled | unknown |
    /// | partiallyFilled | –       | –        | partiallyFilled | filled    | cancelled | unknown |
    /// | unknown         | working | rejected | partiallyFilled | filled    | cancelled | unknown |
    /// | terminal        | –       | –        | –               | –         | –         | –       |
    ///
    /// A pending order may be filled or cancelled without an acceptance: venues may send only the last word.
    @inlinable public func after(_ transition: OrderTransition) -> OrderState? {
        if isTerminal { return nil }
        switch transition {
        case .accept: return self == .pending || self == .unknown ? .working : nil
        case .reject: return self == .pending || self == .unknown ? .rejected : nil
        case .partialFill: return .partiallyFilled
        case .lastFill: return .filled
        case .cancel: return .cancelled
        case .lose: return .unknown
        }
    }
}
