import Foundation
import Orders
import Platform
import TestSupport
import Testing
import Units
import ZeroMQ

@testable import Streams

/// A publisher of two columns and of texts in a directory of its own.
struct TestPublisher: ~Copyable {
    static let topic = StreamTopic(checked: "features.T")
    static let text = StreamTopic(checked: "status.T")

    var publisher: StreamPublisher
    let vector: StreamHandle
    let status: StreamHandle

    init(
        _ directory: Scratch, run: UInt64 = 1, firstSequence: UInt64 = 0, historyByteCount: Int = 1 << 20,
        highWaterMark: Int32 = 10_000, framesHeld: Int = 0,
        security: ZeroMQSecurity = .none
    ) throws {
        let columns = [StreamSchema.Column(name: "a", unit: "x"), StreamSchema.Column(name: "b", unit: "y")]
        var plan = StreamPlan(StreamSchema(vector: Self.topic, columns: columns), firstSequence: firstSequence)
        plan.historyByteCount = historyByteCount
        var options = StreamPublisher.Options()
        options.beatInterval = .milliseconds(20)
        options.highWaterMark = highWaterMark
        options.framesHeld = framesHeld
        options.security = security
        let publisher = try StreamPublisher(
            try ZeroMQContext(), feed: directory.endpoint("feed"), snapshots: directory.endpoint("snapshot"), run: run,
            [plan, StreamPlan(.status("T"))], options: options)
        let (vector, status) = (publisher.handle(Self.topic), publisher.handle(Self.text))
        guard let vector, let status else { preconditionFailure("both were planned") }
        self.vector = vector
        self.status = status
        self.publisher = publisher
    }

    /// Publishes rows whose columns are the sequence and its half.
    mutating func publish(_ count: Int) throws {
        for _ in 0..<count {
            let sequence = publisher.nextSequence(vector)
            try [Double(sequence), Double(sequence) / 2].withUnsafeBufferPointer {
                try publisher.publish($0, FrameStamp(ringSequence: sequence, publishTime: 0), to: vector)
            }
        }
    }

    mutating func serve(quality: UInt16 = 0) throws {
        try publisher.serveRequests(now: now, wallTime: Timestamp(nanoseconds: 1), quality: quality)
    }
}

/// A subscriber and what it said.
struct TestSubscriber: ~Copyable {
    var subscriber: StreamSubscriber
    /// Sequences of the vectors, in the order they came.
    var sequences: [UInt64] = []
    var missed: [ClosedRange<UInt64>] = []
    var runs: [UInt64] = []
    var schemas: Set<String> = []
    var silences = 0
    var heards = 0
    var texts: [String] = []
    var garbage = 0
    var absent: [String] = []
    var qualities: [UInt16] = []
    var ends = 0

    init(
        _ directory: Scratch, _ filter: String = "features.T",
        options: StreamSubscriber.Options = StreamSubscriber.Options()
    ) throws {
        subscriber = try StreamSubscriber(
            try ZeroMQContext(), feed: directory.endpoint("feed"), snapshots: directory.endpoint("snapshot"),
            [try #require(TopicFilter(filter))], options: options)
    }

    mutating func drain() throws {
        while let event = try subscriber.next(now: now) {
            switch event {
            case .frame(let frame) where frame.kind == .vector:
                #expect(frame.value(0) == Double(frame.sequence) && frame.value(1) == Double(frame.sequence) / 2)
                sequences.append(frame.sequence)
            case .frame(let frame): texts.append(String(decoding: frame.payload, as: UTF8.self))
            case .schema(let topic, _): schemas.insert(topic.name)
            case .missed(_, let range): missed.append(range)
            case .run(let run): runs.append(run)
            case .silent: silences += 1
            case .heard: heards += 1
            case .ended: ends += 1
            case .garbage: garbage += 1
            case .quality(let flags): qualities.append(flags.rawValue)
            case .absent(let filter, let topics): absent.append("\(filter.text): \(topics.map(\.name))")
            }
        }
    }
}
