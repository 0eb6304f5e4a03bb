"""The part of the engine's configuration that changes feature values."""

import json
import math
from dataclasses import dataclass, fields

KEYS = {
    "sessions.premarket_start": "premarket_start",
    "sessions.premarket_end": "premarket_end",
    "sessions.opening_range_start": "opening_range_start",
    "sessions.opening_range_minutes": "opening_range_minutes",
    "sessions.rth_open": "rth_open",
    "sessions.rth_close": "rth_close",
    "sessions.initial_balance_minutes": "initial_balance_minutes",
    "bars.sma_period_minutes": "sma_period_minutes",
    "bars.sma_length": "sma_length",
    "levels.band_ticks": "band",
    "levels.touch_ticks": "touch",
    "levels.reset_ticks": "reset",
    "levels.beyond_ticks": "beyond",
    "features.large_trade_contracts": "large_trade_contracts",
    "features.annualization_hours": "annualization_hours",
    "features.multiplier": "multiplier",
}


@dataclass(frozen=True)
class Configuration:
    """Defaults are those of FEATURES A.6 and A.14. Times are "HH:MM" in America/New_York."""

    premarket_start: str = "04:00"
    premarket_end: str = "09:30"
    opening_range_start: str = "09:30"
    opening_range_minutes: int = 15
    rth_open: str = "09:30"
    rth_close: str = "16:00"
    initial_balance_minutes: int = 60
    sma_period_minutes: int = 2
    sma_length: int = 90
    band: int = 4
    touch: int = 2
    reset: int = 8
    beyond: int = 8
    large_trade_contracts: int = 25
    annualization_hours: float = 23.0
    multiplier: float = 50.0

    def annualized_percent(self, variance_per_second):
        """A.14; a variance that is exactly 0 is no volatility (K.3-13)."""
        if not variance_per_second > 0:
            return math.nan
        return math.sqrt(variance_per_second * 252 * self.annualization_hours * 3600) * 100


def _flatten(tree, prefix=""):
    flat = {}
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            flat.update(_flatten(value, name + "."))
        else:
            flat[name] = value
    return flat


def load(path):
    """Reads a JSON object with nested or dotted keys; an unknown key is an error, never a default."""
    if path is None:
        return Configuration()
    with open(path, encoding="utf-8") as stream:
        flat = _flatten(json.load(stream))
    unknown = sorted(set(flat) - set(KEYS))
    if unknown:
        raise ValueError(f"{path}: unknown key {unknown[0]}, expected one of {', '.join(KEYS)}")
    types = {field.name: field.type for field in fields(Configuration)}
    values = {}
    for key, value in flat.items():
        name = KEYS[key]
        if not isinstance(value, types[name]) or isinstance(value, bool):
            raise ValueError(f"{path}: {key} is {value!r}, expected {types[name].__name__}")
        values[name] = value
    return Configuration(**values)
