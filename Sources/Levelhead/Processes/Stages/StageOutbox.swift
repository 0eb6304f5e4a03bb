import Control
import Foundation
import Orders
import Pipeline
import Platform
import Signals
import Streams
import Units
import ZeroMQ

/// The sending ends of a process's channels. Messages are added as the stage puts them out, and leave with `send`, when
/// what they follow from is journaled.
struct StageOutbox: ~Copyable {
    private final class Link {
        let channel: StageChannel
        var sender: ReliableSender
        var waiting: [Waiting] = []

        init(_ channel: StageChannel, _ sender: consuming ReliableSender) {
            self.channel = channel
            self.sender = sender
        }
    }

    private struct Waiting {
        let envelope: StageEnvelope
        /// An earlier life of the process put it out, and may have sent it.
        let isMadeAgain: Bool
        /// Until when it may leave, by the message clock; nil for what opens nothing.
        var deadline: Timestamp?
    }

    /// An order that did not leave.
    struct Withheld {
        let order: ClientOrderID
        /// Its approval had expired; else its epoch was over, or it could not be journaled in full.
        let isExpired: Bool

        /// What the fold is told.
        var request: OperatorCommand {
            OperatorCommand(
                isExpired ? .expired : .withheld, sender: ShortText(isExpired ? "age" : "lock"), target: order)
        }
    }

    private let links: [Link]
    /// The one that carries signals; nil of a process that sends none.
    private let signals: Link?
    /// Orders that did not leave since they were last asked for.
    private var withheld: [Withheld] = []
    /// Orders of which the journal says that a command never left: what is made again of them does not leave now
    /// either.
    var neverLeft: Set<ClientOrderID> = []
    private let lock: EpochWord?
    /// False: nothing that opens leaves, for it could not be journaled in full.
    var mayOpen = true
    private let seal: ApprovalSeal?
    /// Of an approval.
    private let life: Nanoseconds

    /// - Parameters:
    ///   - lock: looked at before an order that opens is sent.
    ///   - life: of an approval: what opens does not leave when that is over.
    ///   - outboxes: what `saved` gave before a restart; empty for a new run.
    init(
        _ role: ProcessRole, _ site: RunSite, _ context: ZeroMQContext, outboxes: [ChannelOutbox], seal: ApprovalSeal?,
        lock: EpochWord? = nil, life: Nanoseconds = .seconds(2)
    ) throws {
        self.seal = seal
        self.life = life
        self.lock = lock
        let shortcuts = try ShortcutMemory(site)
        var links: [Link] = []
        for (index, channel) in StageChannel.outOf(role).enumerated() {
            // The stage is a fold: after a restart it makes again what a receiver may have already.
            var outbox = index < outboxes.count ? outboxes[index] : ChannelOutbox()
            outbox.isReplayed = true
            let sender = try ReliableSender(
                context, channel.endpoint(site), channel.session(site), outbox: outbox,
                shortcut: channel.entry(shortcuts))
            links.append(Link(channel, sender))
        }
        self.links = links
        signals = links.first { $0.channel.carries(.signal) }
    }

    var saved: [ChannelOutbox] { links.map { $0.sender.outbox } }
    /// Something has not left: it waits for what it follows from to be journaled, or for room in its channel. A state
    /// saved now would not have it.
    var hasWaiting: Bool { links.contains { !$0.waiting.isEmpty } }
    /// Everything has been acknowledged.
    var isSettled: Bool { links.allSatisfy { $0.waiting.isEmpty && $0.sender.unacknowledgedCount == 0 } }

    /// Puts a message into the channel of its kind; what belongs to none is for the journal alone.
    ///
    /// - Parameters:
    ///   - origin: when the record was received that it follows from.
    ///   - cause: what the stage took when it put the message out; nil for a record.
    ///   - time: when that was, by the message clock.
    ///   - isMadeAgain: after a restart, of what the process had put out before.
    mutating func add(
        _ message: StageMessage, at position: UInt64, origin: UInt64 = 0, after cause: StageMessage? = nil,
        time: Timestamp, isMadeAgain: Bool = false
    ) {
        let envelope = StageEnvelope(position: position, origin: origin, message: message)
        var deadline: Timestamp?
        if case .command(let command) = message { deadline = command.deadline(after: cause, at: time, life: life) }
        for link in links where link.channel.carries(message.kind) {
            link.waiting.append(Waiting(envelope: envelope, isMadeAgain: isMadeAgain, deadline: deadline))
        }
    }

