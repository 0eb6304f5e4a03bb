/// The definitions of the market features in column order (FEATURES part C): the book and its order flow.
enum MarketFeatureTable {
    static let definitions: [FeatureDefinition] = book + orderFlow + trades + volatility + session + time + options

    static let book: [FeatureDefinition] = [
        .init(
            "C-1", "bid_ask_spread_ticks", "ticks", .book, "Best offer minus best bid.",
            undefinedWhen: FeatureReason.noBook, source: "definition"),
        .init(
            "C-2", "bid_ask_spread_hl60s_ticks", "ticks", .book, "The spread of the last minute.", warmUp: "60 s",
            undefinedWhen: FeatureReason.noValue, source: "definition"),
        .init(
            "C-3", "mid_price_points", "points", .book, "The mid. A label for the row, not for models: it wanders.",
            undefinedWhen: FeatureReason.noMid, source: "definition"),
        .init(
            "C-4", "weighted_mid_offset_ticks", "ticks", .book, "Where the sizes at the best prices pull the mid.",
            undefinedWhen: FeatureReason.noBook, source: "inverse-weighted mid"),
        .init(
            "C-5", "micro_price_offset_ticks", "ticks", .book,
            "Where the best queues say price goes next (Stoikov's table).", warmUp: "a micro-price table",
            undefinedWhen: FeatureReason.noBook + ", locked, or no table", source: "Stoikov 2018"),
        .init(
            "C-6", "best_bid_size_contracts", "contracts", .book, "Contracts at the best bid.",
            undefinedWhen: FeatureReason.noBook, source: "definition"),
        .init(
            "C-7", "best_ask_size_contracts", "contracts", .book, "Contracts at the best offer.",
            undefinedWhen: FeatureReason.noBook, source: "definition"),
        .init(
            "C-8", "queue_imbalance_best", "ratio", .book, "Bid against offer at the best prices: +1 all bid.",
            undefinedWhen: FeatureReason.noBook, source: "Gould & Bonart 2016"),
        .init(
            "C-9", "depth_imbalance_level_2", "ratio", .book, "The same one level deeper.",
            undefinedWhen: FeatureReason.fewLevels, source: "Cao, Hansch & Wang 2009"),
        .init(
            "C-10", "depth_imbalance_level_3", "ratio", .book, "The same on the third level.",
            undefinedWhen: FeatureReason.fewLevels, source: "Cao, Hansch & Wang 2009"),
        .init(
            "C-11", "depth_imbalance_level_4", "ratio", .book, "The same on the fourth level.",
            undefinedWhen: FeatureReason.fewLevels, source: "Cao, Hansch & Wang 2009"),
        .init(
            "C-12", "depth_imbalance_level_5", "ratio", .book, "The same on the fifth level.",
            undefinedWhen: FeatureReason.fewLevels, source: "Cao, Hansch & Wang 2009"),
        .init(
            "C-13", "depth_imbalance_top_3", "ratio", .book, "Bids against offers, three levels together.",
            undefinedWhen: FeatureReason.fewLevels, source: "Cao, Hansch & Wang 2009"),
        .init(
            "C-14", "depth_imbalance_top_5", "ratio", .book, "Five levels together.",
            undefinedWhen: FeatureReason.fewLevels, source: "Cao, Hansch & Wang 2009"),
        .init(
            "C-15", "depth_imbalance_top_10", "ratio", .book, "All ten levels together.",
            undefinedWhen: FeatureReason.fewLevels, source: "Cao, Hansch & Wang 2009"),
        .init(
            "C-16", "bid_depth_top_5_contracts", "contracts", .book, "Bids on five levels.",
            undefinedWhen: FeatureReason.fewLevels, source: "definition"),
        .init(
            "C-17", "ask_depth_top_5_contracts", "contracts", .book, "Offers on five levels.",
            undefinedWhen: FeatureReason.fewLevels, source: "definition"),
        .init(
            "C-18", "bid_depth_top_10_contracts", "contracts", .book, "Bids on ten levels.",
            undefinedWhen: FeatureReason.fewLevels, source: "definition"),
        .init(
            "C-19", "ask_depth_top_10_contracts", "contracts", .book, "Offers on ten levels.",
            undefinedWhen: FeatureReason.fewLevels, source: "definition"),
        .init(
            "C-20", "order_count_imbalance_top_10", "ratio", .book, "Ten levels counted in orders.",
            undefinedWhen: FeatureReason.fewLevels, source: "definition"),
        .init(
            "C-21", "bid_average_order_size_top_10_contracts", "contracts", .book,
            "How large a resting bid is on average.", undefinedWhen: FeatureReason.fewLevels, source: "definition"),
        .init(
            "C-22", "ask_average_order_size_top_10_contracts", "contracts", .book,
            "How large a resting offer is on average.", undefinedWhen: FeatureReason.fewLevels, source: "definition"),
        .init(
            "C-23", "bid_book_slope_contracts_per_tick", "contracts/tick", .book,
            "How fast bids pile up away from the mid.", undefinedWhen: FeatureReason.noBook,
            source: "after Næs & Skjeltorp 2006"),
        .init(
            "C-24", "ask_book_slope_contracts_per_tick", "contracts/tick", .book,
            "How fast offers pile up away from the mid.", undefinedWhen: FeatureReason.noBook,
            source: "after Næs & Skjeltorp 2006"),
        .init(
            "C-25", "bid_depth_weighted_distance_ticks", "ticks", .book,
            "How far from the mid the average resting bid is.", undefinedWhen: FeatureReason.noBook,
            source: "centre of mass"),
        .init(
            "C-26", "ask_depth_weighted_distance_ticks", "ticks", .book,
            "How far from the mid the average resting offer is.", undefinedWhen: FeatureReason.noBook,
            source: "centre of mass"),
        .init(
            "C-27", "buy_100_contracts_impact_ticks", "ticks", .book,
            "What buying 100 at market would cost against the mid.",
            undefinedWhen: "the book is invalid or shows fewer than 100 contracts",
            source: "cost of round trip, Irvine et al. 2000"),
        .init(
            "C-28", "sell_100_contracts_impact_ticks", "ticks", .book,
            "What selling 100 at market would cost against the mid.",
            undefinedWhen: "the book is invalid or shows fewer than 100 contracts",
            source: "cost of round trip, Irvine et al. 2000"),
        .init(
            "C-29", "depth_top_10_time_of_day_ratio", "ratio", .book,
            "Depth of the book against what is usual at this time of day.", warmUp: "five sessions of history",
            undefinedWhen: FeatureReason.noHistory, source: "relative depth"),
    ]

