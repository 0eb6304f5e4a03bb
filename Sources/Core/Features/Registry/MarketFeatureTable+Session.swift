/// The auction of the session, and the clock (FEATURES C.5, C.6).
extension MarketFeatureTable {
    static let session: [FeatureDefinition] = [
        .init(
            "C-83", "vwap_session_distance_ticks", "ticks", .session,
            "How far the mid is from the volume-weighted price since 18:00.", warmUp: "first trade",
            undefinedWhen: FeatureReason.noMid, source: "VWAP"),
        .init(
            "C-84", "vwap_session_zscore", "z-score", .session, "The same in standard deviations.",
            warmUp: "first trade", undefinedWhen: FeatureReason.noMid + ", or all traded at one price",
            source: "VWAP bands"),
        .init(
            "C-85", "vwap_rth_distance_ticks", "ticks", .session,
            "How far the mid is from the volume-weighted price since the open.", warmUp: "first regular trade",
            undefinedWhen: FeatureReason.outside, source: "anchored VWAP"),
        .init(
            "C-86", "vwap_rth_zscore", "z-score", .session, "The same in standard deviations.",
            warmUp: "first regular trade", undefinedWhen: FeatureReason.outside + ", or all traded at one price",
            source: "anchored VWAP"),
        .init(
            "C-87", "vwap_session_slope_w300s_ticks_per_minute", "ticks/min", .session,
            "How fast the session's volume-weighted price moves.", warmUp: "300 s",
            undefinedWhen: "nothing had traded 300 s ago", source: "VWAP"),
        .init(
            "C-88", "point_of_control_rth_distance_ticks", "ticks", .session,
            "How far the mid is from the price with most volume today.", warmUp: "first regular second",
            undefinedWhen: FeatureReason.outside, source: "Steidlmayer; market profile"),
        .init(
            "C-89", "value_area_high_rth_distance_ticks", "ticks", .session,
            "How far from the top of the range that holds 70 % of today's volume.", warmUp: "first regular second",
            undefinedWhen: FeatureReason.outside, source: "Steidlmayer; market profile"),
        .init(
            "C-90", "value_area_low_rth_distance_ticks", "ticks", .session, "How far from its bottom.",
            warmUp: "first regular second", undefinedWhen: FeatureReason.outside,
            source: "Steidlmayer; market profile"),
        .init(
            "C-91", "value_area_width_rth_ticks", "ticks", .session, "How wide that range is.",
            warmUp: "first regular second", undefinedWhen: FeatureReason.outside,
            source: "Steidlmayer; market profile"),
        .init(
            "C-92", "prior_point_of_control_distance_ticks", "ticks", .session,
            "How far the mid is from yesterday's price with most volume.", warmUp: "one regular session on the tapes",
            undefinedWhen: FeatureReason.noPrior, source: "Steidlmayer; market profile"),
        .init(
            "C-93", "prior_value_area_high_distance_ticks", "ticks", .session,
            "How far from the top of yesterday's value area.", warmUp: "one regular session on the tapes",
            undefinedWhen: FeatureReason.noPrior, source: "Steidlmayer; market profile"),
        .init(
            "C-94", "prior_value_area_low_distance_ticks", "ticks", .session, "How far from its bottom.",
            warmUp: "one regular session on the tapes", undefinedWhen: FeatureReason.noPrior,
            source: "Steidlmayer; market profile"),
        .init(
            "C-95", "prior_settlement_distance_bps", "bps", .session,
            "Change of the mid against yesterday's settlement.", warmUp: FeatureReason.settlement,
            undefinedWhen: "no final settlement of the prior trade date, nor, behind a holiday, of the one before it",
            source: "practice"),
        .init(
            "C-96", "opening_gap_ticks", "ticks", .session, "First regular trade against yesterday's last.",
            warmUp: "the regular open and one regular session on the tapes",
            undefinedWhen: "before the regular open, or \(FeatureReason.noPrior)", source: "practice"),
        .init(
            "C-97", "opening_gap_fill_fraction", "ratio", .session, "How much of the gap has been closed.",
            warmUp: "the regular open and one regular session on the tapes",
            undefinedWhen: "there is no gap of a tick, or \(FeatureReason.noPrior)", source: "practice"),
        .init(
            "C-98", "overnight_range_to_20d_average_ratio", "ratio", .session,
            "Overnight range against that of the last twenty nights.", warmUp: "21 nights on the tapes",
            undefinedWhen: "before the regular open", source: "practice"),
        .init(
            "C-99", "initial_balance_range_ticks", "ticks", .session, "Range of the first hour.",
            warmUp: "its end, 10:30", undefinedWhen: "before 10:30, or nothing moved", source: "market profile"),
        .init(
            "C-100", "initial_balance_extension_ratio", "ratio", .session,
            "How far price has left that range: up (+) or down (−), in ranges.", warmUp: "its end, 10:30",
            undefinedWhen: "before 10:30, or nothing moved", source: "market profile"),
        .init(
            "C-101", "rth_range_ticks", "ticks", .session, "Range of the regular session so far.",
            warmUp: "first regular trade", undefinedWhen: FeatureReason.outside + ", or nothing moved",
            source: "definition"),
        .init(
            "C-102", "rth_range_position", "ratio", .session, "Where in that range the mid is: 0 low, 1 high.",
            warmUp: "first regular trade", undefinedWhen: FeatureReason.outside + ", or nothing moved",
            source: "stochastic form"),
        .init(
            "C-103", "rth_return_bps", "bps", .session, "Return since the first regular trade.",
            warmUp: "first regular trade", undefinedWhen: FeatureReason.outside, source: "definition"),
        .init(
            "C-104", "session_volume_contracts", "contracts", .session, "Contracts since 18:00.",
            undefinedWhen: FeatureReason.never, source: "definition"),
        .init(
            "C-105", "session_volume_time_of_day_ratio", "ratio", .session,
            "Volume since 18:00 against what is usual by this time.", warmUp: "five sessions of history",
            undefinedWhen: FeatureReason.noHistory, source: "relative volume (RVOL)"),
    ]

    static let time: [FeatureDefinition] = [
        .init(
            "C-106", "minutes_since_rth_open", "min", .time, "Minutes since the regular open, negative before.",
            undefinedWhen: FeatureReason.noRegular, source: "clock"),
        .init(
            "C-107", "minutes_to_rth_close", "min", .time, "Minutes to the regular close, negative after.",
            undefinedWhen: FeatureReason.noRegular, source: "clock"),
        .init(
            "C-108", "time_of_day_sine", "ratio", .time, "The hour as an angle, first coordinate.",
            undefinedWhen: FeatureReason.never, source: "cyclic code"),
        .init(
            "C-109", "time_of_day_cosine", "ratio", .time, "The hour as an angle, second coordinate.",
            undefinedWhen: FeatureReason.never, source: "cyclic code"),
        .init(
            "C-110", "session_segment_code", "code", .time,
            "Part of the day: 0 night, 1 pre-market, 2 opening range, 3 to 6 regular, 7 after the close, −1 closed.",
            undefinedWhen: FeatureReason.never, source: "sessions"),
        .init(
            "C-111", "is_rth_code", "code", .time, "1 in regular hours.", undefinedWhen: FeatureReason.never,
            source: "sessions"),
        .init(
            "C-112", "trading_days_to_futures_expiration", "days", .time, "Trade dates until the future expires.",
            undefinedWhen: "neither the calendar nor a definition says when", source: "definition"),
    ]
}
