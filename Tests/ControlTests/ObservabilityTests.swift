import CHeapCount
import Control
import Determinism
import Foundation
import Logging
import Network
@testable import Observability
import Orders
import Platform
import TestSupport
import Testing
import Units

@Suite struct StageClockTests {
    @Test func `buckets hold every value to one part in 128`() {
        var generator = SeededGenerator(seed: 11)
        var values: [UInt64] = Array(0..<2_000) + [LatencyBuckets.largest - 1, LatencyBuckets.largest]
        for _ in 0..<20_000 { values.append(generator.next() >> UInt64.random(in: 22...63, using: &generator)) }
        for value in values {
            let index = LatencyBuckets.index(of: value)
            #expect(index < LatencyBuckets.count)
            let upper = LatencyBuckets.upperEnd(of: index)
            #expect(upper >= value && Double(upper - value) <= Double(value) / 128, "\(value)")
            #expect(index == 0 || LatencyBuckets.upperEnd(of: index - 1) < value, "\(value)")
        }
        #expect(LatencyBuckets.index(of: .max) == LatencyBuckets.count - 1)
        #expect(LatencyBuckets.upperEnd(of: LatencyBuckets.count - 1) == LatencyBuckets.largest)
    }

    @Test(arguments: [1, 2] as [UInt64])
    func `percentiles are those of the sorted values`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let clock = StageClock()
        let values = (0..<10_001).map { _ in generator.next() >> UInt64.random(in: 30...63, using: &generator) }
        for value in values { clock.record(.ringToOrder, Nanoseconds(Int64(value))) }
        let found = try #require(clock.latencies().first)
        let sorted = values.sorted()
        #expect(found.stage == "ring_to_order" && found.count == 10_001)
        #expect(found.sumNanoseconds == values.reduce(0, +))
        for (value, share) in [(found.p50, 0.5), (found.p90, 0.9), (found.p99, 0.99), (found.max, 1)] {
            let exact = Double(sorted[Int((share * 10_000).rounded())])
            let bucketed = Double(try #require(value))
            // One bucket of ours, and one of the histogram that reads them.
            #expect(abs(bucketed - exact) <= exact / 50 + 1, "seed \(seed), \(share): \(bucketed), \(exact)")
        }
    }

    @Test func `the clocks of an arrival give the stages between them`() {
        let clock = StageClock()
        let vendor = Timestamp(nanoseconds: 1_000_000)
        clock.recordArrival(
            event: vendor - Nanoseconds(500), sendDelta: 200, vendor: vendor, received: vendor + Nanoseconds(90))
        clock.recordArrival(event: .undefined, sendDelta: nil, vendor: vendor, received: .undefined)
        clock.recordArrival(event: vendor, sendDelta: 1, vendor: .undefined, received: vendor)
        clock.recordArrival(event: vendor, sendDelta: nil, vendor: vendor, received: vendor - Nanoseconds(1))
        let latencies = clock.latencies()
        #expect(latencies.map(\.stage) == ["event_to_send", "send_to_vendor", "vendor_to_receive"])
        #expect(latencies.map(\.count) == [1, 1, 1])
        #expect(latencies[0].sumNanoseconds == 300 && latencies[1].sumNanoseconds == 200)
        #expect(latencies[2].sumNanoseconds == 90 && latencies[2].backwards == 1)
    }

    @Test(.enabled(if: lh_heap_count_enabled() == 1, "a sanitizer counts the heap"))
    func `recording allocates nothing`() {
        let clock = StageClock()
        let before = lh_heap_calls()
        var value: Int64 = 0
        while value < 1_000 {
            clock.record(.ringToSignal, Nanoseconds(value * value))
            value += 1
        }
        #expect(lh_heap_calls() == before)
        #expect(clock.latencies().first?.count == 1_000)
    }

    @Test func `somebody may read while it records`() {
        let clock = StageClock()
        DispatchQueue.concurrentPerform(iterations: 2) { index in
            if index == 0 {
                for value in 0..<100_000 as Range<Int64> { clock.record(.ringToSignal, Nanoseconds(value)) }
            } else {
                for _ in 0..<20 { _ = clock.latencies() }
            }
        }
        #expect(clock.latencies().first?.count == 100_000)
    }
}

@Suite struct MetricsTests {
    static func status() -> ProcessStatus {
        let clock = StageClock()
        for value in 1...100 as ClosedRange<Int64> { clock.record(.ringToOrder, .microseconds(value)) }
        let board = ProcessBoard(
            name: "risk", run: #"a "run" \ "#, symbols: ["MESH4"],
            account: AccountRecord(tradingState: .active, dayProfit: Money(cents: -1_250)),
            latencies: { clock.latencies() })
        board.status.store(ProgressRecord(state: .running, sequence: 7, lag: .milliseconds(2), records: 70, gaps: 1))
        board.instruments[0].store(InstrumentRecord(quality: .stale, position: -4))
        return board.current()
    }

