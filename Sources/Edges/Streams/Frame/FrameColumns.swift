import Glibc
import Orders
import Platform
import Units

/// The columns of one topic's frames: what is printed, and how a value is written.
public struct FrameColumns: Sendable {
    public struct Column: Sendable {
        public let name: String
        fileprivate let index: Int
        /// Of a record or of a row of a table.
        fileprivate let field: RecordLayout.Field?

        public var isTime: Bool { field?.unit == "ns" }
    }

    public let kind: FrameKind
    public let columns: [Column]
    /// All columns of the topic, the ones that are left out too.
    public let columnCount: Int

    /// - Parameters:
    ///   - names: of all columns, in order; of a record they are known.
    ///   - globs: those that are wanted; none for all.
    public init(kind: FrameKind, names: [String], globs: [String]) {
        self.kind = kind
        let fields = RecordLayout.of(kind)?.fields
        let all = fields?.map(\.name) ?? (kind == .vector ? names : [])
        columnCount = all.count
        columns = all.enumerated().compactMap { index, name in
            guard globs.isEmpty || globs.contains(where: { fnmatch($0, name, 0) == 0 }) else { return nil }
            return Column(name: name, index: index, field: fields?[index])
        }
    }

    /// A time of a record, ns; nil for what is none.
    public func time(_ column: Column, _ frame: StreamFrame) -> UInt64? {
        guard column.isTime, case .unsigned(let time)? = column.field?.value(in: frame.record(0)) else { return nil }
        return time
    }

    /// A value for people and for CSV, of a table in one of its rows; empty when it is not defined.
    public func text(_ column: Column, _ frame: StreamFrame, row: Int = 0) -> String {
        guard let field = column.field else {
            let value = frame.value(column.index)
            return value.isNaN ? "" : value.description
        }
        let value = field.value(in: frame.record(row))
        if let name = field.name(of: value) { return name }
        switch (value, field.unit) {
        case (.unsigned(let raw), "id"): return ClientOrderID(raw: raw).description
        case (.integer(let nanos), "1e-9 USD"): return Money(nanos: nanos).description
        case (.unsigned(.max), "ns"): return ""
        case (.unsigned(let number), _): return "\(number)"
        case (.integer(let number), _): return "\(number)"
        case (.real(let number), _): return number.isNaN ? "" : number.description
        }
    }

    /// A value in JSON: codes, identities and money as text, as in `audit.jsonl`. Of a table an array, those of all
    /// rows.
    public func json(_ column: Column, _ frame: StreamFrame) -> String {
        guard kind.isTable else { return json(column, frame, row: 0) }
        return JSONText.array((0..<frame.recordCount).map { json(column, frame, row: $0) })
    }

    private func json(_ column: Column, _ frame: StreamFrame, row: Int) -> String {
        let text = text(column, frame, row: row)
        if text.isEmpty { return "null" }
        guard let field = column.field else { return Double(text)?.isFinite == true ? text : "null" }
        let value = field.value(in: frame.record(row))
        if case .real(let number) = value { return number.isFinite ? text : "null" }
        let isText = field.unit == "id" || field.unit == "1e-9 USD" || field.name(of: value) != nil
        return isText ? "\"\(text)\"" : text
    }
}