    static let orderFlow: [FeatureDefinition] = [
        .init(
            "C-30", "order_flow_imbalance_hl10s_contracts", "contracts", .orderFlow,
            "Net order flow at the best prices, ten seconds.", undefinedWhen: FeatureReason.never,
            source: "Cont, Kukanov & Stoikov 2014"),
        .init(
            "C-31", "order_flow_imbalance_hl60s_contracts", "contracts", .orderFlow, "The same over a minute.",
            undefinedWhen: FeatureReason.never, source: "Cont, Kukanov & Stoikov 2014"),
        .init(
            "C-32", "order_flow_imbalance_hl10s_depth_normalized", "ratio", .orderFlow,
            "The same per contract of usual best depth.", warmUp: "60 s", undefinedWhen: FeatureReason.noValue,
            source: "Cont, Kukanov & Stoikov 2014"),
        .init(
            "C-33", "multi_level_order_flow_imbalance_level_2_hl10s_contracts", "contracts", .orderFlow,
            "Net order flow on the second level.", undefinedWhen: FeatureReason.never,
            source: "Xu, Gould & Howison 2018"),
        .init(
            "C-34", "multi_level_order_flow_imbalance_level_3_hl10s_contracts", "contracts", .orderFlow,
            "On the third level.", undefinedWhen: FeatureReason.never, source: "Xu, Gould & Howison 2018"),
        .init(
            "C-35", "multi_level_order_flow_imbalance_level_4_hl10s_contracts", "contracts", .orderFlow,
            "On the fourth level.", undefinedWhen: FeatureReason.never, source: "Xu, Gould & Howison 2018"),
        .init(
            "C-36", "multi_level_order_flow_imbalance_level_5_hl10s_contracts", "contracts", .orderFlow,
            "On the fifth level.", undefinedWhen: FeatureReason.never, source: "Xu, Gould & Howison 2018"),
        .init(
            "C-37", "integrated_order_flow_imbalance_hl10s", "ratio", .orderFlow,
            "Net order flow on all ten levels per contract of usual depth.", warmUp: "60 s",
            undefinedWhen: FeatureReason.noValue, source: "Cont, Cucuringu & Zhang 2023"),
        .init(
            "C-38", "bid_added_top_10_hl30s_contracts_per_second", "contracts/s", .orderFlow,
            "Bids arriving on ten levels.", warmUp: "10 s", undefinedWhen: FeatureReason.never, source: "FEATURES A.3"),
        .init(
            "C-39", "ask_added_top_10_hl30s_contracts_per_second", "contracts/s", .orderFlow,
            "Offers arriving on ten levels.", warmUp: "10 s", undefinedWhen: FeatureReason.never, source: "FEATURES A.3"
        ),
        .init(
            "C-40", "bid_cancelled_top_10_hl30s_contracts_per_second", "contracts/s", .orderFlow,
            "Bids pulled on ten levels.", warmUp: "10 s", undefinedWhen: FeatureReason.never, source: "FEATURES A.3"),
        .init(
            "C-41", "ask_cancelled_top_10_hl30s_contracts_per_second", "contracts/s", .orderFlow,
            "Offers pulled on ten levels.", warmUp: "10 s", undefinedWhen: FeatureReason.never, source: "FEATURES A.3"),
        .init(
            "C-42", "cancel_to_trade_ratio_hl60s", "ratio", .orderFlow, "Contracts cancelled per contract traded.",
            undefinedWhen: FeatureReason.noTrade, source: "SEC MIDAS definition, contracts"),
        .init(
            "C-43", "message_rate_hl10s_messages_per_second", "1/s", .orderFlow, "How busy the feed is.",
            warmUp: "10 s", undefinedWhen: FeatureReason.never, source: "practice"),
        .init(
            "C-44", "message_rate_time_of_day_ratio", "ratio", .orderFlow,
            "How busy the feed is against what is usual at this time of day.", warmUp: "five sessions of history; 10 s",
            undefinedWhen: FeatureReason.noHistory, source: "practice"),
        .init(
            "C-45", "mid_price_change_rate_hl60s_per_second", "1/s", .orderFlow, "How often the mid moves.",
            warmUp: "60 s", undefinedWhen: FeatureReason.never, source: "quote intensity"),
        .init(
            "C-46", "micro_price_velocity_10s_ticks_per_second", "ticks/s", .orderFlow,
            "How fast the micro-price moves.", warmUp: "10 s and a micro-price table",
            undefinedWhen: FeatureReason.noMid + ", or no table", source: "practice"),
    ]
}
