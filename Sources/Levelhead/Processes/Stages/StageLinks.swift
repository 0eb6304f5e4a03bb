import Determinism
import Foundation
import Orders
import Pipeline
import Platform
import Risk
import Signals
import Streams
import Units
import ZeroMQ

/// A channel between two processes of a run: its name is that of its socket.
struct StageChannel: Equatable, Sendable {
    let name: String
    let from: ProcessRole
    let to: ProcessRole
    /// What may come through it.
    let kinds: Set<StageMessage.Kind>
    /// The same, a bit for each.
    private let kindBits: UInt16

    private init(name: String, from: ProcessRole, to: ProcessRole, kinds: Set<StageMessage.Kind>) {
        self.name = name
        self.from = from
        self.to = to
        self.kinds = kinds
        kindBits = kinds.reduce(0) { $0 | 1 << UInt16($1.rawValue) }
    }

    /// A message of it that means nothing, to rehearse with; nil where nobody waits for one.
    var sample: StageMessage? {
        switch self {
        case .signals: .signal(.blank)
        case .approvals: .approval(.blank)
        case .commands: .command(.blank)
        case .events: .event(.blank)
        default: nil
        }
    }

    func carries(_ kind: StageMessage.Kind) -> Bool { kindBits >> UInt16(kind.rawValue) & 1 != 0 }

    static let signals = StageChannel(name: "signals", from: .engine, to: .risk, kinds: [.signal])
    static let approvals = StageChannel(name: "approvals", from: .risk, to: .execution, kinds: [.approval, .change])
    static let fills = StageChannel(name: "fills", from: .execution, to: .risk, kinds: [.fill, .update, .notice])
    static let commands = StageChannel(name: "commands", from: .execution, to: .paper, kinds: [.command])
    static let events = StageChannel(name: "events", from: .paper, to: .execution, kinds: [.event])

    static let all = [signals, approvals, fills, commands, events]

    /// In the order in which they are numbered in a process's journal.
    static func into(_ role: ProcessRole) -> [StageChannel] { all.filter { $0.to == role } }
    static func outOf(_ role: ProcessRole) -> [StageChannel] { all.filter { $0.from == role } }

    /// Its place among the shortcuts.
    private var index: Int {
        guard let index = Self.all.firstIndex(of: self) else { preconditionFailure("a channel is one of them all") }
        return index
    }

    func shortcut(_ memory: ShortcutMemory) -> ChannelShortcut { memory.channel(index) }
    func entry(_ memory: ShortcutMemory) -> ShortcutEntry {
        ShortcutEntry(shortcut(memory), memory.bell(of: to))
    }

    func endpoint(_ site: RunSite) -> ZeroMQEndpoint { .ipc(path: "\(site.socketDirectory)/\(name).ipc") }

    func session(_ site: RunSite) -> ChannelSession { ChannelSession(channel: name, run: site.identity) }
}

extension ShortcutMemory {
    init(_ site: RunSite) throws {
        try self.init(path: site.shortcutPath, bells: ProcessRole.allCases.count, channels: StageChannel.all.count)
    }

    /// What wakes a process of the run.
    func bell(of role: ProcessRole) -> Doorbell {
        guard let index = ProcessRole.allCases.firstIndex(of: role) else {
            preconditionFailure("a role is one of them all")
        }
        return bell(index)
    }
}

/// A stage message on its way: where its sender stood in the ring, when the record was received that it follows from,
/// the message, and for an approval its seal.
///
/// Bytes: the position and the time (UInt64, little-endian), the message, and on the channel of the approvals 32 bytes
/// of HMAC-SHA256 over all of it.
struct StageEnvelope {
    let position: UInt64
    /// By our wall clock, ns; for measuring alone. 0 when unknown.
    let origin: UInt64
    let message: StageMessage

    static let headerByteCount = 16

    func bytes(seal: ApprovalSeal?) throws -> [UInt8] {
        var archive = StateArchive(reserving: StageMessage.usualByteCount)
        var (position, origin) = (position, origin)
        try archive.field(&position)
        try archive.field(&origin)
        try message.save(into: &archive)
        var bytes = archive.finish()
        if let seal { bytes += seal.code(of: bytes) }
        return bytes
    }

    /// Bytes of a signal's envelope.
    static let signalByteCount = headerByteCount + StageMessage.signalByteCount

    /// Writes the bytes of a signal's envelope: those of `bytes`, in their place and without the heap.
    static func write(
        _ signal: Signal, position: UInt64, origin: UInt64, into room: UnsafeMutableRawBufferPointer
    ) {
        var writer = CanonicalWriter(room)
        writer.put(position)
        writer.put(origin)
        StageMessage.write(signal, into: &writer)
    }

    init(position: UInt64, origin: UInt64, message: StageMessage) {
        self.position = position
        self.origin = origin
        self.message = message
    }

    /// - Throws: what is wrong with the bytes; nothing of them is used then.
    init(bytes: [UInt8], channel: StageChannel, seal: ApprovalSeal?) throws {
        var body = bytes[...]
        if let seal {
            guard let opened = seal.open(bytes) else { throw StageLinkError.seal(channel.name) }
            body = opened
        }
        guard body.count > Self.headerByteCount else { throw StageLinkError.malformed(channel.name) }
        position = Self.number(body.prefix(8))
        origin = Self.number(body.dropFirst(8).prefix(8))
        message = try StageMessage(bytes: Array(body.dropFirst(Self.headerByteCount)))
        guard channel.carries(message.kind) else { throw StageLinkError.kind(channel.name, message.kind) }
    }
}

extension StageEnvelope {
    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

enum StageLinkError: Error, CustomStringConvertible {
    case malformed(String)
    case seal(String)
    case kind(String, StageMessage.Kind)
    case lost(String, String)

    var description: String {
        switch self {
        case .malformed(let channel): "channel \(channel): a message too short to be one"
        case .seal(let channel): "channel \(channel): a message that the risk gateway did not seal"
        case .kind(let channel, let kind): "channel \(channel): a message of kind \(kind), which does not belong there"
        case .lost(let channel, let what): "channel \(channel): \(what)"
        }
    }
}
