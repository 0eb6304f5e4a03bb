import Determinism
import Orders
import PaperVenue
import Testing
import Units

/// Two accounts at the simulated exchange: each has its own orders, position and stream.
@Suite struct PaperAccountTests {
    private static func venue(_ areTwo: Bool = true) -> PaperAccounts {
        PaperAccounts(PaperVenueConfiguration(terms: Script.terms), areTwo: areTwo)
    }

    private static func market(_ time: String) -> TestMarket {
        let market = TestMarket()
        market.quality = []
        market.setBook("5000.00x10 | 5000.25x10")
        market.time = Script.time(time)
        return market
    }

    private static func command(
        _ kind: VenueCommandKind, _ account: VenueAccount, _ side: Side = .buy, _ quantity: Int64 = 1, count: UInt64 = 1
    ) -> VenueCommand {
        var order = Order(
            id: ClientOrderID(epoch: 1, issuer: .manual, count: count), parent: .none, link: .none, role: .entry,
            side: side, quantity: Quantity(quantity), type: .market, price: .zero, timeInForce: .immediateOrCancel)
        order.account = account
        return VenueCommand(kind, order, query: 1)
    }

    private static func told(_ venue: inout PaperAccounts) -> [VenueEvent] {
        var events: [VenueEvent] = []
        while let event = venue.nextEvent(until: Script.time("100")) { events.append(event) }
        return events
    }

    @Test func `what finds no room is counted, of both accounts together`() {
        var venue = Self.venue()
        let market = Self.market("1")
        var before: UInt64 = 0
        for account in VenueAccount.allCases {
            for count in 1...10_000 {
                venue.receive(
                    Self.command(.queryPosition, account, count: UInt64(count)), at: market.time, market: market.update)
            }
            #expect(venue.dropped > before + 1_000)
            before = venue.dropped
        }
    }

    @Test func `each account fills and answers for itself`() {
        var venue = Self.venue()
        let market = Self.market("1")
        venue.receive(Self.command(.submit, .first, .buy, 2), at: market.time, market: market.update)
        venue.receive(Self.command(.submit, .second, .sell, 3, count: 2), at: market.time, market: market.update)
        for account in VenueAccount.allCases {
            venue.receive(Self.command(.queryPosition, account), at: market.time, market: market.update)
        }
        venue.advance(to: Script.time("2"))
        let events = Self.told(&venue)
        for account in VenueAccount.allCases {
            let own = events.filter { $0.account == account }
            #expect(own.map(\.kind) == [.accepted, .filled, .positionStatus])
            #expect(own.map(\.sequence) == [1, 2, 3])
            #expect(own.last?.quantity == Quantity(account == .first ? 2 : -3))
        }
        #expect(venue.first.account.quantity == Quantity(2))
        #expect(venue.second?.account.quantity == Quantity(-3))
    }

    @Test func `a second account is known only where there is one`() {
        var venue = Self.venue(false)
        let market = Self.market("1")
        #expect(venue.second == nil)
        venue.receive(Self.command(.submit, .second), at: market.time, market: market.update)
        venue.advance(to: Script.time("2"))
        #expect(venue.isIdle && Self.told(&venue).isEmpty)
    }

    @Test func `what closes the session closes both`() {
        var venue = Self.venue()
        let market = Self.market("1")
        venue.closeSession()
        for account in VenueAccount.allCases {
            venue.receive(Self.command(.submit, account), at: market.time, market: market.update)
        }
        venue.advance(to: Script.time("2"))
        #expect(Self.told(&venue).map(\.reason) == [.sessionClosed, .sessionClosed])
    }

    /// Whoever closed the session may be gone, and then nobody else can close.
    @Test func `in a closed session the gateway can close what is open, and nothing else`() {
        var venue = Self.venue(false)
        let market = Self.market("1")
        venue.receive(Self.command(.submit, .first, .buy, 2), at: market.time, market: market.update)
        venue.advance(to: Script.time("2"))
        #expect(Self.told(&venue).last?.kind == .filled)
        venue.closeSession()
        func send(_ count: UInt64, _ change: (inout Order) -> Void) -> [String] {
            var command = Self.command(.submit, .first, .sell, 5, count: count)
            command.order.role = .close
            command.order.isReduceOnly = true
            change(&command.order)
            venue.receive(command, at: market.time, market: market.update)
            venue.advance(to: Script.time("3"))
            return Self.told(&venue).map { "\($0.kind) \($0.quantity.contracts) \($0.reason)" }
        }
        #expect(send(2) { $0.isReduceOnly = false } == ["rejected 0 sessionClosed"])
        #expect(send(3) { $0.role = .entry } == ["rejected 0 sessionClosed"])
        #expect(send(4) { $0.timeInForce = .goodTillCancelled } == ["rejected 0 sessionClosed"])
        #expect(send(5) { _ in }.contains("filled 2 none"))
        #expect(venue.first.account.quantity == .zero)
        #expect(send(6) { _ in } == ["rejected 0 reduceOnly"])
    }

    @Test func `both accounts are saved and come back`() throws {
        var venue = Self.venue()
        let market = Self.market("1")
        venue.receive(Self.command(.submit, .second, .sell, 3), at: market.time, market: market.update)
        var archive = StateArchive()
        try venue.persist(&archive)
        var other = Self.venue()
        var loading = StateArchive(loading: archive.bytes)
        try other.persist(&loading)
        try loading.checkEnd()
        venue.advance(to: Script.time("2"))
        other.advance(to: Script.time("2"))
        #expect(Self.told(&other) == Self.told(&venue))
    }
}
