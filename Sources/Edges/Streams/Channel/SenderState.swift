import Units

/// The sender's half of the protocol, without a socket: what to keep, what to send, what to answer.
struct SenderState: ~Copyable {
    struct Answer {
        var reply: ChannelFrame?
        var event: ChannelEvent?
    }

    let session: ChannelSession
    let limits: ChannelLimits
    private var ring: SlotRing
    private let start: ChannelFrameStart
    private let isReplayed: Bool
    /// The receiver has these already: what is made below is acknowledged at once.
    private var replayedBefore: UInt64 = 0
    /// The next message to hand to the connection.
    private(set) var cursor: UInt64
    /// The next message to put into the shortcut; the cursor's when there is none.
    private var shortcutCursor: UInt64
    /// When the cursor's message was put into the shortcut, or became the cursor's.
    private var waitingSince = Nanoseconds.zero
    private(set) var isConnected = false
    private var lastHeard = Nanoseconds.zero
    private var lastSent = Nanoseconds.zero
    private var lastProgress = Nanoseconds.zero
    private var resendAfter: Nanoseconds
    private(set) var resendCount: UInt64 = 0

    init(_ session: ChannelSession, _ limits: ChannelLimits, _ outbox: ChannelOutbox) {
        precondition(outbox.messages.count <= limits.capacity, "the outbox holds what is not acknowledged")
        self.session = session
        self.limits = limits
        start = ChannelFrameStart(.data, session)
        isReplayed = outbox.isReplayed
        resendAfter = limits.resendAfter
        cursor = outbox.firstSequence
        shortcutCursor = outbox.firstSequence
        ring = SlotRing(
            slotByteCount: ChannelFrame.headerByteCount + limits.messageByteCountMax, capacity: limits.capacity,
            next: outbox.firstSequence)
        for message in outbox.messages { message.withUnsafeBytes { _ = append($0) } }
    }

    var oldest: UInt64 { ring.first }
    var next: UInt64 { ring.next }
    var unacknowledgedCount: Int { ring.count }
    var isFull: Bool { ring.isFull }
    var isNextTaken: Bool { ring.next < replayedBefore }

    var outbox: ChannelOutbox {
        let messages = (oldest..<next).map { Array(message($0)[ChannelFrame.headerByteCount...]) }
        return ChannelOutbox(firstSequence: oldest, messages: messages, isReplayed: isReplayed)
    }

    /// Keeps a message until it is acknowledged. Nil when there is no room.
    mutating func append(_ payload: UnsafeRawBufferPointer) -> UInt64? {
        append(byteCount: payload.count) { $0.copyMemory(from: payload) }
    }

    /// The same of a message that is made in its place.
    mutating func append(byteCount: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) -> UInt64? {
        precondition(byteCount <= limits.messageByteCountMax, "a message has at most messageByteCountMax bytes")
        guard !isFull else { return nil }
        let sequence = ring.next
        ring.commit(byteCount: write(byteCount, sequence, fill).count)
        if sequence < replayedBefore {
            ring.drop(before: sequence + 1)
            cursor = max(cursor, sequence + 1)
        }
        return sequence
    }

    /// The number of a message that is rehearsed: one that no message has, so that nobody takes it for one.
    static let rehearsed = UInt64.max

    /// Writes a message where the next one will be written; nobody sees it. Nil when there is no room.
    mutating func rehearse(
        byteCount: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void
    ) -> UnsafeRawBufferPointer? {
        guard !isFull, byteCount <= limits.messageByteCountMax else { return nil }
        return write(byteCount, Self.rehearsed, fill)
    }

    private func write(
        _ byteCount: Int, _ sequence: UInt64, _ fill: (UnsafeMutableRawBufferPointer) -> Void
    ) -> UnsafeRawBufferPointer {
        let slot = ring.nextSlot
        fill(UnsafeMutableRawBufferPointer(rebasing: slot[ChannelFrame.headerByteCount...].prefix(byteCount)))
        start.write(into: slot, sequence: sequence, payloadByteCount: byteCount)
        return UnsafeRawBufferPointer(rebasing: slot[..<(ChannelFrame.headerByteCount + byteCount)])
    }

    /// The message that the connection should get now: one that the shortcut has no room for, or that was not taken
    /// there in time.
    func toSend(now: Nanoseconds) -> UInt64? {
        guard isConnected, cursor < next else { return nil }
        return cursor < shortcutCursor && now - waitingSince <= limits.acknowledgeInterval ? nil : cursor
    }

