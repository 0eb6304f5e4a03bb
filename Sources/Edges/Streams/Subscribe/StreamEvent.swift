import Orders
import Units

/// What a subscriber has to say, in order.
public enum StreamEvent {
    /// The next frame of its topic: valid until the subscriber's next call.
    case frame(StreamFrame)
    /// How the frames of a topic are read, as JSON: at the start, and again with each new run.
    case schema(topic: StreamTopic, json: [UInt8])
    /// Frames that are lost for good: they came in a gap and the publisher keeps them no more.
    case missed(topic: StreamTopic, ClosedRange<UInt64>)
    /// A publisher was found, or another run of it: sequences begin anew. After a restart of the same run there is no
    /// such event: the stream goes on.
    case run(UInt64)
    /// The publisher has no topic for this filter, but others.
    case absent(TopicFilter, topics: [StreamTopic])
    /// What the publisher says of the values that it has now, by its heartbeats, also while it publishes none: those
    /// of `feedFlags`, when they have changed; none when the values are of the present.
    case quality(DataQuality)
    /// Nothing was heard of the publisher for `StreamSubscriber.Options.silence`.
    case silent
    /// It is heard again.
    case heard
    /// The publisher has ended in order, and all that it published was handed out or told as missed: the streams are
    /// whole but for that. A publisher that is silent without it may have published more.
    case ended
    /// A message that is no frame of this version.
    case garbage(StreamFrame.Failure)

    /// What a heartbeat's quality is told of: its other flags come and go with every row.
    public static let feedFlags: DataQuality = [.stale, .replayed, .warming]
}

/// From where on a subscriber reads a stream.
public enum StreamStart: Equatable, Sendable {
    /// The newest frame there is, and all that follow.
    case newest
    /// A frame that was published before, and all that follow; what is not kept of them is told as missed.
    case sequence(UInt64)
}

/// Frames and events on their way to the owner.
struct OutputQueue {
    enum Output {
        case frame([UInt8])
        case event(StreamEvent)
    }

    private var outputs: [Output] = []
    private var head = 0

    var isEmpty: Bool { head == outputs.count }

    mutating func add(_ output: Output) { outputs.append(output) }

    mutating func take() -> Output? {
        guard head < outputs.count else { return nil }
        let output = outputs[head]
        outputs[head] = .event(.heard)
        head += 1
        if head == outputs.count {
            outputs.removeAll(keepingCapacity: true)
            head = 0
        }
        return output
    }
}
