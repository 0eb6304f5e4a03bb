import Pipeline
import Platform
import Streams
import Units
import ZeroMQ

/// What a conductor and a stage say to each other: a byte for the kind, the step (UInt64, little-endian), then the
/// message if there is one.
enum LockstepWord {
    /// The stage may take so many steps by itself.
    case clear(UInt64)
    case ask(StageRequest, UInt64)
    /// One output of an answer.
    case output(StageMessage)
    /// The end of an answer.
    case end(isQuiet: Bool)

    private enum Kind: UInt8 {
        case clear = 1
        case outputs, take, output, end
    }

    var bytes: [UInt8] {
        get throws {
            switch self {
            case .clear(let step): Self.header(.clear, step)
            case .ask(.outputs, let step): Self.header(.outputs, step)
            case .ask(.take(let message), let step): try Self.header(.take, step) + message.bytes
            case .output(let message): try Self.header(.output, 0) + message.bytes
            case .end(let isQuiet): Self.header(.end, isQuiet ? 1 : 0)
            }
        }
    }

    init(bytes: [UInt8]) throws {
        guard bytes.count >= 9, let kind = Kind(rawValue: bytes[0]) else { throw StageLinkError.malformed("lockstep") }
        let step = bytes[1..<9].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        let body = Array(bytes[9...])
        switch kind {
        case .clear: self = .clear(step)
        case .outputs: self = .ask(.outputs, step)
        case .take: self = .ask(.take(try StageMessage(bytes: body)), step)
        case .output: self = .output(try StageMessage(bytes: body))
        case .end: self = .end(isQuiet: step == 1)
        }
    }

    private static func header(_ kind: Kind, _ step: UInt64) -> [UInt8] {
        [kind.rawValue] + withUnsafeBytes(of: step.littleEndian) { Array($0) }
    }

    /// The name of the channel to a stage, and of that back.
    static func channel(to role: ProcessRole) -> String { "to-\(role.rawValue)" }
    static func channel(from role: ProcessRole) -> String { "from-\(role.rawValue)" }
}

/// One end of a conversation in logical time.
final class LockstepEnd {
    private var sender: ReliableSender
    private var receiver: ReliableReceiver
    private var poller = ZeroMQPoller()
    private let name: String

    init(_ site: RunSite, _ context: ZeroMQContext, sends: String, receives: String) throws {
        let endpoints = StreamEndpoints(directory: site.socketDirectory)
        sender = try ReliableSender(
            context, endpoints.channel(sends), ChannelSession(channel: sends, run: site.identity))
        receiver = try ReliableReceiver(
            context, endpoints.channel(receives), ChannelSession(channel: receives, run: site.identity))
        name = receives
        receiver.register(in: &poller)
        sender.register(in: &poller)
    }

    func send(_ word: LockstepWord) throws {
        let bytes = try word.bytes
        while try sender.send(bytes, now: MonotonicClock.now()) == nil {
            try checkStop()
            _ = try poller.wait(timeout: .milliseconds(1))
            try sender.poll(now: MonotonicClock.now())
        }
    }

    /// The next word, at once or not at all.
    func receiveNow() throws -> LockstepWord? {
        let now = MonotonicClock.now()
        try sender.poll(now: now)
        guard let message = try receiver.receive(now: now) else { return nil }
        let word = try LockstepWord(bytes: Array(message.bytes))
        try receiver.acknowledge(through: message.sequence, now: now)
        return word
    }

    /// The next word, waiting for it.
    func receive() throws -> LockstepWord {
        while true {
            if let word = try receiveNow() { return word }
            try checkStop()
            _ = try poller.wait(timeout: .milliseconds(20))
        }
    }

    /// Waits a moment for a word.
    func wait() throws { _ = try poller.wait(timeout: .milliseconds(1)) }

    /// Everything sent has been taken.
    var isSettled: Bool { sender.unacknowledgedCount == 0 }

    private func checkStop() throws { if StopSignal.isRaised { throw LockstepStopped() } }
}

/// The run was stopped while processes waited for each other.
struct LockstepStopped: Error, CustomStringConvertible {
    var description: String { "stopped in logical time" }
}
