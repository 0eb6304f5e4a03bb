import ArgumentParser
import Control
import Foundation
import MarketCalendar
import Orders
import Platform
import Streams
import Units

/// How a stream is printed.
enum StreamFormat: String, CaseIterable, ExpressibleByArgument {
    /// For people: as many columns as the terminal is wide.
    case table
    /// A header before the first row of each topic.
    case csv
    /// One JSON object a line.
    case jsonl
}

/// Turns frames into lines.
struct StreamPrinter {
    let format: StreamFormat
    let globs: [String]
    /// Characters of a line of the table.
    let width: Int
    /// Lines that are not printed yet.
    private(set) var output = ""
    /// Names of columns by what the publisher said.
    private var names: [StreamTopic: [String]] = [:]
    private var columns: [StreamTopic: FrameColumns] = [:]
    private var lastTopic: StreamTopic?
    private var rowsBelowHeader: [StreamTopic: Int] = [:]
    private var toldOfWidth: Set<StreamTopic> = []

    private static let rowsPerHeader = 40
    private static let cellWidth = 10
    private static let clockWidth = 15
    private static let topicWidth = 16

    init(format: StreamFormat, globs: [String], width: Int) {
        self.format = format
        self.globs = globs
        self.width = width
    }

    /// Everything that was added, once.
    mutating func take() -> String {
        defer { output = "" }
        return output
    }

    /// The publisher says how a topic is read.
    mutating func schema(_ topic: StreamTopic, _ json: [UInt8]) {
        let object = try? JSONSerialization.jsonObject(with: Data(json)) as? [String: Any]
        guard let list = object?["columns"] as? [[String: Any]] else { return }
        let found = list.compactMap { $0["name"] as? String }
        guard found != names[topic] else { return }
        names[topic] = found
        columns[topic] = nil
    }

    mutating func frame(_ frame: StreamFrame) {
        let columns = self.columns(of: frame)
        switch format {
        case .jsonl: output += json(frame, columns) + "\n"
        case .csv:
            if lastTopic != frame.topic { output += Self.csvHeader(columns) + "\n" }
            for row in 0..<Self.lineCount(frame) { output += csv(frame, columns, row: row) + "\n" }
        case .table:
            for row in 0..<Self.lineCount(frame) { table(frame, columns, row: row) }
        }
        lastTopic = frame.topic
    }

    mutating func missed(_ topic: StreamTopic, _ range: ClosedRange<UInt64>) {
        guard format == .jsonl else { return }
        let members = JSONText.object([
            "topic": JSONText.string(topic.name), "first": JSONText.integer(range.lowerBound),
            "last": JSONText.integer(range.upperBound),
        ])
        output += JSONText.object(["missed": members]) + "\n"
    }

    /// From here on the publisher's frames are of another run, a new one or one that is taken up again.
    mutating func newRun(_ run: UInt64, of publisher: String) {
        guard format == .jsonl else { return }
        let members = JSONText.object([("publisher", JSONText.string(publisher)), ("run", JSONText.integer(run))])
        output += JSONText.object(["new_run": members]) + "\n"
    }

    /// Nothing follows of the publisher, and nothing is missing that was not told.
    mutating func ended(_ publisher: String) {
        guard format == .jsonl else { return }
        output += JSONText.object(["ended": JSONText.object([("publisher", JSONText.string(publisher))])]) + "\n"
    }

    /// From here on this is wrong with what the publisher has, also while it publishes nothing; nothing when empty.
    mutating func feed(_ flags: DataQuality, of publisher: String) {
        guard format == .jsonl else { return }
        let names = JSONText.array(flags.names.map { JSONText.string($0) })
        let members = JSONText.object([("publisher", JSONText.string(publisher)), ("flags", names)])
        output += JSONText.object(["feed": members]) + "\n"
    }

    /// What the publisher said, else what this program's own registry says, else numbers.
    private mutating func columns(of frame: StreamFrame) -> FrameColumns {
        if let known = columns[frame.topic], known.columnCount == frame.columnCount || frame.kind != .vector {
            return known
        }
        let candidates = [names[frame.topic], Self.ownNames(frame.topic)]
        let names = candidates.compactMap { $0 }.first { $0.count == frame.columnCount }
        let made = FrameColumns(
            kind: frame.kind, names: names ?? (0..<frame.columnCount).map { "column_\($0)" }, globs: globs)
        columns[frame.topic] = made
        return made
    }

    private static func ownNames(_ topic: StreamTopic) -> [String]? {
        if topic.name.hasPrefix("features.") { return StreamSchema.features("ES").columns.map(\.name) }
        if topic.name.hasPrefix("levels.") { return StreamSchema.levels("ES").columns.map(\.name) }
        return nil
    }

    // MARK: Formats

