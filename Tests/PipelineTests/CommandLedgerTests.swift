import Determinism
import Orders
import Risk
import Testing
import Units

@testable import Pipeline

@Suite struct CommandLedgerTests {
    private static let id = ClientOrderID(epoch: 1, issuer: .manual, count: 1)

    private static func command(
        _ request: OperatorRequest, _ low: UInt64, intent: OrderIntent = .blank, target: ClientOrderID = .none
    ) -> OperatorCommand {
        // The first halves are the same: the whole number tells commands apart.
        OperatorCommand(request, id: 7, rest: low, intent: intent, target: target)
    }

    private static func order(_ low: UInt64, _ id: ClientOrderID = id) -> OperatorCommand {
        var intent = OrderIntent.blank
        intent.id = id
        return command(.order, low, intent: intent)
    }

    private static func verdict(_ reason: RefusalReason? = nil, _ id: ClientOrderID = id) -> StageMessage {
        var record = VerdictRecord.blank
        record.intent = id
        record.reason = reason
        return .verdict(record)
    }

    private static func update(
        _ state: OrderState, _ reason: VenueReason = .none, _ id: ClientOrderID = id,
        _ shape: (inout Order) -> Void = { _ in }
    ) -> StageMessage {
        var order = Order.blank
        order.id = id
        shape(&order)
        return .update(
            OrderUpdate(
                sequence: 1, time: .undefined, messageTime: .undefined, order: order, state: state, reason: reason,
                leaves: .zero))
    }

    /// As a process's successor has it: out of the saved state.
    private static func saved(_ ledger: CommandLedger) throws -> CommandLedger {
        var ledger = ledger, found = CommandLedger()
        var archive = StateArchive()
        try ledger.persist(&archive)
        var loading = StateArchive(loading: archive.finish())
        try found.persist(&loading)
        try loading.checkEnd()
        return found
    }

    private static func number(_ low: UInt64) -> CommandNumber { CommandNumber(high: 7, low: low) }

    @Test func `the whole number travels through the journal`() throws {
        let command = OperatorCommand(.order, id: 0x0123_4567_89AB_CDEF, rest: 0xFEDC_BA98_7654_3210)
        guard case .request(let found) = try StageMessage(bytes: try StageMessage.request(command).bytes) else {
            Issue.record("another kind")
            return
        }
        #expect(found == command)
        #expect(found.number == CommandNumber(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210))
    }

    @Test func `an order is known by its number, and how it goes on, over a restart at any place`() throws {
        let steps: [StageMessage] = [Self.verdict(), Self.update(.pending), Self.update(.unknown), Self.update(.filled)]
        for restart in 0...steps.count {
            var ledger = CommandLedger()
            ledger.take(Self.order(1), outcome: .done)
            for (place, step) in steps.enumerated() {
                if place == restart { ledger = try Self.saved(ledger) }
                #expect(ledger[Self.number(1)]?.isOver == false)
                ledger.observe(step)
            }
            let entry = try #require(try Self.saved(ledger)[Self.number(1)])
            #expect(entry.order == Self.id)
            #expect((entry.verdict, entry.state) == ("approved", .filled))
            #expect(entry.isOver && entry.isGood && entry.outcome == .done)
            #expect(ledger[Self.number(2)] == nil, "another command with the same first half")
        }
    }

    @Test func `what is journaled twice is one command`() {
        var ledger = CommandLedger()
        ledger.take(Self.order(1))
        ledger.observe(Self.verdict())
        ledger.take(Self.order(1, ClientOrderID(epoch: 1, issuer: .manual, count: 2)))
        #expect(ledger.entries.count == 1 && ledger[Self.number(1)]?.order == Self.id)
    }

