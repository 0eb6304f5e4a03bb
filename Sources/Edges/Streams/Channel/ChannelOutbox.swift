import Determinism

/// What a sender must not forget: the messages that were not acknowledged, and their place in the sequence.
public struct ChannelOutbox: Equatable, Sendable {
    /// Sequence of the first of `messages`, or of the next message when there is none.
    public var firstSequence: UInt64
    public var messages: [[UInt8]]
    /// The owner is a fold that makes the same messages again after a restart from an older state. A receiver that has
    /// them already is then no error: they count as acknowledged when they are made.
    public var isReplayed: Bool

    public init(firstSequence: UInt64 = 0, messages: [[UInt8]] = [], isReplayed: Bool = false) {
        self.firstSequence = firstSequence
        self.messages = messages
        self.isReplayed = isReplayed
    }
}

extension ChannelOutbox: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("channel outbox")
        try archive.field(&firstSequence)
        try archive.field(&isReplayed)
        var count = UInt64(messages.count)
        try archive.field(&count)
        if archive.isLoading { messages = [] }
        var index = 0
        while index < count {
            var message = archive.isLoading ? [] : messages[index]
            try archive.field(&message)
            if archive.isLoading { messages.append(message) }
            index += 1
        }
    }
}
