import Units

/// What a DBN stream says about itself before its first record.
public struct DBNMetadata: Equatable, Sendable {
    /// The version of the records that follow: 1, 2 or 3. A decoder that upgrades says 3 here.
    public var version: UInt8
    /// Such as `GLBX.MDP3`; at most 15 characters.
    public var dataset: String
    /// Nil when the stream mixes schemas, as live streams do.
    public var schema: Schema?
    public var start: Timestamp
    /// Exclusive; nil when open.
    public var end: Timestamp?
    /// The largest number of records that was asked for; nil when unlimited.
    public var limit: UInt64?
    /// Nil when mixed.
    public var stypeIn: SymbolType?
    public var stypeOut: SymbolType?
    /// Whether every record ends with eight bytes of the gateway's send time (`ts_out`).
    public var hasSendTime: Bool
    /// The symbols that were asked for.
    public var symbols: [String]
    /// Symbols that did not resolve for at least one day of the range.
    public var partial: [String]
    /// Symbols that resolved for no day of the range.
    public var notFound: [String]
    public var mappings: [SymbolMapping]

    public init(
        version: UInt8 = 3, dataset: String, schema: Schema?, start: Timestamp, end: Timestamp? = nil,
        limit: UInt64? = nil, stypeIn: SymbolType? = nil, stypeOut: SymbolType? = .instrumentID,
        hasSendTime: Bool = false, symbols: [String] = [], partial: [String] = [], notFound: [String] = [],
        mappings: [SymbolMapping] = []
    ) {
        self.version = version
        self.dataset = dataset
        self.schema = schema
        self.start = start
        self.end = end
        self.limit = limit
        self.stypeIn = stypeIn
        self.stypeOut = stypeOut
        self.hasSendTime = hasSendTime
        self.symbols = symbols
        self.partial = partial
        self.notFound = notFound
        self.mappings = mappings
    }
}

/// One requested symbol and what it stood for on each day.
public struct SymbolMapping: Equatable, Sendable {
    /// The symbol as it was asked for.
    public var rawSymbol: String
    public var intervals: [MappingInterval]

    public init(rawSymbol: String, intervals: [MappingInterval]) {
        self.rawSymbol = rawSymbol
        self.intervals = intervals
    }
}

/// The days on which a symbol stood for `symbol`: from `startDate` to the day before `endDate`.
public struct MappingInterval: Equatable, Sendable {
    /// YYYYMMDD as a decimal number.
    public var startDate: UInt32
    /// YYYYMMDD as a decimal number, exclusive.
    public var endDate: UInt32
    public var symbol: String

    public init(startDate: UInt32, endDate: UInt32, symbol: String) {
        self.startDate = startDate
        self.endDate = endDate
        self.symbol = symbol
    }
}

/// The fixed part, little-endian. `length` counts the bytes after offset 8. Version 1 has a record count, which nobody
/// fills, before its symbol types, and symbols of 22 bytes; later versions say how long theirs are.
///
///   0     3         4        8         24       26      34    42      50                            108
///   | DBN | version | length | dataset | schema | start | end | limit | v1: count 8, stypes, ts_out | definition size
///                                                                     | v2: stypes, ts_out, symbol length |
///   112: symbols, partial, not_found, mappings; v3: zeros up to a multiple of eight
extension DBNMetadata {
    static let magic: [UInt8] = [0x44, 0x42, 0x4E]
    /// Up to and including `length`.
    static let prefixByteCount = 8
    /// The least `length`: the fixed part up to the schema definition.
    static let fixedByteCount = 104
    /// A bound on `length`: three million mappings. A stream that says more is corrupt.
    public static let byteCountMax = 1 << 29
    static let datasetByteCount = 16
    static let symbolByteCountV1 = 22
    static let symbolByteCount = 71
    static let variablePartOffset = 112
}
