import Determinism
import Orders
import Units

/// The accounts of one owner at the simulated exchange: one, or two that know nothing of each other. Both see the same
/// market, and neither's orders meet the other's.
public struct PaperAccounts: Sendable {
    public private(set) var first: PaperVenue
    /// Nil where there is one account.
    public private(set) var second: PaperVenue?
    public let areTwo: Bool

    public init(_ configuration: PaperVenueConfiguration, areTwo: Bool) {
        first = PaperVenue(configuration)
        self.areTwo = areTwo
        guard areTwo else { return }
        var configuration = configuration
        configuration.account = .second
        // A way of its own: what is drawn for one account says nothing of the other.
        configuration.seed = configuration.seed &+ 0x9E37_79B9_7F4A_7C15
        second = PaperVenue(configuration)
    }

    /// No order and no command under way in any account.
    public var isIdle: Bool {
        if !first.isIdle { return false }
        return areTwo ? second?.isIdle ?? true : true
    }

    /// The same, asked at every group: a call that borrows all of it copies it.
    public var isIdleNow: Bool {
        mutating get {
            if !first.isIdle { return false }
            return areTwo ? second?.isIdle ?? true : true
        }
    }

    /// The same, and nothing is held in any account.
    public var isAtRest: Bool { isIdle && first.account.isFlat && second?.account.isFlat ?? true }

    /// Events not yet told.
    public var hasEvents: Bool {
        if first.hasEvents { return true }
        return areTwo ? second?.hasEvents ?? false : false
    }

    public var hasEventsNow: Bool {
        mutating get {
            if first.hasEvents { return true }
            return areTwo ? second?.hasEvents ?? false : false
        }
    }

    /// Net contracts of all accounts.
    public var held: Quantity { first.account.quantity + (second?.account.quantity ?? .zero) }
    /// Answers and refusals of all accounts that found no room.
    public var dropped: UInt64 { first.dropped + (second?.dropped ?? 0) }
    /// Live orders of all accounts.
    public var orderCount: Int { first.orders.count + (second?.orders.count ?? 0) }

    // MARK: Inputs

    /// Takes a command for the account that it names; what is for none is not taken.
    public mutating func receive(_ command: VenueCommand, at now: Timestamp, market: MarketUpdate) {
        switch command.account {
        case .first: first.receive(command, at: now, market: market)
        case .second: second?.receive(command, at: now, market: market)
        }
    }

    public mutating func apply(_ update: MarketUpdate) {
        first.apply(update)
        if areTwo { second?.apply(update) }
    }

    public mutating func advance(to now: Timestamp) {
        first.advance(to: now)
        if areTwo { second?.advance(to: now) }
    }

    public mutating func begin(_ day: TradingDay) {
        first.begin(day)
        if areTwo { second?.begin(day) }
    }

    public mutating func hold(_ epoch: UInt64) {
        first.hold(epoch)
        second?.hold(epoch)
    }

    public mutating func closeSession() {
        first.closeSession()
        second?.closeSession()
    }

    public mutating func openSession() {
        first.openSession()
        second?.openSession()
    }

    /// The oldest event that the gateway has at `now`, taken out; of two at once, the first account's.
    public mutating func nextEvent(until now: Timestamp) -> VenueEvent? {
        guard areTwo, let other = second?.nextDelivery else { return first.nextEvent(until: now) }
        if let own = first.nextDelivery, own <= other { return first.nextEvent(until: now) }
        return second?.nextEvent(until: now)
    }
}

extension PaperVenue {
    /// When the oldest event that was not told is there.
    var nextDelivery: Timestamp? { events.first?.deliveryTime }
}

extension PaperAccounts: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try first.persist(&archive)
        guard var other = second else { return }
        second = nil
        try other.persist(&archive)
        second = other
    }
}
