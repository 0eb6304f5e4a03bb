import Units

/// The receiver's half of the protocol, without a socket: which message is the next, and what to say to the sender.
struct ReceiverState {
    let session: ChannelSession
    let limits: ChannelLimits
    /// The next message to hand out.
    private(set) var next: UInt64
    /// Every message before this one is acknowledged.
    private(set) var acknowledged: UInt64
    private(set) var isConnected = false
    private(set) var duplicateCount: UInt64 = 0
    private var isSuperseded = false
    private var lastHeard = Nanoseconds.zero
    private var lastSaid: Nanoseconds?
    /// What the sender was last told of `acknowledged`.
    private var told: UInt64
    /// The last error that was told, so that it is told once and not with every hello.
    private var lastRefusal: ChannelEvent?

    init(_ session: ChannelSession, _ limits: ChannelLimits, next: UInt64) {
        self.session = session
        self.limits = limits
        self.next = next
        acknowledged = next
        told = next
    }

    enum Arrival: Equatable {
        /// The message is the next one.
        case message
        case event(ChannelEvent)
        case nothing
    }

    mutating func take(_ frame: ChannelFrame, now: Nanoseconds) -> Arrival {
        if frame.session != session { return refuse(.stranger(frame.session)) }
        lastHeard = now
        switch frame.kind {
        case .data: return data(frame.sequence)
        case .welcome:
            lastRefusal = nil
            defer { isConnected = true }
            return isConnected ? .nothing : .event(.connected)
        case .beat:
            // Messages did not arrive, and none followed that would have shown it.
            if frame.sequence > next { askAgain() }
            return .nothing
        case .gone: return refuse(.gone(wanted: acknowledged, oldest: frame.sequence))
        case .ahead: return refuse(.ahead(wanted: acknowledged, next: frame.sequence))
        case .superseded:
            isSuperseded = true
            return refuse(.superseded)
        case .stranger, .hello, .acknowledge: return .event(.garbage(byteCount: ChannelFrame.headerByteCount))
        }
    }

    private mutating func data(_ sequence: UInt64) -> Arrival {
        guard isConnected else { return .nothing }
        if sequence == next {
            next += 1
            return .message
        }
        if sequence < next {
            duplicateCount += 1
        } else {
            // Something between was lost with a connection.
            askAgain()
        }
        return .nothing
    }

    /// The next message lies in the shortcut. Who is not connected takes nothing: it may have been replaced.
    var takesShortcut: Bool { isConnected }

    mutating func takeFromShortcut() { next += 1 }

    private mutating func askAgain() {
        guard isConnected else { return }
        isConnected = false
        lastSaid = nil
    }

    private mutating func refuse(_ event: ChannelEvent) -> Arrival {
        isConnected = false
        guard event != lastRefusal else { return .nothing }
        lastRefusal = event
        return .event(event)
    }

    /// - Precondition: the message was handed out.
    mutating func acknowledge(through sequence: UInt64) {
        precondition(sequence < next, "only what was received can be acknowledged")
        acknowledged = max(acknowledged, sequence + 1)
    }

    /// The sender reads in the shortcut what is acknowledged: no message need say it.
    mutating func didTell() { told = acknowledged }

    /// Timers. What must be said to the sender now, if anything.
    mutating func tick(now: Nanoseconds) -> (say: ChannelFrame?, event: ChannelEvent?) {
        var event: ChannelEvent?
        if isConnected, now - lastHeard > limits.silence {
            isConnected = false
            lastSaid = nil
            event = .disconnected
        }
        guard !isSuperseded else { return (nil, event) }
        if let lastSaid, now - lastSaid < limits.beatInterval, !isAcknowledgementDue(now: now) { return (nil, event) }
        lastSaid = now
        told = acknowledged
        return (state(isConnected ? .acknowledge : .hello), event)
    }

    /// Messages are acknowledged some milliseconds at a time: each acknowledgement wakes the sender.
    func isAcknowledgementDue(now: Nanoseconds) -> Bool {
        guard isConnected, acknowledged > told, let lastSaid else { return false }
        return now - lastSaid >= limits.acknowledgeInterval || acknowledged - told >= UInt64(limits.capacity) / 4
    }

    func state(_ kind: ChannelFrame.Kind) -> ChannelFrame {
        ChannelFrame(kind: kind, session: session, sequence: acknowledged)
    }
}