    /// The shortcut has room for the next message.
    var hasShortcutRoom: Bool { isConnected && next < oldest + ChannelShortcut.slotCount }

    /// The message that the shortcut should get now, of those that it has room for.
    var toPut: UInt64? {
        let first = max(shortcutCursor, oldest)
        return isConnected && first < min(next, oldest + ChannelShortcut.slotCount) ? first : nil
    }

    mutating func didPut(_ sequence: UInt64, now: Nanoseconds) {
        shortcutCursor = sequence + 1
        if sequence == cursor { waitingSince = now }
        if sequence == oldest { lastProgress = now }
    }

    /// The receiver has said in the shortcut that it has journaled what is before `sequence`.
    mutating func takeAcknowledged(before sequence: UInt64, now: Nanoseconds) {
        if isConnected { acknowledge(before: min(sequence, next), now: now) }
    }

    func message(_ sequence: UInt64) -> UnsafeRawBufferPointer { ring.message(sequence) }

    mutating func didSend(now: Nanoseconds) {
        if cursor == oldest { lastProgress = now }
        cursor += 1
        lastSent = now
    }

    /// Something arrived from the receiver.
    mutating func take(_ frame: ChannelFrame, now: Nanoseconds) -> Answer {
        guard frame.session == session else {
            return Answer(reply: own(.stranger, next), event: .stranger(frame.session))
        }
        switch frame.kind {
        case .hello: return hello(frame.sequence, now: now)
        // A sender that has just started learns of its receiver by whatever it says.
        case .acknowledge where !isConnected: return hello(frame.sequence, now: now)
        case .acknowledge:
            lastHeard = now
            acknowledge(before: min(frame.sequence, next), now: now)
            return Answer()
        case .data, .welcome, .beat, .gone, .ahead, .stranger, .superseded:
            return Answer(event: .garbage(byteCount: ChannelFrame.headerByteCount))
        }
    }

    /// What a hello is answered that asks for a message that cannot be sent; nil for one that can.
    func refusal(of wanted: UInt64) -> Answer? {
        if wanted < oldest {
            return Answer(reply: own(.gone, oldest), event: .gone(wanted: wanted, oldest: oldest))
        }
        guard wanted > next, !isReplayed else { return nil }
        return Answer(reply: own(.ahead, next), event: .ahead(wanted: wanted, next: next))
    }

    private mutating func hello(_ wanted: UInt64, now: Nanoseconds) -> Answer {
        lastHeard = now
        if let refusal = refusal(of: wanted) {
            isConnected = false
            return refusal
        }
        if wanted > next { replayedBefore = wanted }
        acknowledge(before: min(wanted, next), now: now)
        cursor = oldest
        shortcutCursor = oldest
        resendAfter = limits.resendAfter
        lastProgress = now
        defer { isConnected = true }
        return Answer(reply: own(.welcome, next), event: isConnected ? nil : .connected)
    }

    private mutating func acknowledge(before sequence: UInt64, now: Nanoseconds) {
        guard sequence > oldest else { return }
        ring.drop(before: sequence)
        if sequence > cursor { waitingSince = now }
        cursor = max(cursor, sequence)
        lastProgress = now
        resendAfter = limits.resendAfter
    }

    /// The connection is gone, or there is another one.
    mutating func disconnect() -> ChannelEvent? {
        defer { isConnected = false }
        return isConnected ? .disconnected : nil
    }

    /// Timers. True when a beat is due.
    mutating func tick(now: Nanoseconds) -> (beat: Bool, event: ChannelEvent?) {
        guard isConnected else { return (false, nil) }
        if now - lastHeard > limits.silence { return (false, disconnect()) }
        if cursor > oldest, now - lastProgress > resendAfter {
            resendCount += cursor - oldest
            cursor = oldest
            lastProgress = now
            resendAfter = min(resendAfter * 2, limits.resendAfterMax)
        }
        guard now - lastSent >= limits.beatInterval else { return (false, nil) }
        lastSent = now
        return (true, nil)
    }

    func own(_ kind: ChannelFrame.Kind, _ sequence: UInt64) -> ChannelFrame {
        ChannelFrame(kind: kind, session: session, sequence: sequence)
    }
}
