import Configuration
import Control
import Features
import Foundation
import Platform
import Tape
import Units

/// One supervised run from its first process to its last.
struct UpRun {
    let site: RunSite

    /// - Parameter stays: the end of the input does not end the run.
    /// - Returns: what the run came to, also where an error has ended it: then that is its `failure`.
    func run(ingestArguments: [String], restarts: Bool, stays: Bool, isLockstep: Bool) throws -> UpResult {
        // What a killed run left under this name may be over, and those that have it mapped are about to end.
        try site.removeSharedMemory()
        var supervisor = try Supervisor(
            site, ingestArguments: ingestArguments, restarts: restarts, isLockstep: isLockstep)
        var isOver = false
        defer {
            if isOver || !isWorthResuming { unlink(RunSite.currentRunFile(site.stateDirectory)) }
            try? site.removeSharedMemory()
        }
        let configuration = try site.configuration()
        try RunSite.checkSharedMemory(ringByteCount: configuration.ring.bytes)
        let cores = configuration.cores
        if let core = cores.engine { try NoCoreToSpare.check(core) }
        // An engine that never sleeps keeps its own awake.
        let own = configuration.ring.engineWait == .spin ? cores.engine : nil
        let awake = cores.areAwake ? try AwakeCores(Cores.usable.filter { $0 != own }) : nil
        defer { awake?.end() }
        // This thread and the processes that it starts keep off it from the beginning.
        if let core = cores.engine { try Cores.keepOff(core) }
        if !isLockstep, let short = SpinningCores(configuration, usable: Cores.usable.count) {
            Terminal.writeError("levelhead: \(short)")
        }
        do {
            try supervisor.startAll()
            try supervisor.watch(stays: stays)
        } catch {
            supervisor.stopAll()
            let role = (error as? any ProcessFailure)?.role
            return UpResult(site, supervisor, dead: role.map { [$0] } ?? [], failure: error)
        }
        isOver = true
        let (dead, neverUp) = (supervisor.deadRoles, supervisor.neverUp)
        supervisor.stopAll()
        return UpResult(site, supervisor, dead: restarts ? [] : dead, neverUp: neverUp)
    }

    /// A live run that has something open: it is gone on with when what has ended it has passed.
    private var isWorthResuming: Bool {
        guard (try? site.isLive()) == true, let venue = try? site.configuration().risk.venue.rawValue else {
            return false
        }
        let account = (try? DayRecord.read(DayRecord.path(site.stateDirectory, venue: venue))) ?? nil
        return UpResult.position(of: site, account: account) != nil
    }
}

extension DayRecord {
    /// What a run has left open, which the next one does not go on with; nil for nothing.
    func openPosition(of run: String) -> String? {
        guard self.run == run, let contracts = position else { return nil }
        let net = contracts == 0 ? nil : "\(contracts) contract\(abs(contracts) == 1 ? "" : "s")"
        let words = [net, Self.words(opposed: opposed)].compactMap { $0 }
        return words.isEmpty ? nil : words.joined(separator: " and ")
    }

    /// Of two accounts; nil for nothing.
    static func words(opposed contracts: Int64?) -> String? {
        guard let contracts, contracts > 0 else { return nil }
        return "\(contracts) long and as many short"
    }
}

/// What a supervised run did, put together from the results of its processes.
struct UpResult {
    private let members: [(String, String)]
    /// The processes that died without ever having been up.
    let neverUp: [ProcessRole]
    /// Those that did not end in order at the end.
    let unfinished: [ProcessRole]
    /// What ended the run before its end.
    let failure: (any Error)?

    /// - Parameter dead: the processes that died and stayed dead; what they and those that did not end in order would
    ///   have said is null.
    init(
        _ site: RunSite, _ supervisor: borrowing Supervisor, dead: [ProcessRole] = [], neverUp: [ProcessRole] = [],
        failure: (any Error)? = nil
    ) {
        self.neverUp = neverUp
        self.failure = failure
        unfinished = supervisor.unfinished
        let engine = Self.read(site.result(.engine))
        let risk = Self.read(site.result(.risk))
        let ingest = Self.read(site.result(.ingest))
        let wall = (MonotonicClock.now() - ProcessStart.time).seconds
        // In a run that failed the engine may not have come to the tape's end, nor one that was ended before.
        let hasLast = failure == nil && !dead.contains(.engine)
        let last = hasLast ? engine["records"] : nil
        let said = ((ingest["records"] ?? last) as? NSNumber)?.uint64Value
        let records = said ?? Self.recordsOnTape(site)
        var members: [(String, String)] = [("records", JSONText.integer(records))]
        for key in ["event_groups", "feature_rows", "feature_sha256", "signals", "signal_sha256"] {
            members.append((key, Self.text(engine[key])))
        }
        let execution = Self.read(site.result(.execution))
        members.append(("orders", Self.text(execution["orders"])))
        // In logical time the engine sees every order and fill, else the risk gateway.
        for key in ["order_sha256", "fills"] { members.append((key, Self.text(risk[key] ?? engine[key]))) }
        for key in ["position", "net_pnl_usd", "rule_breaches", "value_at_risk_usd"] {
            members.append((key, Self.text(risk[key])))
        }
        members += [
            ("wall_s", "\(wall)"), ("records_per_s", "\(wall > 0 ? Double(records) / wall : 0)"),
            ("run_dir", JSONText.string(site.directory)), ("trading_state", Self.text(risk["trading_state"])),
            ("ignored_trades", Self.text(ingest["ignoredTrades"])),
            ("skipped_records", Self.text(ingest["skippedRecords"])),
            ("restarts", "\(supervisor.restartCount)"),
            ("dead", JSONText.array((dead + unfinished).map { JSONText.string($0.rawValue) })),
        ]
        for key in MarketTally.keys { members.append((key, Self.text(engine[key]))) }
        if let failure { members.append((Self.failureKey, JSONText.string("\(failure)"))) }
        self.members = members
    }

