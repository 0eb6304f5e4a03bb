import Determinism
import Orders
import Units

/// An order that is not terminal, or, among the ended ones, how it ended.
@frozen public struct LiveOrder: Hashable, BitwiseCopyable, Sendable {
    public var order: Order
    public var state: OrderState
    /// What may still fill.
    public var leaves: Quantity
    /// What has filled, as told fill by fill.
    public var filled: Quantity
    public var isCancelSent: Bool
    public var isModifySent: Bool
    /// A stop whose price was reached.
    public var isTriggered: Bool
    /// What the order will be once the venue has taken a change that was sent.
    public var wantedQuantity: Quantity
    public var wantedPrice, wantedLimit, wantedTrail: Ticks
    /// The last query before that change was sent: only answers to later ones tell whether the venue has it.
    var changeQuery: UInt64
    /// It has been reduced since that change was sent, before or behind it: what the change leaves it has to be asked.
    var isChangeCrossed: Bool
    /// Of an opening order: what its fills are protected with.
    public var stopDistance: Ticks
    public var targetDistance: Ticks
    public var timeStop: Nanoseconds
    /// Message time by which the venue must have said something about it; undefined when nothing is awaited.
    var answerBy: Timestamp
    /// Questions asked in a row without an answer, answers in a row that the venue has never heard of it, and answers
    /// in a row that more has filled than was told.
    var silences, denials, differences: UInt8
    /// The venue has listed it in the read under way, or it was sent after that.
    var isListed: Bool
    /// Of a stop where books net: message time by which the venue must acknowledge it; undefined once it has.
    var acknowledgeBy: Timestamp

    init(_ order: Order, stopDistance: Ticks = .zero, targetDistance: Ticks = .zero, timeStop: Nanoseconds = .zero) {
        self.order = order
        state = .pending
        leaves = order.quantity
        filled = .zero
        isCancelSent = false
        isModifySent = false
        isTriggered = false
        wantedQuantity = .zero
        wantedPrice = .zero
        wantedLimit = .zero
        wantedTrail = .zero
        changeQuery = 0
        isChangeCrossed = false
        self.stopDistance = stopDistance
        self.targetDistance = targetDistance
        self.timeStop = timeStop
        answerBy = .undefined
        silences = 0
        denials = 0
        differences = 0
        isListed = true
        acknowledgeBy = .undefined
    }

    var working: WorkingOrder {
        WorkingOrder(id: order.id, link: order.link, side: order.side, role: order.role, leaves: leaves)
    }

    /// The order as a change that was sent wants it.
    var wanted: Order {
        var changed = order
        changed.quantity = wantedQuantity
        changed.price = wantedPrice
        changed.limit = wantedLimit
        changed.trail = wantedTrail
        return changed
    }

    /// The price that the venue names when it is asked, as far as is known here.
    public var shownPrice: Ticks { order.shownPrice(isTriggered: isTriggered) }

    /// What a change that was sent, and is not answered, may add to what may fill.
    var added: Quantity { isModifySent ? max(.zero, wantedQuantity - order.quantity) : .zero }

    /// It opens, and an order linked with it has filled some of the contracts that it was for.
    var isShared: Bool { order.role == .entry && order.link != .none && filled < order.quantity }

    /// Whether the venue, which says how the order stands, has taken the change that was sent. A change is taken whole:
    /// a quantity that differs tells, else a price.
    func hasTaken(_ event: VenueEvent) -> Bool {
        if wantedQuantity != order.quantity { return event.quantity == wantedQuantity }
        let price = wanted.shownPrice(isTriggered: isTriggered)
        return order.type != .trailingStop && price != order.shownPrice(isTriggered: isTriggered)
            && event.price == price
    }

    /// An answer to something that was sent is awaited.
    var isAwaited: Bool { state == .pending || state == .unknown || isCancelSent || isModifySent }

    /// It may stay at the venue, and nothing said of it for any time is as it should be.
    var mayRest: Bool {
        if order.timeInForce == .immediateOrCancel || order.timeInForce == .fillOrKill { return false }
        switch order.type {
        case .market: return false
        case .limit, .stopLimit: return true
        case .stop, .trailingStop: return !isTriggered
        }
    }

    /// The venue has spoken of it.
    mutating func hear() {
        silences = 0
        denials = 0
        differences = 0
    }
}

extension LiveOrder: BoundedElement {
    public static var blank: LiveOrder { LiveOrder(.blank) }

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try order.persist(&archive)
        try archive.code(&state)
        try archive.field(&leaves)
        try archive.field(&filled)
        try archive.field(&isCancelSent)
        try archive.field(&isModifySent)
        try archive.field(&isTriggered)
        try archive.field(&wantedQuantity)
        try archive.field(&wantedPrice)
        try archive.field(&wantedLimit)
        try archive.field(&wantedTrail)
        try archive.field(&changeQuery)
        try archive.field(&isChangeCrossed)
        try archive.field(&stopDistance)
        try archive.field(&targetDistance)
        try archive.field(&timeStop)
        try archive.field(&answerBy)
        try archive.field(&silences)
        try archive.field(&denials)
        try archive.field(&differences)
        try archive.field(&isListed)
        try archive.field(&acknowledgeBy)
    }
}

extension Order {
    /// The price that a venue names when it is asked: where the order works, or waits for its trigger.
    func shownPrice(isTriggered: Bool) -> Ticks { type == .stopLimit && isTriggered ? limit : price }
}
