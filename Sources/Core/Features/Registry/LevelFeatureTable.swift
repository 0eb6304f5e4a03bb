/// The definitions of the level features, family by family, in column order (FEATURES part B).
enum LevelFeatureTable {
    private static let inactive = "the level is inactive"
    private static let noMid = "the level is inactive, or there is no mid for a second"
    private static let noBook = "the level is inactive, or the book is bad, crossed or closed"
    private static let hidden = "not every price summed is among the ten levels, or the book is bad, crossed or closed"

    static let position: [FeatureDefinition] = [
        .init(
            "B-1", "distance_ticks", "ticks", .levelPosition, "How far the mid is above (+) or below (−) the level.",
            undefinedWhen: noMid, source: "definition"),
        .init(
            "B-2", "distance_atr", "ATR", .levelPosition, "The same in average one-minute ranges.",
            warmUp: "15 one-minute bars", undefinedWhen: noMid, source: "Wilder 1978"),
        .init(
            "B-3", "approach_side", "code", .levelPosition, "+1 price comes from below the level, −1 from above.",
            undefinedWhen: "price has stood exactly at the level since it became active", source: "FEATURES A.11"),
        .init(
            "B-4", "approach_velocity_5s_ticks_per_second", "ticks/s", .levelPosition,
            "Speed of the mid toward and through the level over five seconds.", warmUp: "5 s",
            undefinedWhen: noMid, source: "kinematics"),
        .init(
            "B-5", "approach_velocity_30s_ticks_per_second", "ticks/s", .levelPosition,
            "The same over thirty seconds.", warmUp: "30 s", undefinedWhen: noMid, source: "kinematics"),
        .init(
            "B-6", "approach_acceleration_5s_ticks_per_second_squared", "ticks/s²", .levelPosition,
            "Change of the five-second speed against the five seconds before.", warmUp: "10 s",
            undefinedWhen: noMid, source: "kinematics"),
        .init(
            "B-7", "approach_efficiency_ratio_60s", "ratio", .levelPosition,
            "Net move toward the level over a minute per distance travelled: 1 is a straight run at it.",
            warmUp: "60 s", undefinedWhen: "the mid did not move in the minute, or was undefined in it",
            source: "Kaufman 1995, signed"),
        .init(
            "B-8", "level_slope_5_bars_ticks_per_minute", "ticks/min", .levelPosition,
            "How fast the level itself moves; 0 for the four fixed levels.", warmUp: "SMA: 5 bars after it exists",
            undefinedWhen: inactive, source: "definition"),
    ]

    static let interaction: [FeatureDefinition] = [
        .init(
            "B-9", "touch_count", "count", .levelInteraction, "How often price has tested the level.",
            undefinedWhen: inactive, source: "FEATURES A.11"),
        .init(
            "B-10", "time_since_last_touch_seconds", "s", .levelInteraction,
            "Time since a trade within two ticks of it.",
            warmUp: "first touch", undefinedWhen: inactive, source: "chart practice"),
        .init(
            "B-11", "time_near_level_session_seconds", "s", .levelInteraction,
            "How long the mid has been within four ticks of it.", undefinedWhen: inactive, source: "market profile"),
        .init(
            "B-12", "current_test_duration_seconds", "s", .levelInteraction, "Age of the test under way, else 0.",
            undefinedWhen: inactive, source: "FEATURES A.11"),
        .init(
            "B-13", "rejection_count", "count", .levelInteraction, "Tests after which price went back.",
            undefinedWhen: inactive, source: "FEATURES A.11"),
        .init(
            "B-14", "break_count", "count", .levelInteraction, "Tests after which price went through.",
            undefinedWhen: inactive, source: "FEATURES A.11"),
        .init(
            "B-15", "last_test_outcome_code", "code", .levelInteraction, "+1 it broke, −1 it held, 0 not tested yet.",
            undefinedWhen: inactive, source: "FEATURES A.11"),
        .init(
            "B-16", "max_penetration_current_test_ticks", "ticks", .levelInteraction,
            "How far trades have gone through the level in this test.",
            undefinedWhen: "the test began before the side was known", source: "excursion"),
        .init(
            "B-17", "max_penetration_session_ticks", "ticks", .levelInteraction, "The most of it over all tests.",
            undefinedWhen: inactive, source: "excursion"),
    ]

