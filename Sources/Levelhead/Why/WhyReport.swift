import DBN
import Features
import Foundation
import Platform
import Signals
import Units

/// The chain behind an order: what was decided, on what, and what came of it.
struct WhyReport {
    let order: String
    /// The opening order that it belongs to; nil where there is none.
    let root: String?
    let steps: [AuditTrail.Line]
    let rootSteps: [AuditTrail.Line]
    let cause: OrderCause
    /// Why the position was opened, of an order that closes it for a reason of its own.
    let opening: OrderCause?
    /// The closes that an approved close led to.
    let closes: [String]
    let witness: TapeWitness?

    private var signal: AuditTrail.Line? { cause.signal }

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
            ("order", JSONText.string(order)), ("opened_by", root.map(JSONText.string) ?? "null"),
            ("action", cause.action.map(JSONText.string) ?? "null"),
            ("cause", cause.reason.map(JSONText.string) ?? "null"),
            ("caused_by", JSONText.array(cause.lines.map(\.text))),
            ("steps", JSONText.array(steps.map(\.text))),
            ("opening_steps", JSONText.array(root == order ? [] : rootSteps.map(\.text))),
            ("closed_by", JSONText.array(closes.map(JSONText.string))),
            ("verdict", cause.verdict?.text ?? "null"), ("signal", signal?.text ?? "null"),
            ("request", cause.request?.text ?? "null"), ("opening", openingText),
            ("same_signal", isSame.map { "\($0)" } ?? "null"),
            ("record", JSONText.integer(witness?.record)), ("scored", scoredText), ("features", featuresText),
            ("records", JSONText.array((witness?.records ?? []).map(Self.record))),
            ("book_of", witness?.bookSymbol.map(JSONText.string) ?? "null"),
            ("book", book.map(Self.text) ?? "null"),
        ])
    }

    private var openingText: String {
        guard let opening else { return "null" }
        return JSONText.object([
            ("verdict", opening.verdict?.text ?? "null"), ("signal", opening.signal?.text ?? "null"),
            ("request", opening.request?.text ?? "null"),
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

    /// The ten levels of the newest book record at the moment.
    private var book: [Level]? { witness.flatMap { $0.book.isEmpty ? nil : Self.levels($0.book) } }

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
        let isOfOther = root.map { $0 != order } ?? false
        var lines = ["order \(order)" + (isOfOther ? ", of the position that \(root ?? "") opened" : "")]
        lines += Self.indented(steps)
        lines.append("\(cause.action ?? "unknown"), by \(cause.reason ?? "nothing that the log says")")
        lines += Self.indented(cause.lines.filter { $0.number != signal?.number && $0.number != cause.request?.number })
        if !closes.isEmpty { lines.append("closed by \(closes.joined(separator: ", "))") }
        if isOfOther { lines += ["opened by \(root ?? "")"] + Self.indented(rootSteps) }
        lines += Self.chain(opening)
        if opening != nil { lines.append("the order itself") }
        lines += Self.chain(cause) + momentLines
        return lines.joined(separator: "\n")
    }

    private static func indented(_ lines: [AuditTrail.Line]) -> [String] { lines.map { "  \($0.text)" } }

    private static func chain(_ cause: OrderCause?) -> [String] {
        guard let cause else { return [] }
        let parts = [("asked by", cause.request), ("verdict", cause.verdict), ("signal", cause.signal)]
        return parts.flatMap { name, line in line.map { [name, "  \($0.text)"] } ?? [] }
    }

    private var momentLines: [String] {
        guard let witness, let at = witness.record else { return [] }
        var lines = ["at record \(at)"]
        if signal != nil {
            lines = ["computed again at record \(at): \(isSame == true ? "the same" : "ANOTHER") signal"]
        }
        for feature in Self.scored {
            guard let value = value(feature) else { continue }
            let name = feature.definition.name.padding(toLength: 48, withPad: " ", startingAt: 0)
            lines.append("  \(name) \(value) \(feature.definition.unit)")
        }
        lines.append("records around it")
        lines += witness.records.map { "  \(Self.record($0))" }
        if let book { lines += ["book of \(witness.bookSymbol ?? "?")", "  \(Self.text(book))"] }
        return lines
    }
}
