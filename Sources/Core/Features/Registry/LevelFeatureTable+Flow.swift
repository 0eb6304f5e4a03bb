/// What flows and trades at a level, and what options say of it.
extension LevelFeatureTable {
    static let flow: [FeatureDefinition] = [
        .init(
            "B-30", "bid_added_in_band_hl30s_contracts_per_second", "contracts/s", .levelFlow,
            "Bids arriving in the band.", warmUp: "10 s", undefinedWhen: FeatureReason.inactive,
            source: "Cont, Stoikov & Talreja 2010"),
        .init(
            "B-31", "ask_added_in_band_hl30s_contracts_per_second", "contracts/s", .levelFlow,
            "Offers arriving in the band.", warmUp: "10 s", undefinedWhen: FeatureReason.inactive,
            source: "Cont, Stoikov & Talreja 2010"),
        .init(
            "B-32", "bid_cancelled_in_band_hl30s_contracts_per_second", "contracts/s", .levelFlow,
            "Bids pulled from the band.", warmUp: "10 s", undefinedWhen: FeatureReason.inactive,
            source: "Cont, Stoikov & Talreja 2010"),
        .init(
            "B-33", "ask_cancelled_in_band_hl30s_contracts_per_second", "contracts/s", .levelFlow,
            "Offers pulled from the band.", warmUp: "10 s", undefinedWhen: FeatureReason.inactive,
            source: "Cont, Stoikov & Talreja 2010"),
        .init(
            "B-34", "bid_filled_in_band_hl30s_contracts_per_second", "contracts/s", .levelFlow,
            "Bids hit by sellers in the band.", warmUp: "10 s", undefinedWhen: FeatureReason.inactive,
            source: "Cont, Stoikov & Talreja 2010"),
        .init(
            "B-35", "ask_filled_in_band_hl30s_contracts_per_second", "contracts/s", .levelFlow,
            "Offers lifted by buyers in the band.", warmUp: "10 s", undefinedWhen: FeatureReason.inactive,
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
            "Contracts of attack per tick of progress: high means absorbed.", warmUp: "30 s",
            undefinedWhen: FeatureReason.noLevelMid, source: "footprint absorption"),
    ]

    static let trades: [FeatureDefinition] = [
        .init(
            "B-41", "delta_in_band_hl30s_contracts", "contracts", .levelTrades, "Bought minus sold in the band.",
            undefinedWhen: FeatureReason.inactive, source: "footprint delta"),
        .init(
            "B-42", "delta_current_test_contracts", "contracts", .levelTrades, "The same since the test began, else 0.",
            undefinedWhen: FeatureReason.inactive, source: "footprint delta"),
        .init(
            "B-43", "trade_imbalance_in_band_hl30s", "ratio", .levelTrades,
            "Bought against sold in the band, −1 to +1.", undefinedWhen: "no signed trade in the band yet",
            source: "Chordia & Subrahmanyam 2004"),
        .init(
            "B-44", "large_trade_share_in_band_hl60s", "ratio", .levelTrades,
            "Share of the band's volume in large orders.", undefinedWhen: "no trade in the band yet",
            source: "block share"),
        .init(
            "B-45", "trade_intensity_in_band_hl10s_trades_per_second", "1/s", .levelTrades,
            "Aggressive orders that reach the band.", warmUp: "10 s", undefinedWhen: FeatureReason.inactive,
            source: "point process rate"),
        .init(
            "B-46", "volume_in_band_session_share", "ratio", .levelTrades,
            "Share of all volume since the level exists that traded at it.", undefinedWhen: "no trade yet",
            source: "volume profile"),
        .init(
            "B-47", "volume_in_band_hl60s_time_of_day_ratio", "ratio", .levelTrades,
            "Volume in the band against all volume usual at this time of day.",
            warmUp: "five sessions of history; 10 s",
            undefinedWhen: FeatureReason.inactive + ", or " + FeatureReason.noHistory, source: "relative volume"),
    ]

    static let confirmation: [FeatureDefinition] = [
        .init(
            "B-48", "consecutive_closes_beyond_level_2m_count", "count", .levelConfirmation,
            "Two-minute closes in a row above (+) or below (−) the level.", undefinedWhen: FeatureReason.inactive,
            source: "Crabel 1990; chart practice"),
        .init(
            "B-49", "time_since_mid_crossed_level_signed_seconds", "s", .levelConfirmation,
            "How long price has held above (+) or below (−).", warmUp: "first cross",
            undefinedWhen: FeatureReason.noLevelMid, source: "definition"),
        .init(
            "B-50", "volume_beyond_level_share_hl60s", "ratio", .levelConfirmation,
            "Share of the last minute's volume that traded on the far side.", undefinedWhen: "no trade yet",
            source: "acceptance (market profile)"),
    ]

    static let options: [FeatureDefinition] = [
        .init(
            "B-51", "open_interest_near_level_share", "ratio", .levelOptions,
            "Share of the chain's open interest at strikes near the level.", warmUp: "first open interest",
            undefinedWhen: FeatureReason.noInterest, source: "options practice"),
        .init(
            "B-52", "put_call_open_interest_near_level_log_ratio", "log ratio", .levelOptions,
            "More puts (+) or more calls (−) open near the level.", warmUp: "first open interest",
            undefinedWhen: FeatureReason.noInterest, source: "options practice"),
        .init(
            "B-53", "gamma_exposure_near_level_usd_per_1pct", "USD per 1 %", .levelOptions,
            "Dealers' gamma near the level: positive damps moves, negative feeds them.", warmUp: "first refresh",
            undefinedWhen: FeatureReason.noChain, source: "FEATURES C.7"),
        .init(
            "B-54", "gamma_exposure_near_level_share", "ratio", .levelOptions,
            "How much of the whole chain's gamma sits at the level.", warmUp: "first refresh",
            undefinedWhen: FeatureReason.noChain, source: "FEATURES C.7"),
        .init(
            "B-55", "net_option_delta_flow_near_level_hl300s_contracts", "contracts", .levelOptions,
            "Futures' worth of delta bought (+) or sold (−) through options near the level.",
            undefinedWhen: FeatureReason.noOptions, source: "Easley, O'Hara & Srinivas 1998"),
        .init(
            "B-56", "net_option_premium_near_level_hl300s_usd", "USD", .levelOptions,
            "Premium paid for calls minus premium paid for puts near the level.",
            undefinedWhen: FeatureReason.noOptions, source: "premium flow"),
        .init(
            "B-57", "option_volume_near_level_session_share", "ratio", .levelOptions,
            "Share of all option volume since the level exists at strikes near it.", warmUp: "first option trade",
            undefinedWhen: "no option has traded since the level became active", source: "options practice"),
        .init(
            "B-58", "risk_neutral_touch_probability", "ratio", .levelOptions,
            "Odds, by today's options, that price touches the level before the close.", warmUp: "first refresh",
            undefinedWhen: "no at-the-money volatility of an expiry at today's close",
            source: "reflection principle, driftless GBM"),
    ]
}
