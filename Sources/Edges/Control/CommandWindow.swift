import Security
import Units

/// What a process remembers of the messages it took, so that each command is handled once.
///
/// A message is fresh when it was sent within `tolerance` of now and not before this process started. Its nonce is
/// remembered as long as it is fresh. A command that changes something is remembered as long as somebody may still ask
/// for its answer: the tolerance after the last time it was asked for, and until it is finished.
struct CommandWindow {
    /// How far apart the clocks of sender and receiver, and the sending and the handling, may lie.
    static let tolerance = Nanoseconds.seconds(30)
    /// Only holders of the key fill these; 8,192 nonces are 273 commands a second for as long as they are fresh.
    static let mostNonces = 8_192
    static let mostCommands = 1_024

    private struct Handled {
        let command: ControlCommand
        let content: SHA256Digest
        var lastAsked: Timestamp
    }

    private var nonces: Set<CommandID> = []
    private var nonceOrder: [(nonce: CommandID, sentAt: Timestamp)] = []
    private var handled: [CommandID: Handled] = [:]

    var commandCount: Int { handled.count }

    /// Lets a message in whose time is right and whose nonce is new.
    ///
    /// - Parameter startedAt: when this process started, by the clock that says `now`: a clock that was set back since
    ///   must not shut everybody out until it is there again.
    mutating func admit(
        nonce: CommandID, sentAt: Timestamp, now: Timestamp, startedAt: Timestamp
    ) throws(ControlRefusal) {
        guard Self.isFresh(sentAt, now), sentAt >= startedAt else { throw .wrongTime }
        guard !nonces.contains(nonce) else { throw .replayed }
        if nonceOrder.count >= Self.mostNonces { forgetNonces(now) }
        guard nonceOrder.count < Self.mostNonces else { throw .busy }
        nonces.insert(nonce)
        nonceOrder.append((nonce, sentAt))
    }

    /// The command with this id, if it was taken before.
    mutating func known(_ id: CommandID, content: SHA256Digest, now: Timestamp) throws(ControlRefusal)
        -> ControlCommand?
    {
        guard let found = handled[id] else { return nil }
        guard found.content == content else { throw .idReused }
        handled[id]?.lastAsked = now
        return found.command
    }

    /// Makes room for one more command; false when every one remembered is still needed.
    mutating func hasRoom(now: Timestamp) -> Bool {
        if handled.count < Self.mostCommands { return true }
        handled = handled.filter { _, entry in
            !entry.command.currentAnswer().outcome.isTerminal || Self.isFresh(entry.lastAsked, now)
        }
        return handled.count < Self.mostCommands
    }

    mutating func remember(_ command: ControlCommand, content: SHA256Digest, now: Timestamp) {
        handled[command.id] = Handled(command: command, content: content, lastAsked: now)
    }

    private mutating func forgetNonces(_ now: Timestamp) {
        nonceOrder.removeAll { !Self.isFresh($0.sentAt, now) }
        nonces = Set(nonceOrder.map(\.nonce))
    }

    private static func isFresh(_ time: Timestamp, _ now: Timestamp) -> Bool {
        let age = (now - time).count
        return age > -tolerance.count && age < tolerance.count
    }
}
