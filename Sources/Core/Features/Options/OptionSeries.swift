import Determinism

/// The options of one expiration on one underlying, as of the last refresh.
public struct OptionSeries: BitwiseCopyable, Sendable {
    /// ns.
    public var expiration: UInt64
    /// As in `OptionContract.underlying`.
    public var underlying: Int32
    /// Its slots among the candidates, the lowest strike first.
    var firstSlot: Int32 = 0
    var slotCount: Int32 = 0
    /// Not so near to expiration that it has left the chain, and not beyond the horizon.
    public var isOpen = false
    /// Expires in the session of the refresh.
    public var isToday = false
    /// To expiration, of 365 days.
    public var years = Double.nan
    /// √T.
    var root = Double.nan
    /// e^(−rT).
    public var discount = Double.nan
    /// e^(rT) − 1.
    var interest = Double.nan
    /// Points; NaN when there is none.
    public var forward = Double.nan

    /// The smile's values were computed at this refresh.
    var isSmileKnown = false
    var smile = SmileValues()

    init(expiration: UInt64, underlying: Int32) {
        self.expiration = expiration
        self.underlying = underlying
    }

    /// Options closer to expiration are dropped, ns.
    static let shortest: UInt64 = 300_000_000_000

    @inline(__always) var slots: Range<Int> { Int(firstSlot)..<Int(firstSlot &+ slotCount) }

    /// Takes the time of a refresh, ns.
    mutating func refresh(at time: UInt64, session: Range<UInt64>, configuration: OptionConfiguration) {
        let left = expiration > time ? expiration &- time : 0
        isOpen = left >= Self.shortest && left <= configuration.horizon
        isToday = session.contains(expiration)
        isSmileKnown = false
        guard isOpen else { return }
        years = Double(left) * 1e-9 / OptionSeries.secondsPerYear
        root = years.squareRoot()
        interest = DeterministicMath.expm1(configuration.riskFreeRate * years)
        discount = 1 / (1 + interest)
    }

    static let secondsPerYear = 365.0 * 86_400
}

/// What one smile gives: per √year, NaN where it does not reach.
public struct SmileValues: BitwiseCopyable, Sendable {
    /// At k = 0.
    public var atTheMoney = Double.nan
    /// At 25 delta: calls minus puts.
    public var riskReversal = Double.nan
    /// Their mean minus the middle.
    public var butterfly = Double.nan

    public init() {}
}