    @Test func `the exposition says what the status says`() {
        let resources = ProcessResources(processorSeconds: 1.5, residentBytes: 4_096)
        let lines = ProcessMetrics.text(Self.status(), resources: resources).split(separator: "\n").map(String.init)
        for line in [
            #"levelhead_process_info{process="risk",run="a \"run\" \\ "} 1"#,
            #"levelhead_process_state{state="running"} 1"#, #"levelhead_process_state{state="failed"} 0"#,
            "levelhead_sequence 7", "levelhead_lag_seconds 0.002", "levelhead_records_total 70",
            "levelhead_gaps_total 1", #"levelhead_instrument_quality{symbol="MESH4",reason="stale"} 1"#,
            #"levelhead_instrument_quality{symbol="MESH4",reason="gap"} 0"#,
            #"levelhead_position_contracts{symbol="MESH4"} -4"#, "levelhead_day_pnl_dollars -12.50",
            #"levelhead_trading_state{state="ACTIVE"} 1"#, #"levelhead_control_refused_total{reason="wrong_code"} 0"#,
            #"levelhead_stage_latency_seconds_count{stage="ring_to_order"} 100"#,
            "process_resident_memory_bytes 4096", "process_cpu_seconds_total 1.5",
        ] { #expect(lines.contains(line), "\(line)") }
    }

    @Test func `every sample belongs to the family above it, each named once`() {
        var families: Set<String> = []
        var family = ""
        for line in ProcessMetrics.text(Self.status(), resources: .current()).split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            if line.hasPrefix("# HELP") {
                family = words[2]
                #expect(families.insert(family).inserted, "\(family)")
            } else if line.hasPrefix("# TYPE") {
                #expect(words[2] == family)
            } else {
                let name = String(words[0].prefix { $0 != "{" })
                #expect([family, family + "_sum", family + "_count"].contains(name), "\(line)")
                #expect(Double(words.last ?? "") != nil, "\(line)")
            }
        }
        #expect(families.count > 20)
    }

    private static func request(_ server: MetricsServer, _ text: String) throws -> String {
        let port = try #require(UInt16(server.address.split(separator: ":").last ?? ""))
        let connection = try TCPConnection(host: "127.0.0.1", port: port, timeout: .seconds(5))
        try connection.write(text, timeout: .seconds(5))
        connection.finishWriting()
        var bytes = [UInt8](repeating: 0, count: 65_536)
        var answer: [UInt8] = []
        while case .bytes(let count) = try bytes.withUnsafeMutableBytes({ raw in
            try connection.read(into: raw, timeout: .seconds(5))
        }) { answer += bytes[..<count] }
        return String(decoding: answer, as: UTF8.self)
    }

    @Test func `the server answers one request a connection, and says what it does not have`() throws {
        let server = try MetricsServer(port: 0) { "levelhead_sequence 7\n" }
        let good = try Self.request(server, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(good.hasPrefix("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
        #expect(good.hasSuffix("Content-Length: 21\r\nConnection: close\r\n\r\nlevelhead_sequence 7\n"))
        #expect(try Self.request(server, "GET / HTTP/1.1\r\n\r\n").hasPrefix("HTTP/1.1 404 "))
        #expect(try Self.request(server, "POST /metrics HTTP/1.1\r\n\r\n").hasPrefix("HTTP/1.1 405 "))
        #expect(try Self.request(server, "nonsense\r\n\r\n").hasPrefix("HTTP/1.1 400 "))
        #expect(try Self.request(server, "GET /metrics HTTP/1.1\r\n").hasPrefix("HTTP/1.1 400 "))
        let long = "GET /metrics HTTP/1.1\r\nX: " + String(repeating: "x", count: 9_000)
        _ = try? Self.request(server, long)
        #expect(try Self.request(server, "GET /metrics HTTP/1.1\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
        server.stop()
    }

    @Test func `reading the process's own resources gives numbers`() {
        let resources = ProcessResources.current()
        #expect(resources.residentBytes > 1_000_000 && resources.processorSeconds > 0)
    }
}

@Suite struct LogTests {
    private static func objects(_ path: String) throws -> [[String: Any]] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
        }
    }

    @Test func `a line is one JSON object with what the event says`() throws {
        let state = try Scratch()
        let writer = try LogWriter(process: "engine", run: "run-1", path: state.file("log"))
        var logger = writer.logger(level: .info)
        logger[metadataKey: "session"] = "5"
        let key = try TestKey.make()
        logger.warning(
            "a \"gap\"\nof 3", metadata: ["sequence": "12", "instrument": "ESH4", "from": "9", "key": "\(key)"])
        logger.debug("below the level")
        writer.stop()
        let lines = try Self.objects(state.file("log"))
        let line = try #require(lines.first)
        #expect(lines.count == 1)
        #expect(line["level"] as? String == "warning" && line["message"] as? String == "a \"gap\"\nof 3")
        #expect(line["process"] as? String == "engine" && line["run"] as? String == "run-1")
        #expect(line["sequence"] as? Int == 12 && line["instrument"] as? String == "ESH4")
        #expect(line["from"] as? String == "9" && line["session"] as? String == "5")
        #expect(line["key"] as? String == "(secret)")
        #expect((line["time_ns"] as? Int ?? 0) > 1_700_000_000_000_000_000)
        #expect(try state.mode("log") == 0o600)
    }

    @Test func `repeats are held back and counted`() {
        var limit = RepeatLimit()
        var shown = 0
        for index in 0..<100 where limit.admit("a", now: .milliseconds(Int64(index))) != nil { shown += 1 }
        #expect(shown == RepeatLimit.mostPerSecond)
        let other = limit.admit("b", now: .milliseconds(100))
        #expect(other == 0, "another message has its own count")
        let later = limit.admit("a", now: .milliseconds(1_100))
        #expect(later == 100 - RepeatLimit.mostPerSecond)
        let heldBack = (0..<5_000).filter { limit.admit("m\($0)", now: .zero) != 0 }
        #expect(heldBack.isEmpty)
    }

    @Test func `many threads lose no line that was taken, and none is torn`() throws {
        let state = try Scratch()
        let writer = try LogWriter(process: "p", run: "", path: state.file("log"))
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            let logger = writer.logger()
            for index in 0..<100 { logger.info("thread \(thread) line \(index)") }
        }
        writer.stop()
        let messages = try Self.objects(state.file("log")).compactMap { $0["message"] as? String }
        #expect(Set(messages).count == 400)
        for thread in 0..<4 {
            let own = messages.filter { $0.hasPrefix("thread \(thread) ") }
            #expect(own == (0..<100).map { "thread \(thread) line \($0)" })
        }
    }

