"""The part of the engine's configuration that changes option features."""

import json
from dataclasses import dataclass, fields

from ..configuration import KEYS as FUTURES_KEYS

KEYS = {
    "options.horizon_days": "horizon_days",
    "options.strike_window": "strike_window",
    "options.risk_free_rate": "risk_free_rate",
    "options.near_level_points": "near_level_points",
    "options.refresh": "refresh",
    "options.large_trade_contracts": "large_trade_contracts",
    "bars.sma_length": "sma_length",
}
REFRESH_MODES = ("dirty", "chain")


@dataclass(frozen=True)
class Settings:
    """Defaults are those of FEATURES A.13 and A.14. No row depends on `large_trade_contracts`."""

    horizon_days: float = 45.0
    strike_window: float = 0.15
    risk_free_rate: float = 0.04
    near_level_points: float = 10.0
    refresh: str = "dirty"
    large_trade_contracts: int = 50
    sma_length: int = 90


def _flatten(tree, prefix=""):
    flat = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            flat.update(_flatten(value, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def load(path):
    """Reads a JSON object with nested or dotted keys. Keys of the futures oracle are allowed; others are an error."""
    if path is None:
        return Settings()
    with open(path, encoding="utf-8") as stream:
        flat = _flatten(json.load(stream))
    types = {field.name: field.type for field in fields(Settings)}
    values = {}
    for key, value in flat.items():
        if key not in KEYS:
            if key not in FUTURES_KEYS and key.split(".")[0] not in ("sessions", "levels", "bars", "features"):
                raise ValueError(f"{path}: unknown key {key}, expected one of {', '.join(KEYS)}")
            continue
        wanted = types[KEYS[key]]
        accepted = (int, float) if wanted is float else wanted
        if not isinstance(value, accepted) or isinstance(value, bool):
            raise ValueError(f"{path}: {key} is {value!r}, expected {wanted.__name__}")
        values[KEYS[key]] = wanted(value)
    settings = Settings(**values)
    if settings.refresh not in REFRESH_MODES:
        raise ValueError(f"{path}: options.refresh is {settings.refresh!r}, expected one of {', '.join(REFRESH_MODES)}")
    return settings
