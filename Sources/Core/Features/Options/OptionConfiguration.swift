/// Which contracts are valued at a refresh.
public enum OptionRefresh: String, Sendable, CaseIterable {
    /// Those with a quote since the last one, and those that have just become usable.
    case dirty
    /// All usable ones.
    case chain
}

/// What the option features are computed with (FEATURES A.13, A.14).
public struct OptionConfiguration: Sendable, Equatable {
    public var isEnabled: Bool
    /// Contracts that expire later are not in the chain, days.
    public var horizonDays: Double
    /// Strikes further from the forward than this share of it are not in the chain.
    public var strikeWindow: Double
    /// Continuously compounded, per year.
    public var riskFreeRate: Double
    /// Strikes this close to a level are near it, in 1e-9 points.
    public var nearLevelNanos: Int64
    public var refresh: OptionRefresh
    /// The root of an index option chain, such as "SPXW"; empty for options on the signal root's futures.
    public var root: String
    /// How many contracts there is room for; definitions beyond it are counted and ignored.
    public var capacity: Int

    public init(
        isEnabled: Bool = true, horizonDays: Double = 45, strikeWindow: Double = 0.15, riskFreeRate: Double = 0.04,
        nearLevelNanos: Int64 = 10_000_000_000, refresh: OptionRefresh = .dirty, root: String = "",
        capacity: Int = 65_536
    ) {
        self.isEnabled = isEnabled
        self.horizonDays = horizonDays
        self.strikeWindow = strikeWindow
        self.riskFreeRate = riskFreeRate
        self.nearLevelNanos = nearLevelNanos
        self.refresh = refresh
        self.root = root
        self.capacity = capacity
    }

    /// ns of the horizon.
    var horizon: UInt64 { UInt64(horizonDays * 86_400e9) }
}
