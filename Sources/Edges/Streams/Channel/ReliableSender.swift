import Units
import ZeroMQ

/// The sending end of a channel between two processes: every message arrives, in order, once, also when either end dies
/// and comes back. For what must not be lost: signals to risk, verdicts, orders, fills.
///
/// The owner calls `poll` in its loop and passes the time of one clock that never steps back; nothing here waits or
/// reads a clock. It binds; the receiver connects.
public struct ReliableSender: ~Copyable {
    private var state: SenderState
    private var socket: ZeroMQSocket
    private let shortcut: ShortcutEntry?
    /// There is something in the shortcut that the receiver was not called for.
    private var isCallDue = false
    private let address = ZeroMQMessage()
    private let body = ZeroMQMessage()
    /// The connection of the receiver, as the router names it.
    private var peer: [UInt8] = []
    /// The receiver's present life, which has that connection, was welcomed.
    private var isPeerGreeted = false
    private var events = ChannelEvents()
    private static let messagesAtOnce = 256

    /// - Parameters:
    ///   - outbox: what `outbox` gave before a restart.
    ///   - shortcut: where messages go first; nil for the socket alone.
    public init(
        _ context: ZeroMQContext, _ endpoint: ZeroMQEndpoint, _ session: ChannelSession,
        limits: ChannelLimits = ChannelLimits(), outbox: ChannelOutbox = ChannelOutbox(),
        security: ZeroMQSecurity = .none, shortcut: ShortcutEntry? = nil
    ) throws(ZeroMQError) {
        var options = ZeroMQSocketOptions()
        options.messageByteCountMax = Int64(ChannelFrame.headerByteCount)
        options.security = security
        // Nobody takes anything there before this life has been greeted.
        shortcut?.channel.clear()
        socket = try .bound(context, .router, to: endpoint, options)
        state = SenderState(session, limits, outbox)
        self.shortcut = shortcut
    }

    /// Sequence of the next message.
    public var nextSequence: UInt64 { state.next }
    /// Sequence of the first message that is not acknowledged; `nextSequence` when all are.
    public var oldestUnacknowledged: UInt64 { state.oldest }
    public var unacknowledgedCount: Int { state.unacknowledgedCount }
    /// No message is taken until one is acknowledged.
    public var isFull: Bool { state.isFull }
    public var isConnected: Bool { state.isConnected }
    /// The receiver has the next message already: it is made again after a restart, and only counted.
    public var isNextTaken: Bool { state.isNextTaken }
    /// Messages that were sent more than once.
    public var resendCount: UInt64 { state.resendCount }
    /// What a restart needs.
    public var outbox: ChannelOutbox { state.outbox }

    /// Keeps the message, and sends it if it can leave now. Nil when the outbox is full: then it was not taken.
    public mutating func send(_ bytes: UnsafeRawBufferPointer, now: Nanoseconds) throws(ZeroMQError) -> UInt64? {
        defer { call() }
        return try put(bytes, now: now)
    }

    public mutating func send(_ bytes: [UInt8], now: Nanoseconds) throws(ZeroMQError) -> UInt64? {
        try bytes.span.bytes.withUnsafeBytes { (raw) throws(ZeroMQError) in try send(raw, now: now) }
    }

    /// Does what `send` does, but for waking the receiver: one that looks has the message, one that sleeps hears of it
    /// by `call`.
    public mutating func put(_ bytes: UnsafeRawBufferPointer, now: Nanoseconds) throws(ZeroMQError) -> UInt64? {
        try put(byteCount: bytes.count, now: now) { $0.copyMemory(from: bytes) }
    }

    /// The same of a message that is made in its place.
    ///
    /// - Parameter fill: writes `byteCount` bytes.
    public mutating func put(
        byteCount: Int, now: Nanoseconds, _ fill: (UnsafeMutableRawBufferPointer) -> Void
    ) throws(ZeroMQError) -> UInt64? {
        guard let sequence = state.append(byteCount: byteCount, fill) else { return nil }
        try pump(now: now)
        return sequence
    }

