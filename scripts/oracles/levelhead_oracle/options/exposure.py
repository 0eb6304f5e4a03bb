"""Dealer exposures, walls, zero gamma and touch probability (FEATURES B-58, C.7, C.9)."""

import math

import numpy
from scipy.special import ndtr

from . import black
from .catalogue import RELATIVE

NAN = math.nan
GRID = numpy.arange(-80, 81)


def gamma_unit(forward, gamma, multiplier):
    """USD per 1 % move and contract of open interest, before the dealer sign."""
    return multiplier * gamma * forward * forward * 0.01


def scale(values, slack):
    """What a sum is compared by: the sum of magnitudes, enlarged so that the slack of its terms is tolerated."""
    return math.fsum(numpy.abs(values)) + math.fsum(slack) / RELATIVE


def signed_sum(values, slack):
    """(sum, scale), NaN if there is nothing to sum."""
    if not len(values):
        return NAN, NAN
    return math.fsum(values), scale(values, slack)


def sum_over_strikes(strikes, exposures):
    """Sum over strikes of abs(net exposure of the strike), 0 if there are none."""
    if not len(strikes):
        return 0.0
    _, which = numpy.unique(strikes, return_inverse=True)
    return math.fsum(numpy.abs(numpy.bincount(which, exposures)))


def wall(strikes, weights, forward):
    """Strike with the largest sum of weights; ties nearest the forward, then the lower. NaN if all are zero."""
    if not len(strikes):
        return NAN
    unique, which = numpy.unique(strikes, return_inverse=True)
    totals = numpy.bincount(which, weights)
    largest = totals.max()
    if not largest > 0:
        return NAN
    best = unique[totals == largest]
    return float(min(best.tolist(), key=lambda strike: (abs(strike - forward), strike)))


def zero_gamma(forward, sign, strike, years, rate, volatility, interest, multiplier):
    """Crossing of total exposure nearest the forward over the grid of C.9, NaN if none."""
    if not len(strike) or math.isnan(forward):
        return NAN
    points = forward * (1.0 + 0.0005 * GRID)
    gammas = black.gamma(points[:, None], strike, years, rate, volatility)
    totals = (sign * interest * multiplier * gammas * points[:, None] ** 2 * 0.01).sum(axis=1)
    crossings = points[totals == 0.0].tolist()
    for index in numpy.flatnonzero(totals[:-1] * totals[1:] < 0.0).tolist():
        low, high = totals[index], totals[index + 1]
        crossings.append(float(points[index] + (points[index + 1] - points[index]) * low / (low - high)))
    if not crossings:
        return NAN
    return min(crossings, key=lambda crossing: (abs(crossing - forward), crossing))


def touch_probability(level, forward, volatility, years):
    """Of a driftless geometric Brownian motion, within `years`. Arrays or numbers."""
    variance = volatility * volatility * years
    distance = numpy.abs(numpy.log(level / forward))
    side = numpy.sign(level - forward)
    root = numpy.sqrt(variance)
    value = ndtr((-distance - side * variance / 2) / root) + forward / level * ndtr(
        (-distance + side * variance / 2) / root
    )
    return numpy.where(level == forward, numpy.where(numpy.isnan(variance), NAN, 1.0), value)
