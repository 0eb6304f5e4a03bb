"""Every feature row the oracle recomputes: its number, its oracle, its tolerance, and what it needs to be finite."""

from typing import NamedTuple

# No difference is tolerated: counts, sizes, codes, sums of integers, half ticks.
EXACT = "exact"
# 1e-12: exact integers under one division, nanosecond differences as seconds.
ROUNDING = "1e-12"
# 1e-9 of one unit at least: differences of two large or two nearly equal numbers.
ABSOLUTE = "1e-9 absolute"
# 1e-9 of the sum of magnitudes, given row by row: sums that may cancel.
SCALED = "1e-9 of scale"
RELATIVE = "1e-9 relative"

PROFILE = "--profile"
MICRO_PRICE = "--micro-price"
SETTLEMENTS = "--statistics"
EXPIRATION = "a contract symbol"
REGULAR_HOURS = "regular hours"
PRIOR_DAY = "regular hours of the trade date before"
TWENTY_DAYS = "20 sessions before"


class Row(NamedTuple):
    """`oracle`: what computes it here. `needs`: what must be given for any finite value, None if the tape is enough."""

    number: str
    name: str
    oracle: str
    rule: str
    needs: str | None = None


LEVEL_ROWS = (
    Row("B-1", "distance_ticks", "plain state machine, FEATURES A.11", ABSOLUTE),
    Row("B-2", "distance_atr", "TA-Lib ATR", ABSOLUTE),
    Row("B-3", "approach_side", "plain state machine, FEATURES A.11", EXACT),
    Row("B-4", "approach_velocity_5s_ticks_per_second", "plain grid of mids, FEATURES A.5", ROUNDING),
    Row("B-5", "approach_velocity_30s_ticks_per_second", "plain grid of mids, FEATURES A.5", ROUNDING),
    Row("B-6", "approach_acceleration_5s_ticks_per_second_squared", "plain grid of mids, FEATURES A.5", ROUNDING),
    Row("B-7", "approach_efficiency_ratio_60s", "plain grid of mids, FEATURES A.5", ROUNDING),
    Row("B-8", "level_slope_5_bars_ticks_per_minute", "plain mean of closes, FEATURES A.10", ABSOLUTE),
    Row("B-9", "touch_count", "plain state machine, FEATURES A.11", EXACT),
    Row("B-10", "time_since_last_touch_seconds", "plain state machine, FEATURES A.11", ROUNDING),
    Row("B-11", "time_near_level_session_seconds", "plain state machine, FEATURES A.11", RELATIVE),
    Row("B-12", "current_test_duration_seconds", "plain state machine, FEATURES A.11", ROUNDING),
    Row("B-13", "rejection_count", "plain state machine, FEATURES A.11", EXACT),
    Row("B-14", "break_count", "plain state machine, FEATURES A.11", EXACT),
    Row("B-15", "last_test_outcome_code", "plain state machine, FEATURES A.11", EXACT),
    Row("B-16", "max_penetration_current_test_ticks", "plain state machine, FEATURES A.11", ABSOLUTE),
    Row("B-17", "max_penetration_session_ticks", "plain state machine, FEATURES A.11", ABSOLUTE),
    Row("B-18", "bid_depth_in_band_contracts", "plain book, FEATURES B.3", EXACT),
    Row("B-19", "ask_depth_in_band_contracts", "plain book, FEATURES B.3", EXACT),
    Row("B-20", "bid_depth_at_level_contracts", "plain book, FEATURES B.3", EXACT),
    Row("B-21", "ask_depth_at_level_contracts", "plain book, FEATURES B.3", EXACT),
    Row("B-22", "queue_imbalance_in_band", "plain book, FEATURES B.3", ROUNDING),
    Row("B-23", "order_count_imbalance_in_band", "plain book, FEATURES B.3", ROUNDING),
    Row("B-24", "passive_depth_at_level_to_session_average_ratio", "brute-force time-weighted means", RELATIVE),
    Row("B-25", "passive_depth_at_level_time_of_day_ratio", "plain book and profile, FEATURES A.12", RELATIVE, PROFILE),
    Row("B-26", "passive_depth_in_band_hl60s_log_ratio", "brute-force time-weighted means", ABSOLUTE),
    Row("B-27", "depth_to_level_contracts", "plain book, FEATURES B.3", EXACT),
    Row("B-28", "depth_beyond_level_8_ticks_contracts", "plain book, FEATURES B.3", EXACT),
    Row("B-29", "max_passive_queue_offset_ticks", "plain book, FEATURES B.3", EXACT),
    Row("B-30", "bid_added_in_band_hl30s_contracts_per_second", "brute-force sums", RELATIVE),
    Row("B-31", "ask_added_in_band_hl30s_contracts_per_second", "brute-force sums", RELATIVE),
    Row("B-32", "bid_cancelled_in_band_hl30s_contracts_per_second", "brute-force sums", RELATIVE),
    Row("B-33", "ask_cancelled_in_band_hl30s_contracts_per_second", "brute-force sums", RELATIVE),
    Row("B-34", "bid_filled_in_band_hl30s_contracts_per_second", "brute-force sums", RELATIVE),
    Row("B-35", "ask_filled_in_band_hl30s_contracts_per_second", "brute-force sums", RELATIVE),
    Row("B-36", "order_flow_imbalance_in_band_hl30s", "brute-force sums", SCALED),
    Row("B-37", "passive_cancel_to_add_ratio_hl30s", "brute-force sums", RELATIVE),
    Row("B-38", "passive_replenishment_ratio_hl30s", "brute-force sums", RELATIVE),
    Row("B-39", "traded_to_displayed_ratio_current_test", "exact integer sums, FEATURES A.3", ROUNDING),
    Row("B-40", "absorption_hl30s_contracts_per_tick", "brute-force sums", RELATIVE),
    Row("B-41", "delta_in_band_hl30s_contracts", "brute-force sums", SCALED),
    Row("B-42", "delta_current_test_contracts", "plain state machine, FEATURES A.11", EXACT),
    Row("B-43", "trade_imbalance_in_band_hl30s", "brute-force sums", SCALED),
    Row("B-44", "large_trade_share_in_band_hl60s", "brute-force sums", RELATIVE),
    Row("B-45", "trade_intensity_in_band_hl10s_trades_per_second", "brute-force sums", RELATIVE),
    Row("B-46", "volume_in_band_session_share", "exact integer sums, FEATURES A.3", ROUNDING),
    Row(
        "B-47", "volume_in_band_hl60s_time_of_day_ratio",
        "brute-force sums and profile, FEATURES A.12", RELATIVE, PROFILE,
    ),
    Row("B-48", "consecutive_closes_beyond_level_2m_count", "plain state machine, FEATURES A.11", EXACT),
    Row("B-49", "time_since_mid_crossed_level_signed_seconds", "plain state machine, FEATURES A.11", ROUNDING),
    Row("B-50", "volume_beyond_level_share_hl60s", "brute-force sums", RELATIVE),
)

