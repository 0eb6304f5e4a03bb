import ArgumentParser
import CPlatform
import Foundation

struct Hop: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "One hop between two processes, beside the same loop in C in the same run.")
    @Flag(help: "One JSON value instead of the table.") var json = false
    @Option(help: "Records of each timed run, 100 000 a second.") var records: UInt64 = 200_000
    @Option(help: "Records of each run at full speed.") var flood: UInt64 = 20_000_000

    func run() throws {
        _ = lh_pin_to_core(1)
        let path = "/dev/shm/ring-bench-\(getpid())"
        var results: [HopResult] = []
        for waiting in Waiting.allCases {
            for language in [Language.swift, .c, .c, .swift] {
                let plan = HopPlan(language: language, waiting: waiting, count: records, interval: 10_000, path: path)
                results.append(try plan.run())
            }
            for language in Language.allCases {
                results.append(
                    try HopPlan(language: language, waiting: waiting, count: flood, interval: 0, path: path).run())
            }
        }
        let report = HopReport(results)
        if json { print(try report.json()) } else { print(report.table) }
    }
}

struct HopReport: Encodable {
    struct Row: Encodable {
        var language: String, waiting: String, mode: String
        var p50_ns: UInt64?, p90_ns: UInt64?, p99_ns: UInt64?, p999_ns: UInt64?
        var sent: UInt64, received: UInt64
        var sent_per_s: Double, received_per_s: Double
    }
    var machine: String, cores: Int, kernel: String, date: String
    var record_bytes = HopPlan.recordBytes
    var rows: [Row]

    init(_ results: [HopResult]) {
        let model = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
            .split(separator: "\n").first { $0.hasPrefix("model name") }
        machine = model.map { String($0.drop { $0 != ":" }.dropFirst(2)) } ?? "unknown"
        cores = ProcessInfo.processInfo.activeProcessorCount
        kernel = ProcessInfo.processInfo.operatingSystemVersionString
        date = ISO8601DateFormatter().string(from: Date())
        rows = results.map { result in
            let p = result.percentiles
            return Row(
                language: result.plan.language.rawValue, waiting: result.plan.waiting.rawValue,
                mode: result.plan.interval > 0 ? "100k/s" : "flood", p50_ns: p.first, p90_ns: p.dropFirst().first,
                p99_ns: p.dropFirst(2).first, p999_ns: p.dropFirst(3).first, sent: result.plan.count,
                received: result.received, sent_per_s: Double(result.plan.count) / result.seconds,
                received_per_s: Double(result.received) / result.seconds)
        }
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    var table: String {
        var lines = ["\(machine), \(cores) cores, \(kernel), \(date); records of \(record_bytes) bytes"]
        let times = ["p50 ns", "p90 ns", "p99 ns", "p99.9 ns"]
        lines.append(columns(["wait", "in", "run"] + times + ["sent M/s", "got M/s", "lost %"]))
        for row in rows {
            let lost = 100 * (1 - Double(row.received) / Double(row.sent))
            let times = [row.p50_ns, row.p90_ns, row.p99_ns, row.p999_ns].map { $0.map(String.init) ?? "-" }
            let rates = [row.sent_per_s / 1e6, row.received_per_s / 1e6, lost].map { String(format: "%.2f", $0) }
            lines.append(columns([row.waiting, row.language, row.mode] + times + rates))
        }
        return lines.joined(separator: "\n")
    }

    private func columns(_ cells: [String]) -> String {
        cells.map { String(repeating: " ", count: max(0, 10 - $0.count)) + $0 }.joined()
    }
}
