/// What kind of instrument a definition describes. Open: an unknown byte stays readable; 0 is unset.
@frozen public struct InstrumentClass: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let bond = InstrumentClass(rawValue: UInt8(ascii: "B"))
    public static let call = InstrumentClass(rawValue: UInt8(ascii: "C"))
    public static let future = InstrumentClass(rawValue: UInt8(ascii: "F"))
    public static let index = InstrumentClass(rawValue: UInt8(ascii: "I"))
    public static let stock = InstrumentClass(rawValue: UInt8(ascii: "K"))
    public static let mixedSpread = InstrumentClass(rawValue: UInt8(ascii: "M"))
    public static let put = InstrumentClass(rawValue: UInt8(ascii: "P"))
    public static let futureSpread = InstrumentClass(rawValue: UInt8(ascii: "S"))
    public static let optionSpread = InstrumentClass(rawValue: UInt8(ascii: "T"))
    public static let currencySpot = InstrumentClass(rawValue: UInt8(ascii: "X"))
    public static let commoditySpot = InstrumentClass(rawValue: UInt8(ascii: "Y"))
    public static let unset = InstrumentClass(rawValue: 0)

    /// In words; `class-N` for a byte without one.
    public var name: String {
        switch self {
        case .bond: "bond"
        case .call: "call"
        case .future: "future"
        case .index: "index"
        case .stock: "stock"
        case .mixedSpread: "mixed_spread"
        case .put: "put"
        case .futureSpread: "future_spread"
        case .optionSpread: "option_spread"
        case .currencySpot: "fx_spot"
        case .commoditySpot: "commodity_spot"
        case .unset: "unset"
        default: "class-\(rawValue)"
        }
    }
}

/// Whether a definition is new, changed or withdrawn. Open; `~` in old data.
@frozen public struct SecurityUpdateAction: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let add = SecurityUpdateAction(rawValue: UInt8(ascii: "A"))
    public static let modify = SecurityUpdateAction(rawValue: UInt8(ascii: "M"))
    public static let delete = SecurityUpdateAction(rawValue: UInt8(ascii: "D"))
}

/// Yes, no, or not available. Open.
@frozen public struct TriState: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let yes = TriState(rawValue: UInt8(ascii: "Y"))
    public static let no = TriState(rawValue: UInt8(ascii: "N"))
    public static let notAvailable = TriState(rawValue: UInt8(ascii: "~"))
}
