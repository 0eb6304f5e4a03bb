/// The option chain (FEATURES C.7).
extension MarketFeatureTable {
    static let options: [FeatureDefinition] = [
        .init(
            "C-113", "atm_implied_volatility_0dte_percent", "%", .options,
            "Volatility that today's expiry charges at the money.", warmUp: "first refresh",
            undefinedWhen: FeatureReason.noVolatility, source: "Black 1976"),
        .init(
            "C-114", "atm_implied_volatility_7d_percent", "%", .options, "The same for seven days.",
            warmUp: "first refresh", undefinedWhen: FeatureReason.noVolatility, source: "Black 1976"),
        .init(
            "C-115", "atm_implied_volatility_30d_percent", "%", .options, "The same for thirty days.",
            warmUp: "first refresh", undefinedWhen: FeatureReason.noVolatility, source: "Black 1976"),
        .init(
            "C-116", "implied_volatility_term_slope_7d_30d_vol_points", "vol points", .options,
            "Thirty days against seven: negative when the near future is feared.", warmUp: "first refresh",
            undefinedWhen: FeatureReason.noVolatility, source: "practice"),
        .init(
            "C-117", "risk_reversal_25_delta_7d_vol_points", "vol points", .options,
            "Calls against puts at 25 delta, seven days: negative when falls cost more.", warmUp: "first refresh",
            undefinedWhen: FeatureReason.noVolatility, source: "Wystup 2006"),
        .init(
            "C-118", "butterfly_25_delta_7d_vol_points", "vol points", .options,
            "Wings against the middle at 25 delta, seven days.", warmUp: "first refresh",
            undefinedWhen: FeatureReason.noVolatility, source: "Wystup 2006"),
        .init(
            "C-119", "implied_minus_realized_volatility_vol_points", "vol points", .options,
            "What options charge above what has been realized.", warmUp: "first refresh and 21 regular sessions",
            undefinedWhen: FeatureReason.noVolatility, source: "Carr & Wu 2009"),
        .init(
            "C-120", "expected_move_to_close_ticks", "ticks", .options,
            "The move to the close that today's straddle charges.", warmUp: "first refresh",
            undefinedWhen: "today's strike next to the money lacks a usable quote", source: "straddle"),
        .init(
            "C-121", "put_call_volume_ratio_session", "ratio", .options, "Puts traded per call since 18:00.",
            warmUp: "first call traded", undefinedWhen: "no call has traded", source: "CBOE practice"),
        .init(
            "C-122", "put_call_open_interest_ratio", "ratio", .options, "Puts open per call.",
            warmUp: "first open interest", undefinedWhen: "no call is open", source: "CBOE practice"),
        .init(
            "C-123", "zero_dte_volume_share_session", "ratio", .options,
            "Share of option volume in what expires today.", warmUp: "first option trade",
            undefinedWhen: "no option has traded", source: "practice"),
        .init(
            "C-124", "signed_call_premium_hl300s_usd", "USD", .options, "Premium paid for calls, net.",
            undefinedWhen: FeatureReason.noOptions, source: "premium flow"),
        .init(
            "C-125", "signed_put_premium_hl300s_usd", "USD", .options, "Premium paid for puts, net.",
            undefinedWhen: FeatureReason.noOptions, source: "premium flow"),
        .init(
            "C-126", "net_option_delta_flow_hl300s_contracts", "contracts", .options,
            "Futures' worth of delta bought (+) or sold (−) through options.", undefinedWhen: FeatureReason.noOptions,
            source: "Easley, O'Hara & Srinivas 1998"),
        .init(
            "C-127", "net_option_vega_flow_hl300s_usd_per_vol_point", "USD/vol point", .options,
            "Volatility bought (+) or sold (−) through options.", undefinedWhen: FeatureReason.noOptions,
            source: "Ni, Pan & Poteshman 2008"),
        .init(
            "C-128", "unclassified_option_volume_share_session", "ratio", .options,
            "Share of option volume whose aggressor is not known.", warmUp: "first option trade",
            undefinedWhen: "no option has traded", source: "data quality"),
        .init(
            "C-129", "gamma_exposure_total_usd_per_1pct", "USD per 1 %", .options,
            "Dealers' gamma by convention: positive damps moves, negative feeds them.", warmUp: "first refresh",
            undefinedWhen: FeatureReason.noChain, source: "SqueezeMetrics 2017 convention"),
        .init(
            "C-130", "gamma_exposure_0dte_usd_per_1pct", "USD per 1 %", .options, "The same of what expires today.",
            warmUp: "first refresh", undefinedWhen: FeatureReason.noChainToday,
            source: "SqueezeMetrics 2017 convention"),
        .init(
            "C-131", "signed_flow_gamma_exposure_session_usd_per_1pct", "USD per 1 %", .options,
            "Dealers' gamma from today's signed trades.", warmUp: "first refresh", undefinedWhen: FeatureReason.noQuote,
            source: "flow-based GEX"),
        .init(
            "C-132", "zero_gamma_distance_ticks", "ticks", .options,
            "How far the future is above the price where dealers' gamma turns.", warmUp: "first whole minute",
            undefinedWhen: "gamma does not turn within 4 %", source: "Perfiliev 2022"),
        .init(
            "C-133", "call_wall_distance_ticks", "ticks", .options,
            "How far the future is from the strike with most call gamma.", warmUp: "first refresh",
            undefinedWhen: "no call of the chain has a usable quote and open interest, or the future has no mid",
            source: "SpotGamma usage"),
        .init(
            "C-134", "put_wall_distance_ticks", "ticks", .options, "How far from the strike with most put gamma.",
            warmUp: "first refresh",
            undefinedWhen: "no put of the chain has a usable quote and open interest, or the future has no mid",
            source: "SpotGamma usage"),
        .init(
            "C-135", "vanna_exposure_total_usd_per_vol_point", "USD/vol point", .options,
            "Dealers' delta to hedge per point of volatility.", warmUp: "first refresh",
            undefinedWhen: FeatureReason.noChain, source: "dealer vanna"),
        .init(
            "C-136", "charm_exposure_total_usd_per_day", "USD/day", .options, "Dealers' delta to hedge per day.",
            warmUp: "first refresh", undefinedWhen: FeatureReason.noChain, source: "dealer charm"),
        .init(
            "C-137", "option_open_interest_coverage", "ratio", .options,
            "Share of open interest whose volatility is known.", warmUp: "first open interest",
            undefinedWhen: FeatureReason.noInterest, source: "data quality"),
    ]
}
