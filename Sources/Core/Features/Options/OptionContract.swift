/// One option: its terms, its quote, what traded, and what the last refresh made of it.
public struct OptionContract: BitwiseCopyable, Sendable {
    /// Venue's number; valid while the definition is.
    public var instrument: UInt32 = 0
    /// Place of the underlying future among the plan's signal contracts; −1 when the forward comes from parity.
    public var underlying: Int32 = -1
    /// False after a definition has withdrawn it, or has given its number to something else.
    public var isListed = false
    public var isCall = false
    /// In 1e-9 points.
    public var strike: Int64 = 0
    public var strikePoints = 0.0
    public var logStrike = 0.0
    /// USD per point.
    public var multiplier = 0.0
    /// ns.
    public var expiration: UInt64 = 0

    /// In 1e-9 points, 0 when there is none.
    public var bid: Int64 = 0
    public var ask: Int64 = 0
    /// Receive time of the last quote or trade, ns; 0 before one.
    public var heardAt: UInt64 = 0
    /// Which records give the contract's trades: the best that has come so far.
    var source = OptionTradeSource.none

    /// The last trade price and the last one that differed from it, in 1e-9 points; 0 when there is none.
    var lastPrice: Int64 = 0
    var differentPrice: Int64 = 0
    /// Contracts since 18:00.
    public var volume: Int64 = 0
    /// Σ D·size since 18:00.
    public var signedVolume: Int64 = 0

    /// Contracts open; −1 when not known.
    public var interest: Int64 = -1
    /// The date that the open interest is about, ns.
    var interestReference: UInt64 = 0

    /// A quote came since the last refresh.
    var isDirty = false
    /// In the chain at the last refresh.
    public var isMember = false
    /// And its quote could be valued then.
    public var isUsable = false
    /// Place among the strikes of the last refresh, of a member.
    var strikeIndex: Int32 = 0
    /// Place in the table of expirations.
    var series: Int32 = 0
    /// The next candidate of the same series in the order of strikes; −1 at the end.
    var nextInSeries: Int32 = -1

    /// From the last valuation; NaN before one.
    public var volatility = Double.nan
    /// To expiration, and e^(−rT), then.
    var years = 0.0
    var discount = 0.0
    public var delta = 0.0
    public var gamma = 0.0
    /// Points per vol point.
    public var vega = 0.0
    /// Per contract, of the valuation: M·Γ·F²·0.01, M·F·vanna, M·F·charm.
    var gammaExposure = 0.0
    var vannaExposure = 0.0
    var charmExposure = 0.0

    public init() {}

    /// Volatility and greeks count at the last refresh.
    public var hasVolatility: Bool { isUsable && !volatility.isNaN }

    /// +1 call, −1 put.
    public var sign: Double { isCall ? 1 : -1 }

    /// The mid of the quote, points.
    public var mid: Double { Double(bid &+ ask) / 2e9 }

    /// Both sides are there and in order.
    public var hasQuote: Bool { bid > 0 && ask > bid }
}

/// Where a contract's trades are read from. A better source silences a lesser one for good (FEATURES K.1).
enum OptionTradeSource: UInt8, BitwiseCopyable, Sendable {
    case none, trades, tradesWithQuote, quotes
}
