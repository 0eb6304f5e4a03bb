/// What happened on a channel beside its messages.
public enum ChannelEvent: Equatable, Sendable {
    /// Both ends agree: messages flow.
    case connected
    /// Nothing was heard of the other end for `ChannelLimits.silence`, or its connection is gone. Messages wait.
    case disconnected
    /// The receiver asks for a message that the sender no longer keeps: what lies between was lost. Nothing flows.
    case gone(wanted: UInt64, oldest: UInt64)
    /// The receiver asks for a message that was never sent: the sender has lost its outbox. Nothing flows, unless it
    /// makes the same messages again (`ChannelOutbox.isReplayed`).
    case ahead(wanted: UInt64, next: UInt64)
    /// The other end is of another channel or run. Nothing flows.
    case stranger(ChannelSession)
    /// Another receiver of the same session has taken over.
    case superseded
    /// Bytes that no end of a channel wrote. Nothing else comes of them.
    case garbage(byteCount: Int)
}

/// Events that their owner has not looked at yet. Bounded: beyond that they are only counted.
struct ChannelEvents {
    private var waiting: [ChannelEvent] = []
    private(set) var dropped = 0
    private static let countMax = 64

    mutating func add(_ event: ChannelEvent) {
        if waiting.count < Self.countMax { waiting.append(event) } else { dropped += 1 }
    }

    mutating func take() -> ChannelEvent? { waiting.isEmpty ? nil : waiting.removeFirst() }
}