    static let liquidity: [FeatureDefinition] = [
        .init(
            "B-18", "bid_depth_in_band_contracts", "contracts", .levelLiquidity, "Bids within four ticks of the level.",
            undefinedWhen: hidden, source: "book practice"),
        .init(
            "B-19", "ask_depth_in_band_contracts", "contracts", .levelLiquidity, "Offers within four ticks of it.",
            undefinedWhen: hidden, source: "book practice"),
        .init(
            "B-20", "bid_depth_at_level_contracts", "contracts", .levelLiquidity, "Bids at the level's own tick.",
            undefinedWhen: hidden, source: "book practice"),
        .init(
            "B-21", "ask_depth_at_level_contracts", "contracts", .levelLiquidity, "Offers at the level's own tick.",
            undefinedWhen: hidden, source: "book practice"),
        .init(
            "B-22", "queue_imbalance_in_band", "ratio", .levelLiquidity,
            "Bids against offers in the band: +1 all bids.",
            undefinedWhen: hidden + ", or one-sided", source: "Gould & Bonart 2016, on a band"),
        .init(
            "B-23", "order_count_imbalance_in_band", "ratio", .levelLiquidity, "The same counted in orders.",
            undefinedWhen: hidden + ", or one-sided", source: "Gould & Bonart 2016, on a band"),
        .init(
            "B-24", "passive_depth_at_level_to_session_average_ratio", "ratio", .levelLiquidity,
            "The queue that must go, against the session's average queue.", warmUp: "300 s from 18:00 and from 09:30",
            undefinedWhen: hidden, source: "relative depth"),
        .init(
            "B-26", "passive_depth_in_band_hl60s_log_ratio", "log ratio", .levelLiquidity,
            "Whether the wall is growing (+) or shrinking (−) against the last minute.", warmUp: "60 s visible",
            undefinedWhen: hidden, source: "depth change"),
        .init(
            "B-27", "depth_to_level_contracts", "contracts", .levelLiquidity,
            "What must trade before the level is reached.",
            undefinedWhen: hidden, source: "book practice"),
        .init(
            "B-28", "depth_beyond_level_8_ticks_contracts", "contracts", .levelLiquidity,
            "What waits in the eight ticks behind the level.", undefinedWhen: hidden, source: "book practice"),
        .init(
            "B-29", "max_passive_queue_offset_ticks", "ticks", .levelLiquidity,
            "Where the largest queue near the level stands: behind it (+) or before it (−).",
            undefinedWhen: noBook + ", or nothing is listed within ten ticks", source: "limit-order wall"),
    ]

