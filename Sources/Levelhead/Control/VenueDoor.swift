import Control
import Foundation
import Orders
import Pipeline
import Platform
import Units

/// The venue's door for a second client: whoever has the control key can cancel, close and ask there, with every other
/// process dead. Questions and answers are control messages (`ControlMessage`) at a socket of its own, below
/// `STATE/venue`; the commands and events in them are those of the gateway's channels.
enum VenueDoor {
    static func directory(_ stateDirectory: String) -> String { "\(stateDirectory)/venue" }

    static func text(_ message: StageMessage) -> String? {
        guard let bytes = try? message.bytes else { return nil }
        return bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    static func message(_ text: String) -> StageMessage? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index...(index + 1)], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        return try? StageMessage(bytes: bytes)
    }
}

/// What the venue said to one question at its door.
struct VenueReply {
    let events: [VenueEvent]
    let bid: Ticks?
    let ask: Ticks?
    let isOpen: Bool
    /// Of one contract.
    let moneyPerTick: Money?
    /// How many accounts there are.
    let accountCount: Int

    init(_ details: AnswerDetails) {
        events = (details.events ?? []).compactMap { text in
            guard case .event(let event)? = VenueDoor.message(text) else { return nil }
            return event
        }
        bid = details.bid.map { Ticks($0) }
        ask = details.ask.map { Ticks($0) }
        isOpen = details.isOpen ?? false
        moneyPerTick = details.moneyPerTick.flatMap { Money($0) }
        accountCount = details.accounts ?? 1
    }

    /// Orders that are not terminal, of the answers to a `queryOrders`.
    func live(_ query: UInt64, in account: VenueAccount) -> [ClientOrderID] {
        events.filter { $0.kind == .orderStatus && $0.query == query && $0.account == account && !$0.state.isTerminal }
            .map(\.order)
    }

    /// Nil when the question was not answered.
    func position(_ query: UInt64, in account: VenueAccount) -> Quantity? {
        events.last { $0.kind == .positionStatus && $0.query == query && $0.account == account }?.quantity
    }

    /// Every live order was told.
    func isWhole(_ query: UInt64, in account: VenueAccount) -> Bool {
        events.contains { $0.kind == .queryEnd && $0.query == query && $0.account == account }
    }

    /// Nothing ended and nothing filled while the question was under way.
    var isQuiet: Bool {
        !events.contains { event in
            switch event.kind {
            case .filled, .cancelled, .rejected, .accepted, .reduced, .modified, .triggered: true
            case .cancelRejected, .modifyRejected, .orderStatus, .positionStatus, .queryEnd: false
            }
        }
    }
}

/// The commands and queries of a second client.
struct VenueClient {
    private let client: ControlClient
    private let epoch: UInt64
    private var queries: UInt64
    private var orders: UInt64

    /// Identities of this client's orders: a human's, of no run's epoch, counted from the time of day.
    private static let orderEpoch: UInt16 = 0xD000

    init(stateDirectory: String, epoch: UInt64) throws {
        let key = try KeyStore(stateDirectory: stateDirectory).key(.control)
        client = ControlClient(stateDirectory: VenueDoor.directory(stateDirectory), key: key, sender: "direct")
        self.epoch = epoch
        let now = WallClock.now().nanoseconds / 1_000_000
        orders = now & (1 << 40 - 1)
        // Answers name their query: no other client's has this number.
        queries = now << 16
    }

    mutating func nextOrder() -> ClientOrderID {
        orders += 1
        return ClientOrderID(epoch: Self.orderEpoch, issuer: .manual, count: orders)
    }

    /// Sends commands, then asks for every order and for the position of each account.
    ///
    /// - Returns: the answers, and the number of the question; nil when the venue is silent.
    mutating func ask(
        _ commands: [VenueCommand], of accounts: [VenueAccount], closesSession: Bool, within time: Nanoseconds
    ) throws -> (reply: VenueReply, query: UInt64)? {
        queries += 1
        var all = commands
        for account in accounts {
            var blank = Order.blank
            blank.account = account
            all.append(VenueCommand(.queryOrders, blank, query: queries))
            all.append(VenueCommand(.queryPosition, blank, query: queries))
        }
        var arguments = CommandArguments(epoch: epoch)
        arguments.closesSession = closesSession
        arguments.commands = all.compactMap { command in
            var command = command
            command.epoch = epoch
            return VenueDoor.text(.command(command))
        }
        let survey = try client.survey(.venue, arguments, until: .decided(by: "paper"), deadline: time)
        guard let answer = survey.answers["paper"], answer.outcome == .done else { return nil }
        return (VenueReply(answer.details), queries)
    }
}
