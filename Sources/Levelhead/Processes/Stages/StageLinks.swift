import Foundation
import Pipeline
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

    static let signals = StageChannel(name: "signals", from: .engine, to: .risk, kinds: [.signal])
    static let approvals = StageChannel(name: "approvals", from: .risk, to: .execution, kinds: [.approval, .change])
    static let fills = StageChannel(name: "fills", from: .execution, to: .risk, kinds: [.fill, .update, .notice])
    static let commands = StageChannel(name: "commands", from: .execution, to: .paper, kinds: [.command])
    static let events = StageChannel(name: "events", from: .paper, to: .execution, kinds: [.event])

    static let all = [signals, approvals, fills, commands, events]

    /// In the order in which they are numbered in a process's journal.
    static func into(_ role: ProcessRole) -> [StageChannel] { all.filter { $0.to == role } }
    static func outOf(_ role: ProcessRole) -> [StageChannel] { all.filter { $0.from == role } }

    func endpoint(_ site: RunSite) -> ZeroMQEndpoint { .ipc(path: "\(site.socketDirectory)/\(name).ipc") }

    func session(_ site: RunSite) -> ChannelSession { ChannelSession(channel: name, run: site.identity) }
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
        var bytes = withUnsafeBytes(of: position.littleEndian) { Array($0) }
        bytes += withUnsafeBytes(of: origin.littleEndian) { Array($0) }
        bytes += try message.bytes
        if let seal { bytes += seal.code(of: bytes) }
        return bytes
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
        guard channel.kinds.contains(message.kind) else { throw StageLinkError.kind(channel.name, message.kind) }
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