    @Test func `a full file makes room for the next one, and two are kept`() throws {
        let state = try Scratch()
        let writer = try LogWriter(process: "p", run: "", path: state.file("log.jsonl"), largestFile: 2_000)
        let logger = writer.logger()
        for index in 0..<100 { logger.info("line \(index)") }
        writer.stop()
        let newest = try Self.objects(state.file("log.jsonl")).compactMap { $0["message"] as? String }
        let before = try Self.objects(state.file("log.1.jsonl")).compactMap { $0["message"] as? String }
        #expect(newest.last == "line 99")
        #expect(before + newest == (100 - before.count - newest.count..<100).map { "line \($0)" })
        for name in ["log.jsonl", "log.1.jsonl"] {
            let count = try String(contentsOfFile: state.file(name), encoding: .utf8).utf8.count
            #expect(count > 0 && count <= 2_000)
        }
    }

    @Test func `a line that a killed process left without its end is cut off`() throws {
        let state = try Scratch()
        let line = "{\"message\":\"a\"}\n"
        for (kept, left) in [("", ""), ("", "{\"a"), (line, "{\"mess"), (line, "")] {
            let path = state.file("log-\(kept.utf8.count)-\(left.utf8.count)")
            try Data((kept + left).utf8).write(to: URL(fileURLWithPath: path))
            let writer = try LogWriter(process: "p", run: "", path: path)
            writer.logger().info("b")
            writer.stop()
            let messages = try Self.objects(path).compactMap { $0["message"] as? String }
            #expect(messages == (kept.isEmpty ? [] : ["a"]) + ["b"])
        }
    }

    @Test func `a disk that takes nothing keeps nobody, and what was lost is told when it does again`() throws {
        // Opens, and has no space for any byte.
        let full = try LogWriter(process: "p", run: "", path: "/dev/full")
        for index in 0..<2_000 { full.logger().info("line \(index)") }
        full.stop()
        let state = try Scratch()
        let path = state.file("later/log")
        let writer = try LogWriter(process: "p", run: "", path: path)
        writer.logger().info("to nowhere")
        // The thread has tried it once the next line finds the directory.
        usleep(200_000)
        try FileManager.default.createDirectory(atPath: state.file("later"), withIntermediateDirectories: false)
        writer.logger().info("to the disk")
        writer.stop()
        let messages = try Self.objects(path).compactMap { $0["message"] as? String }
        #expect(messages == ["1 log lines were lost", "to the disk"])
    }

    @Test func `what a process says on standard error is in its log, with its place in the ring`() throws {
        let state = try Scratch()
        let path = state.file("log/risk.jsonl")
        Terminal.writeError("levelhead: test: before the log")
        RunLog.note("nowhere")
        RunLog.begin(process: "risk", run: "r", path: path)
        RunLog.reached(8)
        Terminal.writeError("levelhead: test: trouble", about: "MESH6")
        RunLog.note("trading LOCKED: daily_loss", about: "MESH6")
        RunLog.end()
        RunLog.end()
        Terminal.writeError("levelhead: test: after the log")
        let lines = try Self.objects(path)
        let messages = lines.compactMap { $0["message"] as? String }
        #expect(messages == ["started, pid \(getpid())", "test: trouble", "trading LOCKED: daily_loss", "ended"])
        #expect(lines.map { $0["level"] as? String } == ["info", "warning", "info", "info"])
        #expect(lines.map { $0["sequence"] as? Int } == [nil, 7, 7, 7])
        #expect(lines.map { $0["instrument"] as? String } == [nil, "MESH6", "MESH6", nil])
        #expect(lines.allSatisfy { $0["process"] as? String == "risk" && $0["run"] as? String == "r" })
        #expect(try state.mode("log/risk.jsonl") == 0o600)
    }
}
