import ArgumentParser
import Determinism
import Features
import Glibc
import Orders
import Platform
import Streams
import Synchronization
import Units
import ZeroMQ

/// Publishes made-up rows as the engine and the execution gateway would, for tests of subscribers. Row n holds the same
/// values in every run with the same seed, as rows have that are made again after a restart.
@main struct StreamDriver: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "stream-driver")

    @Option(help: "Directory of the sockets.") var directory: String
    @Option(help: "Rows to publish; it then serves on until SIGTERM.") var rows: UInt64 = 1_000
    @Option(help: "Rows a second; 0 for as fast as it goes.") var rate: Int64 = 1_000
    @Option(help: "Sequence of the first row.") var first: UInt64 = 0
    @Option(help: "Identity of the run.") var runIdentity: UInt64 = 1
    @Option(help: "Seed of the values.") var seed: UInt64 = 1
    @Option(help: "Bytes of frames kept of each topic.") var history = 32 << 20
    @Option(help: "Frames that may wait for one subscriber.") var highWaterMark: Int32 = 10_000
    @Option(help: "Where to write the frames of levels.ES as they were published.") var out: String?

    private static let isEnding = Atomic<Bool>(false)

    func run() throws {
        for number in [SIGTERM, SIGINT] {
            signal(number) { _ in StreamDriver.isEnding.store(true, ordering: .relaxed) }
        }
        try Directory.make(directory, mode: 0o700)
        let desk = try Desk(self)
        var written: [UInt8] = []
        let start = MonotonicClock.now()
        var done: UInt64 = 0
        while !Self.isEnding.load(ordering: .relaxed) {
            let due = rate == 0 ? rows : min(rows, UInt64((MonotonicClock.now() - start).count * rate / 1_000_000_000))
            var burst = 0
            while done < due, burst < 100 {
                written += try desk.publish(row: first + done)
                done += 1
                burst += 1
            }
            if done == rows, let out, !written.isEmpty {
                try PosixFile.replace(out, with: written)
                written = []
                print("published")
                fflush(nil)
            }
            try desk.serve()
            if done == due { usleep(200) }
        }
    }
}

/// The two publishers.
final class Desk {
    private var engine: StreamPublisher
    private var execution: StreamPublisher
    private let seed: UInt64
    private let keepsFrames: Bool
    private var values: [Double]
    private let handles: [StreamHandle]
    private let fills: StreamHandle

    init(_ driver: StreamDriver) throws {
        let context = try ZeroMQContext()
        let endpoints = StreamEndpoints(directory: driver.directory)
        var options = StreamPublisher.Options()
        options.highWaterMark = driver.highWaterMark
        func plan(_ schema: StreamSchema, _ first: UInt64) -> StreamPlan {
            var plan = StreamPlan(schema, firstSequence: first)
            plan.historyByteCount = driver.history
            return plan
        }
        let schemas: [StreamSchema] = [.features("ES"), .levels("ES"), .status("engine"), .strikes("ES")]
        let engine = try StreamPublisher(
            context, feed: endpoints.feed(.engine), snapshots: endpoints.snapshots(.engine), run: driver.runIdentity,
            schemas.map { plan($0, driver.first) }, options: options)
        let execution = try StreamPublisher(
            context, feed: endpoints.feed(.execution), snapshots: endpoints.snapshots(.execution),
            run: driver.runIdentity,
            [plan(.fills("MES"), driver.first)], options: options)
        handles = schemas.compactMap { engine.handle($0.topic) }
        guard let fills = execution.handle(.fills("MES")) else { preconditionFailure("it was planned") }
        self.fills = fills
        self.engine = engine
        self.execution = execution
        seed = driver.seed
        keepsFrames = driver.out != nil
        values = [Double](repeating: 0, count: 427)
    }

    /// Publishes a row of every topic. Returns the frame of the levels when it is wanted.
    func publish(row: UInt64) throws -> [UInt8] {
        var generator = SeededGenerator(seed: seed &+ row &* 0x9e37_79b9_7f4a_7c15)
        for index in values.indices { values[index] = generator.below(10) == 0 ? .nan : generator.unit() * 100 - 50 }
        let event = 1_700_000_000_000_000_000 + row * 1_000_000
        let stamp = FrameStamp(
            ringSequence: row * 2, eventTime: event, sendTime: event + 100, receiveTime: event + 200,
            localTime: event + 300, publishTime: WallClock.now().nanoseconds, quality: UInt16(row % 8))
        try values.withUnsafeBufferPointer { all in
            try engine.publish(UnsafeBufferPointer(rebasing: all[290...]), stamp, to: handles[0])
            try engine.publish(UnsafeBufferPointer(rebasing: all[..<290]), stamp, to: handles[1])
        }
        try engine.publish(text: "{\"row\": \(row)}", stamp, to: handles[2])
        let strikes = (0..<Int(row % 40)).map { Self.strike(row: row, number: $0) }
        try strikes.withUnsafeBufferPointer { try engine.publish($0, stamp, to: handles[3]) }
        var fill = Fill.blank
        fill.sequence = row + 1
        fill.order = ClientOrderID(epoch: 1, issuer: .execution, count: row + 1)
        fill.side = row % 2 == 0 ? .buy : .sell
        fill.quantity = Quantity(Int64(row % 5) + 1)
        fill.price = Ticks(20_000 + Int64(row % 100))
        fill.fee = Money(nanos: 520_000_000)
        try execution.publish(fill, stamp, to: fills)
        return keepsFrames ? Array(engine.newestFrame(handles[1]) ?? UnsafeRawBufferPointer(start: nil, count: 0)) : []
    }

    /// Of three one has no contracts, and stands in no row; of four one has no open interest that is known.
    private static func strike(row: UInt64, number: Int) -> OptionStrike {
        let points = 4_000 + 5 * Double(number)
        var strike = OptionStrike(strike: Int64(points) * 1_000_000_000, points: points)
        strike.members = number % 3
        if number % 4 > 0 {
            (strike.knownCalls, strike.knownPuts, strike.exposedCalls, strike.exposedPuts) = (1, 1, 1, 1)
        }
        (strike.callInterest, strike.putInterest) = (Int64(row), Int64(number))
        (strike.callGamma, strike.putGamma) = (Double(row) / 8, Double(number) / 8)
        strike.gammaExposure = Double(row) - 1e6 * Double(number)
        (strike.volume, strike.signedVolume) = (Int64(row) + 1, -Int64(number))
        return strike
    }

    func serve() throws {
        let (now, wall) = (MonotonicClock.now(), WallClock.now())
        try engine.serveRequests(now: now, wallTime: wall)
        try execution.serveRequests(now: now, wallTime: wall)
    }
}
