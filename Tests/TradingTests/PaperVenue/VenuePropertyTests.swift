import CHeapCount
import Determinism
@testable import Orders
import PaperVenue
import Testing
import Units

/// A venue under a random market and random commands of every kind.
private struct VenueStorm {
    var venue: PaperVenue
    let market = TestMarket()
    var random: SeededGenerator
    var nanos: UInt64 = 0
    var mid: Int64 = 20_000
    var count: UInt64 = 0
    var submitted: [Order] = []
    var events: [VenueEvent] = []
    /// Reduce-only orders taken so far.
    var reduceOnly: Set<ClientOrderID> = []
    var position: Int64 = 0

    static func configuration(_ seed: UInt64) -> PaperVenueConfiguration {
        var configuration = PaperVenueConfiguration(terms: Script.terms)
        let kind = QueueModelKind.allCases[Int(seed) % QueueModelKind.allCases.count]
        configuration.queue = QueueModel(kind, exponent: 1 + Double(seed % 3), weight: 1 + Double(seed % 4))
        configuration.commandWay = LatencyModel(measured: (1...40).map { .milliseconds($0 * $0 % 37) })
        configuration.eventWay = LatencyModel(measured: (1...40).map { .milliseconds($0 * $0 % 11) })
        configuration.seed = seed
        return configuration
    }

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        venue = PaperVenue(Self.configuration(seed))
        begin(0)
    }

    var now: Timestamp { Timestamp(nanoseconds: Script.base + nanos) }

    private mutating func begin(_ number: UInt64) {
        let open = Timestamp(nanoseconds: Script.base + number * 20_000_000_000)
        let close = open + .seconds(18)
        venue.begin(
            TradingDay(
                tradeDate: Int32(number), sessionOpen: open, sessionClose: close, entryOpen: open, entryClose: close,
                flatBy: close))
    }

    mutating func step() {
        let before = nanos / 20_000_000_000
        nanos += random.below(60_000_000) + 1
        if nanos / 20_000_000_000 != before { begin(nanos / 20_000_000_000) }
        if random.below(4) == 0 { mid += Int64(random.below(3)) - 1 }
        if random.below(8) == 0 { venue.advance(to: now) } else { move() }
        if random.below(2) == 0 { submit() }
        if !submitted.isEmpty, random.below(3) == 0 { bother() }
        switch random.below(200) {
        case 0: venue.closeSession()
        case 1, 2, 3: venue.openSession()
        case 4: venue.hold(count / 40)
        default: break
        }
        while let event = venue.nextEvent(until: now) { take(event) }
    }

    private mutating func move() {
        func levels(_ side: Int64) -> [BookLevel] {
            (1...4 as ClosedRange<Int64>).map {
                let size = UInt32(random.below(12)) + 1
                return BookLevel(
                    price: Ticks(mid + side * $0), size: size, count: UInt32(random.below(UInt64(size))) + 1)
            }
        }
        market.setBook(bids: levels(-1), asks: levels(1))
        market.quality = random.below(40) == 0 ? .crossed : (random.below(80) == 0 ? .halted : [])
        market.setTrades((0..<random.below(3)).map { _ in
            let sign: Int8 = random.below(2) == 0 ? 1 : -1
            return MarketTrade(price: Ticks(mid + Int64(sign)), size: UInt32(random.below(8)) + 1, aggressor: sign)
        })
        market.time = now
        venue.apply(market.update)
        market.setTrades([])
    }

    private mutating func submit() {
        count += 1
        let side: Side = random.below(2) == 0 ? .buy : .sell
        let type = OrderType.allCases[Int(random.below(5))]
        let away = Ticks(side.sign * (Int64(random.below(5)) - 1))
        let id = ClientOrderID(epoch: 1, issuer: .execution, count: count)
        var order = Order(
            id: id, parent: id, link: .none, role: .entry, side: side,
            quantity: Quantity(Int64(random.below(6)) + 1), type: type,
            price: type == .market ? .zero : Ticks(mid) + (type == .limit ? -away : away),
            timeInForce: TimeInForce.allCases[Int(random.below(4))])
        if type == .stopLimit { order.limit = order.price + Ticks(Int64(random.below(3)) - 1) }
        if type == .trailingStop { order.trail = Ticks(Int64(random.below(3)) + 1) }
        order.isReduceOnly = random.below(3) == 0
        if random.below(4) == 0, let last = submitted.last { order.link = last.link == .none ? id : last.link }
        if order.isReduceOnly { reduceOnly.insert(id) }
        submitted.append(order)
        send(.submit, order)
    }

    private mutating func bother() {
        var order = submitted[submitted.count - 1 - Int(random.below(UInt64(min(12, submitted.count))))]
        switch random.below(8) {
        case 0, 1: send(.cancel, order)
        case 2: send(.queryOrder, order)
        case 3: send(.queryOrders, .blank)
        case 4: send(.queryPosition, .blank)
        default:
            order.quantity = Quantity(Int64(random.below(7)) + 1)
            if order.price > .zero { order.price += Ticks(Int64(random.below(3)) - 1) }
            send(.modify, order)
        }
    }

    private mutating func send(_ kind: VenueCommandKind, _ order: Order) {
        let command = VenueCommand(
            kind, order, query: count, epoch: count / 40, isDirect: random.below(9) == 0)
        venue.receive(command, at: now, market: market.update)
    }

    private mutating func take(_ event: VenueEvent) {
        events.append(event)
        guard event.kind == .filled else { return }
        let change = event.side.sign * event.quantity.contracts
        if reduceOnly.contains(event.order) {
            #expect(position.signum() == -change.signum())
            #expect(abs(change) <= abs(position))
        }
        position += change
    }
}

