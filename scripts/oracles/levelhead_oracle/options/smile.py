"""Smile of one expiration, 25-delta strikes and constant maturities (FEATURES A.13)."""

import math

import numpy
from scipy.special import ndtr

NAN = math.nan
YEAR_DAYS = 365.0


class Smile:
    """Volatility over k = ln(K/F), linear between strikes, from out-of-the-money options."""

    def __init__(self, forward, years, sign, strike, volatility):
        self.forward, self.years = forward, years
        wanted = numpy.where(sign > 0, strike >= forward, strike <= forward)
        strikes, which = numpy.unique(strike[wanted], return_inverse=True)
        self.k = numpy.log(strikes / forward)
        self.k[strikes == forward] = 0.0
        self.volatility = numpy.bincount(which, volatility[wanted], len(strikes)) / numpy.bincount(
            which, minlength=len(strikes)
        ) if len(strikes) else numpy.zeros(0)

    def at(self, k):
        if not len(self.k) or k < self.k[0] or k > self.k[-1]:
            return NAN
        index = int(numpy.searchsorted(self.k, k))
        if self.k[index] == k:
            return float(self.volatility[index])
        left, right = self.k[index - 1], self.k[index]
        weight = (k - left) / (right - left)
        return float(self.volatility[index - 1] + weight * (self.volatility[index] - self.volatility[index - 1]))

    @property
    def at_the_money(self):
        return self.at(0.0)

    def _delta_excess(self, sign, k):
        """abs(undiscounted delta) - 0.25 at k, with the smile's own volatility there."""
        volatility = self.at(k)
        deviation = volatility * math.sqrt(self.years)
        return float(ndtr(sign * ((-k + 0.5 * deviation * deviation) / deviation))) - 0.25

    def at_25_delta(self, sign):
        """Volatility of the 25-delta call (sign +1) or put (-1); NaN unless delta passes 0.25 between k = 0 and the
        last strike of that side."""
        if math.isnan(self.at_the_money):
            return NAN
        near, far = 0.0, float(self.k[-1] if sign > 0 else self.k[0])
        if not (self._delta_excess(sign, near) > 0.0 and self._delta_excess(sign, far) <= 0.0):
            return NAN
        while abs(far - near) > 1e-15:
            middle = 0.5 * (near + far)
            if middle in (near, far):
                break
            if self._delta_excess(sign, middle) > 0.0:
                near = middle
            else:
                far = middle
        return self.at(0.5 * (near + far))

    @property
    def risk_reversal(self):
        return self.at_25_delta(1) - self.at_25_delta(-1)

    @property
    def butterfly(self):
        return 0.5 * (self.at_25_delta(1) + self.at_25_delta(-1)) - self.at_the_money


def _bracket(smiles, days, value):
    """((years, value) below or at, (years, value) at or above) of the nearest expiries that have the value; `smiles`
    are sorted by years."""
    target = days / YEAR_DAYS
    below = above = None
    for smile in reversed([smile for smile in smiles if smile.years <= target]):
        found = value(smile)
        if not math.isnan(found):
            below = (smile.years, found)
            break
    for smile in [smile for smile in smiles if smile.years >= target]:
        found = value(smile)
        if not math.isnan(found):
            above = (smile.years, found)
            break
    return target, below, above


def constant_maturity(smiles, days):
    """At-the-money volatility, linear in total variance between the bracketing expiries."""
    target, below, above = _bracket(smiles, days, lambda smile: smile.at_the_money)
    if below is None or above is None:
        return NAN
    if below[0] == above[0]:
        return below[1]
    (years, low), (later, high) = below, above
    weight = (target - years) / (later - years)
    variance = low * low * years + weight * (high * high * later - low * low * years)
    return math.sqrt(variance / target) if variance > 0 else NAN


def interpolated(smiles, days, value):
    """`value` of the bracketing expiries, linear in time."""
    target, below, above = _bracket(smiles, days, value)
    if below is None or above is None:
        return NAN
    if below[0] == above[0]:
        return below[1]
    return below[1] + (target - below[0]) / (above[0] - below[0]) * (above[1] - below[1])
