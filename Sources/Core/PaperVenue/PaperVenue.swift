import Determinism
import Orders
import Units

/// A simulated exchange for one contract: it fills orders against the recorded ten-level book, without moving it.
///
/// A fold over commands, market updates of its contract and clock ticks. No look-ahead: a command reaches it
/// `commandLatency` after it was sent and meets the book in force then; what happens is told `eventLatency` later.
///
/// Order of events, for a group at time t:
/// 1. commands that arrived before t, in the order sent, against the book before the group;
/// 2. the group's trades in their order: resting limit orders fill, stops trigger;
/// 3. the book becomes the group's; queue positions follow; limit orders that the new quotes cross fill;
/// 4. market orders that wait and triggered stops take from the new book, oldest first;
/// 5. commands that arrived exactly at t.
///
/// Rules. A market order walks the visible levels; what they cannot fill is cancelled. A limit order takes what it can
/// and queues behind what is displayed at its price; trades against that price eat the queue, cancels shrink it in
/// proportion, new orders go behind; it fills when the queue is eaten, when a trade goes through its price, or when
/// quotes cross it. A stop triggers on a trade at its price or beyond (on arrival: on the quote it would exit at), then
/// takes. Orders fill only on a usable book; on one that is not they wait. A halted or closed market, or none at all,
/// refuses new orders and accepts cancels.
public struct PaperVenue: Sendable {
    public let configuration: PaperVenueConfiguration

    public internal(set) var orders = TradingLimits.LiveOrders<VenueOrder>()
    var links = TradingLimits.LiveOrders<VenueLink>()
    var commands = TradingLimits.CommandsInFlight<CommandInFlight>()
    var events = TradingLimits.EventsInFlight<VenueEvent>()
    public internal(set) var book = VenueBook()
    /// The venue's time; never goes back.
    public internal(set) var clock = Timestamp(nanoseconds: 0)
    var sequence: UInt64 = 0
    /// What its fills have left open.
    public internal(set) var held = Quantity.zero
    /// An order is `done` and still in the table.
    var isSweepDue = false

    public init(_ configuration: PaperVenueConfiguration) { self.configuration = configuration }

    /// No order and no command under way: market updates mean nothing to it, and need no depth and no trades.
    public var isIdle: Bool { orders.isEmpty && commands.isEmpty }
    /// Events not yet told.
    public var hasEvents: Bool { !events.isEmpty }

    /// Takes a command that the gateway sends at `now`. `market` is the book in force, which an idle venue has not
    /// followed.
    public mutating func receive(_ command: VenueCommand, at now: Timestamp, market: MarketUpdate) {
        if isIdle { book.replace(by: market) }
        commands.push(CommandInFlight(arrival: max(now, clock) + configuration.commandLatency, command: command))
    }

    /// Takes an update of its contract. A few nanoseconds while idle.
    public mutating func apply(_ update: MarketUpdate) {
        if isIdle { return }
        arrive(before: update.time)
        clock = max(clock, update.time)
        trade(update)
        follow(update)
        takeAll()
        sweep()
        arrive(before: update.time + Nanoseconds(1))
    }

    /// Moves its time on without market data: commands that have arrived meet the book in force.
    public mutating func advance(to now: Timestamp) {
        if commands.isEmpty { return }
        arrive(before: now + Nanoseconds(1))
    }

    /// The oldest event that the gateway has at `now`, taken out.
    public mutating func nextEvent(until now: Timestamp) -> VenueEvent? {
        guard let first = events.first, first.deliveryTime <= now else { return nil }
        return events.pop()
    }

    // MARK: Commands

    private mutating func arrive(before time: Timestamp) {
        while let next = commands.first, next.arrival < time {
            _ = commands.pop()
            clock = max(clock, next.arrival)
            switch next.command.kind {
            case .submit: submit(next.command.order)
            case .cancel: cancel(next.command.order)
            case .queryOrder, .queryOrders, .queryPosition: answer(next.command)
            case .modify: break
            }
            sweep()
        }
    }

    private mutating func cancel(_ order: Order) {
        if let index = index(of: order.id) {
            end(index, .requested)
        } else {
            tell(.cancelRejected, .unknownOrder, order)
        }
    }

    private mutating func submit(_ order: Order) {
        if let reason = refusal(order) {
            tell(.rejected, reason, order)
            return
        }
        let leaves = open(order)
        tell(.accepted, .none, order, leaves: leaves)
        orders.append(
            VenueOrder(
                order: order, leaves: leaves, phase: order.type == .market ? .taking : .resting,
                ahead: VenueOrder.aheadUnknown))
        let index = orders.count - 1
        switch order.type {
        case .market: take(index)
        case .limit, .stopLimit, .trailingStop: enter(index)
        case .stop:
            guard book.quality.hasUsableBook, let quote = book.opposite(of: order.side, 0) else { return }
            if order.triggers(at: quote.price) {
                orders[index].phase = .taking
                take(index)
            }
        }
    }

    private func refusal(_ order: Order) -> VenueReason? {
        if order.quantity.contracts < 1 { return .malformed }
        if order.type != .market, order.price <= .zero { return .malformed }
        if order.type == .stopLimit || order.type == .trailingStop { return .malformed }
        if index(of: order.id) != nil { return .duplicateID }
        if orders.isFull { return .full }
        if book.quality.contains(.noBook) { return .noBook }
        if !book.quality.isDisjoint(with: .notTrading) { return .marketClosed }
        if order.link != .none, order.link != order.id, linkIndex(order.link) == nil { return .linkClosed }
        return nil
    }

    /// What the order may fill: linked orders share one quantity.
    private mutating func open(_ order: Order) -> Quantity {
        if order.link == .none { return order.quantity }
        if let link = linkIndex(order.link) { return min(order.quantity, links[link].remaining) }
        links.append(VenueLink(id: order.link, remaining: order.quantity))
        return order.quantity
    }

    /// A limit order fills what it can at its price or better and rests with the remainder.
    private mutating func enter(_ index: Int) {
        let order = orders[index].order
        if book.quality.hasUsableBook { walk(index, to: order.price, liquidity: .taker) }
        if orders[index].phase == .done { return }
        if order.timeInForce == .immediateOrCancel {
            end(index, .bookExhausted)
            return
        }
        orders[index].ahead = book.displayed(order.side, at: order.price) ?? VenueOrder.aheadUnknown
    }

    func index(of id: ClientOrderID) -> Int? {
        orders.indices.first { orders[$0].order.id == id && orders[$0].phase != .done }
    }

    func linkIndex(_ id: ClientOrderID) -> Int? { links.indices.first { links[$0].id == id } }
}

extension Order {
    /// Whether a stop triggers at a price.
    func triggers(at level: Ticks) -> Bool { side == .sell ? level <= price : level >= price }
}
