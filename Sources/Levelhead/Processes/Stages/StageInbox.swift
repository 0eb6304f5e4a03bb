import Foundation
import Pipeline
import Platform
import Streams
import Units
import ZeroMQ

/// The receiving ends of a process's channels.
struct StageInbox: ~Copyable {
    /// One channel. A class, because arrays cannot hold what cannot be copied.
    private final class Link {
        let channel: StageChannel
        let source: InputSource
        var receiver: ReliableReceiver
        /// Sent at a later record than those taken so far.
        var held: (sequence: UInt64, envelope: StageEnvelope)?
        var taken: UInt64?
        /// It has been connected before.
        var wasHeard = false
        /// The bytes of a message to rehearse with.
        let sample: [UInt8]?

        init(
            _ channel: StageChannel, _ source: InputSource, _ receiver: consuming ReliableReceiver, sample: [UInt8]?
        ) {
            self.sample = sample
            self.channel = channel
            self.source = source
            self.receiver = receiver
        }
    }

    private let links: [Link]
    private let seal: ApprovalSeal?
    private let bell: Doorbell
    private let silence: Nanoseconds
    private let mayHaveHeard: Bool
    private let startedAt = MonotonicClock.now()
    /// Within which processes that are started together hear each other.
    private static let startTime = Nanoseconds.seconds(5)
    /// Calls of the bell when the channels were last looked at.
    private var heard: UInt32 = 0
    /// Longest wait for a message, so that the ring is looked at.
    private static let patience = Nanoseconds.milliseconds(1)

    /// - Parameters:
    ///   - next: by channel, the first message that is not journaled; empty for a new run.
    ///   - silence: after which the other end of a channel is taken for gone.
    ///   - mayHaveHeard: this process had an earlier life, whose peers may be gone since.
    init(
        _ role: ProcessRole, _ site: RunSite, _ context: ZeroMQContext, next: [UInt64], seal: ApprovalSeal?,
        silence: Nanoseconds, mayHaveHeard: Bool
    ) throws {
        self.silence = silence
        self.mayHaveHeard = mayHaveHeard
        let shortcuts = try ShortcutMemory(site)
        var limits = ChannelLimits()
        limits.silence = silence
        var links: [Link] = []
        for (index, channel) in StageChannel.into(role).enumerated() {
            guard let source = InputSource(channel: channel) else { continue }
            let receiver = try ReliableReceiver(
                context, channel.endpoint(site), channel.session(site), limits: limits,
                next: index < next.count ? next[index] : 0, shortcut: channel.shortcut(shortcuts))
            let sample = try channel.sample.map {
                try StageEnvelope(position: 0, origin: 0, message: $0).bytes(seal: channel == .approvals ? seal : nil)
            }
            links.append(Link(channel, source, receiver, sample: sample))
        }
        self.links = links
        self.seal = seal
        bell = shortcuts.bell(of: role)
    }

    /// By channel, the next message wanted.
    var next: [UInt64] { links.map { $0.held?.sequence ?? $0.receiver.nextSequence } }
    /// Whether the other end of a channel is heard: false after `silence`; nil before it first was, but where an
    /// earlier life of this process heard it no longer than it takes to start.
    func isHeard(_ channel: StageChannel) -> Bool? {
        guard let link = links.first(where: { $0.channel == channel }) else { return nil }
        if link.receiver.isConnected { link.wasHeard = true }
        if link.wasHeard { return link.receiver.isConnected }
        return mayHaveHeard && MonotonicClock.now() - startedAt > silence + Self.startTime ? false : nil
    }

    var hasUnacknowledged: Bool { links.contains { $0.taken != nil } }

    /// The next message that may be taken by who has taken all records before `position`.
    mutating func next(at position: UInt64) throws -> (InputSource, UInt64, StageEnvelope)? {
        for link in links {
            if let (sequence, envelope) = try head(of: link), envelope.position <= position {
                link.held = nil
                link.taken = sequence
                return (link.source, sequence, envelope)
            }
        }
        return nil
    }

    /// Reads a message of each channel that never came, so that the code is near when one comes.
    func rehearse(_ body: (InputSource, StageMessage) throws -> Void) throws {
        for link in links {
            guard let sample = link.sample, let bytes = link.receiver.rehearse(sample) else { continue }
            try body(link.source, try open(bytes, of: link).message)
        }
    }

    private func open(_ bytes: UnsafeRawBufferPointer, of link: Link) throws -> StageEnvelope {
        try StageEnvelope(
            bytes: Array(bytes), channel: link.channel, seal: link.channel == .approvals ? seal : nil)
    }

    private func head(of link: Link) throws -> (sequence: UInt64, envelope: StageEnvelope)? {
        if let held = link.held { return held }
        guard let message = try link.receiver.receive(now: MonotonicClock.now()) else {
            if let event = link.receiver.takeEvent() { try check(event, of: link) }
            return nil
        }
        link.held = (message.sequence, try open(message.bytes, of: link))
        return link.held
    }

    /// A sender that no longer has what this process needs is not to be gone on with.
    private func check(_ event: ChannelEvent, of link: Link) throws {
        switch event {
        case .gone, .stranger: throw StageLinkError.lost(link.channel.name, "\(event)")
        case .connected, .disconnected, .ahead, .superseded, .garbage: break
        }
    }

    /// Everything taken is journaled: its senders may forget it.
    mutating func acknowledge() throws {
        for link in links {
            guard let sequence = link.taken else { continue }
            try link.receiver.acknowledge(through: sequence, now: MonotonicClock.now())
            link.taken = nil
        }
    }

    /// The channels are about to be looked at: who calls from here on is waited for no more.
    mutating func listen() { heard = bell.calls }

    /// Somebody has sent something since the channels were last looked at.
    var isCalled: Bool { bell.calls != heard }

    /// Waits a moment for a message.
    func wait() { bell.sleep(unlessCalledSince: heard, atMost: Self.patience) }
}