    /// Of the summary of a run that an error has ended.
    static let failureKey = "failure"

    var json: String { JSONText.object(members) }

    /// For `run.json`.
    var digests: [(String, String)] { members.filter { RunFile.digests.contains($0.0) } }

    /// As of a replay; "missing" is what a dead process took with it.
    var summary: String {
        let values = (try? JSONSerialization.jsonObject(with: Data(json.utf8))) as? [String: Any] ?? [:]
        func text(_ key: String) -> String {
            guard let value = values[key], !(value is NSNull) else { return RunSummary.missing }
            return "\(value)"
        }
        func list(_ key: String, _ word: ([String: Any]) -> Any?) -> String {
            guard let all = values[key] as? [[String: Any]] else { return text(key) }
            return all.isEmpty ? "none" : all.map { "\(word($0) ?? "?")" }.joined(separator: ", ")
        }
        let held = (values["position"] as? [String: Any])?.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        let groups = MarketTally.summary(
            text("event_groups"), crossed: text("crossed_groups"), status: text("status_source"),
            rejected: (values["rejected_records"] as? NSNumber)?.uint64Value ?? 0)
        let levelTests = values["level_tests"] as? [String: Any] ?? [:]
        let tests = LevelKind.allCases.compactMap { kind in levelTests[kind.name].map { "\(kind.name) \($0)" } }
        let dead = (values["dead"] as? [String] ?? []).joined(separator: ", ")
        return RunSummary(
            records: text("records"), seconds: values["wall_s"] as? Double ?? 0, groups: groups,
            featureRows: text("feature_rows"), featureDigest: values["feature_sha256"] as? String,
            levelTests: tests.isEmpty ? RunSummary.missing : tests.joined(separator: ", "),
            signals: text("signals"), signalDigest: values["signal_sha256"] as? String,
            orders: text("orders"), fills: text("fills"), orderDigest: values["order_sha256"] as? String,
            position: held?.joined(separator: ", ") ?? RunSummary.missing, tradingState: text("trading_state"),
            netProfit: text("net_pnl_usd"), brokenRules: list("rule_breaches") { $0["rule"] },
            processes: "\(text("restarts")) started again, \(dead.isEmpty ? "none" : dead) dead at the end",
            directory: text("run_dir")
        ).text
    }

    /// What ingest has taken, when neither it nor the engine is there to say.
    private static func recordsOnTape(_ site: RunSite) -> UInt64 {
        var count: UInt64 = 0
        do {
            var reader = try site.tape.reader(at: 0)
            while let (_, sequence) = try reader.next() { count = sequence + 1 }
        } catch { Terminal.writeError("levelhead: \(site.directory): \(error)") }
        return count
    }

    /// What a run that is over has left open, such as "2 MESH4"; nil when that is nothing, or nobody has said.
    ///
    /// - Parameter account: what a live run's risk gateway said last, in case that it did not end in order.
    static func position(of site: RunSite, account: DayRecord?) -> String? {
        let result = read(site.result(.risk))
        guard let held = result["position"] as? [String: Int] else {
            return account?.openPosition(of: site.directory)
        }
        let open = held.filter { $0.value != 0 }.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        let opposed = (result[HostedRisk.opposedKey] as? Int).map(Int64.init)
        let words = open + (DayRecord.words(opposed: opposed).map { [$0] } ?? [])
        return words.isEmpty ? nil : words.joined(separator: ", ")
    }

    /// The results of one process; empty when it did not end in order.
    private static func read(_ path: String) -> [String: Any] {
        guard let bytes = try? PosixFile.contents(of: path) else { return [:] }
        return (try? JSONSerialization.jsonObject(with: Data(bytes))) as? [String: Any] ?? [:]
    }

    private static func text(_ value: Any?) -> String {
        guard let value,
            let data = try? JSONSerialization.data(withJSONObject: value, options: [.fragmentsAllowed])
        else { return "null" }
        return String(decoding: data, as: UTF8.self)
    }
}
