import Control
import Platform
import Streams
import Units
import ZeroMQ

/// Reads the streams of several publishers and prints them until it is told to end.
final class StreamReader {
    /// One publisher's streams.
    private final class Source {
        let process: StreamProcess
        var subscriber: StreamSubscriber
        var hasSpoken = false

        init(_ process: StreamProcess, _ subscriber: consuming StreamSubscriber) {
            self.process = process
            self.subscriber = subscriber
        }
    }

    private let sources: [Source]
    private var printer: StreamPrinter
    private var framesLeft: UInt64
    private static let flushByteCount = 1 << 16

    /// - Parameters:
    ///   - tcp: another machine's engine, instead of this one's processes.
    ///   - count: frames after which it ends; nil for never.
    init(
        _ endpoints: StreamEndpoints, _ filters: [TopicFilter], _ options: StreamSubscriber.Options,
        _ printer: StreamPrinter, tcp: OutsideEndpoints? = nil, count: UInt64?
    ) throws(ZeroMQError) {
        let context = try ZeroMQContext()
        var sources: [Source] = []
        for process in tcp == nil ? StreamProcess.allCases : [.engine] {
            let wanted = filters.filter { StreamProcess.publishing($0).contains(process) }
            guard !wanted.isEmpty else { continue }
            let subscriber = try StreamSubscriber(
                context, feed: tcp?.feed ?? endpoints.feed(process),
                snapshots: tcp?.snapshots ?? endpoints.snapshots(process), wanted, options: options)
            sources.append(Source(process, subscriber))
        }
        self.sources = sources
        self.printer = printer
        framesLeft = count ?? .max
    }

    /// - Throws: also when standard output takes nothing more.
    func run() throws {
        var poller = ZeroMQPoller(capacity: 2 * StreamProcess.allCases.count)
        for source in sources { source.subscriber.register(in: &poller) }
        while framesLeft > 0, !StopSignal.isRaised {
            var isIdle = true
            for source in sources { if try drain(source) { isIdle = false } }
            try StandardOutput.check()
            if isIdle {
                flush()
                try StandardOutput.checkReader()
                // Short enough for timers, and for a signal that came just before.
                _ = try poller.wait(timeout: .milliseconds(50))
            }
        }
        flush()
        try StandardOutput.check()
        let passedOver = sources.reduce(0) { $0 + $1.subscriber.skippedCount }
        if passedOver > 0 { tell("\(passedOver) frames passed over") }
    }

    /// Prints a bounded number of frames, so that no publisher keeps the others waiting. False when there were none.
    private func drain(_ source: Source) throws(ZeroMQError) -> Bool {
        var left = 256
        while left > 0, framesLeft > 0, let event = try source.subscriber.next(now: MonotonicClock.now()) {
            left -= 1
            take(event, source)
        }
        if printer.output.utf8.count > Self.flushByteCount { flush() }
        return left < 256
    }

    private func take(_ event: StreamEvent, _ source: Source) {
        switch event {
        case .frame(let frame):
            printer.frame(frame)
            framesLeft -= 1
        case .schema(let topic, let json): printer.schema(topic, json)
        case .missed(let topic, let range):
            printer.missed(topic, range)
            tell("\(topic): missed \(range.lowerBound) to \(range.upperBound)")
        case .run(let run):
            if source.hasSpoken {
                printer.newRun(run, of: source.process.rawValue)
                tell("\(source.process.rawValue): another run")
            }
            source.hasSpoken = true
        case .absent(let filter, let topics):
            let names = topics.map(\.name).joined(separator: ", ")
            tell("\(source.process.rawValue): no topic \(filter.text); it has \(names)")
        case .quality(let flags):
            let words = flags.names.isEmpty ? "of the present again" : flags.names.joined(separator: ", ")
            printer.feed(flags, of: source.process.rawValue)
            tell("\(source.process.rawValue): what it has is \(words)")
        case .ended:
            printer.ended(source.process.rawValue)
            tell("\(source.process.rawValue): ended; nothing is missing that was not told")
        case .silent: tell("\(source.process.rawValue): silent; waiting for it")
        case .heard: tell("\(source.process.rawValue): heard again")
        case .garbage(let failure): tell("\(source.process.rawValue): not a frame: \(failure)")
        }
    }

    private func tell(_ text: String) {
        flush()
        Terminal.writeError("levelhead: \(text)")
    }

    private func flush() {
        let text = printer.take()
        if !text.isEmpty { Terminal.writeOutput(text) }
    }
}
