import Determinism
@testable import Orders
import Risk
import Testing
import Units

@Suite struct OrdersTests {
    @Test func `limits agree`() { TradingLimits.verify() }

    @Test func `identities never repeat, also after loading`() throws {
        var sequence = ClientOrderIDSequence(epoch: 7, issuer: .manual)
        let first = sequence.next()
        sequence = try reloaded(sequence, into: ClientOrderIDSequence(epoch: 0, issuer: .strategy))
        let second = sequence.next()
        #expect(first < second)
        #expect(second.epoch == 7)
        #expect(second.issuer == .manual)
        #expect(second.count == 2)
        #expect(ClientOrderID.none.issuer == nil)
        #expect(ClientOrderID(epoch: 8, issuer: .manual, count: 1) > second)
    }

    @Test func `identities never repeat over starts, the later epoch begins anew`() {
        var sequence = ClientOrderIDSequence(epoch: 3, issuer: .execution)
        let before = [sequence.next(), sequence.next(), sequence.next()]
        sequence.begin(epoch: 3)
        #expect(sequence.next().count == 4)
        sequence.begin(epoch: 2)
        #expect(sequence.next().count == 5)
        sequence.begin(epoch: 4)
        let after = sequence.next()
        #expect(after.epoch == 4)
        #expect(after.count == 1)
        #expect(before.allSatisfy { $0 < after })
    }

    @Test func `a tick of MES is a dollar and a quarter`() {
        #expect(Script.terms.moneyPerTick == Money(cents: 125))
        #expect(Script.terms.fee(Quantity(-3)) == Money(cents: 186))
    }

    static func fill(_ side: Side, _ quantity: Int64, _ price: Int64) -> Fill {
        var fill = Fill.blank
        fill.side = side
        fill.quantity = Quantity(quantity)
        fill.price = Ticks(price)
        fill.fee = Script.terms.fee(Quantity(quantity))
        return fill
    }

    @Test func `average cost, partial close and reversal`() {
        var position = Position()
        position.apply(Self.fill(.buy, 1, 20_000), Script.terms)
        position.apply(Self.fill(.buy, 2, 20_003), Script.terms)
        #expect(position.openCost == Money(cents: 125) * 60_006)
        position.apply(Self.fill(.sell, 1, 20_004), Script.terms)
        // Average 20,002: 2 ticks.
        #expect(position.realised == Money(cents: 250))
        #expect(position.unrealised(at: Ticks(20_000), Script.terms) == Money(cents: -500))
        position.apply(Self.fill(.sell, 5, 20_000), Script.terms)
        #expect(position.quantity == Quantity(-3))
        #expect(position.realised == Money(cents: -250))
        #expect(position.unrealised(at: Ticks(20_000), Script.terms) == .zero)
        #expect(position.fees == Money(cents: 9 * 62))
        position.checkInvariants()
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `money adds up to the last nano whatever the fills`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var position = Position()
        var cash = Money.zero, contracts: Int64 = 0, fees = Money.zero
        for _ in 0..<300 {
            let side: Side = random.below(2) == 0 ? .buy : .sell
            let fill = Self.fill(side, Int64(random.below(7)) + 1, 20_000 + Int64(random.below(200)))
            position.apply(fill, Script.terms)
            contracts += fill.signedQuantity.contracts
            cash = cash - Script.terms.value(fill.signedQuantity, at: fill.price)
            fees = fees + fill.fee
            position.checkInvariants()
            #expect(position.quantity.contracts == contracts, "seed \(seed)")
            #expect(position.realised - position.openCost == cash, "seed \(seed)")
            let mark = Ticks(20_000 + Int64(random.below(200)))
            let worth = cash + Script.terms.value(Quantity(contracts), at: mark) - fees
            #expect(position.equity(at: mark, Script.terms) == worth, "seed \(seed)")
        }
    }

    @Test func `records write all of their bytes`() {
        #expect(Fill.blank.canonicalBytes.count == 68)
        #expect(OrderUpdate.blank.canonicalBytes.count == 88)
        #expect(OrderIntent.blank.canonicalBytes.count == 104)
        #expect(StateChange.blank.canonicalBytes.count == 28)
        #expect(VerdictRecord.blank.canonicalBytes.count == 41)
    }

    @Test func `lists and queues keep their order and save only what is in them`() throws {
        var queue = BoundedQueue<3, VenueLinkStandIn>()
        for round in 0..<7 {
            queue.push(VenueLinkStandIn(value: round))
            queue.push(VenueLinkStandIn(value: round + 100))
            queue = try reloaded(queue, into: BoundedQueue())
            #expect(queue.pop()?.value == round)
            #expect(queue.pop()?.value == round + 100)
            #expect(queue.pop() == nil)
        }
        var list = BoundedList<4, VenueLinkStandIn>()
        for i in 0..<4 { list.append(VenueLinkStandIn(value: i)) }
        #expect(list.isFull)
        list.remove(at: 1)
        #expect(list.indices.map { list[$0].value } == [0, 2, 3])
    }

    @Test func `a full list stops the process`() async {
        await #expect(processExitsWith: .failure) {
            var list = BoundedList<1, VenueLinkStandIn>()
            list.append(VenueLinkStandIn(value: 1))
            list.append(VenueLinkStandIn(value: 2))
        }
        await #expect(processExitsWith: .failure) {
            var queue = BoundedQueue<1, VenueLinkStandIn>()
            queue.push(VenueLinkStandIn(value: 1))
            queue.push(VenueLinkStandIn(value: 2))
        }
    }

    @Test func `a saved state that makes no sense does not load`() throws {
        var list = BoundedList<4, VenueLinkStandIn>()
        var archive = StateArchive(loading: [5, 0, 0, 0, 0, 0, 0, 0])
        #expect(throws: StateArchive.Failure.self) { try list.persist(&archive) }
        var order = Order.blank
        var bytes = try saved(order)
        bytes[24] = 99
        archive = StateArchive(loading: bytes)
        #expect(throws: StateArchive.Failure.self) { try order.persist(&archive) }
    }
}

struct VenueLinkStandIn: BoundedElement {
    static let blank = VenueLinkStandIn(value: -1)
    var value: Int

    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) { try archive.field(&value) }
}

/// What is printed is read again, and nothing else.
struct PrintedOrderTests {
    @Test func `an identity is read as it is printed`() {
        for issuer in OrderIssuer.allCases {
            let id = ClientOrderID(epoch: 7, issuer: issuer, count: 12)
            #expect(ClientOrderID(printed: id.description) == id)
        }
        for text in ["", "none", "1-manual", "1-manual-0", "1-nobody-3", "x-manual-3", "1-manual-3-4", "-manual-3"] {
            #expect(ClientOrderID(printed: text) == nil, "\(text)")
        }
        #expect(ClientOrderID(printed: "1-manual-\(UInt64(1) << 40)") == nil)
    }
}
