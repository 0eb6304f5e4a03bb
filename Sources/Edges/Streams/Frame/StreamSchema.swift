import Features
import Platform

/// How the frames of a topic are read: what a program needs to make one NumPy dtype of them.
public struct StreamSchema: Equatable, Sendable {
    public struct Column: Equatable, Sendable {
        public let name: String
        public let unit: String

        public init(name: String, unit: String) {
            self.name = name
            self.unit = unit
        }
    }

    public let topic: StreamTopic
    public let kind: FrameKind
    /// Of a vector, in order; of a record or of a table's rows the fields; none for text.
    public let columns: [Column]

    /// The market's columns, from the registry.
    public static func features(_ root: String) -> StreamSchema {
        StreamSchema(.features(root), Array(FeatureSchema.columns[FeatureSchema.marketOffset...]))
    }

    /// The columns of the five levels, from the registry.
    public static func levels(_ root: String) -> StreamSchema {
        StreamSchema(.levels(root), Array(FeatureSchema.columns[..<FeatureSchema.marketOffset]))
    }

    /// The option chain by strike.
    public static func strikes(_ root: String) -> StreamSchema { StreamSchema(.strikes(root), .strikes) }
    public static func signals(_ root: String) -> StreamSchema { StreamSchema(.signals(root), .signal) }
    public static func verdicts(_ root: String) -> StreamSchema { StreamSchema(.verdicts(root), .verdict) }
    public static func orders(_ root: String) -> StreamSchema { StreamSchema(.orders(root), .order) }
    public static func fills(_ root: String) -> StreamSchema { StreamSchema(.fills(root), .fill) }
    public static func status(_ process: String) -> StreamSchema { StreamSchema(.status(process), .text) }

    /// A vector of columns of your own.
    public init(vector topic: StreamTopic, columns: [Column]) {
        precondition(!columns.isEmpty && columns.count <= UInt16.max, "a vector has 1 to 65,535 columns")
        self.topic = topic
        kind = .vector
        self.columns = columns
    }

    private init(_ topic: StreamTopic, _ columns: [FeatureSchema.Column]) {
        self.init(vector: topic, columns: columns.map { Column(name: $0.name, unit: $0.definition.unit) })
    }

    private init(_ topic: StreamTopic, _ kind: FrameKind) {
        self.topic = topic
        self.kind = kind
        columns = RecordLayout.of(kind)?.fields.map { Column(name: $0.name, unit: $0.unit) } ?? []
    }

    /// Bytes of a payload; nil when they vary.
    public var payloadByteCount: Int? {
        if kind == .vector { return FrameLayout.vectorByteCount(columns: columns.count) }
        return kind.isTable ? nil : RecordLayout.of(kind)?.byteCount
    }

    /// One JSON object:
    ///
    /// `topic`, `version`, `kind` (name), `kind_code`, `byte_order`, `frame_bytes` (null when they vary), `dtype`: an
    /// array of [name, NumPy type] or [name, type, [count]]; a record is ["record", [array of the same]]; of a table it
    /// is the header alone, and `row_dtype` that of its rows; `columns`: array of `{name, unit}` and for codes `codes`,
    /// value to name.
    public func json(run: UInt64) -> String {
        let frameByteCount = payloadByteCount.map { FrameLayout.headerByteCount + $0 }
        var members = [
            ("topic", JSONText.string(topic.name)), ("version", JSONText.integer(FrameLayout.version)),
            ("kind", JSONText.string("\(kind)")), ("kind_code", JSONText.integer(kind.rawValue)),
            ("run", JSONText.integer(run)), ("byte_order", JSONText.string("little")),
            ("frame_bytes", JSONText.integer(frameByteCount)),
            ("dtype", JSONText.array(FrameLayout.fields.map { Self.entry($0.name, $0.type) } + payloadEntries)),
        ]
        if kind.isTable { members.append(("row_dtype", JSONText.array(recordEntries))) }
        members.append(("columns", JSONText.array(columnObjects)))
        return JSONText.object(members)
    }

    private var recordEntries: [String] {
        RecordLayout.of(kind)?.fields.map { Self.entry($0.name, $0.number.rawValue) } ?? []
    }

    private var payloadEntries: [String] {
        if kind.isTable { return [] }
        if RecordLayout.of(kind) != nil {
            return [JSONText.array([JSONText.string("record"), JSONText.array(recordEntries)])]
        }
        guard kind == .vector else { return [] }
        return [
            Self.entry("values", "<f8", count: columns.count),
            Self.entry("validity", "u1", count: FrameLayout.bitmapByteCount(columns: columns.count)),
        ]
    }

    private var columnObjects: [String] {
        let fields = RecordLayout.of(kind)?.fields
        return columns.enumerated().map { index, column in
            var members = [("name", JSONText.string(column.name)), ("unit", JSONText.string(column.unit))]
            if let codes = fields?[index].codes, !codes.isEmpty {
                let names = codes.sorted { $0.key < $1.key }.map { ("\($0.key)", JSONText.string($0.value)) }
                members.append(("codes", JSONText.object(names)))
            }
            return JSONText.object(members)
        }
    }

    private static func entry(_ name: String, _ type: String, count: Int? = nil) -> String {
        let names = [JSONText.string(name), JSONText.string(type)]
        return JSONText.array(names + (count.map { [JSONText.array(["\($0)"])] } ?? []))
    }
}
