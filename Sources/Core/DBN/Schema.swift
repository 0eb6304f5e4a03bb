/// What kind of records a stream was asked for (the metadata's `schema`). Open: an unknown number stays readable.
@frozen public struct Schema: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    public let rawValue: UInt16
    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let mbo = Schema(rawValue: 0)
    public static let mbp1 = Schema(rawValue: 1)
    public static let mbp10 = Schema(rawValue: 2)
    public static let tbbo = Schema(rawValue: 3)
    public static let trades = Schema(rawValue: 4)
    public static let ohlcv1s = Schema(rawValue: 5)
    public static let ohlcv1m = Schema(rawValue: 6)
    public static let ohlcv1h = Schema(rawValue: 7)
    public static let ohlcv1d = Schema(rawValue: 8)
    public static let definition = Schema(rawValue: 9)
    public static let statistics = Schema(rawValue: 10)
    public static let status = Schema(rawValue: 11)
    public static let imbalance = Schema(rawValue: 12)
    public static let ohlcvEndOfDay = Schema(rawValue: 13)
    public static let cmbp1 = Schema(rawValue: 14)
    public static let cbbo1s = Schema(rawValue: 15)
    public static let cbbo1m = Schema(rawValue: 16)
    public static let tcbbo = Schema(rawValue: 17)
    public static let bbo1s = Schema(rawValue: 18)
    public static let bbo1m = Schema(rawValue: 19)

    /// Databento's names, in the order of their numbers.
    private static let names = [
        "mbo", "mbp-1", "mbp-10", "tbbo", "trades", "ohlcv-1s", "ohlcv-1m", "ohlcv-1h", "ohlcv-1d", "definition",
        "statistics", "status", "imbalance", "ohlcv-eod", "cmbp-1", "cbbo-1s", "cbbo-1m", "tcbbo", "bbo-1s", "bbo-1m",
    ]

    /// Every schema that has a name.
    public static var known: [Schema] { names.indices.map { Schema(rawValue: UInt16($0)) } }

    /// Databento's name, as in `mbp-10`; `schema-N` for a number without one.
    public var name: String {
        Int(rawValue) < Self.names.count ? Self.names[Int(rawValue)] : "schema-\(rawValue)"
    }

    /// The schema with this name, or nil.
    public init?(name: String) {
        guard let index = Self.names.firstIndex(of: name) else { return nil }
        self.init(rawValue: UInt16(index))
    }

    /// The schema with this name, found without making a text of it.
    init?(nameBytes: Slice<UnsafeRawBufferPointer>) {
        guard let index = Self.names.firstIndex(where: { nameBytes.elementsEqual($0.utf8) }) else { return nil }
        self.init(rawValue: UInt16(index))
    }
}

/// A way of naming instruments (`stype`). Open: an unknown number stays readable. 0xFF, "none", is nil in this module.
@frozen public struct SymbolType: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let instrumentID = SymbolType(rawValue: 0)
    public static let rawSymbol = SymbolType(rawValue: 1)
    public static let continuous = SymbolType(rawValue: 3)
    public static let parent = SymbolType(rawValue: 4)

    /// The byte that stands for "none" in metadata and symbol mappings.
    public static let noneRawValue: UInt8 = 0xFF

    private static let names = [
        "instrument_id", "raw_symbol", "smart", "continuous", "parent", "nasdaq_symbol", "cms_symbol", "isin",
        "us_code", "bbg_comp_id", "bbg_comp_ticker", "figi", "figi_ticker", "listing_id", "issuer_id", "security_id",
    ]

    /// Databento's name, as in `raw_symbol`; `stype-N` for a number without one.
    public var name: String {
        Int(rawValue) < Self.names.count ? Self.names[Int(rawValue)] : "stype-\(rawValue)"
    }

    /// The type with this name, or nil.
    public init?(name: String) {
        guard let index = Self.names.firstIndex(of: name) else { return nil }
        self.init(rawValue: UInt8(index))
    }
}
