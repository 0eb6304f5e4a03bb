/// Trades and what they cost and move (FEATURES C.3).
extension MarketFeatureTable {
    static let trades: [FeatureDefinition] = [
        .init(
            "C-47", "buy_volume_hl60s_contracts_per_second", "contracts/s", .trades, "Contracts bought by aggressors.",
            warmUp: "10 s", undefinedWhen: FeatureReason.never, source: "definition"),
        .init(
            "C-48", "sell_volume_hl60s_contracts_per_second", "contracts/s", .trades, "Contracts sold by aggressors.",
            warmUp: "10 s", undefinedWhen: FeatureReason.never, source: "definition"),
        .init(
            "C-49", "trade_imbalance_hl10s", "ratio", .trades, "Bought against sold, ten seconds: +1 all bought.",
            undefinedWhen: FeatureReason.noSigned, source: "Chordia & Subrahmanyam 2004"),
        .init(
            "C-50", "trade_imbalance_hl60s", "ratio", .trades, "The same over a minute.",
            undefinedWhen: FeatureReason.noSigned, source: "Chordia & Subrahmanyam 2004"),
        .init(
            "C-51", "trade_imbalance_hl300s", "ratio", .trades, "The same over five minutes.",
            undefinedWhen: FeatureReason.noSigned, source: "Chordia & Subrahmanyam 2004"),
        .init(
            "C-52", "cumulative_volume_delta_session_contracts", "contracts", .trades, "Bought minus sold since 18:00.",
            undefinedWhen: FeatureReason.never, source: "CVD"),
        .init(
            "C-53", "cumulative_volume_delta_change_w300s_contracts", "contracts", .trades,
            "Bought minus sold in the last five minutes.", undefinedWhen: FeatureReason.never, source: "CVD"),
        .init(
            "C-54", "trade_intensity_hl10s_trades_per_second", "1/s", .trades, "Aggressive orders a second.",
            warmUp: "10 s", undefinedWhen: FeatureReason.never, source: "point process"),
        .init(
            "C-55", "trade_intensity_time_of_day_ratio", "ratio", .trades,
            "Aggressive orders against what is usual at this time of day.", warmUp: "five sessions of history; 10 s",
            undefinedWhen: FeatureReason.noHistory, source: "relative activity"),
        .init(
            "C-56", "average_trade_size_hl60s_contracts", "contracts", .trades,
            "How large an aggressive order is on average.", warmUp: "first trade", undefinedWhen: FeatureReason.noTrade,
            source: "definition"),
        .init(
            "C-57", "large_trade_share_hl60s", "ratio", .trades, "Share of volume in large orders.",
            warmUp: "first trade", undefinedWhen: FeatureReason.noTrade, source: "definition"),
        .init(
            "C-58", "multi_price_sweep_share_hl60s", "ratio", .trades,
            "Share of volume in orders that ate through more than one price.", warmUp: "first trade",
            undefinedWhen: FeatureReason.noTrade, source: "sweep"),
        .init(
            "C-59", "vpin", "ratio", .trades, "One-sidedness of volume: near 1, informed traders may be at work.",
            warmUp: "50 volume buckets and five sessions of history", undefinedWhen: FeatureReason.noHistory,
            source: "Easley, López de Prado & O'Hara 2012; true aggressor, not bulk volume [Q12]"),
        .init(
            "C-60", "kyle_lambda_hl1800s_ticks_per_100_contracts", "ticks per 100 contracts", .trades,
            "How far 100 contracts of net buying move price.", warmUp: "300 s", undefinedWhen: FeatureReason.noTrade,
            source: "Kyle 1985; Hasbrouck 2009"),
        .init(
            "C-61", "amihud_illiquidity_w1800s_bps_per_million_usd", "bps per million USD", .trades,
            "How far a million dollars of volume moves price.", warmUp: "31 one-minute bars",
            undefinedWhen: FeatureReason.never, source: "Amihud 2002"),
        .init(
            "C-62", "roll_spread_hl300s_ticks", "ticks", .trades, "Spread implied by the bounce of trade prices.",
            warmUp: "100 orders", undefinedWhen: "trade prices trend instead of bouncing", source: "Roll 1984"),
        .init(
            "C-63", "effective_spread_hl60s_ticks", "ticks", .trades,
            "What aggressors paid against the mid, both ways.", warmUp: "first trade",
            undefinedWhen: FeatureReason.noTrade, source: "Huang & Stoll 1996"),
        .init(
            "C-64", "realized_spread_5s_hl60s_ticks", "ticks", .trades,
            "What was left of it to the liquidity provider five seconds later.", warmUp: "5 s after the first trade",
            undefinedWhen: FeatureReason.noTrade, source: "Huang & Stoll 1996"),
        .init(
            "C-65", "price_impact_5s_hl60s_ticks", "ticks", .trades,
            "How far the mid followed the aggressor within five seconds.", warmUp: "5 s after the first trade",
            undefinedWhen: FeatureReason.noTrade, source: "Huang & Stoll 1996"),
    ]
}
