import DBN
import Execution
import Orders
import Risk
import Testing
import Units

@testable import Pipeline

/// The clock stands between two records of a replay, and the venue does not.
@Suite struct LateStopTests {
    /// A long position whose stop the venue acknowledges `late` after it was sent, and no record between them.
    private static func reasons(late: Nanoseconds, isLogical: Bool, netsBooks: Bool) throws -> [StateReason] {
        var trading = EventClockTests.trading
        trading.execution.netsBooks = netsBooks
        let plan = try MarketFoldTests.plan([("ESZ3", 1), ("MESZ3", 3)])
        var execution = StageFold(
            plan: plan, features: try MarketFoldTests.configuration(), trading: trading,
            stage: ExecutionFollower(trading, isLogical: isLogical))
        let start = try MarketFoldTests.instant(8, 10, 0, 0)
        for (index, id) in [1, 3].enumerated() {
            MarketFoldTests.book(UInt32(id), start + UInt64(index) * 1_000, bid: 18_000).withUnsafeBytes {
                if let base = $0.baseAddress { execution.take(RecordView(base), sequence: UInt64(index)) }
            }
        }
        var (reasons, commands, sequence) = ([StateReason](), [VenueCommand](), UInt64(0))
        func hand(_ message: StageMessage) {
            execution.take(message, at: execution.clock.message)
            execution.drain {
                if case .notice(let notice) = $0 { reasons.append(notice.reason) }
                if case .command(let command) = $0 { commands.append(command) }
            }
        }
        func say(_ kind: VenueEventKind, _ order: Order, after: Nanoseconds) {
            sequence += 1
            var event = VenueEvent.blank
            event.sequence = sequence
            event.time = execution.clock.message + after
            event.deliveryTime = event.time
            event.kind = kind
            event.order = order.id
            event.side = order.side
            (event.quantity, event.leaves) = kind == .filled ? (order.quantity, .zero) : (.zero, order.quantity)
            event.price = Ticks(18_001)
            hand(.event(event))
        }
        let time = execution.clock.event
        let intent = OrderIntent(
            id: ClientOrderID(epoch: 1, issuer: .manual, count: 1), time: time, receiveTime: time, action: .open,
            side: .buy, quantity: Quantity(1), stopDistance: Ticks(40))
        hand(.approval(Approval(intent: intent, sequence: 1)))
        let entry = try #require(commands.first?.order)
        say(.accepted, entry, after: .milliseconds(1))
        say(.filled, entry, after: .milliseconds(2))
        let stop = try #require(commands.last?.order)
        #expect(stop.role == .protectiveStop && reasons.isEmpty)
        say(.accepted, stop, after: late)
        return reasons
    }

    @Test(arguments: [false, true])
    func `what is acknowledged too late between two records is late in a replay`(netsBooks: Bool) throws {
        let limit = EventClockTests.trading.execution.stopAcknowledgement
        let early = limit - Nanoseconds(1)
        #expect(try Self.reasons(late: early, isLogical: true, netsBooks: netsBooks) == [])
        #expect(try Self.reasons(late: limit, isLogical: true, netsBooks: netsBooks) == [.stopNotAcknowledged])
        // Live the venue's clock is another one, and its ticks tell the time.
        #expect(try Self.reasons(late: limit, isLogical: false, netsBooks: netsBooks) == [])
    }
}
