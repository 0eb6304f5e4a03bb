import Control
import Features
import Orders
import Platform
import Streams
import Units

/// What the page shows, from what streams and processes say: values in, JSON out.
struct DashboardState {
    /// What one subscriber reads.
    enum Feed: String, CaseIterable {
        /// Rows of the market and of its levels: the newest is enough.
        case market
        case signals
        case verdicts
        case orders

        var process: StreamProcess {
            switch self {
            case .market, .signals: .engine
            case .verdicts: .risk
            case .orders: .execution
            }
        }

        var families: [String] {
            switch self {
            case .market: ["features", "levels"]
            case .signals: ["signals"]
            case .verdicts: ["verdicts"]
            case .orders: ["orders", "fills"]
            }
        }
    }

    private struct Voice {
        /// Nil before anything was heard.
        var isHeard: Bool?
        var run: UInt64?
        /// What the publisher says of its values, also while none come.
        var flags: DataQuality = []
        var garbageCount = 0
    }

    private static let recordKinds: [(family: String, kind: FrameKind)] = [
        ("signals", .signal), ("verdicts", .verdict), ("orders", .order), ("fills", .fill),
    ]
    private static let columns = Dictionary(
        uniqueKeysWithValues: recordKinds.map { ($0.family, FrameColumns(kind: $0.kind, names: [], globs: [])) })
    private static let levelField = RecordLayout.signal.fields.first { $0.name == "level" }

    private let program: String
    private var voices: [Feed: Voice] = [:]
    private var rows: [String: RecentRows] = [:]
    private var rowsVersion: UInt64 = 1
    /// How far the rows of runs came that others have followed, by run and family: one may go on.
    private var places: [String: UInt64] = [:]
    private var market = MarketPicture()
    /// Another one with each run.
    private var chartVersion: UInt64 = 1
    private var status: DashboardStatus?
    private var statusTakenAt: Nanoseconds?
    private var statusVersion: UInt64 = 1
    private var number: UInt64 = 0
    /// Rows that the newest ones stand for.
    var skippedCount: UInt64 = 0

    /// - Parameter program: its version, for the page's foot.
    init(program: String) { self.program = program }

    // MARK: What arrives

    mutating func take(_ event: StreamEvent, from feed: Feed, now: Nanoseconds) {
        switch event {
        case .frame(let frame):
            voices[feed, default: Voice()].isHeard = true
            take(frame, now: now)
        case .schema(let topic, let json): market.take(schema: json, of: topic)
        case .missed(let topic, let range):
            rows[Self.family(topic), default: RecentRows()].miss(range)
            rowsVersion += 1
        case .run(let run): begin(run, of: feed)
        case .absent, .ended: break
        case .quality(let flags): voices[feed, default: Voice()].flags = flags
        case .silent: voices[feed, default: Voice()].isHeard = false
        case .heard: voices[feed, default: Voice()].isHeard = true
        case .garbage: voices[feed, default: Voice()].garbageCount += 1
        }
    }

    /// What the processes answered, or that they did not.
    mutating func take(_ status: DashboardStatus, now: Nanoseconds) {
        self.status = status
        statusTakenAt = now
        statusVersion += 1
    }

    /// Another run's rows begin anew, and what was shown of the one before it goes.
    private mutating func begin(_ run: UInt64, of feed: Feed) {
        let former = voices[feed]?.run
        voices[feed, default: Voice()].run = run
        voices[feed, default: Voice()].isHeard = true
        guard let former else { return }
        for family in feed.families where rows[family] != nil {
            places["\(former) \(family)"] = rows[family]?.next
            rows[family] = RecentRows(from: places["\(run) \(family)"] ?? 0)
        }
        rowsVersion += 1
        switch feed {
        case .market:
            market.clearRows()
            chartVersion += 1
        case .signals: market.clearSignals()
        case .verdicts, .orders: break
        }
    }

    private mutating func take(_ frame: StreamFrame, now: Nanoseconds) {
        let family = Self.family(frame.topic)
        switch family {
        case "features": market.take(market: frame, now: now)
        case "levels": market.take(levels: frame, now: now)
        default:
            guard let columns = Self.columns[family], columns.kind == frame.kind else { return }
            let row = rows[family, default: RecentRows()].add(frame, columns)
            rowsVersion += 1
            if frame.kind == .signal, let level = Self.level(of: frame) { market.take(signal: row, of: level) }
        }
    }

    private static func family(_ topic: StreamTopic) -> String { String(topic.name.prefix { $0 != "." }) }

    private static func level(of frame: StreamFrame) -> LevelKind? {
        guard case .unsigned(let code)? = levelField?.value(in: frame.record(0)) else { return nil }
        return LevelKind(rawValue: Int(clamping: code))
    }

    // MARK: What is shown

    /// Everything as of now, in the parts that are sent.
    mutating func parts(now: Nanoseconds, wallTime: Timestamp) -> [Snapshot.Part] {
        number += 1
        return [
            part("catalogue", 1, ShownColumns.catalogue),
            part("history", chartVersion, JSONText.object(["run": run, "samples": market.trail.json])),
            part("status", statusVersion, statusJSON),
            part("rows", rowsVersion, rowsJSON),
            part("market", number, marketJSON(now: now, wallTime: wallTime)),
        ]
    }

    private func part(_ name: String, _ version: UInt64, _ json: String) -> Snapshot.Part {
        Snapshot.Part(name: name, version: version, json: Array(json.utf8))
    }

    /// The engine's, as text: it has 64 bits.
    private var run: String { voices[.market]?.run.map { JSONText.string(String($0, radix: 16)) } ?? "null" }

    private var statusJSON: String {
        JSONText.object([
            "report": status?.report ?? "null", "lock": status?.lock ?? "null",
            "failure": status?.failure.map { JSONText.string($0) } ?? "null",
        ])
    }

    private var rowsJSON: String {
        JSONText.object(Self.recordKinds.map { ($0.family, (rows[$0.family] ?? RecentRows()).json) })
    }

    private func marketJSON(now: Nanoseconds, wallTime: Timestamp) -> String {
        let statusAge = statusTakenAt.map { (now - $0).count / 1_000_000 }
        return JSONText.object([
            "number": JSONText.integer(number), "time_ms": JSONText.integer(wallTime.nanoseconds / 1_000_000),
            "up_ms": JSONText.integer(now.count / 1_000_000),
            "program": JSONText.string(program), "run": run, "status_age_ms": JSONText.integer(statusAge),
            "streams": JSONText.array(Feed.allCases.map(voiceJSON)), "skipped": JSONText.integer(skippedCount),
            "market": market.marketJSON(now: now), "levels": market.levelsJSON(now: now),
            "trail": market.trail.newest(20), "tick_points": jsonNumber(market.tickPoints),
        ])
    }

    private func voiceJSON(_ feed: Feed) -> String {
        let voice = voices[feed] ?? Voice()
        let topics = feed.families.compactMap { rows[$0] }
        return JSONText.object([
            "feed": JSONText.string(feed.rawValue), "process": JSONText.string(feed.process.rawValue),
            "heard": voice.isHeard.map { "\($0)" } ?? "null",
            "run": voice.run.map { JSONText.string(String($0, radix: 16)) } ?? "null",
            "flags": JSONText.array(voice.flags.names.map { JSONText.string($0) }),
            "missed": JSONText.integer(topics.reduce(0) { $0 + $1.missedCount }),
            "garbage": JSONText.integer(voice.garbageCount),
        ])
    }
}
