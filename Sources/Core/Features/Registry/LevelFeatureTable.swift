/// The definitions of the level features, family by family (FEATURES part B): where price stands and what rests there.
enum LevelFeatureTable {
    static let position: [FeatureDefinition] = [
        .init(
            "B-1", "distance_ticks", "ticks", .levelPosition, "How far the mid is above (+) or below (−) the level.",
            undefinedWhen: FeatureReason.noLevelMid, source: "definition"),
        .init(
            "B-2", "distance_atr", "ATR", .levelPosition, "The same in average one-minute ranges.",
            warmUp: "15 one-minute bars", undefinedWhen: FeatureReason.noLevelMid, source: "Wilder 1978"),
        .init(
            "B-3", "approach_side", "code", .levelPosition, "+1 price comes from below the level, −1 from above.",
            undefinedWhen: "price has stood exactly at the level since it became active", source: "FEATURES A.11"),
        .init(
            "B-4", "approach_velocity_5s_ticks_per_second", "ticks/s", .levelPosition,
            "Speed of the mid toward and through the level over five seconds.", warmUp: "5 s",
            undefinedWhen: FeatureReason.noLevelMid, source: "kinematics"),
        .init(
            "B-5", "approach_velocity_30s_ticks_per_second", "ticks/s", .levelPosition, "The same over thirty seconds.",
            warmUp: "30 s", undefinedWhen: FeatureReason.noLevelMid, source: "kinematics"),
        .init(
            "B-6", "approach_acceleration_5s_ticks_per_second_squared", "ticks/s²", .levelPosition,
            "Change of the five-second speed against the five seconds before.", warmUp: "10 s",
            undefinedWhen: FeatureReason.noLevelMid, source: "kinematics"),
        .init(
            "B-7", "approach_efficiency_ratio_60s", "ratio", .levelPosition,
            "Net move toward the level over a minute per distance travelled: 1 is a straight run at it.",
            warmUp: "60 s", undefinedWhen: "the mid did not move in the minute, or was undefined in it",
            source: "Kaufman 1995, signed"),
        .init(
            "B-8", "level_slope_5_bars_ticks_per_minute", "ticks/min", .levelPosition,
            "How fast the level itself moves; 0 for the four fixed levels.", warmUp: "SMA: 5 bars after it exists",
            undefinedWhen: FeatureReason.inactive, source: "definition"),
    ]

    static let interaction: [FeatureDefinition] = [
        .init(
            "B-9", "touch_count", "count", .levelInteraction, "How often price has tested the level.",
            undefinedWhen: FeatureReason.inactive, source: "FEATURES A.11"),
        .init(
            "B-10", "time_since_last_touch_seconds", "s", .levelInteraction,
            "Time since a trade within two ticks of it.", warmUp: "first touch", undefinedWhen: FeatureReason.inactive,
            source: "chart practice"),
        .init(
            "B-11", "time_near_level_session_seconds", "s", .levelInteraction,
            "How long the mid has been within four ticks of it.", undefinedWhen: FeatureReason.inactive,
            source: "market profile"),
        .init(
            "B-12", "current_test_duration_seconds", "s", .levelInteraction, "Age of the test under way, else 0.",
            undefinedWhen: FeatureReason.inactive, source: "FEATURES A.11"),
        .init(
            "B-13", "rejection_count", "count", .levelInteraction, "Tests after which price went back.",
            undefinedWhen: FeatureReason.inactive, source: "FEATURES A.11"),
        .init(
            "B-14", "break_count", "count", .levelInteraction, "Tests after which price went through.",
            undefinedWhen: FeatureReason.inactive, source: "FEATURES A.11"),
        .init(
            "B-15", "last_test_outcome_code", "code", .levelInteraction, "+1 it broke, −1 it held, 0 not tested yet.",
            undefinedWhen: FeatureReason.inactive, source: "FEATURES A.11"),
        .init(
            "B-16", "max_penetration_current_test_ticks", "ticks", .levelInteraction,
            "How far trades have gone through the level in this test.",
            undefinedWhen: "the test began before the side was known", source: "excursion"),
        .init(
            "B-17", "max_penetration_session_ticks", "ticks", .levelInteraction, "The most of it over all tests.",
            undefinedWhen: FeatureReason.inactive, source: "excursion"),
    ]

    static let liquidity: [FeatureDefinition] = [
        .init(
            "B-18", "bid_depth_in_band_contracts", "contracts", .levelLiquidity, "Bids within four ticks of the level.",
            undefinedWhen: FeatureReason.hidden, source: "book practice"),
        .init(
            "B-19", "ask_depth_in_band_contracts", "contracts", .levelLiquidity, "Offers within four ticks of it.",
            undefinedWhen: FeatureReason.hidden, source: "book practice"),
        .init(
            "B-20", "bid_depth_at_level_contracts", "contracts", .levelLiquidity, "Bids at the level's own tick.",
            undefinedWhen: FeatureReason.hidden, source: "book practice"),
        .init(
            "B-21", "ask_depth_at_level_contracts", "contracts", .levelLiquidity, "Offers at the level's own tick.",
            undefinedWhen: FeatureReason.hidden, source: "book practice"),
        .init(
            "B-22", "queue_imbalance_in_band", "ratio", .levelLiquidity,
            "Bids against offers in the band: +1 all bids.", undefinedWhen: FeatureReason.hidden + ", or one-sided",
            source: "Gould & Bonart 2016, on a band"),
        .init(
            "B-23", "order_count_imbalance_in_band", "ratio", .levelLiquidity, "The same counted in orders.",
            undefinedWhen: FeatureReason.hidden + ", or one-sided", source: "Gould & Bonart 2016, on a band"),
        .init(
            "B-24", "passive_depth_at_level_to_session_average_ratio", "ratio", .levelLiquidity,
            "The queue that must go, against the session's average queue.", warmUp: "300 s from 18:00 and from 09:30",
            undefinedWhen: FeatureReason.hidden, source: "relative depth"),
        .init(
            "B-25", "passive_depth_at_level_time_of_day_ratio", "ratio", .levelLiquidity,
            "The queue that must go, against what is usual at this time of day.", warmUp: "five sessions of history",
            undefinedWhen: FeatureReason.hidden + ", or " + FeatureReason.noHistory, source: "relative depth"),
        .init(
            "B-26", "passive_depth_in_band_hl60s_log_ratio", "log ratio", .levelLiquidity,
            "Whether the wall is growing (+) or shrinking (−) against the last minute.", warmUp: "60 s visible",
            undefinedWhen: FeatureReason.hidden, source: "depth change"),
        .init(
            "B-27", "depth_to_level_contracts", "contracts", .levelLiquidity,
            "What must trade before the level is reached.", undefinedWhen: FeatureReason.hidden, source: "book practice"
        ),
        .init(
            "B-28", "depth_beyond_level_8_ticks_contracts", "contracts", .levelLiquidity,
            "What waits in the eight ticks behind the level.", undefinedWhen: FeatureReason.hidden,
            source: "book practice"),
        .init(
            "B-29", "max_passive_queue_offset_ticks", "ticks", .levelLiquidity,
            "Where the largest queue near the level stands: behind it (+) or before it (−).",
            undefinedWhen: FeatureReason.noLevelBook + ", or nothing is listed within ten ticks",
            source: "limit-order wall"),
    ]
}
