import Control
import Foundation
import Orders
import Pipeline
import Platform
import Units

/// Flattens at the venue itself, whoever else is dead or stopped: the gateway's session is closed, everything is
/// cancelled, what is open is closed by limit orders through the book, priced anew each round, and two reads that both
/// began after the last thing that happened prove it.
struct DirectFlatten {
    /// Ticks beyond the best price on the other side.
    private static let collar: Int64 = 16
    private static let answer = Nanoseconds.seconds(1)

    enum End: Equatable {
        case flat
        case silent
        case marketClosed
        case timeIsUp
    }

    private var venue: VenueClient
    private(set) var rounds = 0
    private(set) var fills: [VenueEvent] = []
    private(set) var position: Quantity?

    init(stateDirectory: String, epoch: UInt64) throws {
        venue = try VenueClient(stateDirectory: stateDirectory, epoch: epoch)
    }

    /// - Parameter waitsForOpen: a closed market is waited for, as long as there is time.
    mutating func run(until deadline: Nanoseconds, waitsForOpen: Bool) throws -> End {
        var commands: [VenueCommand] = []
        var proofs = 0
        var wasHeard = false
        while true {
            let left = deadline - MonotonicClock.now()
            guard left > .zero else { return wasHeard ? .timeIsUp : .silent }
            guard let (reply, query) = try venue.ask(commands, closesSession: true, within: min(left, Self.answer))
            else {
                proofs = 0
                // What was sent may have been taken: look again before anything else is sent.
                commands = []
                continue
            }
            wasHeard = true
            fills += reply.events.filter { $0.kind == .filled }
            commands = []
            guard reply.isWhole(query), let open = reply.position(query) else {
                proofs = 0
                continue
            }
            position = open
            let live = reply.live(query)
            if live.isEmpty, open == .zero {
                proofs = reply.isQuiet ? proofs + 1 : 0
                if proofs == 2 { return .flat }
                continue
            }
            proofs = 0
            commands = live.map(Self.cancel)
            guard live.isEmpty else { continue }
            guard reply.isOpen else {
                if !waitsForOpen { return .marketClosed }
                usleep(100_000)
                continue
            }
            if let close = close(open, reply) {
                commands = [close]
                rounds += 1
            } else {
                usleep(1_000)
            }
        }
    }

    private static func cancel(_ id: ClientOrderID) -> VenueCommand {
        var order = Order.blank
        order.id = id
        return VenueCommand(.cancel, order)
    }

    /// An order for all that is open, through the book; nil while the other side is empty.
    private mutating func close(_ open: Quantity, _ reply: VenueReply) -> VenueCommand? {
        let side: Side = open > .zero ? .sell : .buy
        guard let touch = side == .sell ? reply.bid : reply.ask else { return nil }
        let id = venue.nextOrder()
        return VenueCommand(
            .submit,
            Order(
                id: id, parent: id, link: .none, role: .close, side: side, quantity: open.magnitude, type: .limit,
                price: Ticks(max(1, touch.count + side.sign * Self.collar)), timeInForce: .immediateOrCancel,
                isReduceOnly: true))
    }
}