    /// Wakes the receiver if there is news for it.
    public mutating func call() {
        guard isCallDue, let shortcut else { return }
        isCallDue = false
        shortcut.call()
    }

    /// Does with a message what `send` does, as far as nobody sees it, so that code and memory are near when there is
    /// one.
    public mutating func rehearse(_ bytes: UnsafeRawBufferPointer) {
        rehearse(byteCount: bytes.count) { $0.copyMemory(from: bytes) }
    }

    /// The same of a message that is made in its place.
    public mutating func rehearse(byteCount: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) {
        guard let frame = state.rehearse(byteCount: byteCount, fill), let shortcut, state.hasShortcutRoom else {
            return
        }
        shortcut.channel.rehearse(state.next, frame)
    }

    /// Takes acknowledgements, answers the receiver, sends what waits, and sends again what was lost.
    public mutating func poll(now: Nanoseconds) throws(ZeroMQError) {
        defer { call() }
        var left = Self.messagesAtOnce
        while left > 0, try socket.receive(into: address) {
            left -= 1
            guard address.hasMore, try socket.receive(into: body), !body.hasMore else {
                try socket.skipRest(of: body)
                events.add(.garbage(byteCount: body.bytes.count))
                continue
            }
            try take(now: now)
        }
        let due = state.tick(now: now)
        if let event = due.event { events.add(event) }
        if due.beat { try say(state.own(.beat, state.cursor), to: peer) }
        try pump(now: now)
    }

    /// What happened beside the messages, oldest first.
    public mutating func takeEvent() -> ChannelEvent? { events.take() }

    /// Adds the socket to what the owner waits for.
    @discardableResult public func register(in poller: inout ZeroMQPoller) -> ZeroMQPoller.Entry { poller.add(socket) }

    private mutating func take(now: Nanoseconds) throws(ZeroMQError) {
        guard let (frame, _) = ChannelFrame.read(body.bytes) else {
            events.add(.garbage(byteCount: body.bytes.count))
            return
        }
        if !address.bytes.elementsEqual(peer), frame.session == state.session {
            if state.isConnected {
                // A connection that another one has replaced has nothing more to say, and one that cannot be served
                // replaces none.
                guard frame.kind == .hello else { return }
                if let refusal = state.refusal(of: frame.sequence) { return try give(refusal) }
                try say(state.own(.superseded, state.next), to: peer)
                if let event = state.disconnect() { events.add(event) }
            }
            peer = Array(address.bytes)
            isPeerGreeted = false
        }
        var current = frame
        // It may have said in the shortcut, which is faster, that it has journaled more than it says here.
        if isPeerGreeted { current.sequence = max(frame.sequence, state.oldest) }
        let answer = state.take(current, now: now)
        if answer.reply?.kind == .welcome { isPeerGreeted = true }
        try give(answer)
    }

    private mutating func give(_ answer: SenderState.Answer) throws(ZeroMQError) {
        if let event = answer.event { events.add(event) }
        if let reply = answer.reply { try say(reply, to: Array(address.bytes)) }
    }

    /// Hands messages to the shortcut while it has room, and to the connection until it takes no more.
    private mutating func pump(now: Nanoseconds) throws(ZeroMQError) {
        if let shortcut { put(into: shortcut, now: now) }
        while let sequence = state.toSend(now: now) {
            switch try socket.send(peer, more: true) {
            case .sent:
                _ = try socket.send(state.message(sequence))
                state.didSend(now: now)
            case .full: return
            case .unreachable:
                if let event = state.disconnect() { events.add(event) }
                return
            }
        }
    }

    private mutating func put(into shortcut: ShortcutEntry, now: Nanoseconds) {
        state.takeAcknowledged(before: shortcut.channel.acknowledged, now: now)
        while let sequence = state.toPut {
            shortcut.channel.put(sequence, state.message(sequence))
            state.didPut(sequence, now: now)
            isCallDue = true
        }
    }

    /// Answers and beats are said again when they are lost.
    private func say(_ frame: ChannelFrame, to peer: [UInt8]) throws(ZeroMQError) {
        guard try socket.send(peer, more: true) == .sent else { return }
        _ = try socket.send(frame.bytes)
    }
}
