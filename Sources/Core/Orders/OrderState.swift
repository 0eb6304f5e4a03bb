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

/// What can happen to an order. A cancel or a change that is under way is no state: the order fills as before until
/// the venue has answered.
@frozen public enum OrderTransition: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    case accept = 1
    case reject = 2
    case partialFill = 3
    case lastFill = 4
    case cancel = 5
    /// Contact lost: no answer in time, or an answer that makes no sense.
    case lose = 6
    /// The venue, asked, says that it is live and nothing of it has filled.
    case findWorking = 7
    /// The venue, asked, says that it is live and a part of it has filled.
    case findPartlyFilled = 8
    /// A linked order filled: this one may fill less.
    case reduce = 9
    /// Its quantity or price was changed.
    case modify = 10
    /// A stop's price was reached.
    case trigger = 11
    /// A fill after the end: it counts, and the order stays ended.
    case lateFill = 12
    /// The venue has no live order of this name to cancel: right after an end, an open question before.
    case refuseCancel = 13
}

extension OrderState {
    /// The state after `transition`, or nil where that cannot happen. This is the one table; docs/orders.md draws it.
    ///
    /// A pending order may be filled or cancelled without an acceptance: venues may send only the last word. An order
    /// that is unknown becomes known again by any word about it.
    public func after(_ transition: OrderTransition) -> OrderState? {
        switch (self, transition) {
        case (.pending, .accept), (.unknown, .accept): .working
        case (.pending, .reject), (.unknown, .reject): .rejected
        case (.pending, .findWorking), (.working, .findWorking), (.unknown, .findWorking): .working

        case (.pending, .partialFill), (.working, .partialFill), (.partiallyFilled, .partialFill),
            (.unknown, .partialFill):
            .partiallyFilled
        case (.pending, .findPartlyFilled), (.working, .findPartlyFilled), (.partiallyFilled, .findPartlyFilled),
            (.unknown, .findPartlyFilled):
            .partiallyFilled
        case (.pending, .lastFill), (.working, .lastFill), (.partiallyFilled, .lastFill), (.unknown, .lastFill):
            .filled
        case (.pending, .cancel), (.working, .cancel), (.partiallyFilled, .cancel), (.unknown, .cancel): .cancelled

        case (.pending, .lose), (.working, .lose), (.partiallyFilled, .lose), (.unknown, .lose): .unknown
        case (.pending, .refuseCancel), (.working, .refuseCancel), (.partiallyFilled, .refuseCancel),
            (.unknown, .refuseCancel):
            .unknown

        case (.pending, .reduce), (.working, .reduce), (.partiallyFilled, .reduce), (.unknown, .reduce): self
        case (.working, .modify), (.partiallyFilled, .modify), (.unknown, .modify): self
        case (.working, .trigger), (.partiallyFilled, .trigger), (.unknown, .trigger): self

        case (.filled, .lateFill), (.cancelled, .lateFill), (.rejected, .lateFill): self
        case (.filled, .refuseCancel), (.cancelled, .refuseCancel), (.rejected, .refuseCancel): self

        default: nil
        }
    }
}
