"""Checks of the smile on volatilities that are known functions of the strike."""

import math

import numpy

from .exposure import wall, zero_gamma
from .smile import Smile, constant_maturity, interpolated


def _smile(years, level, slope, forward=6000.0):
    strikes = numpy.arange(5400.0, 6601.0, 50.0)
    sign = numpy.where(strikes < forward, -1.0, 1.0)
    return Smile(forward, years, sign, strikes, level + slope * numpy.log(strikes / forward))


def failures():
    found = []
    flat = _smile(7 / 365, 0.2, 0.0)
    # With a flat smile the 25-delta strikes are known, and both have the same volatility.
    if abs(flat.at_25_delta(1) - 0.2) > 1e-15 or flat.risk_reversal != 0.0 or abs(flat.butterfly) > 1e-15:
        found.append("smile: a flat one is not flat")
    # With a linear smile sigma(k) = 0.2 - k / 2, the 25-delta call solves d1 = -0.6744897501960817.
    tilted = _smile(7 / 365, 0.2, -0.5)
    volatility = tilted.at_25_delta(1)
    k, deviation = (0.2 - volatility) * 2, volatility * math.sqrt(7 / 365)
    if abs((-k + deviation**2 / 2) / deviation + 0.6744897501960817) > 1e-9:
        found.append("smile: 25-delta call away from its strike")
    steep = Smile(6000.0, 7 / 365, numpy.array([1.0]), numpy.array([6000.0]), numpy.array([0.2]))
    if not math.isnan(steep.at_25_delta(1)) or steep.at_the_money != 0.2 or not math.isnan(steep.at(0.01)):
        found.append("smile: extrapolated")
    pair = [_smile(5 / 365, 0.1, 0.0), _smile(10 / 365, 0.2, 0.0)]
    expected = math.sqrt((0.01 * 5 + (0.04 * 10 - 0.01 * 5) * 2 / 5) / 7)
    if abs(constant_maturity(pair, 7) - expected) > 1e-14 or not math.isnan(constant_maturity(pair, 30)):
        found.append("smile: constant maturity")
    if abs(interpolated(pair, 7, lambda smile: smile.at_the_money) - 0.14) > 1e-15:
        found.append("smile: interpolation in time")
    if abs(constant_maturity([flat], 7) - 0.2) > 1e-15:
        found.append("smile: an expiry exactly at 7 days")
    # Ties of walls: nearest the forward, then the lower strike.
    strikes, weights = numpy.array([5990.0, 6010.0, 6030.0]), numpy.array([2.0, 2.0, 2.0])
    if wall(strikes, weights, 6000.0) != 5990.0 or wall(strikes, weights, 6006.0) != 6010.0:
        found.append("walls: ties")
    if not math.isnan(wall(strikes, 0 * weights, 6000.0)):
        found.append("walls: all zero")
    one = numpy.ones(1)
    if not math.isnan(zero_gamma(6000.0, one, 6000 * one, 0.02 * one, 0.04, 0.2 * one, one, 50 * one)):
        found.append("zero gamma: found without a change of sign")
    if zero_gamma(6000.0, one, 6000 * one, 0.02 * one, 0.04, 0.2 * one, 0 * one, 50 * one) != 6000.0:
        found.append("zero gamma: a grid point with total 0 is a crossing")
    return found