    /// In CSV and for people: of a table a line for each row.
    private static func lineCount(_ frame: StreamFrame) -> Int { frame.kind.isTable ? frame.recordCount : 1 }

    private static let stampNames = ["sequence", "ring_sequence", "ts_event", "ts_recv", "ts_publish", "quality"]

    private static func stamps(_ frame: StreamFrame) -> [String] {
        let stamp = frame.stamp
        let times = [stamp.ringSequence, stamp.eventTime, stamp.receiveTime, stamp.publishTime]
        return ["\(frame.sequence)"] + times.map { $0 == .max ? "" : "\($0)" } + ["\(stamp.quality)"]
    }

    private func json(_ frame: StreamFrame, _ columns: FrameColumns) -> String {
        var members = [("topic", JSONText.string(frame.topic.name))]
        members += zip(Self.stampNames, Self.stamps(frame)).map { ($0, $1.isEmpty ? "null" : $1) }
        if frame.kind == .text {
            members.append(("text", String(decoding: frame.payload, as: UTF8.self)))
        } else {
            members.append(
                ("values", JSONText.object(columns.columns.map { ($0.name, columns.json($0, frame)) })))
        }
        return JSONText.object(members)
    }

    private static func csvHeader(_ columns: FrameColumns) -> String {
        // A record has a sequence and a quality of its own.
        let names = columns.columns.map { stampNames.contains($0.name) ? "record_" + $0.name : $0.name }
        return (["topic"] + stampNames + (columns.kind == .text ? ["text"] : names)).joined(separator: ",")
    }

    private func csv(_ frame: StreamFrame, _ columns: FrameColumns, row: Int) -> String {
        var fields = [frame.topic.name] + Self.stamps(frame)
        if frame.kind == .text {
            let text = String(decoding: frame.payload, as: UTF8.self)
            fields.append(
                "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"")
        } else {
            fields += columns.columns.map { columns.text($0, frame, row: row) }
        }
        return fields.joined(separator: ",")
    }

    private mutating func table(_ frame: StreamFrame, _ columns: FrameColumns, row: Int) {
        let time = frame.stamp.eventTime == .max ? frame.stamp.publishTime : frame.stamp.eventTime
        let lead = [
            Self.clock(time), frame.topic.name.padding(toLength: Self.topicWidth, withPad: " ", startingAt: 0),
            Self.padded("\(frame.sequence)", 9),
        ].joined(separator: "  ")
        guard frame.kind != .text else {
            output += lead + "  " + String(decoding: frame.payload, as: UTF8.self) + "\n"
            return
        }
        let shown = shownColumns(columns.columns, beside: lead.count)
        if rowsBelowHeader[frame.topic, default: Self.rowsPerHeader] == Self.rowsPerHeader {
            let names = shown.map { Self.padded($0.name, Self.width(of: $0)) }
            let topic = "topic".padding(toLength: Self.topicWidth, withPad: " ", startingAt: 0)
            output += Self.padded("UTC", 15) + "  " + topic
            output += "  " + Self.padded("sequence", 9) + "  " + names.joined(separator: "  ") + "\n"
            rowsBelowHeader[frame.topic] = 0
        }
        if shown.count < columns.columns.count, toldOfWidth.insert(frame.topic).inserted {
            Terminal.writeError(
                "levelhead: \(shown.count) of \(columns.columns.count) columns of \(frame.topic) shown: choose with "
                    + "--columns, or print --format csv or jsonl")
        }
        let cells = shown.map { column in
            let text = columns.time(column, frame).map(Self.clock) ?? Self.short(columns.text(column, frame, row: row))
            return Self.padded(text, Self.width(of: column))
        }
        output += lead + "  " + cells.joined(separator: "  ") + "\n"
        rowsBelowHeader[frame.topic, default: 0] += 1
    }

    /// As many of the first columns as fit on a line, at least one.
    private func shownColumns(_ columns: [FrameColumns.Column], beside lead: Int) -> [FrameColumns.Column] {
        var room = width - lead
        let count = columns.prefix {
            room -= Self.width(of: $0) + 2
            return room >= 0
        }.count
        return Array(columns.prefix(max(1, count)))
    }

    private static func width(of column: FrameColumns.Column) -> Int {
        max(column.name.count, column.isTime ? clockWidth : cellWidth)
    }

    /// "14:30:00.000000".
    private static func clock(_ time: UInt64) -> String {
        if time == .max { return padded("", clockWidth) }
        return String(Timestamp(nanoseconds: time).iso8601Text.dropFirst(11).prefix(clockWidth))
    }

    private static func short(_ text: String) -> String {
        guard text.utf8.count > cellWidth, let number = Double(text) else { return text }
        return String(format: "%.7g", number)
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
