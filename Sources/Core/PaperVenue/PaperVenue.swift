import Determinism
import Orders
import Units

/// A simulated exchange for one contract: it fills orders against the recorded ten-level book, without moving it.
///
/// A fold over commands, market updates of its contract, sessions and clock ticks. No look-ahead: a command reaches it
/// a command's way after it was sent and meets the book in force then; what happens is told an event's way later.
///
/// Order of events, for a group at time t:
/// 1. commands that arrived before t, in the order sent, against the book before the group; when t is past the
///    session's close, DAY orders end at the close;
/// 2. the group's trades in their order: resting limit orders fill, stops trigger;
/// 3. the book becomes the group's; queue positions follow; limit orders that the new quotes cross fill; trailing stops
///    follow the quote;
/// 4. market orders that wait and triggered stops take from the new book, oldest first;
/// 5. commands that arrived exactly at t.
///
/// Rules. A market order walks the visible levels; what they cannot fill is cancelled. A limit order takes what it can
/// and queues behind what is displayed at its price; trades against that price eat the queue, what leaves without a
/// trade shrinks it as the queue model says, new orders go behind; it fills when the queue is eaten, when a trade goes
/// through its price, or when quotes cross it. A stop triggers on a trade at its price or beyond (on arrival: on the
/// quote it would exit at), then takes; a stop-limit order takes up to its limit and rests there. A trailing stop
/// follows the best quote of the side that it would take from, at its distance, and never goes back. Orders fill only
/// on a usable book; on one that is not they wait, or end if they may not. A halted or closed market, or none at all,
/// refuses new orders and modifications and accepts cancels. Our own orders at one price fill in the order in which
/// they came to it.
///
/// It keeps an account of its own by its fills and answers queries from it.
public struct PaperVenue: Sendable {
    public let configuration: PaperVenueConfiguration

    public internal(set) var orders = TradingLimits.LiveOrders<VenueOrder>()
    public internal(set) var ended = EndedOrders()
    var links = TradingLimits.LiveOrders<VenueLink>()
    var commands = TradingLimits.CommandsInFlight<CommandInFlight>()
    var events = TradingLimits.EventsInFlight<VenueEvent>()
    public internal(set) var book = VenueBook()
    /// What its fills come to.
    public internal(set) var account = Position()
    public internal(set) var day = TradingDay.none
    /// Commands that could open something are refused when they are of an older epoch.
    public internal(set) var heldEpoch: UInt64 = 0
    /// Nothing is taken from the gateway until its session is opened again.
    public internal(set) var isSessionClosed = false
    /// The venue's time; never goes back.
    public internal(set) var clock = Timestamp(nanoseconds: 0)
    /// Commands, and answers to them, that found no room.
    public internal(set) var dropped: UInt64 = 0
    var sequence: UInt64 = 0
    var commandLine: LatencyLine
    var eventLine: LatencyLine
    /// An order is `done` and still in the table.
    var isSweepDue = false

    public init(_ configuration: PaperVenueConfiguration) {
        self.configuration = configuration
        commandLine = LatencyLine(seed: configuration.seed)
        eventLine = LatencyLine(seed: ~configuration.seed)
    }

    /// No order and no command under way: market updates mean nothing to it, and need no depth and no trades.
    public var isIdle: Bool { orders.isEmpty && commands.isEmpty }
    /// Events not yet told.
    public var hasEvents: Bool { !events.isEmpty }

    // MARK: Inputs

    /// Takes a command that is sent at `now`. `market` is the book in force, which an idle venue has not followed.
    public mutating func receive(_ command: VenueCommand, at now: Timestamp, market: MarketUpdate) {
        if isIdle { book.show(market, at: max(now, clock)) }
        guard hasRoom(for: command, at: now) else { return }
        let arrival = commandLine.arrival(ofSent: max(now, clock), configuration.commandWay)
        commands.push(CommandInFlight(arrival: arrival, command: command))
    }

    /// Takes an update of its contract. A few nanoseconds while idle.
    public mutating func apply(_ update: MarketUpdate) {
        if isIdle { return }
        endSession(by: update.time)
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
        if isIdle { return }
        endSession(by: now)
        arrive(before: now + Nanoseconds(1))
    }

    /// A session begins: DAY orders of the one before it end at its close, if they have not yet.
    public mutating func begin(_ day: TradingDay) {
        if day.tradeDate != self.day.tradeDate, self.day.sessionClose.isDefined { endSession(by: .undefined) }
        self.day = day
    }

    /// From now on nothing of an epoch before this one opens anything. Holds to the newest it was told.
    public mutating func hold(_ epoch: UInt64) { heldEpoch = max(heldEpoch, epoch) }

    /// Takes nothing but cancels and queries from the gateway any more: somebody else closes its positions. Direct
    /// commands are taken.
    public mutating func closeSession() { isSessionClosed = true }

    public mutating func openSession() { isSessionClosed = false }

    /// The oldest event that the gateway has at `now`, taken out.
    public mutating func nextEvent(until now: Timestamp) -> VenueEvent? {
        guard let first = events.first, first.deliveryTime <= now else { return nil }
        return events.pop()
    }

    /// Ends DAY orders when the session's close lies between the venue's time and `time`.
    private mutating func endSession(by time: Timestamp) {
        guard day.sessionClose.isDefined, clock < day.sessionClose, time >= day.sessionClose else { return }
        arrive(before: day.sessionClose)
        clock = max(clock, day.sessionClose)
        for i in orders.indices where orders[i].phase != .done && orders[i].order.timeInForce == .day {
            end(i, .sessionEnded)
        }
        sweep()
    }

    func index(of id: ClientOrderID) -> Int? {
        for i in orders.indices where orders[i].order.id == id && orders[i].phase != .done { return i }
        return nil
    }

    func linkIndex(_ id: ClientOrderID) -> Int? {
        for i in links.indices where links[i].id == id { return i }
        return nil
    }
}
