/// Returns and volatility (FEATURES C.4).
extension MarketFeatureTable {
    static let volatility: [FeatureDefinition] = [
        .init(
            "C-66", "mid_return_60s_bps", "bps", .volatility, "Return of the mid over a minute.", warmUp: "60 s",
            undefinedWhen: FeatureReason.noMid, source: "definition"),
        .init(
            "C-67", "mid_return_300s_bps", "bps", .volatility, "Over five minutes.", warmUp: "300 s",
            undefinedWhen: FeatureReason.noMid, source: "definition"),
        .init(
            "C-68", "mid_return_1800s_bps", "bps", .volatility, "Over half an hour.", warmUp: "1,800 s",
            undefinedWhen: FeatureReason.noMid, source: "definition"),
        .init(
            "C-69", "realized_volatility_w300s_annualized_percent", "%", .volatility,
            "Volatility of the last five minutes, a year's worth.", warmUp: "300 s",
            undefinedWhen: FeatureReason.fewMids, source: "Andersen & Bollerslev 1998"),
        .init(
            "C-70", "realized_volatility_w1800s_annualized_percent", "%", .volatility,
            "Volatility of the last half hour.", warmUp: "1,800 s", undefinedWhen: FeatureReason.fewMids,
            source: "Andersen & Bollerslev 1998"),
        .init(
            "C-71", "realized_volatility_rth_annualized_percent", "%", .volatility,
            "Volatility since the regular open.", warmUp: "300 s after the open",
            undefinedWhen: "outside regular hours, or more than a tenth of the mids are missing",
            source: "Andersen & Bollerslev 1998"),
        .init(
            "C-72", "bipower_volatility_w1800s_annualized_percent", "%", .volatility,
            "The same half hour without its jumps.", warmUp: "1,800 s", undefinedWhen: FeatureReason.fewMids,
            source: "Barndorff-Nielsen & Shephard 2004"),
        .init(
            "C-73", "jump_ratio_w1800s", "ratio", .volatility, "Share of the half hour's variance that came in jumps.",
            warmUp: "1,800 s", undefinedWhen: FeatureReason.fewMids, source: "Barndorff-Nielsen & Shephard 2004"),
        .init(
            "C-74", "downside_semivariance_share_w1800s", "ratio", .volatility,
            "Share of the half hour's variance that came from falls.", warmUp: "1,800 s",
            undefinedWhen: FeatureReason.fewMids, source: "Barndorff-Nielsen, Kinnebrock & Shephard 2010"),
        .init(
            "C-75", "ewma_volatility_1m_annualized_percent", "%", .volatility,
            "RiskMetrics volatility of one-minute closes.", warmUp: "31 one-minute bars",
            undefinedWhen: FeatureReason.noMove, source: "RiskMetrics 1996"),
        .init(
            "C-76", "parkinson_volatility_w1800s_annualized_percent", "%", .volatility,
            "Volatility from high and low of thirty minutes' bars.", warmUp: "30 one-minute bars",
            undefinedWhen: FeatureReason.noMove, source: "Parkinson 1980"),
        .init(
            "C-77", "garman_klass_volatility_w1800s_annualized_percent", "%", .volatility,
            "Volatility from open, high, low and close.", warmUp: "30 one-minute bars",
            undefinedWhen: FeatureReason.noMove, source: "Garman & Klass 1980"),
        .init(
            "C-78", "rogers_satchell_volatility_w1800s_annualized_percent", "%", .volatility,
            "The same, blind to drift.", warmUp: "30 one-minute bars", undefinedWhen: FeatureReason.noMove,
            source: "Rogers & Satchell 1991"),
        .init(
            "C-79", "yang_zhang_volatility_20d_annualized_percent", "%", .volatility,
            "Volatility of twenty regular sessions, overnight gaps included.",
            warmUp: "21 regular sessions on the tapes", undefinedWhen: FeatureReason.noMove, source: "Yang & Zhang 2000"
        ),
        .init(
            "C-80", "atr_14_1m_ticks", "ticks", .volatility, "Average range of a one-minute bar.",
            warmUp: "15 one-minute bars", undefinedWhen: FeatureReason.never, source: "Wilder 1978"),
        .init(
            "C-81", "realized_volatility_time_of_day_ratio", "ratio", .volatility,
            "Volatility against what is usual at this time of day.", warmUp: "five sessions of history; 300 s",
            undefinedWhen: FeatureReason.noHistory, source: "intraday pattern"),
        .init(
            "C-82", "variance_ratio_10_w1800s", "ratio", .volatility,
            "Above 1 the half hour trended, below 1 it reversed.", warmUp: "1,800 s",
            undefinedWhen: "a mid of the half hour is missing, or nothing moved", source: "Lo & MacKinlay 1988"),
    ]
}
