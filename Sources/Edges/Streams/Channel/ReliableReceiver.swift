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
    private let message = ZeroMQMessage()
    private var events = ChannelEvents()

    /// - Parameter next: sequence of the first message that is not journaled.
    public init(
        _ context: ZeroMQContext, _ endpoint: ZeroMQEndpoint, _ session: ChannelSession,
        limits: ChannelLimits = ChannelLimits(), next: UInt64 = 0, security: ZeroMQSecurity = .none
    ) throws(ZeroMQError) {
        var options = ZeroMQSocketOptions()
        options.messageByteCountMax = Int64(ChannelFrame.headerByteCount + limits.messageByteCountMax)
        options.needsConnection = true
        options.security = security
        socket = try .connected(context, .dealer, to: endpoint, options)
        state = ReceiverState(session, limits, next: next)
    }

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

    /// The messages up to `sequence` are journaled: the sender may forget them. It is told soon, by this call or a
    /// later `receive`.
    ///
    /// - Precondition: `receive` has given them.
    public mutating func acknowledge(through sequence: UInt64, now: Nanoseconds) throws(ZeroMQError) {
        state.acknowledge(through: sequence)
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
