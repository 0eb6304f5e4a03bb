import Accounts
import DBN
import Determinism
import Execution
import Orders
import PaperVenue
import Risk
import Signals
import Testing
import Units

@testable import Pipeline

/// What the stages make of messages, where one line alone decides.
@Suite struct StageDecisionTests {
    private static let terms = ContractTerms(
        tickSize: TickSize(nanos: 250_000_000), multiplier: 5, feePerSide: .zero)
    private static func time(_ seconds: Int64) -> Timestamp {
        Timestamp(nanoseconds: 1_709_596_800_000_000_000) + .seconds(seconds)
    }

    private static func configuration(_ change: (inout TradingConfiguration) -> Void) -> TradingConfiguration {
        var configuration = EventClockTests.trading
        configuration.execution = ExecutionConfiguration(terms: terms)
        change(&configuration)
        return configuration
    }

    private static func stage(_ change: (inout TradingConfiguration) -> Void = { _ in }) -> RiskStage {
        var stage = RiskStage(configuration(change), epoch: 1)
        stage.begin(
            TradingDay(
                tradeDate: 20_240_305, sessionOpen: time(0), sessionClose: time(80_000), entryOpen: time(0),
                entryClose: time(50_000), flatBy: time(60_000)))
        stage.mark(bid: 20_000, at: time(1))
        return stage
    }

    private static func signal(_ time: Timestamp) -> Signal {
        var signal = Signal.blank
        signal.sequence = 1
        signal.time = time
        signal.receiveTime = time
        signal.test = 1
        signal.score = 0.5
        return signal
    }

    private static func fill(_ sequence: UInt64, _ side: Side, _ quantity: Int64, _ price: Int64) -> Fill {
        let id = ClientOrderID(epoch: 1, issuer: .manual, count: sequence)
        return Fill(
            sequence: sequence, venueTime: time(1), time: time(1), order: id, parent: id, role: .entry, side: side,
            quantity: Quantity(quantity), price: Ticks(price), fee: .zero, liquidity: .taker)
    }

    @Test func `sizing goes by the balance with the profit since`() {
        var stage = Self.stage {
            $0.sizing = .fixedFractional(risk: ExactRatio(billionths: 10_000_000))
            $0.limits.balance = Money(cents: 500_000)
            $0.limits.dailyLoss = Money(cents: 1_000_000)
            $0.limits.trailingDrawdown = Money(cents: 1_000_000)
        }
        stage.apply(Self.fill(1, .buy, 10, 20_001))
        stage.apply(Self.fill(2, .sell, 10, 19_921))
        stage.apply(Self.signal(Self.time(1)))
        stage.review(TradingClock(Self.time(1)))
        #expect(stage.approvals.count == 1 && stage.approvals[0].intent.quantity == Quantity(4))
    }

    @Test func `sizing stays within the position limit`() {
        var stage = Self.stage {
            $0.sizing = .fixedFractional(risk: ExactRatio(billionths: 10_000_000))
            $0.limits.balance = Money(cents: 500_000)
            $0.limits.position = Quantity(3)
        }
        stage.apply(Self.signal(Self.time(1)))
        stage.review(TradingClock(Self.time(1)))
        #expect(stage.approvals.count == 1 && stage.approvals[0].intent.quantity == Quantity(3))
    }

    @Test func `a restart knows the epoch of the word`() throws {
        var stage = Self.stage()
        stage.hold(epoch: 7, isLocked: false)
        var archive = StateArchive()
        try stage.persist(&archive)
        var again = RiskStage(Self.configuration { _ in }, epoch: 1)
        var load = StateArchive(loading: archive.bytes)
        try again.persist(&load)
        again.apply(Self.signal(Self.time(1)))
        again.review(TradingClock(Self.time(1)))
        #expect(again.approvals.count == 1 && again.approvals[0].epoch == 7)
    }

    private static func command(_ request: OperatorRequest, _ low: UInt64, _ intent: OrderIntent) -> OperatorCommand {
        OperatorCommand(request, id: 7, rest: low, intent: intent)
    }

    private static let id = ClientOrderID(epoch: 1, issuer: .manual, count: 1)
    private static func intent() -> OrderIntent {
        var intent = OrderIntent.blank
        intent.id = id
        intent.quantity = Quantity(2)
        intent.type = .limit
        intent.limit = Ticks(100)
        return intent
    }

    private static func verdict(_ reason: RefusalReason?) -> StageMessage {
        var record = VerdictRecord.blank
        record.intent = id
        record.reason = reason
        return .verdict(record)
    }

    private static func update(
        _ state: OrderState, _ reason: VenueReason = .none, role: OrderRole = .entry
    ) -> StageMessage {
        var order = Order.blank
        order.id = id
        order.role = role
        order.quantity = Quantity(2)
        order.type = .limit
        order.price = Ticks(100)
        return .update(
            OrderUpdate(
                sequence: 1, time: .undefined, messageTime: .undefined, order: order, state: state, reason: reason,
                leaves: .zero))
    }

    @Test func `an order that was cancelled is no good change`() {
        var ledger = CommandLedger()
        ledger.take(Self.command(.modify, 1, Self.intent()))
        ledger.observe(Self.verdict(nil))
        ledger.observe(Self.update(.cancelled))
        let entry = ledger[CommandNumber(high: 7, low: 1)]
        #expect(entry?.isOver == true && entry?.isGood == false)
    }

