import Control
import Features
import MarketCalendar
import Orders
import Platform
import Streams
import Units

/// The newest row of the market and of its levels, and the chart behind them.
struct MarketPicture {
    /// Of the newest row.
    private struct Head {
        let sequence: UInt64
        let stamp: FrameStamp
        let takenAt: Nanoseconds
    }

    private var marketReader = VectorReader(.features("ES"))
    private var levelReader = VectorReader(.levels("ES"))
    /// Root of the signal's contract, as the topic names it, and the points of its tick: those of the traded one too,
    /// which is on the same index. NaN while it is not known.
    private var root = ""
    private(set) var tickPoints = Double.nan
    private var market: Head?
    private var marketValues: [Double] = []
    private var mid = Double.nan
    private var levels: Head?
    private var levelValues: [[Double]] = []
    private var distances: [Double] = []
    private var prices = [Double](repeating: .nan, count: LevelKind.allCases.count)
    /// JSON of each level's newest signal.
    private var signals = [String?](repeating: nil, count: LevelKind.allCases.count)
    private(set) var trail = PriceTrail()

    private static let marketColumns = (ShownColumns.market + ShownColumns.options).map(\.definition.name)
    private static let levelColumns = (ShownColumns.level + ShownColumns.signal).map(\.definition.name)

    mutating func take(schema json: [UInt8], of topic: StreamTopic) {
        if topic.name.hasPrefix("features.") { marketReader.take(schema: json) }
        if topic.name.hasPrefix("levels.") { levelReader.take(schema: json) }
    }

    mutating func take(market frame: StreamFrame, now: Nanoseconds) {
        market = Self.head(frame, now)
        marketValues = Self.marketColumns.map { marketReader.value($0, frame) }
        mid = marketReader.value(MarketFeature.mid.definition.name, frame)
        relate()
    }

    mutating func take(levels frame: StreamFrame, now: Nanoseconds) {
        follow(frame.topic)
        levels = Self.head(frame, now)
        levelValues = LevelKind.allCases.map { level in
            Self.levelColumns.map { levelReader.value("\(level.name)_\($0)", frame) }
        }
        let distance = LevelFeature.distance.definition.name
        distances = LevelKind.allCases.map { levelReader.value("\($0.name)_\(distance)", frame) }
        relate()
    }

    mutating func take(signal json: String, of level: LevelKind) { signals[level.rawValue] = json }

    /// Signals begin anew with a run, the rows too.
    mutating func clearSignals() { signals = signals.map { _ in nil } }

    mutating func clearRows() {
        let (marketReader, levelReader, signals) = (marketReader, levelReader, signals)
        self = MarketPicture()
        self.marketReader = marketReader
        self.levelReader = levelReader
        self.signals = signals
    }

    private mutating func follow(_ topic: StreamTopic) {
        let named = topic.name.drop { $0 != "." }.dropFirst()
        guard named != root else { return }
        root = String(named)
        tickPoints = ContractSpecification.of(root: root)?.tick.points ?? .nan
    }

    /// Prices of levels follow from the mid and the distances of one and the same group.
    private mutating func relate() {
        guard let market, let levels, market.stamp.ringSequence == levels.stamp.ringSequence else { return }
        prices = distances.map { mid - $0 * tickPoints }
        let time = market.stamp.receiveTime
        guard time != .max, mid.isFinite else { return }
        trail.add(time: time / 1_000_000, mid: mid, levels: prices)
    }

    private static func head(_ frame: StreamFrame, _ now: Nanoseconds) -> Head {
        Head(sequence: frame.sequence, stamp: frame.stamp, takenAt: now)
    }

    // MARK: JSON

    func marketJSON(now: Nanoseconds) -> String {
        guard let market else { return "null" }
        return JSONText.object(
            Self.members(market, now) + [("values", Self.object(Self.marketColumns, marketValues))])
    }

    func levelsJSON(now: Nanoseconds) -> String {
        guard let levels else { return "null" }
        let rows = LevelKind.allCases.map { level in
            JSONText.object([
                "name": JSONText.string(level.name), "price": jsonNumber(prices[level.rawValue]),
                "values": Self.object(Self.levelColumns, levelValues[level.rawValue]),
                "signal": signals[level.rawValue] ?? "null",
            ])
        }
        return JSONText.object(Self.members(levels, now) + [("rows", JSONText.array(rows))])
    }

    private static func members(_ head: Head, _ now: Nanoseconds) -> [(String, String)] {
        let quality = DataQuality(rawValue: head.stamp.quality).names
        return [
            ("sequence", JSONText.integer(head.sequence)), ("ring_sequence", JSONText.integer(head.stamp.ringSequence)),
            ("ts_event", time(head.stamp.eventTime)), ("ts_recv", time(head.stamp.receiveTime)),
            ("age_ms", JSONText.integer((now - head.takenAt).count / 1_000_000)),
            ("quality", JSONText.array(quality.map { JSONText.string($0) })),
        ]
    }

    private static func time(_ nanoseconds: UInt64) -> String { nanoseconds == .max ? "null" : "\(nanoseconds)" }

    private static func object(_ names: [String], _ values: [Double]) -> String {
        JSONText.object(zip(names, values).map { ($0, jsonNumber($1)) })
    }
}
