import Units

/// Where one topic stands with a subscriber.
struct TopicTrack {
    /// A request for frames that are missing.
    struct Fill {
        var id: UInt64
        var last: UInt64
        /// When the frames were found to be missing, or one of them came last.
        var since: Nanoseconds
        /// Nil until the request could be sent.
        var sentAt: Nanoseconds?
    }

    let topic: StreamTopic
    /// The next frame to hand out; nil before the first.
    var next: UInt64?
    /// How many frames there were when the publisher first told of the topic; nil before.
    var begun: UInt64?
    var fill: Fill?
    /// Frames that came while an earlier one was missing, in order.
    private(set) var held: [[UInt8]] = []
    private var heldByteCount = 0
    /// The newest frame, of a conflating subscriber.
    var newest: [UInt8]?

    static let heldByteCountMax = 64 << 20

    init(topic: StreamTopic, next: UInt64?) {
        self.topic = topic
        self.next = next
    }

    /// Keeps a frame until those before it have come. Beyond the bound it is let go, and will be missing in its turn.
    mutating func hold(_ frame: StreamFrame) {
        guard heldByteCount + frame.bytes.count <= Self.heldByteCountMax else { return }
        if let last = held.last, Self.sequence(of: last) >= frame.sequence { return }
        held.append(Array(frame.bytes))
        heldByteCount += frame.bytes.count
    }

    var firstHeld: UInt64? { held.first.map(Self.sequence) }

    /// Takes out the held frames that are next.
    mutating func release() -> [[UInt8]] {
        guard var next else { return [] }
        var count = 0
        var released: [[UInt8]] = []
        while count < held.count, Self.sequence(of: held[count]) <= next {
            if Self.sequence(of: held[count]) == next {
                released.append(held[count])
                next += 1
            }
            heldByteCount -= held[count].count
            count += 1
        }
        held.removeFirst(count)
        self.next = next
        return released
    }

    /// Begins anew with a new run.
    mutating func restart(next: UInt64?) {
        self = TopicTrack(topic: topic, next: next)
    }

    private static func sequence(of frame: [UInt8]) -> UInt64 {
        frame.withUnsafeBytes { StreamFrame.load($0, FrameLayout.sequenceOffset, UInt64.self) }
    }
}