    @Test func `a verdict goes to what was asked last`() {
        var ledger = CommandLedger()
        ledger.take(Self.command(.order, 1, Self.intent()))
        ledger.observe(Self.verdict(nil))
        ledger.observe(Self.update(.pending))
        ledger.take(Self.command(.modify, 2, Self.intent()))
        ledger.observe(Self.verdict(.priceCollar))
        #expect(ledger[CommandNumber(high: 7, low: 1)]?.refusal == nil)
        #expect(ledger[CommandNumber(high: 7, low: 2)]?.refusal == .priceCollar)
    }

    @Test func `an order of an epoch that is over did not succeed`() {
        var ledger = CommandLedger()
        ledger.take(Self.command(.order, 1, Self.intent()))
        ledger.observe(Self.verdict(nil))
        ledger.observe(Self.update(.pending, role: .close))
        ledger.observe(Self.update(.rejected, .staleEpoch, role: .close))
        #expect(ledger[CommandNumber(high: 7, low: 1)]?.isGood == false)
    }

    @Test func `a word of the feed that moves no time keeps the clock going`() {
        let start = Self.time(0)
        var clock = EventClock(at: start, now: .zero)
        #expect(clock.due(.seconds(10)) == start + .seconds(10))
        clock.hear(start, isLive: true, now: .seconds(11))
        #expect(clock.due(.seconds(14)) == start + .seconds(14))
    }

    @Test func `a close that may turn a position over opens`() {
        var order = Order.blank
        order.role = .close
        #expect(VenueCommand(.submit, order).opens)
        order.isReduceOnly = true
        #expect(!VenueCommand(.submit, order).opens)
    }

    private static func take<S: TradingStage>(_ bytes: [UInt8], _ number: UInt64, _ fold: inout StageFold<S>) {
        bytes.withUnsafeBytes { raw in
            if let base = raw.baseAddress { fold.take(RecordView(base), sequence: number) }
        }
    }

    private static func begin<S: TradingStage>(_ stage: S) throws -> StageFold<S> {
        var fold = StageFold(
            plan: try MarketFoldTests.plan([("ESZ3", 1)]), features: try MarketFoldTests.configuration(),
            trading: EventClockTests.trading, stage: stage)
        let start = try MarketFoldTests.instant(8, 10, 0)
        for second in 0...60 {
            take(MarketFoldTests.book(1, start + UInt64(second) * 1_000_000_000, bid: 18_000), UInt64(second), &fold)
        }
        return fold
    }

    @Test func `the venue holds to an epoch: a flatten closes, an older arm does not open`() throws {
        var fold = try Self.begin(VenueFollower(EventClockTests.trading))
        let now = fold.clock.message
        fold.take(.request(OperatorCommand(.flatten, epoch: 3)), at: now)
        #expect(fold.read { $0.venue.isSessionClosed && $0.venue.heldEpoch == 3 })
        fold.take(.request(OperatorCommand(.arm, epoch: 2)), at: now)
        #expect(fold.read { $0.venue.isSessionClosed })
        fold.take(.request(OperatorCommand(.arm, epoch: 3)), at: now)
        #expect(fold.read { !$0.venue.isSessionClosed })
    }

    @Test func `an approval expires by the clock of messages`() throws {
        var fold = try Self.begin(RiskFollower(EventClockTests.trading))
        let event = fold.clock.event, message = fold.clock.message + .seconds(500)
        fold.take(.signal(Self.signal(event)), at: message)
        var expiries: [Timestamp] = []
        fold.drain { if case .approval(let approval) = $0 { expiries.append(approval.expiry) } }
        #expect(expiries == [message + .seconds(2)])
    }

    @Test func `a time stop bites while no records come`() throws {
        var fold = try Self.begin(ExecutionFollower(EventClockTests.trading))
        var commands: [VenueCommand] = []
        var sequence: UInt64 = 0
        let time = fold.clock.event
        func hand(_ message: StageMessage) {
            fold.take(message, at: fold.clock.message)
            fold.drain { if case .command(let command) = $0 { commands.append(command) } }
        }
        func say(_ kind: VenueEventKind, _ order: Order) {
            sequence += 1
            var event = VenueEvent.blank
            event.sequence = sequence
            event.time = time
            event.deliveryTime = time
            event.kind = kind
            event.order = order.id
            event.side = order.side
            (event.quantity, event.leaves) = kind == .filled ? (order.quantity, .zero) : (.zero, order.quantity)
            event.price = Ticks(18_001)
            hand(.event(event))
        }
        let intent = OrderIntent(
            id: Self.id, time: time, receiveTime: time, action: .open, side: .buy, quantity: Quantity(1),
            stopDistance: Ticks(40), timeStop: .seconds(10))
        hand(.approval(Approval(intent: intent, sequence: 1)))
        let entry = try #require(commands.first?.order)
        say(.accepted, entry)
        say(.filled, entry)
        let stop = try #require(commands.last?.order)
        say(.accepted, stop)
        fold.take(.clock(time + .seconds(9)), at: fold.clock.message)
        fold.take(.clock(time + .seconds(10)), at: fold.clock.message)
        fold.drain { if case .command(let command) = $0 { commands.append(command) } }
        #expect(commands.last?.order.role == .close)
    }
}
