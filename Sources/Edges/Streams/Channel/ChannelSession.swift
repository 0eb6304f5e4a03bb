import Units

/// What two ends of a channel must agree on before a message passes: which channel, of which run.
public struct ChannelSession: Hashable, Sendable {
    /// At most 15 bytes of ASCII, such as `signals`.
    public let channel: String
    /// Identity of the run. The same after a restart into the same state, another for every new state: sequence numbers
    /// of two runs must never meet.
    public let run: UInt64

    static let nameByteCount = 16

    public init(channel: String, run: UInt64) {
        precondition(
            !channel.isEmpty && channel.utf8.count < Self.nameByteCount
                && channel.utf8.allSatisfy { $0 > 32 && $0 < 127 },
            "a channel has a name of 1 to 15 letters")
        self.channel = channel
        self.run = run
    }
}

/// Bounds and timers of a channel. Both ends must have the same `messageByteCountMax`.
public struct ChannelLimits: Equatable, Sendable {
    /// Messages that the sender keeps until they are acknowledged. One more, and it is full.
    public var capacity = 4_096
    /// Bytes of the longest message.
    public var messageByteCountMax = 1_024
    /// Acknowledgements are said no more often than this, unless a quarter of the outbox waits for one.
    public var acknowledgeInterval = Nanoseconds.milliseconds(20)
    /// The sender sends what is not acknowledged again when nothing has been for so long; each further time after twice
    /// the time, up to `resendAfterMax`.
    public var resendAfter = Nanoseconds.milliseconds(500)
    public var resendAfterMax = Nanoseconds.seconds(5)
    /// The receiver says hello this often until the sender has answered. The sender says that it lives when it has sent
    /// nothing else for so long.
    public var beatInterval = Nanoseconds.milliseconds(100)
    /// An end that has heard nothing for so long takes the other one for gone.
    public var silence = Nanoseconds.milliseconds(500)

    public init() {}
}
