import Foundation
import Pipeline
import Platform
import Streams
import Units
import ZeroMQ

/// The sending ends of a process's channels. Messages are added as the stage puts them out, and leave with `send`, when
/// what they follow from is journaled.
struct StageOutbox: ~Copyable {
    private final class Link {
        let channel: StageChannel
        var sender: ReliableSender
        var waiting: [StageEnvelope] = []

        init(_ channel: StageChannel, _ sender: consuming ReliableSender) {
            self.channel = channel
            self.sender = sender
        }
    }

    private let links: [Link]
    private let seal: ApprovalSeal?

    /// - Parameter outboxes: what `saved` gave before a restart; empty for a new run.
    init(
        _ role: ProcessRole, _ site: RunSite, _ context: ZeroMQContext, outboxes: [ChannelOutbox], seal: ApprovalSeal?
    ) throws {
        self.seal = seal
        var links: [Link] = []
        for (index, channel) in StageChannel.outOf(role).enumerated() {
            // The stage is a fold: after a restart it makes again what a receiver may have already.
            var outbox = index < outboxes.count ? outboxes[index] : ChannelOutbox()
            outbox.isReplayed = true
            let sender = try ReliableSender(
                context, channel.endpoint(site), channel.session(site), outbox: outbox)
            links.append(Link(channel, sender))
        }
        self.links = links
    }

    var saved: [ChannelOutbox] { links.map { $0.sender.outbox } }
    /// Something has not left: it waits for what it follows from to be journaled, or for room in its channel. A state
    /// saved now would not have it.
    var hasWaiting: Bool { links.contains { !$0.waiting.isEmpty } }
    /// Everything has been acknowledged.
    var isSettled: Bool { links.allSatisfy { $0.waiting.isEmpty && $0.sender.unacknowledgedCount == 0 } }

    /// Puts a message into the channel of its kind; what belongs to none is for the journal alone.
    ///
    /// - Parameter origin: when the record was received that it follows from.
    mutating func add(_ message: StageMessage, at position: UInt64, origin: UInt64 = 0) {
        for link in links where link.channel.kinds.contains(message.kind) {
            link.waiting.append(StageEnvelope(position: position, origin: origin, message: message))
        }
    }

    mutating func send() throws {
        let now = MonotonicClock.now()
        for link in links where !link.waiting.isEmpty {
            let seal = link.channel == .approvals ? seal : nil
            var sent = 0
            // A full channel's receiver is dead or slow: what does not fit waits here, and nothing is saved meanwhile.
            while sent < link.waiting.count,
                try link.sender.send(try link.waiting[sent].bytes(seal: seal), now: now) != nil
            {
                sent += 1
            }
            link.waiting.removeFirst(sent)
        }
    }

    /// Takes acknowledgements and sends again what was lost.
    mutating func poll() throws {
        let now = MonotonicClock.now()
        for link in links {
            try link.sender.poll(now: now)
            if let event = link.sender.takeEvent(), case .gone = event {
                throw StageLinkError.lost(link.channel.name, "\(event)")
            }
        }
        if hasWaiting { try send() }
    }
}
