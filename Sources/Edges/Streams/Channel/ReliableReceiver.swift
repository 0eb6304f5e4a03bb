import Units
import ZeroMQ

/// A message of a channel.
public struct ChannelMessage {
    public let sequence: UInt64
    /// Valid until the receiver's next call.
    public let bytes: UnsafeRawBufferPointer
}

/// The receiving end of a channel. The owner journals a message and then acknowledges it; what it had received and not
/// acknowledged when it died comes again.
public struct ReliableReceiver: ~Copyable {
    private var state: ReceiverState
    private var socket: ZeroMQSocket
    private let shortcut: ChannelShortcut?
    private let buffer: UnsafeMutableRawBufferPointer
    private let message = ZeroMQMessage()
    private var events = ChannelEvents()

    /// - Parameters:
    ///   - next: sequence of the first message that is not journaled.
    ///   - shortcut: where messages come first, if the sender has it too.
    public init(
        _ context: ZeroMQContext, _ endpoint: ZeroMQEndpoint, _ session: ChannelSession,
        limits: ChannelLimits = ChannelLimits(), next: UInt64 = 0, security: ZeroMQSecurity = .none,
        shortcut: ChannelShortcut? = nil
    ) throws(ZeroMQError) {
        var options = ZeroMQSocketOptions()
        options.messageByteCountMax = Int64(ChannelFrame.headerByteCount + limits.messageByteCountMax)
        options.needsConnection = true
        options.security = security
        socket = try .connected(context, .dealer, to: endpoint, options)
        state = ReceiverState(session, limits, next: next)
        self.shortcut = shortcut
        buffer = .allocate(byteCount: ChannelShortcut.frameByteCountMax, alignment: 64)
    }

    deinit { buffer.deallocate() }

    /// Sequence of the next message that `receive` will give.
    public var nextSequence: UInt64 { state.next }
    /// Sequence of the first message that is not acknowledged.
    public var oldestUnacknowledged: UInt64 { state.acknowledged }
    public var isConnected: Bool { state.isConnected }
    /// Messages that came more than once and were dropped.
    public var duplicateCount: UInt64 { state.duplicateCount }

    /// The next message, or nil when none is there. Also says to the sender what has to be said: call it in every turn
    /// of the loop, until it gives nil.
    public mutating func receive(now: Nanoseconds) throws(ZeroMQError) -> ChannelMessage? {
        if let shortcut, let message = take(from: shortcut) { return message }
        while try socket.receive(into: message) {
            guard !message.hasMore, let (frame, payload) = ChannelFrame.read(message.bytes) else {
                events.add(.garbage(byteCount: message.bytes.count))
                try socket.skipRest(of: message)
                continue
            }
            switch state.take(frame, now: now) {
            case .message: return ChannelMessage(sequence: frame.sequence, bytes: payload)
            case .event(let event): events.add(event)
            case .nothing: break
            }
        }
        try speak(now: now)
        return nil
    }

    /// Gives a message back as `receive` gives one that came, so that code and memory are near when one comes.
    ///
    /// - Parameter payload: at most as long as the longest message.
    public func rehearse(_ payload: [UInt8]) -> UnsafeRawBufferPointer? {
        let count = ChannelFrame.headerByteCount + payload.count
        guard count <= buffer.count else { return nil }
        payload.withUnsafeBytes {
            UnsafeMutableRawBufferPointer(rebasing: buffer[ChannelFrame.headerByteCount...]).copyMemory(from: $0)
        }
        ChannelFrame(kind: .data, session: state.session, sequence: state.next)
            .write(into: buffer, payloadByteCount: payload.count)
        return ChannelFrame.read(UnsafeRawBufferPointer(rebasing: buffer[..<count]))?.payload
    }

    private mutating func take(from shortcut: ChannelShortcut) -> ChannelMessage? {
        guard state.takesShortcut, let bytes = shortcut.take(state.next, into: buffer),
            let (frame, payload) = ChannelFrame.read(bytes), frame.kind == .data, frame.session == state.session,
            frame.sequence == state.next
        else { return nil }
        state.takeFromShortcut()
        return ChannelMessage(sequence: frame.sequence, bytes: payload)
    }

    /// The messages up to `sequence` are journaled: the sender may forget them. It is told soon, by this call or a
    /// later `receive`.
    ///
    /// - Precondition: `receive` has given them.
    public mutating func acknowledge(through sequence: UInt64, now: Nanoseconds) throws(ZeroMQError) {
        state.acknowledge(through: sequence)
        if let shortcut {
            shortcut.acknowledge(before: state.acknowledged)
            state.didTell()
        }
        if state.isAcknowledgementDue(now: now) { try speak(now: now) }
    }

    private mutating func speak(now: Nanoseconds) throws(ZeroMQError) {
        let due = state.tick(now: now)
        if let event = due.event { events.add(event) }
        // A connection that takes nothing now is told again at the next beat.
        if let frame = due.say { _ = try socket.send(frame.bytes) }
    }

    /// What happened beside the messages, oldest first.
    public mutating func takeEvent() -> ChannelEvent? { events.take() }

    /// Adds the socket to what the owner waits for.
    @discardableResult public func register(in poller: inout ZeroMQPoller) -> ZeroMQPoller.Entry { poller.add(socket) }
}
