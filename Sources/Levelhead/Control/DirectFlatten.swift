import Control
import Foundation
import Orders
import Pipeline
import Platform
import Units

/// Flattens at the venue itself, whoever else is dead or stopped: the gateway's session is closed, everything is
/// cancelled, what is open is closed by limit orders through the book, priced anew each round, and two reads that both
/// began after the last thing that happened prove it. Of two accounts both are closed, and each read is of both.
struct DirectFlatten {
    /// How long one question is waited for.
    static let answer = Nanoseconds.seconds(1)

    enum End: Equatable {
        case flat
        case silent
        case marketClosed
        case timeIsUp
    }

    private var venue: VenueClient
    /// How far beyond the best price on the other side it closes.
    private let collar: Ticks
    private(set) var rounds = 0
    private(set) var fills: [VenueEvent] = []
    /// Of one contract, as the venue says.
    private var moneyPerTick: Money?
    /// The best prices of the first answer that had them.
    private var bid, ask: Ticks?
    /// The market was closed when the venue was last heard.
    private(set) var isMarketClosed = false
    /// How many accounts the venue has.
    private(set) var accountCount = 1

    init(stateDirectory: String, epoch: UInt64, collar: Ticks) throws {
        self.collar = collar
        venue = try VenueClient(stateDirectory: stateDirectory, epoch: epoch)
    }

    /// - Parameter waitsForOpen: a closed market is waited for, as long as there is time.
    mutating func run(until deadline: Nanoseconds, waitsForOpen: Bool) throws -> End {
        // The venue's first answer says whether there is another.
        var accounts = [VenueAccount.first]
        var commands: [VenueCommand] = []
        var proofs = 0
        var wasHeard = false
        while true {
            let left = deadline - MonotonicClock.now()
            guard left > .zero else { return wasHeard ? .timeIsUp : .silent }
            let answer = try venue.ask(commands, of: accounts, closesSession: true, within: min(left, Self.answer))
            // What was sent may have been taken: look again before anything else is sent.
            commands = []
            guard let (reply, query) = answer else {
                proofs = 0
                continue
            }
            wasHeard = true
            isMarketClosed = !reply.isOpen
            fills += reply.events.filter { $0.kind == .filled }
            moneyPerTick = moneyPerTick ?? reply.moneyPerTick
            bid = bid ?? reply.bid
            ask = ask ?? reply.ask
            if reply.accountCount > accountCount {
                accountCount = reply.accountCount
                accounts = VenueAccount.allCases
                continue
            }
            switch look(at: accounts, reply, query) {
            case .unheard: proofs = 0
            case .nothing:
                proofs = reply.isQuiet ? proofs + 1 : 0
                if proofs == 2 { return .flat }
            case .orders(let cancels):
                proofs = 0
                commands = cancels
            case .positions(let open):
                proofs = 0
                if !reply.isOpen, !waitsForOpen { return .marketClosed }
                commands = reply.isOpen ? open.compactMap { close($0.quantity, in: $0.account, reply) } : []
                if !commands.isEmpty { rounds += 1 }
                if commands.isEmpty { usleep(reply.isOpen ? 1_000 : 100_000) }
            }
        }
    }

    /// Its fills, against the price at which the position could have been left when it began; nil when the venue has
    /// not said what a tick is worth.
    var slippage: Money? {
        guard let moneyPerTick else { return nil }
        var certificate = FlattenCertificate()
        certificate.bid = bid ?? .zero
        certificate.ask = ask ?? .zero
        for fill in fills { certificate.add(fill.quantity, fill.side, at: fill.price, moneyPerTick: moneyPerTick) }
        return certificate.slippage
    }

    /// What an answer says of all accounts together.
    private enum Finding {
        /// Not everything was answered.
        case unheard
        case nothing
        case orders([VenueCommand])
        case positions([(account: VenueAccount, quantity: Quantity)])
    }

    /// Orders come first: nothing is closed in any account while something is live in one.
    private func look(at accounts: [VenueAccount], _ reply: VenueReply, _ query: UInt64) -> Finding {
        var cancels: [VenueCommand] = []
        var positions: [(account: VenueAccount, quantity: Quantity)] = []
        for account in accounts {
            guard reply.isWhole(query, in: account), let open = reply.position(query, in: account) else {
                return .unheard
            }
            cancels += reply.live(query, in: account).map { Self.cancel($0, in: account) }
            if open != .zero { positions.append((account, open)) }
        }
        if !cancels.isEmpty { return .orders(cancels) }
        return positions.isEmpty ? .nothing : .positions(positions)
    }

    private static func cancel(_ id: ClientOrderID, in account: VenueAccount) -> VenueCommand {
        var order = Order.blank
        order.id = id
        order.account = account
        return VenueCommand(.cancel, order)
    }

    /// An order for all that is open, through the book; nil while the other side is empty.
    private mutating func close(
        _ open: Quantity, in account: VenueAccount, _ reply: VenueReply
    ) -> VenueCommand? {
        let side: Side = open > .zero ? .sell : .buy
        guard let touch = side == .sell ? reply.bid : reply.ask else { return nil }
        let id = venue.nextOrder()
        var order = Order(
            id: id, parent: id, link: .none, role: .close, side: side, quantity: open.magnitude, type: .limit,
            price: Ticks(max(1, touch.count + side.sign * collar.count)), timeInForce: .immediateOrCancel,
            isReduceOnly: true)
        order.account = account
        return VenueCommand(.submit, order)
    }
}
