"""Rows of FEATURES that this oracle recomputes: column name, row, what it is compared with, tolerance."""

from .levels import LEVELS

LEVEL_ROWS = {
    51: "open_interest_near_level_share",
    52: "put_call_open_interest_near_level_log_ratio",
    53: "gamma_exposure_near_level_usd_per_1pct",
    54: "gamma_exposure_near_level_share",
    55: "net_option_delta_flow_near_level_hl300s_contracts",
    56: "net_option_premium_near_level_hl300s_usd",
    57: "option_volume_near_level_session_share",
    58: "risk_neutral_touch_probability",
}
MARKET_ROWS = {
    113: "atm_implied_volatility_0dte_percent",
    114: "atm_implied_volatility_7d_percent",
    115: "atm_implied_volatility_30d_percent",
    116: "implied_volatility_term_slope_7d_30d_vol_points",
    117: "risk_reversal_25_delta_7d_vol_points",
    118: "butterfly_25_delta_7d_vol_points",
    119: "implied_minus_realized_volatility_vol_points",
    120: "expected_move_to_close_ticks",
    121: "put_call_volume_ratio_session",
    122: "put_call_open_interest_ratio",
    123: "zero_dte_volume_share_session",
    124: "signed_call_premium_hl300s_usd",
    125: "signed_put_premium_hl300s_usd",
    126: "net_option_delta_flow_hl300s_contracts",
    127: "net_option_vega_flow_hl300s_usd_per_vol_point",
    128: "unclassified_option_volume_share_session",
    129: "gamma_exposure_total_usd_per_1pct",
    130: "gamma_exposure_0dte_usd_per_1pct",
    131: "signed_flow_gamma_exposure_session_usd_per_1pct",
    132: "zero_gamma_distance_ticks",
    133: "call_wall_distance_ticks",
    134: "put_wall_distance_ticks",
    135: "vanna_exposure_total_usd_per_vol_point",
    136: "charm_exposure_total_usd_per_day",
    137: "option_open_interest_coverage",
}
ROW_OF = {f"{level}_{body}": f"B-{row}" for level in LEVELS for row, body in LEVEL_ROWS.items()} | {
    body: f"C-{row}" for row, body in MARKET_ROWS.items()
}
BLACK, NUMPY, EXPORT = "vollib 1.0.11 (checked arrays) and numpy", "numpy", "numpy and the engine's own C-79"
ORACLE_OF_ROW = {f"C-{row}": BLACK for row in (113, 114, 115, 116, 117, 118, 126, 127, 129, 130, 131, 133, 134, 137)}
ORACLE_OF_ROW |= {
    "B-53": BLACK, "B-54": BLACK, "B-55": BLACK, "B-58": "closed form; Monte Carlo with Brownian bridge in --self-test",
    "C-119": EXPORT, "C-132": "numpy grid of C.9", "C-135": "closed form; central differences in --self-test",
    "C-136": "closed form; central differences in --self-test",
}
RELATIVE = 1e-9
VOLATILITY = 1e-8
# Volatilities and their differences: 1e-8 of a volatility is 1e-6 in percent or vol points.
PERCENT_ROWS = {f"C-{row}" for row in (113, 114, 115, 116, 117, 118, 119)}
# Shares, logarithms and probabilities: of order one.
UNIT_ROWS = {"B-51", "B-52", "B-57", "C-121", "C-122", "C-123", "C-128", "C-137"}


def oracle_of(name):
    return ORACLE_OF_ROW.get(ROW_OF[name], NUMPY)
