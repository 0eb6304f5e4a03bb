import Units

/// A half-open span of time of day, in seconds from 00:00 Eastern Time of the trade date.
public struct DaySpan: Hashable, Sendable {
    public var start: Double
    public var end: Double

    public init(start: Double, end: Double) {
        self.start = start
        self.end = end
    }

    public func contains(_ second: Double) -> Bool { second >= start && second < end }
}

/// One futures contract of the session.
public struct SyntheticContract: Hashable, Sendable {
    /// The exchange's symbol, such as `ESZ6`.
    public var symbol: String
    /// The product, such as `ES`.
    public var root: String
    public var instrumentID: InstrumentID
    public var expiration: Timestamp
    public var activation: Timestamp
    public var maturityYear: UInt16
    public var maturityMonth: UInt8
    /// US dollars a point.
    public var multiplier: Int64

    public init(
        symbol: String, root: String, instrumentID: InstrumentID, expiration: Timestamp, activation: Timestamp,
        maturityYear: UInt16, maturityMonth: UInt8, multiplier: Int64
    ) {
        self.symbol = symbol
        self.root = root
        self.instrumentID = instrumentID
        self.expiration = expiration
        self.activation = activation
        self.maturityYear = maturityYear
        self.maturityMonth = maturityMonth
        self.multiplier = multiplier
    }
}

/// Everything a synthetic session is a function of: the same parameters give the same bytes.
public struct SessionParameters: Sendable {
    /// 00:00 Eastern Time of the trade date; all times of day count from it. A session contains no change of clocks.
    public var midnight: Timestamp
    /// 00:00 UTC of the previous trade date, as statistics name it (`ts_ref`).
    public var previousTradeDate: Timestamp
    public var seed: UInt64
    /// Scales the number of records, not the price path. 1 is a busy day. Below 0.25 the book holds fewer and larger
    /// orders, so that a move of the price does not cost more records than there are.
    public var rate = 1.0
    /// The part of the session that is written, within 18:00 to 17:00.
    public var window = DaySpan(start: -21_600, end: 61_200)
    /// The price at 18:00, in ticks of 0.25.
    public var openingPrice = Ticks(27_200)
    public var signal: SyntheticContract
    /// The micro contract; nil leaves its book out and changes nothing in the other.
    public var traded: SyntheticContract?
    /// The expiries of the options on the signal contract; none leaves options out and changes nothing in the books.
    public var expiries: [SyntheticExpiry] = []
    public var halts: [DaySpan] = []
    /// Times at which the feed is lost: two seconds without records, half a second of suspect book, then a snapshot.
    public var reconnects: [Double] = []

    public init(
        midnight: Timestamp, previousTradeDate: Timestamp, seed: UInt64, signal: SyntheticContract,
        traded: SyntheticContract?
    ) {
        self.midnight = midnight
        self.previousTradeDate = previousTradeDate
        self.seed = seed
        self.signal = signal
        self.traded = traded
    }

    /// The instant of a time of day.
    func instant(_ second: Double) -> Timestamp { midnight + Nanoseconds(Int64((second * 1e9).rounded())) }
}
