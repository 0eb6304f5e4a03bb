import Accounts
import Determinism
import Execution
import MarketCalendar
import Orders
import PaperVenue
import Risk
import Signals
import Testing
import Units

@testable import Pipeline

/// Policy and gate together: what an approval carries, what an operator may ask, and how large an entry is.
@Suite struct RiskStageTests {
    private static let terms = ContractTerms(
        tickSize: TickSize(nanos: 250_000_000), multiplier: 5, feePerSide: Money(cents: 62))
    private static let start: UInt64 = 1_709_596_800_000_000_000

    private static func time(_ seconds: Double) -> Timestamp {
        Timestamp(nanoseconds: start + UInt64((seconds * 1e9).rounded()))
    }

    private static let day = TradingDay(
        tradeDate: 20_240_305, sessionOpen: time(0), sessionClose: time(80_000), entryOpen: time(0),
        entryClose: time(50_000), flatBy: time(60_000))

    private static func configuration(_ change: (inout TradingConfiguration) -> Void) -> TradingConfiguration {
        let window = TradingWindowRule(
            entryStart: TimeOfDay(hour: 9, minute: 30), entryEnd: TimeOfDay(hour: 15, minute: 45),
            flatBy: TimeOfDay(hour: 15, minute: 55), earlyCloseEntryMinutes: 15, earlyCloseFlatMinutes: 5)
        var configuration = TradingConfiguration(
            window: window, execution: ExecutionConfiguration(terms: terms),
            venue: PaperVenueConfiguration(terms: terms))
        change(&configuration)
        return configuration
    }

    private static func stage(_ change: (inout TradingConfiguration) -> Void = { _ in }) -> RiskStage {
        var stage = RiskStage(configuration(change), epoch: 1)
        stage.begin(day)
        stage.mark(bid: 20_000, at: time(1))
        return stage
    }

    private static func signal(_ test: UInt32, at seconds: Double) -> Signal {
        var signal = Signal.blank
        signal.sequence = UInt64(test)
        signal.time = time(seconds)
        signal.receiveTime = time(seconds)
        signal.test = test
        signal.score = 0.5
        return signal
    }

    private static func manual(_ count: UInt64, _ quantity: Int64 = 1, command: UInt64 = 5) -> OperatorCommand {
        OperatorCommand(
            .order, id: command,
            intent: OrderIntent(
                id: ClientOrderID(epoch: 1, issuer: .manual, count: count), time: time(1), receiveTime: time(1),
                action: .open, side: .buy, quantity: Quantity(quantity), stopDistance: Ticks(8)))
    }

    @Test func `an approval has the epoch that the stage was told, and expires two seconds of message time later`() {
        var stage = Self.stage()
        stage.hold(epoch: 7, isLocked: false)
        stage.apply(Self.signal(1, at: 1))
        stage.review(TradingClock(event: Self.time(1), message: Self.time(100)))
        #expect(stage.approvals.count == 1)
        #expect(stage.approvals[0].epoch == 7)
        #expect(stage.approvals[0].expiry == Self.time(102))
        #expect(stage.approvals[0].sequence == 1)
    }

    @Test func `in a replay the epoch is 1`() {
        var stage = Self.stage()
        stage.apply(Self.signal(1, at: 1))
        stage.review(TradingClock(Self.time(1)))
        #expect(stage.approvals[0].epoch == 1)
    }

    @Test func `under the lock nothing is approved, and an arm of the account ends it`() {
        var stage = Self.stage()
        stage.hold(epoch: 2, isLocked: true)
        #expect(stage.apply(Self.manual(1)) == .refused)
        #expect(stage.gate.verdicts[0].reason == .tradingState)
        #expect(stage.apply(OperatorCommand(.arm, scope: .level)) == .done)
        #expect(stage.apply(Self.manual(2)) == .refused)
        #expect(stage.apply(OperatorCommand(.arm, epoch: 2)) == .done)
        #expect(stage.apply(Self.manual(3)) == .done)
        #expect(stage.approvals[0].epoch == 2)
        // An older epoch never comes back.
        stage.hold(epoch: 1, isLocked: false)
        #expect(stage.epoch == 2)
    }

