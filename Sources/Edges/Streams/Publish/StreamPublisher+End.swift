import Units
import ZeroMQ

// The end in order. Who reads has to know that nothing follows, and to get what it lacks.
extension StreamPublisher {
    /// How long the sockets' end waits for subscribers that are slow.
    static let linger = Nanoseconds.seconds(1)
    /// Nobody has asked for so long: nobody lacks anything, or cannot say so. A reader that shares a busy core with
    /// others takes longer than a time slice or two to hear of the end, and to ask.
    private static let quiet = Nanoseconds.milliseconds(250)
    private static let repetition = Nanoseconds.milliseconds(20)
    /// How long who lacks something is answered.
    private static let patience = Nanoseconds.seconds(2)

    /// Says that nothing follows, with how far each topic is, and answers who asks for what is missing: 250 ms, and as
    /// long as somebody asks, at most 2 s. Nobody else waits: where none has ever asked it returns at once.
    ///
    /// - Parameter clock: one that never steps back.
    public mutating func end(
        wallTime: Timestamp, quality: UInt16 = 0, clock: () -> Nanoseconds
    ) throws(ZeroMQError) {
        try flush()
        try publishBeat(wallTime, quality, isLast: true)
        var saidAt = clock()
        guard let asked = lastAsked else { return }
        let begun = clock()
        while isAnswering || clock() - max(begun, lastAsked ?? asked) < Self.quiet {
            if clock() - begun > Self.patience { return }
            // It is lost like any frame to who cannot take more just then.
            if clock() - saidAt > Self.repetition {
                saidAt = clock()
                try publishBeat(wallTime, quality, isLast: true)
            }
            var poller = ZeroMQPoller(capacity: 2)
            register(in: &poller)
            _ = try poller.wait(timeout: .milliseconds(5))
            try requests.serve(topics, topicCount, now: clock())
            try outside?.requests.serve(topics, topicCount, now: clock())
        }
    }

    private var isAnswering: Bool { requests.isAnswering || outside?.requests.isAnswering == true }

    /// When somebody has last asked for something; nil when nobody ever has.
    var lastAsked: Nanoseconds? {
        guard let other = outside?.requests.lastAsked else { return requests.lastAsked }
        return requests.lastAsked.map { max($0, other) } ?? other
    }
}
