"""Market rows that are held from one whole second to the next (C-113...120, 129...137)."""

import math

import numpy

from . import exposure
from .smile import Smile, constant_maturity, interpolated

NAN = math.nan
TICK_POINTS = 0.25
HELD_COLUMNS = (
    "atm_implied_volatility_0dte_percent",
    "atm_implied_volatility_7d_percent",
    "atm_implied_volatility_30d_percent",
    "implied_volatility_term_slope_7d_30d_vol_points",
    "risk_reversal_25_delta_7d_vol_points",
    "butterfly_25_delta_7d_vol_points",
    "expected_move_to_close_ticks",
    "gamma_exposure_total_usd_per_1pct",
    "gamma_exposure_0dte_usd_per_1pct",
    "signed_flow_gamma_exposure_session_usd_per_1pct",
    "zero_gamma_distance_ticks",
    "call_wall_distance_ticks",
    "put_wall_distance_ticks",
    "vanna_exposure_total_usd_per_vol_point",
    "charm_exposure_total_usd_per_day",
    "option_open_interest_coverage",
)


def smiles(chain, lead):
    """One per (expiration, underlying), sorted by time; of two at one expiration the lead's is first."""
    found = []
    keys = {(int(chain.expiration[slot]), int(chain.underlying[slot]), chain.root[slot] if not chain.underlying[slot]
             else "") for slot in numpy.flatnonzero(chain.has_volatility)}
    for expiration, underlying, root in sorted(keys, key=lambda key: (key[0], key[1] != lead, key[1], key[2])):
        own = chain.has_volatility & (chain.expiration == expiration) & (chain.underlying == underlying)
        if root:
            own &= chain.root == root
        first = int(numpy.flatnonzero(own)[0])
        smile = Smile(chain.forward[first], chain.years[first], chain.sign[own], chain.strike[own], chain.sigma[own])
        found.append((expiration, smile))
    return found


def zero_dte(found, expiration):
    """The first smile of the expiration that has an at-the-money volatility, else None."""
    for other, smile in found:
        if other == expiration and not math.isnan(smile.at_the_money):
            return smile
    return None


def _straddle(chain, expiration, lead):
    """Price in ticks of the straddle at the strike nearest the forward that has both a call and a put."""
    own = chain.member & (chain.expiration == expiration)
    for underlying in sorted(set(chain.underlying[own].tolist()), key=lambda value: (value != lead, value)):
        same = own & (chain.underlying == underlying)
        both = set(chain.strike[same & (chain.sign > 0)]) & set(chain.strike[same & (chain.sign < 0)])
        if not both:
            continue
        forward = chain.forward[numpy.flatnonzero(same)[0]]
        nearest = min(both, key=lambda strike: (abs(strike - forward), strike))
        pair = numpy.flatnonzero(same & (chain.strike == nearest))
        if not chain.usable[pair].all():
            return NAN
        return float(chain.mid[pair].sum()) / TICK_POINTS
    return NAN


def volatility_rows(chain, found, expiration, lead):
    """Rows 113...120 without 119, and the smile of today's expiration."""
    ordered = [smile for _, smile in found]
    today = zero_dte(found, expiration)
    seven, thirty = constant_maturity(ordered, 7), constant_maturity(ordered, 30)
    row = {
        "atm_implied_volatility_0dte_percent": 100 * today.at_the_money if today else NAN,
        "atm_implied_volatility_7d_percent": 100 * seven,
        "atm_implied_volatility_30d_percent": 100 * thirty,
        "implied_volatility_term_slope_7d_30d_vol_points": 100 * thirty - 100 * seven,
        "risk_reversal_25_delta_7d_vol_points": 100 * interpolated(ordered, 7, lambda smile: smile.risk_reversal),
        "butterfly_25_delta_7d_vol_points": 100 * interpolated(ordered, 7, lambda smile: smile.butterfly),
        "expected_move_to_close_ticks": _straddle(chain, expiration, lead),
    }
    return row, today


def exposure_rows(chain, lead_mid, today, signed_flow):
    """Rows 129...131 and 133...137, and the scales of sums. `today`: slots that expire this trade date."""
    row, scales = {}, {}
    weighed = chain.has_volatility & numpy.isfinite(chain.interest)
    signed = numpy.where(weighed, chain.sign * chain.interest, 0.0)
    flow = chain.has_volatility
    sums = {
        "gamma_exposure_total_usd_per_1pct": (weighed, signed, "gamma"),
        "gamma_exposure_0dte_usd_per_1pct": (weighed & today, signed, "gamma"),
        "vanna_exposure_total_usd_per_vol_point": (weighed, signed, "vanna"),
        "charm_exposure_total_usd_per_day": (weighed, signed, "charm"),
        "signed_flow_gamma_exposure_session_usd_per_1pct": (flow, -signed_flow, "gamma"),
    }
    for name, (chosen, weights, greek) in sums.items():
        unit, slack = (getattr(chain, f"{greek}_{part}")[chosen] for part in ("unit", "slack"))
        row[name], scales[name] = exposure.signed_sum(weights[chosen] * unit, numpy.abs(weights[chosen]) * slack)
    for side, name in ((1, "call"), (-1, "put")):
        own = weighed & (chain.sign == side)
        strike = exposure.wall(chain.strike[own], (chain.interest * chain.gamma)[own], lead_mid)
        row[f"{name}_wall_distance_ticks"] = (lead_mid - strike) / TICK_POINTS
    known = chain.member & numpy.isfinite(chain.interest)
    total = chain.interest[known].sum()
    row["option_open_interest_coverage"] = chain.interest[known & chain.has_volatility].sum() / total if total else NAN
    return row, scales


def zero_gamma(chain, lead_mid, rate):
    own = chain.has_volatility & numpy.isfinite(chain.interest)
    return exposure.zero_gamma(lead_mid, chain.sign[own], chain.strike[own], chain.years_held[own], rate,
                               chain.sigma[own], chain.interest[own], chain.multiplier[own])