    @Test func `a refusal is the last word`() throws {
        var ledger = CommandLedger()
        ledger.take(Self.order(1))
        ledger.observe(Self.verdict(.orderQuantity))
        ledger.observe(Self.update(.filled))
        let entry = try #require(ledger[Self.number(1)])
        #expect(entry.isOver && !entry.isGood && entry.state == nil)
        #expect(entry.verdict == RefusalReason.orderQuantity.rawValue)
    }

    @Test func `an order that its pair has left fewer contracts says so`() throws {
        for reason in [VenueReason.none, .linked] {
            var ledger = CommandLedger()
            ledger.take(Self.order(1))
            for message in [Self.verdict(), Self.update(.pending), Self.update(.working, reason) {
                $0.role = .entry
                $0.quantity = Quantity(3)
            }] { ledger.observe(message) }
            let entry = try #require(try Self.saved(ledger)[Self.number(1)])
            #expect(entry.isOver && entry.isGood)
            let message = "0 of 3 left: the others have filled, its own or its pair's"
            #expect(entry.message == (reason == .none ? "" : message))
        }
    }

    @Test func `an order that the venue refuses says why`() throws {
        var ledger = CommandLedger()
        ledger.take(Self.order(1))
        for message in [Self.verdict(), Self.update(.pending), Self.update(.rejected, .noBook)] {
            ledger.observe(message)
        }
        let entry = try #require(try Self.saved(ledger)[Self.number(1)])
        #expect(entry.isOver && !entry.isGood && entry.message == "rejected: no_book")
    }

    @Test func `a change is good when the order is as it says`() throws {
        var intent = OrderIntent.blank
        (intent.id, intent.quantity, intent.limit) = (Self.id, Quantity(2), Ticks(40))
        var ledger = CommandLedger()
        ledger.take(Self.command(.modify, 1, intent: intent))
        ledger.observe(Self.verdict())
        ledger.observe(Self.update(.working))
        ledger = try Self.saved(ledger)
        #expect(ledger[Self.number(1)]?.isOver == false)
        ledger.observe(
            Self.update(.working) {
                ($0.type, $0.quantity, $0.price) = (.limit, Quantity(2), Ticks(40))
            })
        let entry = try #require(try Self.saved(ledger)[Self.number(1)])
        #expect(entry.isOver && entry.isGood)
    }

    @Test func `a cancel of everything waits for those that were live, and for no other`() throws {
        let others = (2...3).map { ClientOrderID(epoch: 1, issuer: .manual, count: $0) }
        var ledger = CommandLedger()
        ledger.take(Self.command(.cancel, 1), orders: [Self.id, others[0]])
        ledger.observe(Self.update(.cancelled, .requested, Self.id))
        ledger = try Self.saved(ledger)
        ledger.observe(Self.update(.cancelled, .requested, others[1]))
        #expect(ledger[Self.number(1)]?.isOver == false)
        ledger.observe(Self.update(.filled, .none, others[0]))
        let entry = try #require(ledger[Self.number(1)])
        #expect(entry.isOver && entry.isGood && entry.state == .filled)
        ledger.take(Self.command(.cancel, 2))
        #expect(ledger[Self.number(2)]?.isOver == true, "nothing was live")
    }

    @Test func `it is bounded, and who waits stays longest`() {
        var ledger = CommandLedger(capacity: 4)
        ledger.take(Self.order(1))
        for low in 2...9 { ledger.take(Self.command(.pause, UInt64(low)), outcome: .done) }
        #expect(ledger.entries.map(\.number.low) == [1, 7, 8, 9])
        ledger.observe(Self.verdict())
        #expect(ledger[Self.number(1)]?.verdict == "approved")
        for low in 10...20 { ledger.take(Self.order(UInt64(low))) }
        #expect(ledger.entries.map(\.number.low) == [17, 18, 19, 20])
    }

    @Test func `what a process tells its own fold is no command`() {
        var ledger = CommandLedger()
        ledger.take(.lockWord(.flatten, epoch: 2))
        ledger.take(OperatorCommand(.peerSilent))
        #expect(ledger.entries.isEmpty)
    }
}