    @Test func `a flatten that goes with a new epoch takes the lock, and changes carry its number`() {
        var stage = Self.stage()
        #expect(stage.apply(OperatorCommand(.flatten, id: 9, epoch: 3)) == .done)
        #expect(stage.gate.state == .flattening && stage.gate.isHeld && stage.epoch == 3)
        #expect(stage.gate.changes[0].command == 9)
        stage.apply(ExecutionNotice(kind: .flat, reason: .flat, time: Self.time(2), rounds: 1))
        #expect(stage.gate.changes[1].command == 0)
        #expect(stage.apply(OperatorCommand(.arm, id: 10, epoch: 3)) == .done)
        #expect(stage.gate.state == .active && !stage.gate.isHeld)
    }

    @Test func `an arm that was asked for before a flatten does not undo it`() {
        var stage = Self.stage()
        #expect(stage.apply(OperatorCommand(.flatten, id: 9, epoch: 3)) == .done)
        stage.apply(ExecutionNotice(kind: .flat, reason: .flat, time: Self.time(2), rounds: 1))
        #expect(stage.gate.state == .locked)
        #expect(stage.apply(OperatorCommand(.arm, id: 10, epoch: 2)) == .notNow)
        #expect(stage.gate.state == .locked && stage.gate.isHeld)
        #expect(stage.apply(OperatorCommand(.arm, id: 11, epoch: 3)) == .done)
    }

    @Test func `a broker's account is armed by an operator, and not by a lock word that is open`() {
        var broker = Self.stage { $0.rules.venue = .broker }
        #expect(broker.apply(.lockWord(.arm, epoch: 3)) == .notNow)
        #expect(broker.gate.state == .locked && broker.epoch == 3 && !broker.gate.isHeld)
        broker.apply(Self.signal(1, at: 2))
        #expect(broker.approvals.isEmpty)
        #expect(broker.apply(OperatorCommand(.arm, id: 1, epoch: 3)) == .done)
        #expect(broker.gate.state == .active)
        // Neither when a flatten came in between, of which another run has taken the lock off.
        #expect(broker.apply(.lockWord(.flatten, epoch: 4)) == .done)
        #expect(broker.apply(.lockWord(.arm, epoch: 5)) == .notNow)
        #expect(broker.gate.state == .flattening && broker.epoch == 5)

        var paper = Self.stage()
        #expect(paper.apply(.lockWord(.arm, epoch: 3)) == .done && paper.gate.state == .active)
    }

    @Test func `a person's order has its verdict under its own identity`() {
        var stage = Self.stage()
        #expect(stage.apply(Self.manual(1, 6)) == .refused)
        #expect(stage.apply(Self.manual(2, 5)) == .done)
        #expect(stage.gate.verdicts[0].intent.count == 1 && stage.gate.verdicts[0].reason == .orderQuantity)
        #expect(stage.gate.verdicts[1].intent.count == 2 && stage.gate.verdicts[1].reason == nil)
        #expect(stage.approvals.count == 1)
    }

    @Test func `a person's change and cancel leave as approvals of the order's own identity`() {
        var stage = Self.stage()
        var order = Self.manual(1)
        order.intent.type = .limit
        order.intent.limit = Ticks(19_990)
        #expect(stage.apply(order) == .done)
        var change = order
        change.request = .modify
        change.intent.action = .modify
        change.intent.quantity = Quantity(2)
        #expect(stage.apply(change) == .done)
        let target = order.intent.id
        #expect(stage.apply(OperatorCommand(.cancel, target: target)) == .done)
        #expect(stage.apply(OperatorCommand(.cancel)) == .done, "of everything: the execution gateway's alone")
        #expect(stage.approvals.count == 3)
        #expect((0..<3).map { stage.approvals[$0].intent.action } == [.open, .modify, .cancel])
        #expect((0..<3).allSatisfy { stage.approvals[$0].intent.id == target })
        change.intent.quantity = Quantity(6)
        #expect(stage.apply(change) == .refused)
        let unknown = ClientOrderID(epoch: 1, issuer: .manual, count: 9)
        #expect(stage.apply(OperatorCommand(.cancel, target: unknown)) == .refused)
    }

    @Test func `strategies' identities go on under the epoch of the start`() {
        var stage = Self.stage()
        #expect(stage.apply(.identities(of: 5)) == .done)
        stage.apply(Self.signal(1, at: 1))
        stage.review(TradingClock(Self.time(1)))
        #expect(stage.approvals[0].intent.id == ClientOrderID(epoch: 5, issuer: .strategy, count: 1))
        #expect(stage.epoch == 1, "the lock word is another matter")
    }

