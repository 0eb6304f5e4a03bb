"""Level prices at the rows, from the engine's own export (its futures columns are checked by features.py).

A level is active where one of its futures columns has a value; its price is the mid minus `distance_ticks`, held while
the mid has none. The price of sma_90 is rounded to a whole sum of closes, so that it is exact."""

import math

import numpy

LEVELS = ("pm_high", "pm_low", "or_high", "or_low", "sma_90")
WITNESSES = ("distance_ticks", "touch_count", "bid_depth_in_band_contracts", "approach_side")
TICK_POINTS = 0.25


def prices(exported, session_of_row, sma_length):
    """level -> (price in points per row, NaN where inactive; first row of the activation each row belongs to)."""
    result = {}
    mid = exported["mid_price_points"] / TICK_POINTS
    for name in LEVELS:
        witnesses = [exported[key] for key in (f"{name}_{body}" for body in WITNESSES) if key in exported]
        if not witnesses or f"{name}_distance_ticks" not in exported:
            continue
        active = numpy.isfinite(numpy.column_stack(witnesses)).any(axis=1)
        parts = sma_length if name == "sma_90" else 1
        price = numpy.round((mid - exported[f"{name}_distance_ticks"]) * parts) / parts * TICK_POINTS
        began = numpy.full(len(price), -1)
        held, start = math.nan, -1
        for row in range(len(price)):
            if not active[row]:
                held, start = math.nan, -1
            elif start < 0 or session_of_row[row] != session_of_row[row - 1]:
                held, start = math.nan, row
            if active[row] and not math.isnan(price[row]):
                held = price[row]
            price[row], began[row] = held if active[row] else math.nan, start
        result[name] = (price, began)
    return result