@Suite struct VenuePropertyTests {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `whatever is asked of it, the venue's books are right`(seed: UInt64) {
        var storm = VenueStorm(seed: seed)
        for _ in 0..<1_500 { storm.step() }
        let kinds = Set(storm.events.map(\.kind))
        #expect(kinds == Set(VenueEventKind.allCases), "seed \(seed): every kind of event happens")
        var filled: [ClientOrderID: Int64] = [:], over: Set<ClientOrderID> = []
        var sequence: UInt64 = 0, delivery = Timestamp(nanoseconds: 0), time = Timestamp(nanoseconds: 0)
        for event in storm.events {
            #expect(event.sequence == sequence + 1, "seed \(seed)")
            #expect(event.deliveryTime >= delivery && event.time >= time, "seed \(seed)")
            (sequence, delivery, time) = (event.sequence, event.deliveryTime, event.time)
            check(event, &filled, &over, seed)
        }
        let sum = storm.events.filter { $0.kind == .filled }.map { $0.side.sign * $0.quantity.contracts }
        #expect(sum.reduce(0, +) == storm.position, "seed \(seed)")
        let undelivered = storm.venue.account.quantity.contracts - storm.position
        #expect(undelivered == 0 || storm.venue.hasEvents, "seed \(seed)")
        storm.venue.account.checkInvariants()
    }

    private func check(
        _ event: VenueEvent, _ filled: inout [ClientOrderID: Int64], _ over: inout Set<ClientOrderID>, _ seed: UInt64
    ) {
        switch event.kind {
        case .filled:
            #expect(!over.contains(event.order), "seed \(seed): nothing fills after its end")
            filled[event.order, default: 0] += event.quantity.contracts
            if event.leaves == .zero { over.insert(event.order) }
        case .cancelled:
            #expect(over.insert(event.order).inserted, "seed \(seed): an order ends once")
        case .orderStatus where event.state != .unknown:
            #expect(event.filled.contracts == filled[event.order, default: 0], "seed \(seed)")
            #expect(event.state.isTerminal == (over.contains(event.order) || event.state == .rejected), "seed \(seed)")
        case .positionStatus, .orderStatus, .queryEnd, .accepted, .rejected, .reduced, .cancelRejected, .modified,
            .modifyRejected, .triggered:
            break
        }
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func `a venue that is saved and loaded at random goes on as if nothing had been`(seed: UInt64) throws {
        func run(reloads: Bool) throws -> [VenueEvent] {
            var storm = VenueStorm(seed: seed), pauses = SeededGenerator(seed: seed + 1_000)
            for _ in 0..<600 {
                storm.step()
                guard reloads, pauses.below(5) == 0 else { continue }
                storm.venue = try reloaded(storm.venue, into: PaperVenue(VenueStorm.configuration(seed)))
            }
            return storm.events
        }
        let plain = try run(reloads: false)
        #expect(plain.count > 200)
        #expect(try run(reloads: true) == plain, "seed \(seed)")
    }

    @Test(.enabled(if: lh_heap_count_enabled() != 0, "heap calls are not counted under a sanitizer"))
    func `a venue allocates nothing while every kind of order works`() {
        var scenario = VenueScenario {
            $0.queue = QueueModel(.orders)
            $0.commandWay = LatencyModel(measured: [.milliseconds(1), .milliseconds(2)])
        }
        _ = scenario.play("1.000 book 5000.00x10/4 | 5000.25x10/3")
        _ = scenario.play("1.001 submit a buy 2 limit 5000.00")
        _ = scenario.play("1.001 submit b buy 2 stop 5009.00 day")
        _ = scenario.play("1.001 submit c buy 2 trailing 0.00 trail 1.00")
        _ = scenario.play("1.004 trade sell 1 @ 5000.00 => 5000.00x8/3 | 5000.25x10/3")
        var venue = scenario.venue
        // The first use copies what the scenario goes on holding, and makes the metadata of generic types.
        venue.receive(VenueCommand(.queryOrders, .blank), at: Script.time("1.5"), market: scenario.market.update)
        venue.advance(to: Script.time("1.6"))
        while venue.nextEvent(until: Script.time("1.7")) != nil {}
        venue.apply(scenario.market.update)
        var calls: UInt64 = 0
        for i in 0..<1_000 as Range<Int64> {
            scenario.market.time = Script.time("2") + .milliseconds(i)
            let update = scenario.market.update
            let query = VenueCommand(.queryPosition, .blank, query: UInt64(i))
            let before = lh_heap_calls()
            venue.receive(query, at: update.time, market: update)
            venue.apply(update)
            while venue.nextEvent(until: update.time) != nil {}
            calls += lh_heap_calls() - before
        }
        #expect(calls == 0)
        #expect(venue.orders.count == 3)
    }
}