    static let flow: [FeatureDefinition] = [
        .init(
            "B-30", "bid_added_in_band_hl30s_contracts_per_second", "contracts/s", .levelFlow,
            "Bids arriving in the band.", warmUp: "10 s", undefinedWhen: inactive,
            source: "Cont, Stoikov & Talreja 2010"),
        .init(
            "B-31", "ask_added_in_band_hl30s_contracts_per_second", "contracts/s", .levelFlow,
            "Offers arriving in the band.", warmUp: "10 s", undefinedWhen: inactive,
            source: "Cont, Stoikov & Talreja 2010"),
        .init(
            "B-32", "bid_cancelled_in_band_hl30s_contracts_per_second", "contracts/s", .levelFlow,
            "Bids pulled from the band.", warmUp: "10 s", undefinedWhen: inactive,
            source: "Cont, Stoikov & Talreja 2010"),
        .init(
            "B-33", "ask_cancelled_in_band_hl30s_contracts_per_second", "contracts/s", .levelFlow,
            "Offers pulled from the band.", warmUp: "10 s", undefinedWhen: inactive,
            source: "Cont, Stoikov & Talreja 2010"),
        .init(
            "B-34", "bid_filled_in_band_hl30s_contracts_per_second", "contracts/s", .levelFlow,
            "Bids hit by sellers in the band.", warmUp: "10 s", undefinedWhen: inactive,
            source: "Cont, Stoikov & Talreja 2010"),
        .init(
            "B-35", "ask_filled_in_band_hl30s_contracts_per_second", "contracts/s", .levelFlow,
            "Offers lifted by buyers in the band.", warmUp: "10 s", undefinedWhen: inactive,
            source: "Cont, Stoikov & Talreja 2010"),
        .init(
            "B-36", "order_flow_imbalance_in_band_hl30s", "ratio", .levelFlow,
            "Net order flow at the level: +1 all of it lifts price.", undefinedWhen: "no flow in the band yet",
            source: "Cont, Kukanov & Stoikov 2014, price-anchored"),
        .init(
            "B-37", "passive_cancel_to_add_ratio_hl30s", "ratio", .levelFlow,
            "Above 1 the defending side pulls more than it adds.", undefinedWhen: "nothing was added",
            source: "order-to-trade practice"),
        .init(
            "B-38", "passive_replenishment_ratio_hl30s", "ratio", .levelFlow,
            "Above 1 the defending side refills faster than it is eaten.", undefinedWhen: "nothing was taken away",
            source: "resiliency"),
        .init(
            "B-39", "traded_to_displayed_ratio_current_test", "ratio", .levelFlow,
            "Traded at the level per largest size shown: above 1 it was refilled, an iceberg or new orders.",
            undefinedWhen: "there is no test, or the level's tick was not visible in it",
            source: "Zotikov & Antonov 2019, MBP proxy"),
        .init(
            "B-40", "absorption_hl30s_contracts_per_tick", "contracts/tick", .levelFlow,
            "Contracts of attack per tick of progress: high means absorbed.", warmUp: "30 s", undefinedWhen: noMid,
            source: "footprint absorption"),
    ]

    static let trades: [FeatureDefinition] = [
        .init(
            "B-41", "delta_in_band_hl30s_contracts", "contracts", .levelTrades, "Bought minus sold in the band.",
            undefinedWhen: inactive, source: "footprint delta"),
        .init(
            "B-42", "delta_current_test_contracts", "contracts", .levelTrades, "The same since the test began, else 0.",
            undefinedWhen: inactive, source: "footprint delta"),
        .init(
            "B-43", "trade_imbalance_in_band_hl30s", "ratio", .levelTrades,
            "Bought against sold in the band, −1 to +1.",
            undefinedWhen: "no signed trade in the band yet", source: "Chordia & Subrahmanyam 2004"),
        .init(
            "B-44", "large_trade_share_in_band_hl60s", "ratio", .levelTrades,
            "Share of the band's volume in large orders.",
            undefinedWhen: "no trade in the band yet", source: "block share"),
        .init(
            "B-45", "trade_intensity_in_band_hl10s_trades_per_second", "1/s", .levelTrades,
            "Aggressive orders that reach the band.", warmUp: "10 s", undefinedWhen: inactive,
            source: "point process rate"),
        .init(
            "B-46", "volume_in_band_session_share", "ratio", .levelTrades,
            "Share of all volume since the level exists that traded at it.", undefinedWhen: "no trade yet",
            source: "volume profile"),
    ]

    static let confirmation: [FeatureDefinition] = [
        .init(
            "B-48", "consecutive_closes_beyond_level_2m_count", "count", .levelConfirmation,
            "Two-minute closes in a row above (+) or below (−) the level.", undefinedWhen: inactive,
            source: "Crabel 1990; chart practice"),
        .init(
            "B-49", "time_since_mid_crossed_level_signed_seconds", "s", .levelConfirmation,
            "How long price has held above (+) or below (−).", warmUp: "first cross", undefinedWhen: noMid,
            source: "definition"),
        .init(
            "B-50", "volume_beyond_level_share_hl60s", "ratio", .levelConfirmation,
            "Share of the last minute's volume that traded on the far side.", undefinedWhen: "no trade yet",
            source: "acceptance (market profile)"),
    ]
}
