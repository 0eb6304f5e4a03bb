import Control
import Orders
import Units

/// A status report for people: a line a process, then the account, then what is wrong.
enum StatusTable {
    static func text(_ report: StatusReport) -> String {
        var lines = processLines(report)
        lines += report.missing.map { "\(pad($0, 10)) is silent" }
        lines += report.stale.map { "\(pad($0, 10)) is dead" }
        lines += [""] + accountLines(report) + instrumentLines(report) + latencyLines(report)
        if let feed = report.feed { lines.append("ingest: feed: \(feed)") }
        if let feed = report.optionsFeed { lines.append("ingest: options feed: \(feed)") }
        for process in report.processes {
            if !process.noHistory.isEmpty {
                lines.append(
                    "\(process.name): no_history: \(process.noHistory.count) columns: \(listed(process.noHistory))")
            }
            if !process.warming.isEmpty { lines.append("\(process.name): warming: \(listed(process.warming))") }
            if !process.missing.isEmpty { lines.append("\(process.name): missing: \(listed(process.missing))") }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func processLines(_ report: StatusReport) -> [String] {
        let head = ["process", "pid", "state", "sequence", "lag", "records/s", "gaps", "dropped"]
        let rows = report.processes.map { process in
            [
                process.name, "\(process.pid)", process.state, "\(process.sequence)",
                duration(process.lagNanoseconds), process.recordsPerSecond.map { "\(Int($0))" } ?? "-",
                "\(process.gaps)", "\(process.dropped)",
            ]
        }
        return table([head] + rows, widths: [10, 8, 9, 12, 10, 11, 6, 7])
    }

    private static func accountLines(_ report: StatusReport) -> [String] {
        let held = report.position.filter { $0.value != 0 }.sorted { $0.key < $1.key }.map {
            "\($0.key) \(signed($0.value))"
        }
        let nothing = report.position.isEmpty ? "unknown" : "flat"
        let lock = report.epoch.map { "epoch \($0.epoch)\($0.isLocked ? ", locked" : "")" } ?? "no epoch yet"
        return [
            "trading   \(report.tradingState ?? "unknown") (\(lock))\(report.account?.lock.map(why) ?? "")",
            "position  \(held.isEmpty ? nothing : held.joined(separator: ", "))",
            "day       \(report.dayProfit.map { "\($0) USD" } ?? "unknown")",
        ] + strategyLines(report) + rollLines(report) + bookLines(report) + (report.account.map(limitLines) ?? [])
    }

    private static func strategyLines(_ report: StatusReport) -> [String] {
        (report.account?.strategies ?? [:]).sorted { $0.key < $1.key }.map { name, strategy in
            "strategy  \(name) \(strategy.tradingState)\(strategy.lock.map(why) ?? "")"
        }
    }

    private static func rollLines(_ report: StatusReport) -> [String] {
        guard let next = report.account?.rollsTo else { return [] }
        return ["roll      nothing opens: \(next) leads and is traded once nothing is held or worked"]
    }

    private static func why(_ lock: ProcessStatus.Lock) -> String {
        if lock.reason == StateReason.contractRolls.name {
            return ": \(lock.reason), until the next contract is traded"
        }
        if lock.isProgrammeOver == true { return ": \(lock.reason), the programme is over: no arm in this run" }
        guard lock.isUntilNextTradeDate else { return ": \(lock.reason), until an arm" }
        return ": \(lock.reason) on \(TradeDateText.text(lock.tradeDate)), no arm before the next trade date"
    }

    private static func bookLines(_ report: StatusReport) -> [String] {
        let held = [("books     ", report.account?.books), ("accounts  ", report.account?.accounts)]
        return held.compactMap { head, contracts in
            guard let contracts else { return nil }
            return head + contracts.keys.sorted().map { "\($0) \(signed(contracts[$0] ?? 0))" }.joined(separator: ", ")
        }
    }

    private static func limitLines(_ account: ProcessStatus.Account) -> [String] {
        var limits: [String] = []
        if let limit = account.dayLossLimit { limits.append("day loss \(limit) USD") }
        if let limit = account.drawdownLimit { limits.append("drawdown \(account.drawdown) of \(limit) USD") }
        return ["limits    \(limits.isEmpty ? "none" : limits.joined(separator: ", "))"]
    }

    private static func instrumentLines(_ report: StatusReport) -> [String] {
        let rows = report.processes.flatMap { process in
            process.instruments.map { instrument in
                let quality = instrument.quality.isEmpty ? "good" : instrument.quality.joined(separator: " ")
                return [process.name, instrument.symbol, quality]
            }
        }
        guard !rows.isEmpty else { return [] }
        return [""] + table([["process", "symbol", "quality"]] + rows, widths: [10, 10, 0])
    }

    private static func latencyLines(_ report: StatusReport) -> [String] {
        let rows = report.processes.flatMap { process in
            process.latencies.map { latency in
                [process.name, latency.stage, "\(latency.count)"]
                    + [latency.p50, latency.p99, latency.max].map { $0.map { duration(Int64(clamping: $0)) } ?? "-" }
            }
        }
        guard !rows.isEmpty else { return [] }
        let head = ["process", "stage", "count", "p50", "p99", "max"]
        return [""] + table([head] + rows, widths: [10, 24, 12, 10, 10, 10])
    }

    /// Columns of numbers to the right, with their heads; columns of words to the left; a width of 0 ends the line.
    private static func table(_ rows: [[String]], widths: [Int]) -> [String] {
        let isNumber = widths.indices.map { column in
            rows.dropFirst().contains { $0[column].first.map { $0.isNumber || $0 == "-" } ?? false }
        }
        return rows.map { row in
            let cells = row.indices.map { pad(row[$0], widths[$0], left: isNumber[$0]) }
            var line = cells.joined(separator: " ")
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    private static func pad(_ text: String, _ width: Int, left: Bool = false) -> String {
        let fill = String(repeating: " ", count: max(0, width - text.count))
        return left ? fill + text : text + fill
    }

    private static func signed(_ value: Int64) -> String { value > 0 ? "+\(value)" : "\(value)" }

    private static func listed(_ names: [String]) -> String {
        let shown = names.prefix(8).joined(separator: ", ")
        return names.count > 8 ? "\(shown) and \(names.count - 8) more" : shown
    }

    /// Three digits and a unit.
    static func duration(_ nanoseconds: Int64) -> String {
        let magnitude = Double(nanoseconds.magnitude)
        let units: [(Double, String)] = [(1e9, "s"), (1e6, "ms"), (1e3, "us")]
        let sign = nanoseconds < 0 ? "-" : ""
        for (size, unit) in units where magnitude >= size {
            let tenths = Int((magnitude / size * 10).rounded())
            return "\(sign)\(tenths / 10).\(tenths % 10) \(unit)"
        }
        return "\(nanoseconds) ns"
    }
}