    /// Sends a signal, which waits for nothing; its receiver is not woken before `call`.
    ///
    /// - Parameter isRehearsal: nobody sees it.
    mutating func put(_ signal: Signal, at position: UInt64, origin: UInt64, isRehearsal: Bool = false) throws {
        guard let link = signals else { return }
        if link.waiting.isEmpty {
            let byteCount = StageEnvelope.signalByteCount
            if isRehearsal {
                return link.sender.rehearse(byteCount: byteCount) {
                    StageEnvelope.write(signal, position: position, origin: origin, into: $0)
                }
            }
            let sent = try link.sender.put(byteCount: byteCount, now: MonotonicClock.now()) {
                StageEnvelope.write(signal, position: position, origin: origin, into: $0)
            }
            if sent != nil { return }
        }
        if isRehearsal { return }
        let envelope = StageEnvelope(position: position, origin: origin, message: .signal(signal))
        link.waiting.append(Waiting(envelope: envelope, isMadeAgain: false))
    }

    func call() { for link in links { link.sender.call() } }

    /// Orders that were not sent, each once: they open, and what they were approved in or for is over.
    mutating func takeWithheld() -> [Withheld] {
        defer { withheld = [] }
        return withheld
    }

    /// - Parameter time: by the message clock.
    mutating func send(at time: Timestamp) throws { try send(at: time, isRehearsal: false) }

    private mutating func send(at time: Timestamp, isRehearsal: Bool) throws {
        let now = MonotonicClock.now()
        for link in links where !link.waiting.isEmpty {
            let seal = link.channel == .approvals ? seal : nil
            var sent = 0
            // A full channel's receiver is dead or slow: what does not fit waits here, and nothing is saved meanwhile.
            while sent < link.waiting.count {
                let item = link.waiting[sent]
                var envelope = item.envelope
                var unsent: Withheld?
                if case .command(let command) = envelope.message {
                    // The last act before the send.
                    let departure = command.departure(
                        deadline: item.deadline, at: time, isVenueThere: link.sender.isConnected,
                        isTaken: link.sender.isNextTaken, isPermitted: { permits($0, isMadeAgain: item.isMadeAgain) })
                    if departure == .waits { break }
                    if case .withheld(let isExpired) = departure {
                        envelope = envelope.asking(command)
                        // The gateway is told only of what is certain not to have left before; else the answer tells.
                        if !item.isMadeAgain { unsent = Withheld(order: command.order.id, isExpired: isExpired) }
                    }
                }
                let bytes = try envelope.bytes(seal: seal)
                if isRehearsal {
                    bytes.withUnsafeBytes { link.sender.rehearse($0) }
                } else if try link.sender.send(bytes, now: now) == nil {
                    break
                }
                if let unsent, !isRehearsal { withheld.append(unsent) }
                sent += 1
            }
            if sent == link.waiting.count {
                link.waiting.removeAll(keepingCapacity: true)
            } else {
                link.waiting.removeFirst(sent)
            }
        }
    }

    /// Does with a message of each channel what `add` and `send` do, as far as nobody sees it: the code and the memory
    /// that the next one needs are then near.
    mutating func rehearse() throws {
        if hasWaiting { return }
        let time = Timestamp(nanoseconds: 0)
        for link in links { if let sample = link.channel.sample { add(sample, at: 0, time: time) } }
        defer { for link in links { link.waiting.removeAll(keepingCapacity: true) } }
        try send(at: time, isRehearsal: true)
    }

    private func permits(_ command: VenueCommand, isMadeAgain: Bool) -> Bool {
        guard mayOpen, !(isMadeAgain && neverLeft.contains(command.order.id)) else { return false }
        return lock.map { $0.load().permits(command) } ?? true
    }

    /// Takes acknowledgements and sends again what was lost.
    ///
    /// - Parameter time: by the message clock; of no matter to who sends nothing that opens.
    mutating func poll(at time: Timestamp = Timestamp(nanoseconds: 0)) throws {
        let now = MonotonicClock.now()
        for link in links {
            try link.sender.poll(now: now)
            if let event = link.sender.takeEvent(), case .gone = event {
                throw StageLinkError.lost(link.channel.name, "\(event)")
            }
        }
        if hasWaiting { try send(at: time) }
    }
}

extension StageEnvelope {
    /// What leaves in place of a command that may not.
    fileprivate func asking(_ command: VenueCommand) -> StageEnvelope {
        StageEnvelope(position: position, origin: origin, message: .command(command.asQuestion))
    }
}
