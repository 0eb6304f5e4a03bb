"""Black-76 over arrays (FEATURES C.7), in this module's own formulas, and the same from `vollib` for a sample.

`vollib` is scalar and slow; the arrays are computed here with scipy's normal distribution, and every run compares a
sample of the contracts it met with `vollib.black`."""

from dataclasses import dataclass

import numpy
from scipy.special import ndtr

LOWEST, HIGHEST = 1e-4, 5.0


def density(x):
    return numpy.exp(-0.5 * x * x) / numpy.sqrt(2.0 * numpy.pi)


@dataclass
class Greeks:
    """Units of FEATURES C.7."""

    price: numpy.ndarray
    delta: numpy.ndarray
    gamma: numpy.ndarray
    vega: numpy.ndarray
    theta: numpy.ndarray
    vanna: numpy.ndarray
    charm: numpy.ndarray


def d1_of(forward, strike, years, volatility):
    deviation = volatility * numpy.sqrt(years)
    return (numpy.log(forward / strike) + 0.5 * volatility * volatility * years) / deviation


def greeks(sign, forward, strike, years, rate, volatility):
    root = numpy.sqrt(years)
    d1 = d1_of(forward, strike, years, volatility)
    d2 = d1 - volatility * root
    discount = numpy.exp(-rate * years)
    phi = density(d1)
    price = sign * discount * (forward * ndtr(sign * d1) - strike * ndtr(sign * d2))
    delta = sign * discount * ndtr(sign * d1)
    return Greeks(
        price=price,
        delta=delta,
        gamma=discount * phi / (forward * volatility * root),
        vega=discount * forward * phi * root / 100.0,
        theta=(rate * price - discount * forward * phi * volatility / (2.0 * root)) / 365.0,
        vanna=-discount * phi * d2 / volatility / 100.0,
        charm=(rate * delta + discount * phi * d2 / (2.0 * years)) / 365.0,
    )


def gamma(forward, strike, years, rate, volatility):
    d1 = d1_of(forward, strike, years, volatility)
    return numpy.exp(-rate * years) * density(d1) / (forward * volatility * numpy.sqrt(years))


def _out_of_the_money_price(sign, forward, strike, years, volatility):
    """Undiscounted, and its derivative by the volatility."""
    root = numpy.sqrt(years)
    d1 = d1_of(forward, strike, years, volatility)
    d2 = d1 - volatility * root
    price = sign * (forward * ndtr(sign * d1) - strike * ndtr(sign * d2))
    return price, forward * density(d1) * root


def implied_volatility(sign, forward, strike, years, rate, price):
    """Root in [1e-4, 5], NaN where there is none. Bracketed Newton on the logarithm of the time value, until the step
    is below 1e-15 of the root or the bracket is as narrow as doubles allow."""
    # price·e^(rT) - max(θ(F - K), 0), without the cancellation of large terms.
    time_value = (price - numpy.maximum(sign * (forward - strike), 0.0)) + price * numpy.expm1(rate * years)
    otm = numpy.where(strike >= forward, 1.0, -1.0)
    low, high = numpy.full_like(forward, LOWEST), numpy.full_like(forward, HIGHEST)
    floor, _ = _out_of_the_money_price(otm, forward, strike, years, low)
    ceiling, _ = _out_of_the_money_price(otm, forward, strike, years, high)
    solvable = (time_value > 0) & (floor <= time_value) & (time_value <= ceiling)
    sigma = numpy.clip(numpy.sqrt(2.0 * numpy.abs(numpy.log(forward / strike)) / years), 0.05, 2.0)
    target = numpy.log(numpy.where(solvable, time_value, 1.0))
    active = solvable.copy()
    for _ in range(200):
        value, slope = _out_of_the_money_price(otm, forward, strike, years, sigma)
        with numpy.errstate(divide="ignore", invalid="ignore"):
            error = numpy.where(value > 0, numpy.log(numpy.maximum(value, 1e-320)), -numpy.inf) - target
            step = error * value / slope
        low, high = numpy.where(error < 0, sigma, low), numpy.where(error >= 0, sigma, high)
        trial = sigma - step
        inside = numpy.isfinite(trial) & (trial > low) & (trial < high)
        following = numpy.where(inside, trial, 0.5 * (low + high))
        narrow = high - low <= 4e-16 * high
        done = (inside & (numpy.abs(following - sigma) <= 1e-15 * sigma)) | narrow | (error == 0.0)
        sigma = numpy.where(active & (error != 0.0), following, sigma)
        active &= ~done
        if not active.any():
            break
    return numpy.where(solvable, sigma, numpy.nan)


def volatility_slack(forward, strike, years, sigma, price):
    """How far four units in the last place of the price move the volatility. It matters for options in the money whose
    time value is a millionth of their price."""
    _, slope = _out_of_the_money_price(1.0, forward, strike, years, sigma)
    return 4.0 * numpy.spacing(price) / slope


def against_vollib(sample, rate):
    """Largest differences between this module and vollib over [(sign, F, K, years, price, sigma)], with the tolerances
    of FEATURES E. Returns (lines, failures)."""
    from vollib.black import black
    from vollib.black.greeks import analytical
    from vollib.black.implied_volatility import implied_volatility as solve

    names = ("price", "delta", "gamma", "vega", "theta")
    worst = dict.fromkeys(("volatility", *names), 0.0)
    columns = [numpy.array(column, float) for column in zip(*sample)]
    sign, forward, strike, years, price, sigma = columns
    ours = greeks(sign, forward, strike, years, rate, sigma)
    for index, (theta, f, k, t, mid, volatility) in enumerate(sample):
        flag = "c" if theta > 0 else "p"
        worst["volatility"] = max(worst["volatility"], abs(solve(mid, f, k, rate, t, flag) - volatility))
        theirs = {"price": black(flag, f, k, t, rate, volatility)}
        for name in names[1:]:
            theirs[name] = getattr(analytical, name)(flag, f, k, t, rate, volatility)
        for name in names:
            # Sums of terms of opposite sign are measured by the larger term.
            scale = {"price": max(f, k), "theta": max(abs(rate * mid / 365.0), abs(theirs[name]))}.get(name, 0.0)
            difference = abs(float(getattr(ours, name)[index]) - theirs[name])
            worst[name] = max(worst[name], difference / max(abs(theirs[name]), scale))
    limits = {"volatility": 1e-8, "price": 1e-12}
    lines = [f"- vollib, {len(sample)} contracts: largest difference of " +
             ", ".join(f"{name} {value:.1e}" for name, value in worst.items())]
    failures = [f"vollib: {name} differs by {value:.2e}" for name, value in worst.items()
                if not value <= limits.get(name, 1e-9)]
    return lines, failures
