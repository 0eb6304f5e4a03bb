import DBN
import Features
import Foundation
import Platform
import Signals
import Units

/// The chain behind an order: what was decided, on what, and what came of it.
struct WhyReport {
    let order: String
    /// The opening order that it belongs to.
    let root: String
    let steps: [AuditTrail.Line]
    let rootSteps: [AuditTrail.Line]
    let verdict: AuditTrail.Line?
    let signal: AuditTrail.Line?
    let request: AuditTrail.Line?
    let witness: SignalWitness?

    /// The features of a level that its score is made of, with the component each becomes.
    static let scored: [LevelFeature] = [
        .approachSide, .tradeImbalance, .orderFlowImbalance, .replenishment, .queueImbalance, .penetrationOfTest,
        .approachVelocity5s, .tradedToDisplayed,
    ]

    /// Whether the signal that was found again is the one that the run recorded.
    var isSame: Bool? {
        guard let witness, let found = witness.signal, let signal else { return nil }
        // As text: a number that was read from JSON may be another one in its last bit.
        return AuditLine.signal(found) == signal.text
    }

    // MARK: JSON

    var json: String {
        JSONText.object([
            ("order", JSONText.string(order)), ("opened_by", JSONText.string(root)),
            ("steps", JSONText.array(steps.map(\.text))),
            ("opening_steps", JSONText.array(root == order ? [] : rootSteps.map(\.text))),
            ("verdict", verdict?.text ?? "null"), ("signal", signal?.text ?? "null"),
            ("request", request?.text ?? "null"), ("same_signal", isSame.map { "\($0)" } ?? "null"),
            ("record", JSONText.integer(witness?.record)), ("scored", scoredText), ("features", featuresText),
            ("records", JSONText.array((witness?.records ?? []).map(Self.record))),
            ("book", book.map(Self.text) ?? "null"),
        ])
    }

    private var level: Int? { witness?.signal.map { Int($0.level) } }

    private func value(_ feature: LevelFeature) -> Double? {
        guard let witness, let level, !witness.vector.isEmpty else { return nil }
        let index = level * LevelFeature.allCases.count + feature.rawValue
        return index < witness.vector.count ? witness.vector[index] : nil
    }

    private var scoredText: String {
        JSONText.object(
            Self.scored.compactMap { feature in
                value(feature).map { (feature.definition.name, Self.number($0)) }
            })
    }

    private var featuresText: String {
        guard let witness, !witness.vector.isEmpty else { return "null" }
        return JSONText.object(
            zip(FeatureSchema.columns, witness.vector).map { ($0.name, Self.number($1)) })
    }

    private static func number(_ value: Double) -> String { value.isFinite ? "\(value)" : "null" }

    private static func record(_ kept: (sequence: UInt64, bytes: [UInt8])) -> String {
        kept.bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return "null" }
            let view = RecordView(base)
            var members = [
                ("sequence", "\(kept.sequence)"), ("rtype", "\(view.type.rawValue)"),
                ("instrument", "\(view.instrumentID.raw)"), ("ts_event", "\(view.eventTime.nanoseconds)"),
                ("ts_recv", "\(view.receiveTime.nanoseconds)"),
            ]
            switch view.type {
            case .trade, .mbp1, .mbp10:
                members += [
                    ("price", JSONText.string(Money(nanos: view.load(16, as: Int64.self)).description)),
                    ("size", "\(view.load(24, as: UInt32.self))"),
                    ("action", JSONText.string(letter(view.load(28, as: UInt8.self)))),
                    ("side", JSONText.string(letter(view.load(29, as: UInt8.self)))),
                ]
            default: break
            }
            return JSONText.object(members)
        }
    }

    private static func letter(_ code: UInt8) -> String { String(decoding: [code], as: UTF8.self) }

    // MARK: Book

    struct Level {
        let bid, ask: Int64
        let bidSize, askSize, bidCount, askCount: UInt32
    }

    /// The ten levels that the last book record at the signal has.
    private var book: [Level]? {
        guard let witness, let at = witness.record else { return nil }
        let last = witness.records.last { kept in
            kept.sequence <= at && kept.bytes.count >= 48 + 320 && kept.bytes[1] == RecordType.mbp10.rawValue
        }
        return last.map { Self.levels($0.bytes) }
    }

    private static func levels(_ bytes: [UInt8]) -> [Level] {
        bytes.withUnsafeBytes { raw in
            (0..<10).map { index in
                let at = 48 + 32 * index
                func load<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _ type: T.Type) -> T {
                    raw.loadUnaligned(fromByteOffset: at + offset, as: type)
                }
                return Level(
                    bid: load(0, Int64.self), ask: load(8, Int64.self), bidSize: load(16, UInt32.self),
                    askSize: load(20, UInt32.self), bidCount: load(24, UInt32.self), askCount: load(28, UInt32.self))
            }
        }
    }

    private static func text(_ levels: [Level]) -> String {
        JSONText.array(
            levels.map { level in
                JSONText.object([
                    "bid": price(level.bid), "bid_size": "\(level.bidSize)", "bid_orders": "\(level.bidCount)",
                    "ask": price(level.ask), "ask_size": "\(level.askSize)", "ask_orders": "\(level.askCount)",
                ])
            })
    }

    private static func price(_ nanos: Int64) -> String {
        nanos == .max ? "null" : JSONText.string(Money(nanos: nanos).description)
    }

    // MARK: Text

    var text: String {
        var lines = ["order \(order)" + (root == order ? "" : ", of the position that \(root) opened")]
        lines += steps.map { "  \($0.text)" }
        if root != order { lines += ["opened by \(root)"] + rootSteps.map { "  \($0.text)" } }
        if let request { lines += ["asked by", "  \(request.text)"] }
        if let verdict { lines += ["verdict", "  \(verdict.text)"] }
        guard let signal else { return lines.joined(separator: "\n") }
        lines += ["signal", "  \(signal.text)"]
        guard let witness, let at = witness.record else { return lines.joined(separator: "\n") }
        lines.append("computed again at record \(at): \(isSame == true ? "the same" : "ANOTHER") signal")
        for feature in Self.scored {
            guard let value = value(feature) else { continue }
            let name = feature.definition.name.padding(toLength: 48, withPad: " ", startingAt: 0)
            lines.append("  \(name) \(value) \(feature.definition.unit)")
        }
        lines.append("records around it")
        lines += witness.records.map { "  \(Self.record($0))" }
        if let book { lines += ["book", "  \(Self.text(book))"] }
        return lines.joined(separator: "\n")
    }
}