    @Test func `the gateway's watch restricts and releases`() {
        var stage = Self.stage()
        #expect(stage.apply(OperatorCommand(.peerSilent)) == .done)
        #expect(stage.gate.state == .reducing)
        #expect(stage.apply(OperatorCommand(.pause, scope: .level)) == .done)
        #expect(stage.apply(OperatorCommand(.peerHeard)) == .done)
        #expect(stage.gate.state == .active && stage.gate.strategies[.level].state == .reducing)
    }

    // MARK: Sizes

    @Test func `the stop's distance sizes an entry by its share of equity`() {
        var stage = Self.stage {
            $0.sizing = .fixedFractional(risk: ExactRatio(billionths: 10_000_000))
            // One per cent of 5 000 is 50; eight ticks of 1.25 lose 10 a contract.
            $0.limits.balance = Money(cents: 500_000)
        }
        stage.apply(Self.signal(1, at: 1))
        stage.review(TradingClock(Self.time(1)))
        #expect(stage.approvals[0].intent.quantity == Quantity(5))
    }

    @Test func `a rule that cannot tell sizes nothing, which is refused`() {
        var stage = Self.stage { $0.sizing = .volatilityTarget(Money(cents: 10_000)) }
        stage.apply(Self.signal(1, at: 1))
        stage.review(TradingClock(Self.time(1)))
        #expect(stage.approvals.isEmpty)
        #expect(stage.gate.verdicts[0].reason == .orderQuantity)
    }

    @Test func `the average range sizes an entry, over a restart too`() throws {
        let change: (inout TradingConfiguration) -> Void = {
            $0.sizing = .volatilityTarget(Money(cents: 3_000))
            $0.range.bar = .seconds(60)
            $0.range.length = 2
        }
        var stage = Self.stage(change)
        // Bars of eight ticks' range: 1.25 a tick, ten dollars a contract.
        for second in 60..<300 { stage.mark(bid: 20_000 + (second % 60 < 30 ? 0 : 8), at: Self.time(Double(second))) }
        var archive = StateArchive()
        try stage.persist(&archive)
        var again = RiskStage(Self.configuration(change), epoch: 1)
        var load = StateArchive(loading: archive.bytes)
        try again.persist(&load)
        try load.checkEnd()
        again.apply(Self.signal(1, at: 299))
        again.review(TradingClock(Self.time(299)))
        #expect(again.approvals[0].intent.quantity == Quantity(3))
    }

    @Test func `the distance to the next contract is no move`() {
        var stage = Self.stage {
            $0.sizing = .volatilityTarget(Money(cents: 3_000))
            $0.range.bar = .seconds(60)
            $0.range.length = 2
        }
        for second in 60..<240 {
            if second == 150 { stage.changeContract() }
            let base: Int64 = second < 150 ? 20_000 : 20_200
            stage.mark(bid: base + (second % 30 < 15 ? 0 : 8), at: Self.time(Double(second)))
        }
        stage.apply(Self.signal(1, at: 239))
        stage.review(TradingClock(Self.time(239)))
        #expect(stage.approvals[0].intent.quantity == Quantity(3))
    }

    // MARK: A strategy's own loss

    @Test func `a strategy that is locked asks for the close of what it holds, once`() {
        var stage = Self.stage { $0.rules[.level].dailyLoss = Money(cents: 1_000) }
        stage.apply(Self.signal(1, at: 1))
        stage.review(TradingClock(Self.time(1)))
        let id = stage.approvals[0].intent.id
        stage.approvals.removeAll()
        stage.apply(
            Fill(
                sequence: 1, venueTime: Self.time(1), time: Self.time(1), order: id, parent: id, role: .entry,
                side: .buy, quantity: Quantity(1), price: Ticks(20_001), fee: Money(cents: 62), liquidity: .taker,
                strategy: .level))
        stage.mark(bid: 19_990, at: Self.time(2))
        #expect(stage.gate.strategies[.level].state == .locked && stage.gate.state == .active)
        stage.review(TradingClock(Self.time(2)))
        stage.review(TradingClock(Self.time(3)))
        #expect(stage.approvals.count == 1)
        #expect(stage.approvals[0].intent.action == .close && stage.approvals[0].intent.strategy == .level)
    }
}
