/// One option: its terms, its quote, what traded, and what the last refresh made of it.
///
/// In four cache lines, by who reads them: sums of a strike the first, quotes the second, valuations and trades the
/// others. What a refresh reads of every contract lies in the columns of `OptionCandidates`.
public struct OptionContract: BitwiseCopyable, Sendable {
    // MARK: Sums of a strike

    /// Contracts open; −1 when not known.
    public var interest: Int64 = -1
    /// Contracts since 18:00.
    public var volume: Int64 = 0
    /// Σ D·size since 18:00.
    public var signedVolume: Int64 = 0
    public var gamma = 0.0
    /// Per contract, of the valuation: M·Γ·F²·0.01, M·F·vanna, M·F·charm.
    var gammaExposure = 0.0
    var vannaExposure = 0.0
    var charmExposure = 0.0
    /// Place in the table of expirations.
    var series: Int32 = 0
    public var isCall = false
    /// In the chain at the last refresh.
    public var isMember = false
    /// And its quote could be valued then.
    public var isUsable = false
    /// The last valuation found a volatility.
    private var isSolved = false

    // MARK: Quotes

    /// The mid of the quote, points; NaN unless both sides are there and in order.
    public private(set) var mid = Double.nan
    /// Receive time of the last quote or trade, ns; 0 before one.
    public var heardAt: UInt64 = 0
    /// In 1e-9 points, 0 when there is none.
    public private(set) var bid: Int64 = 0
    public private(set) var ask: Int64 = 0
    /// From the last valuation; NaN before one, and when it found none.
    public var volatility = Double.nan { didSet { isSolved = !volatility.isNaN } }
    public var strikePoints = 0.0
    /// Among the candidates; −1 of a contract that is none.
    var slot: Int32 = -1
    /// Among the strikes, of a candidate.
    var strikeIndex: Int32 = 0
    /// A quote came since the last refresh.
    var isDirty = false
    /// False after a definition has withdrawn it, or has given its number to something else.
    public var isListed = false
    /// Which records give the contract's trades: the best that has come so far.
    var source = OptionTradeSource.none
    private var unused: UInt32 = 0

    // MARK: Valuations and trades

    /// In 1e-9 points.
    public var strike: Int64 = 0
    public var logStrike = 0.0
    /// USD per point.
    public var multiplier = 0.0
    public var delta = 0.0
    /// Points per vol point.
    public var vega = 0.0
    /// To expiration, and e^(−rT), at the last valuation.
    var years = 0.0
    var discount = 0.0
    private var unusedToo: UInt64 = 0

    // MARK: Rarely

    /// Venue's number; valid while the definition is.
    public var instrument: UInt32 = 0
    /// Place of the underlying future among the plan's signal contracts; −1 when the forward comes from parity.
    public var underlying: Int32 = -1
    /// ns.
    public var expiration: UInt64 = 0
    /// The last trade price and the last one that differed from it, in 1e-9 points; 0 when there is none.
    var lastPrice: Int64 = 0
    var differentPrice: Int64 = 0
    /// The date that the open interest is about, ns.
    var interestReference: UInt64 = 0
    private var unusedAtTheEnd: (UInt64, UInt64, UInt64) = (0, 0, 0)

    /// Bytes of a cache line, where a table of contracts should begin.
    static let alignment = 64

    public init() {}

    // Inlined always: a call on a large value behind a pointer copies it first.

    /// Volatility and greeks count at the last refresh.
    @inline(__always) public var hasVolatility: Bool { isUsable && isSolved }

    /// +1 call, −1 put.
    @inline(__always) public var sign: Double { isCall ? 1 : -1 }

    /// Both sides are there and in order.
    @inline(__always) public var hasQuote: Bool { !mid.isNaN }

    /// In 1e-9 points, 0 when there is none.
    @inline(__always) mutating func quote(bid: Int64, ask: Int64) {
        self.bid = bid
        self.ask = ask
        mid = bid > 0 && ask > bid ? Double(bid &+ ask) / 2e9 : .nan
    }
}

/// Where a contract's trades are read from. A better source silences a lesser one for good (FEATURES K.1).
enum OptionTradeSource: UInt8, BitwiseCopyable, Sendable {
    case none, trades, tradesWithQuote, quotes
}