MARKET_ROWS = (
    Row("C-1", "bid_ask_spread_ticks", "plain book, FEATURES C.1", EXACT),
    Row("C-2", "bid_ask_spread_hl60s_ticks", "brute-force time-weighted means", RELATIVE),
    Row("C-3", "mid_price_points", "plain book, FEATURES C.1", EXACT),
    Row("C-4", "weighted_mid_offset_ticks", "plain book, FEATURES C.1", ABSOLUTE),
    Row("C-5", "micro_price_offset_ticks", "plain table look-up, FEATURES C.8", ROUNDING, MICRO_PRICE),
    Row("C-6", "best_bid_size_contracts", "plain book, FEATURES C.1", EXACT),
    Row("C-7", "best_ask_size_contracts", "plain book, FEATURES C.1", EXACT),
    Row("C-8", "queue_imbalance_best", "plain book, FEATURES C.1", ROUNDING),
    Row("C-9", "depth_imbalance_level_2", "plain book, FEATURES C.1", ROUNDING),
    Row("C-10", "depth_imbalance_level_3", "plain book, FEATURES C.1", ROUNDING),
    Row("C-11", "depth_imbalance_level_4", "plain book, FEATURES C.1", ROUNDING),
    Row("C-12", "depth_imbalance_level_5", "plain book, FEATURES C.1", ROUNDING),
    Row("C-13", "depth_imbalance_top_3", "plain book, FEATURES C.1", ROUNDING),
    Row("C-14", "depth_imbalance_top_5", "plain book, FEATURES C.1", ROUNDING),
    Row("C-15", "depth_imbalance_top_10", "plain book, FEATURES C.1", ROUNDING),
    Row("C-16", "bid_depth_top_5_contracts", "plain book, FEATURES C.1", EXACT),
    Row("C-17", "ask_depth_top_5_contracts", "plain book, FEATURES C.1", EXACT),
    Row("C-18", "bid_depth_top_10_contracts", "plain book, FEATURES C.1", EXACT),
    Row("C-19", "ask_depth_top_10_contracts", "plain book, FEATURES C.1", EXACT),
    Row("C-20", "order_count_imbalance_top_10", "plain book, FEATURES C.1", ROUNDING),
    Row("C-21", "bid_average_order_size_top_10_contracts", "plain book, FEATURES C.1", ROUNDING),
    Row("C-22", "ask_average_order_size_top_10_contracts", "plain book, FEATURES C.1", ROUNDING),
    Row("C-23", "bid_book_slope_contracts_per_tick", "plain book, FEATURES C.1", ROUNDING),
    Row("C-24", "ask_book_slope_contracts_per_tick", "plain book, FEATURES C.1", ROUNDING),
    Row("C-25", "bid_depth_weighted_distance_ticks", "plain book, FEATURES C.1", ROUNDING),
    Row("C-26", "ask_depth_weighted_distance_ticks", "plain book, FEATURES C.1", ROUNDING),
    Row("C-27", "buy_100_contracts_impact_ticks", "plain book, FEATURES C.1", ABSOLUTE),
    Row("C-28", "sell_100_contracts_impact_ticks", "plain book, FEATURES C.1", ABSOLUTE),
    Row(
        "C-29", "depth_top_10_time_of_day_ratio",
        "brute-force time-weighted means and profile, FEATURES A.12", RELATIVE, PROFILE,
    ),
    Row("C-30", "order_flow_imbalance_hl10s_contracts", "brute-force sums", SCALED),
    Row("C-31", "order_flow_imbalance_hl60s_contracts", "brute-force sums", SCALED),
    Row("C-32", "order_flow_imbalance_hl10s_depth_normalized", "brute-force sums and time-weighted means", SCALED),
    Row("C-33", "multi_level_order_flow_imbalance_level_2_hl10s_contracts", "brute-force sums", SCALED),
    Row("C-34", "multi_level_order_flow_imbalance_level_3_hl10s_contracts", "brute-force sums", SCALED),
    Row("C-35", "multi_level_order_flow_imbalance_level_4_hl10s_contracts", "brute-force sums", SCALED),
    Row("C-36", "multi_level_order_flow_imbalance_level_5_hl10s_contracts", "brute-force sums", SCALED),
    Row("C-37", "integrated_order_flow_imbalance_hl10s", "brute-force sums and time-weighted means", SCALED),
    Row("C-38", "bid_added_top_10_hl30s_contracts_per_second", "brute-force sums", RELATIVE),
    Row("C-39", "ask_added_top_10_hl30s_contracts_per_second", "brute-force sums", RELATIVE),
    Row("C-40", "bid_cancelled_top_10_hl30s_contracts_per_second", "brute-force sums", RELATIVE),
    Row("C-41", "ask_cancelled_top_10_hl30s_contracts_per_second", "brute-force sums", RELATIVE),
    Row("C-42", "cancel_to_trade_ratio_hl60s", "brute-force sums", RELATIVE),
    Row("C-43", "message_rate_hl10s_messages_per_second", "brute-force sums", RELATIVE),
    Row("C-44", "message_rate_time_of_day_ratio", "brute-force sums and profile, FEATURES A.12", RELATIVE, PROFILE),
    Row("C-45", "mid_price_change_rate_hl60s_per_second", "brute-force sums", RELATIVE),
    Row(
        "C-46", "micro_price_velocity_10s_ticks_per_second",
        "plain grid of micro-prices, FEATURES C.8", ABSOLUTE, MICRO_PRICE,
    ),
    Row("C-47", "buy_volume_hl60s_contracts_per_second", "brute-force sums", RELATIVE),
    Row("C-48", "sell_volume_hl60s_contracts_per_second", "brute-force sums", RELATIVE),
    Row("C-49", "trade_imbalance_hl10s", "brute-force sums", SCALED),
    Row("C-50", "trade_imbalance_hl60s", "brute-force sums", SCALED),
    Row("C-51", "trade_imbalance_hl300s", "brute-force sums", SCALED),
    Row("C-52", "cumulative_volume_delta_session_contracts", "exact integer sums, FEATURES C.3", EXACT),
    Row("C-53", "cumulative_volume_delta_change_w300s_contracts", "exact integer sums, FEATURES C.3", EXACT),
    Row("C-54", "trade_intensity_hl10s_trades_per_second", "brute-force sums", RELATIVE),
    Row("C-55", "trade_intensity_time_of_day_ratio", "brute-force sums and profile, FEATURES A.12", RELATIVE, PROFILE),
    Row("C-56", "average_trade_size_hl60s_contracts", "brute-force sums", RELATIVE),
    Row("C-57", "large_trade_share_hl60s", "brute-force sums", RELATIVE),
    Row("C-58", "multi_price_sweep_share_hl60s", "brute-force sums", RELATIVE),
    Row("C-59", "vpin", "plain volume buckets, FEATURES C-59", ROUNDING, PROFILE),
    Row("C-60", "kyle_lambda_hl1800s_ticks_per_100_contracts", "brute-force sums, FEATURES C-60", SCALED),
    Row("C-61", "amihud_illiquidity_w1800s_bps_per_million_usd", "numpy, FEATURES C-61", RELATIVE),
    Row("C-62", "roll_spread_hl300s_ticks", "brute-force sums, FEATURES C-62", SCALED),
    Row("C-63", "effective_spread_hl60s_ticks", "brute-force sums, FEATURES C-63", SCALED),
    Row("C-64", "realized_spread_5s_hl60s_ticks", "brute-force sums, FEATURES C-64", SCALED),
    Row("C-65", "price_impact_5s_hl60s_ticks", "brute-force sums, FEATURES C-65", SCALED),
    Row("C-66", "mid_return_60s_bps", "numpy, FEATURES C-66", ABSOLUTE),
    Row("C-67", "mid_return_300s_bps", "numpy, FEATURES C-67", ABSOLUTE),
    Row("C-68", "mid_return_1800s_bps", "numpy, FEATURES C-68", ABSOLUTE),
    Row("C-69", "realized_volatility_w300s_annualized_percent", "numpy, FEATURES C-69", RELATIVE),
    Row("C-70", "realized_volatility_w1800s_annualized_percent", "numpy, FEATURES C-70", RELATIVE),
    Row("C-71", "realized_volatility_rth_annualized_percent", "numpy, FEATURES C-71", RELATIVE, REGULAR_HOURS),
    Row("C-72", "bipower_volatility_w1800s_annualized_percent", "numpy, FEATURES C-72", RELATIVE),
    Row("C-73", "jump_ratio_w1800s", "numpy, FEATURES C-73", ABSOLUTE),
    Row("C-74", "downside_semivariance_share_w1800s", "numpy, FEATURES C-74", ABSOLUTE),
    Row("C-75", "ewma_volatility_1m_annualized_percent", "numpy, FEATURES C-75", RELATIVE),
    Row("C-76", "parkinson_volatility_w1800s_annualized_percent", "numpy, FEATURES C-76", RELATIVE),
    Row("C-77", "garman_klass_volatility_w1800s_annualized_percent", "numpy, FEATURES C-77", RELATIVE),
    Row("C-78", "rogers_satchell_volatility_w1800s_annualized_percent", "numpy, FEATURES C-78", RELATIVE),
    Row("C-79", "yang_zhang_volatility_20d_annualized_percent", "numpy, FEATURES C-79", RELATIVE, TWENTY_DAYS),
    Row("C-80", "atr_14_1m_ticks", "TA-Lib ATR", RELATIVE),
    Row("C-81", "realized_volatility_time_of_day_ratio", "numpy and profile, FEATURES C-81", RELATIVE, PROFILE),
    Row("C-82", "variance_ratio_10_w1800s", "arch VarianceRatio", ABSOLUTE),
    Row("C-83", "vwap_session_distance_ticks", "exact integer sums, FEATURES C.5", ABSOLUTE),
    Row("C-84", "vwap_session_zscore", "exact integer sums, FEATURES C.5", SCALED),
    Row("C-85", "vwap_rth_distance_ticks", "exact integer sums, FEATURES C.5", ABSOLUTE, REGULAR_HOURS),
    Row("C-86", "vwap_rth_zscore", "exact integer sums, FEATURES C.5", SCALED, REGULAR_HOURS),
    Row("C-87", "vwap_session_slope_w300s_ticks_per_minute", "exact integer sums, FEATURES C.5", ABSOLUTE),
    Row("C-88", "point_of_control_rth_distance_ticks", "plain volume profile, FEATURES C.5", EXACT, REGULAR_HOURS),
    Row("C-89", "value_area_high_rth_distance_ticks", "plain volume profile, FEATURES C.5", EXACT, REGULAR_HOURS),
    Row("C-90", "value_area_low_rth_distance_ticks", "plain volume profile, FEATURES C.5", EXACT, REGULAR_HOURS),
    Row("C-91", "value_area_width_rth_ticks", "plain volume profile, FEATURES C.5", EXACT, REGULAR_HOURS),
    Row("C-92", "prior_point_of_control_distance_ticks", "plain volume profile, FEATURES C.5", EXACT, PRIOR_DAY),
    Row("C-93", "prior_value_area_high_distance_ticks", "plain volume profile, FEATURES C.5", EXACT, PRIOR_DAY),
    Row("C-94", "prior_value_area_low_distance_ticks", "plain volume profile, FEATURES C.5", EXACT, PRIOR_DAY),
    Row("C-95", "prior_settlement_distance_bps", "statistics records, FEATURES C-95", ABSOLUTE, SETTLEMENTS),
    Row("C-96", "opening_gap_ticks", "plain extremes, FEATURES C.5", EXACT, PRIOR_DAY),
    Row("C-97", "opening_gap_fill_fraction", "plain extremes, FEATURES C.5", ROUNDING, PRIOR_DAY),
    Row("C-98", "overnight_range_to_20d_average_ratio", "plain extremes, FEATURES C.5", ROUNDING, TWENTY_DAYS),
    Row("C-99", "initial_balance_range_ticks", "plain extremes, FEATURES C.5", EXACT, REGULAR_HOURS),
    Row("C-100", "initial_balance_extension_ratio", "plain extremes, FEATURES C.5", ROUNDING, REGULAR_HOURS),
    Row("C-101", "rth_range_ticks", "plain extremes, FEATURES C.5", EXACT, REGULAR_HOURS),
    Row("C-102", "rth_range_position", "plain extremes, FEATURES C.5", ROUNDING, REGULAR_HOURS),
    Row("C-103", "rth_return_bps", "plain extremes, FEATURES C.5", ABSOLUTE, REGULAR_HOURS),
    Row("C-104", "session_volume_contracts", "exact integer sums, FEATURES C.5", EXACT),
    Row(
        "C-105", "session_volume_time_of_day_ratio",
        "exact integer sums and profile, FEATURES A.12", RELATIVE, PROFILE,
    ),
    Row("C-106", "minutes_since_rth_open", "pandas_market_calendars sessions, FEATURES C.6", ROUNDING),
    Row("C-107", "minutes_to_rth_close", "pandas_market_calendars sessions, FEATURES C.6", ROUNDING),
    Row("C-108", "time_of_day_sine", "zoneinfo clock, FEATURES C.6", ROUNDING),
    Row("C-109", "time_of_day_cosine", "zoneinfo clock, FEATURES C.6", ROUNDING),
    Row("C-110", "session_segment_code", "pandas_market_calendars sessions, FEATURES C.6", EXACT),
    Row("C-111", "is_rth_code", "pandas_market_calendars sessions, FEATURES C.6", EXACT),
    Row("C-112", "trading_days_to_futures_expiration", "pandas_market_calendars", EXACT, EXPIRATION),
)

LEVEL_COLUMNS = tuple(row.name for row in LEVEL_ROWS)
MARKET_COLUMNS = tuple(row.name for row in MARKET_ROWS)
LEVEL_PREFIXES = ("pm_high_", "pm_low_", "or_high_", "or_low_", "sma_90_")
BY_NAME = {row.name: row for row in LEVEL_ROWS + MARKET_ROWS}


def row_of(column):
    """The row of a column, with or without a level's name before it; None if the oracle has no such row."""
    if column in BY_NAME:
        return BY_NAME[column]
    for prefix in LEVEL_PREFIXES:
        if column.startswith(prefix):
            return BY_NAME.get(column[len(prefix) :])
    return None
