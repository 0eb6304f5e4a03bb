/// What is kept of every five minutes of a session (FEATURES A.12).
public enum ProfileMetric: Int, CaseIterable, Sendable {
    /// Contracts traded a second, any aggressor.
    case tradedContracts
    /// Aggressor orders a second.
    case aggressorOrders
    /// Accepted MBP-10 records a second.
    case messages
    /// Contracts in the ten levels of both sides, time-weighted while both are full.
    case depthTop10
    /// Contracts per listed level, time-weighted.
    case bidLevelSize
    case askLevelSize
    /// Σ of squared log returns of the five-second mids.
    case realizedVariance
    /// Contracts since 18:00 at the end of the five minutes.
    case cumulativeVolume

    public static let count = allCases.count

    /// The key under which the metric is printed.
    public var name: String {
        switch self {
        case .tradedContracts: "traded_contracts_per_second"
        case .aggressorOrders: "aggressor_orders_per_second"
        case .messages: "messages_per_second"
        case .depthTop10: "depth_top_10_contracts"
        case .bidLevelSize: "bid_size_per_level_contracts"
        case .askLevelSize: "ask_size_per_level_contracts"
        case .realizedVariance: "realized_variance"
        case .cumulativeVolume: "cumulative_volume_contracts"
        }
    }
}

/// The five-minute buckets of a Globex session: 18:00 to 17:00 has 276 of them.
public enum SessionBuckets {
    public static let count = 276
    /// ns.
    public static let length: UInt64 = 300_000_000_000
    /// Values of a session or a profile: the buckets of one metric after those of another.
    public static let valueCount = count * ProfileMetric.count

    public static func offset(_ metric: ProfileMetric, _ bucket: Int) -> Int { metric.rawValue * count + bucket }
}
