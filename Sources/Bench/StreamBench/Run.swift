import ArgumentParser
import Foundation
import Histogram
import Platform
import Streams
import Units
import ZeroMQ

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs every way once, and reports percentiles of the latency.")
    @Flag(help: "One JSON value instead of the table.") var json = false
    @Option(help: "Messages of each run.") var count: UInt64 = 50_000
    @Option(help: "Messages a second.") var rate: Int64 = 10_000
    @Option(help: "Runs of each way, one after the other; the best median of each is reported.") var runs = 3

    func run() throws {
        var rows: [Report.Row] = []
        for _ in 0..<runs { for way in Way.allCases { rows.append(try measure(way)) } }
        let best = Way.allCases.compactMap { way in
            rows.filter { $0.way == way.rawValue }.min { $0.p50_ns < $1.p50_ns }
        }
        let report = Report(rows: best, rate: rate)
        print(json ? try report.json() : report.table)
    }

    private func measure(_ way: Way) throws -> Report.Row {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("stream-bench-\(getpid())").path
        try Directory.make(directory, mode: 0o700)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let role = [
            "role", "--way", way.rawValue, "--directory", directory, "--count", "\(count)", "--interval",
            "\(1_000_000_000 / rate)",
        ]
        let source = try Child(role)
        let relay = way == .stream ? nil : try Child(role + ["--relays"])
        var ages: [Int64] = []
        ages.reserveCapacity(Int(count))
        switch way {
        case .stream: try subscribe(directory, &ages)
        case .bare: try receiveBare(directory, &ages)
        case .channel: try receiveByChannel(directory, &ages)
        }
        source.end()
        relay?.end()
        return Report.Row(way, sent: count, ages)
    }

    private var deadline: Nanoseconds { MonotonicClock.now() + .seconds(20 + Int64(count) / rate) }

    private func subscribe(_ directory: String, _ ages: inout [Int64]) throws {
        var options = StreamSubscriber.Options()
        options.start = .sequence(0)
        guard let filter = TopicFilter("levels.ES") else { return }
        var subscriber = try StreamSubscriber(
            try ZeroMQContext(), feed: .ipc(path: "\(directory)/a.ipc"), snapshots: .ipc(path: "\(directory)/b.ipc"),
            [filter], options: options)
        let end = deadline
        while ages.count < Int(count), MonotonicClock.now() < end {
            while let event = try subscriber.next(now: MonotonicClock.now()) {
                guard case .frame(let frame) = event else { continue }
                ages.append(MonotonicClock.now().count - Int64(frame.stamp.publishTime))
            }
            _ = try subscriber.wait(timeout: .milliseconds(50))
        }
    }

    private func receiveBare(_ directory: String, _ ages: inout [Int64]) throws {
        let pipe = try BarePipe(sends: false, isBound: false, to: "ipc://\(directory)/b.ipc")
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: Payload.byteCount, alignment: 8)
        defer { bytes.deallocate() }
        for _ in 0..<count {
            pipe.receive(bytes)
            ages.append(MonotonicClock.now().count - bytes.load(as: Int64.self))
        }
    }

    private func receiveByChannel(_ directory: String, _ ages: inout [Int64]) throws {
        var receiver = try ReliableReceiver(
            try ZeroMQContext(), .ipc(path: "\(directory)/b.ipc"), Payload.session)
        var poller = ZeroMQPoller()
        receiver.register(in: &poller)
        let end = deadline
        while ages.count < Int(count), MonotonicClock.now() < end {
            let now = MonotonicClock.now()
            var last: UInt64?
            while let message = try receiver.receive(now: now) {
                ages.append(MonotonicClock.now().count - message.bytes.loadUnaligned(as: Int64.self))
                last = message.sequence
            }
            if let last { try receiver.acknowledge(through: last, now: now) }
            _ = try poller.wait(timeout: .milliseconds(50))
        }
    }
}

struct Report: Encodable {
    struct Row: Encodable {
        var way: String, hops: Int, message_bytes: Int
        var sent: UInt64, received: UInt64
        var p50_ns: UInt64 = 0, p90_ns: UInt64 = 0, p99_ns: UInt64 = 0, p999_ns: UInt64 = 0

        init(_ way: Way, sent: UInt64, _ ages: [Int64]) {
            self.way = way.rawValue
            hops = way == .stream ? 1 : 2
            message_bytes = way == .stream ? 2_472 : Payload.byteCount
            self.sent = sent
            received = UInt64(ages.count)
            // The first tenth warms caches and page tables.
            var histogram = Histogram<UInt64>(
                highestTrackableValue: 60_000_000_000, numberOfSignificantValueDigits: .three)
            for age in ages.dropFirst(ages.count / 10) { histogram.record(UInt64(max(age, 1))) }
            guard ages.count > 10 else { return }
            p50_ns = histogram.valueAtPercentile(50)
            p90_ns = histogram.valueAtPercentile(90)
            p99_ns = histogram.valueAtPercentile(99)
            p999_ns = histogram.valueAtPercentile(99.9)
        }
    }

    var machine: String, cores: Int, kernel: String, date: String
    var rate_per_s: Int64
    var rows: [Row]

    init(rows: [Row], rate: Int64) {
        let model = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
            .split(separator: "\n").first { $0.hasPrefix("model name") }
        machine = model.map { String($0.drop { $0 != ":" }.dropFirst(2)) } ?? "unknown"
        cores = ProcessInfo.processInfo.activeProcessorCount
        kernel = ProcessInfo.processInfo.operatingSystemVersionString
        date = ISO8601DateFormatter().string(from: Date())
        rate_per_s = rate
        self.rows = rows
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    var table: String {
        func line(_ cells: [String]) -> String {
            cells.map { String(repeating: " ", count: max(0, 9 - $0.count)) + $0 }.joined()
        }
        var lines = ["\(machine), \(cores) cores, \(kernel), \(date); \(rate_per_s) messages a second, ipc"]
        lines.append(line(["way", "hops", "bytes", "p50 µs", "p90 µs", "p99 µs", "p99.9 µs", "lost"]))
        for row in rows {
            let times = [row.p50_ns, row.p90_ns, row.p99_ns, row.p999_ns].map {
                String(format: "%.1f", Double($0) / 1e3)
            }
            lines.append(
                line([row.way, "\(row.hops)", "\(row.message_bytes)"] + times + ["\(row.sent - row.received)"]))
        }
        return lines.joined(separator: "\n")
    }
}
