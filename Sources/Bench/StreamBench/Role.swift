import ArgumentParser
import CPlatform
import Glibc
import Platform
import Streams
import Units
import ZeroMQ

/// How messages travel from the first process to the last.
enum Way: String, CaseIterable, ExpressibleByArgument {
    /// A vector of 290 columns, published and subscribed to: one hop.
    case stream
    /// Plain ZeroMQ: two hops, three processes.
    case bare
    /// Two reliable channels, three processes; the one in the middle acknowledges what it has passed on.
    case channel
}

/// A message of the relays: as long as a signal, its first bytes the time at which it was sent.
enum Payload {
    static let byteCount = 104
    static let session = ChannelSession(channel: "bench", run: 1)
}

/// What the first and the middle process do; started by `run`.
struct Role: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "role", shouldDisplay: false)
    @Option var way: Way
    @Option var directory: String
    @Option var count: UInt64
    @Option(help: "Nanoseconds between messages.") var interval: Int64
    @Flag var relays = false

    private func endpoint(_ name: String) -> ZeroMQEndpoint { .ipc(path: "\(directory)/\(name).ipc") }

    func run() throws {
        // Ends by itself when whoever started it is gone.
        alarm(UInt32(60 + Int64(count) * interval / 1_000_000_000))
        switch (way, relays) {
        case (.stream, _): try publish()
        case (.bare, false):
            let pipe = try BarePipe(sends: true, isBound: true, to: endpoint("a").address)
            try paced { pipe.send($0) }
        case (.bare, true):
            let source = try BarePipe(sends: false, isBound: false, to: endpoint("a").address)
            let sink = try BarePipe(sends: true, isBound: true, to: endpoint("b").address)
            let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: Payload.byteCount, alignment: 8)
            while true {
                source.receive(bytes)
                sink.send(bytes)
            }
        case (.channel, false): try sendByChannel()
        case (.channel, true): try relayByChannel()
        }
    }

    /// Calls `send` at its times with a message that begins with the time.
    private func paced(_ send: (UnsafeMutableRawBufferPointer) throws -> Void) throws {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: Payload.byteCount, alignment: 8)
        defer { bytes.deallocate() }
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        // Time for those who connect.
        usleep(300_000)
        var due = MonotonicClock.now().count
        for _ in 0..<count {
            due += interval
            Self.wait(until: due)
            bytes.storeBytes(of: MonotonicClock.now().count, as: Int64.self)
            try send(bytes)
        }
        usleep(2_000_000)
    }

    /// Sleeps, and spins only for the last: the cores belong to others too.
    private static func wait(until due: Int64) {
        while true {
            let left = due - MonotonicClock.now().count
            if left <= 0 { return }
            if left > 80_000 { usleep(UInt32((left - 60_000) / 1_000)) } else { lh_cpu_relax() }
        }
    }

    private func publish() throws {
        let columns = (0..<290).map { StreamSchema.Column(name: "column_\($0)", unit: "x") }
        guard let topic = StreamTopic("levels.ES") else { throw BenchError.failed(what: "topic") }
        let plan = StreamPlan(StreamSchema(vector: topic, columns: columns))
        var publisher = try StreamPublisher(
            try ZeroMQContext(), feed: endpoint("a"), snapshots: endpoint("b"), run: 1, [plan])
        guard let handle = publisher.handle(topic) else { throw BenchError.failed(what: "handle") }
        let values = [Double](repeating: 1.5, count: 290)
        var index: UInt64 = 0
        try paced { bytes in
            let time = UInt64(bytes.load(as: Int64.self))
            try values.withUnsafeBufferPointer {
                try publisher.publish($0, FrameStamp(ringSequence: index, publishTime: time), to: handle)
            }
            index += 1
            try publisher.serveRequests(now: MonotonicClock.now(), wallTime: Timestamp(nanoseconds: time))
        }
    }

    private func sendByChannel() throws {
        var sender = try ReliableSender(try ZeroMQContext(), endpoint("a"), Payload.session)
        while !sender.isConnected {
            try sender.poll(now: MonotonicClock.now())
            usleep(1_000)
        }
        try paced { bytes in
            let now = MonotonicClock.now()
            while try sender.send(UnsafeRawBufferPointer(bytes), now: now) == nil { try sender.poll(now: now) }
            try sender.poll(now: now)
        }
    }

    private func relayByChannel() throws {
        let context = try ZeroMQContext()
        var receiver = try ReliableReceiver(context, endpoint("a"), Payload.session)
        var sender = try ReliableSender(context, endpoint("b"), Payload.session)
        var poller = ZeroMQPoller()
        receiver.register(in: &poller)
        sender.register(in: &poller)
        while true {
            let now = MonotonicClock.now()
            var last: UInt64?
            while let message = try receiver.receive(now: now) {
                guard try sender.send(message.bytes, now: now) != nil else { break }
                last = message.sequence
            }
            if let last { try receiver.acknowledge(through: last, now: now) }
            try sender.poll(now: now)
            _ = try poller.wait(timeout: .milliseconds(50))
        }
    }
}
