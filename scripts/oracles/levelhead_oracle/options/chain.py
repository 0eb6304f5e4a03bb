"""State of all contracts at whole seconds: membership, usable quotes, volatilities and greeks (A.13, K.1)."""

import math

import numpy

from ..sessions import SECOND
from . import black, exposure

NAN = math.nan
YEAR_SECONDS = 365.0 * 86400.0
LEAST_SECONDS = 300
GREATEST_AGE = 60 * SECOND
HELD = ("sigma", "years_held", "delta", "gamma", "vega", "gamma_unit", "vanna_unit", "charm_unit",
        "delta_slack", "vega_slack", "gamma_slack", "vanna_slack", "charm_slack")
FIRST_SAMPLES, SAMPLES = 1500, 4000


class Chain:
    """Arrays with one slot per contract. `refresh` moves to a whole second; ticks before it come by `quotes`."""

    def __init__(self, settings, instruments):
        self.settings = settings
        self.slots = {instrument: slot for slot, instrument in enumerate(sorted(instruments))}
        count = len(self.slots)
        self.defined = numpy.zeros(count, bool)
        self.sign, self.strike, self.multiplier = numpy.zeros((3, count))
        self.expiration, self.underlying = numpy.zeros((2, count), numpy.int64)
        self.root = numpy.full(count, "", object)
        self.bid, self.ask, self.seen = numpy.zeros((3, count), numpy.int64)
        self.dirty, self.has_volatility = numpy.zeros((2, count), bool)
        self.interest, self.reference = numpy.full(count, NAN), numpy.full(count, -1, numpy.int64)
        for name in HELD:
            setattr(self, name, numpy.full(count, NAN))
        self.forward, self.years = numpy.full((2, count), NAN)
        self.member, self.usable = numpy.zeros((2, count), bool)
        self.sample, self._generator = [], numpy.random.default_rng(17)
        self.evaluations = 0

    def define(self, instrument, definition):
        slot = self.slots[instrument]
        self.defined[slot] = definition is not None
        if definition is None:
            return
        self.sign[slot], self.strike[slot] = definition.sign, definition.strike / 1e9
        self.multiplier[slot], self.expiration[slot] = definition.multiplier, definition.expiration
        self.underlying[slot], self.root[slot] = definition.underlying, definition.root

    def learn_interest(self, instrument, reference, contracts):
        slot = self.slots.get(instrument)
        if slot is not None and reference >= self.reference[slot]:
            self.reference[slot], self.interest[slot] = reference, contracts

    def quotes(self, data, slots, part):
        """Takes the ticks of a slice of the ring; of several of a contract the last one stands."""
        own = slots[part]
        self.seen[own] = data.receive[part]
        quoted = data.quotes[part]
        self.bid[own[quoted]], self.ask[own[quoted]] = data.bid[part][quoted], data.ask[part][quoted]
        self.dirty[own[quoted]] = True

    @property
    def mid(self):
        return (self.bid + self.ask) / 2e9

    def _quoted(self, moment):
        return self.defined & (self.bid > 0) & (self.ask > self.bid) & (moment - self.seen <= GREATEST_AGE)

    def _parity_forwards(self, quoted):
        """Forwards of index options by put-call parity, per underlying and expiration."""
        index_options, mid = self.defined & (self.underlying == 0), self.mid
        for root, expiration in {(self.root[slot], self.expiration[slot]) for slot in numpy.flatnonzero(index_options)}:
            own = index_options & (self.root == root) & (self.expiration == expiration)
            mids = [{}, {}]
            for slot in numpy.flatnonzero(own & quoted).tolist():
                mids[int(self.sign[slot] < 0)][float(self.strike[slot])] = float(mid[slot])
            both = sorted(set(mids[0]) & set(mids[1]))
            if not both:
                continue
            strike = min(both, key=lambda k: (abs(mids[0][k] - mids[1][k]), k))
            growth = math.exp(self.settings.risk_free_rate * self.years[numpy.flatnonzero(own)[0]])
            self.forward[own] = strike + growth * (mids[0][strike] - mids[1][strike])

    def refresh(self, moment, forward_of):
        """`forward_of`: underlying instrument -> mid in points at `moment`, NaN if there is none."""
        settings = self.settings
        left = (self.expiration - moment) / SECOND
        self.years = left / YEAR_SECONDS
        quoted = self._quoted(moment)
        self.forward = numpy.full(len(self.sign), NAN)
        for instrument in numpy.unique(self.underlying[self.defined & (self.underlying != 0)]).tolist():
            self.forward[self.underlying == instrument] = forward_of(instrument)
        self._parity_forwards(quoted)
        with numpy.errstate(invalid="ignore"):
            self.member = (
                self.defined & numpy.isfinite(self.forward) & (left >= LEAST_SECONDS)
                & (left <= settings.horizon_days * 86400.0)
                & (numpy.abs(self.strike - self.forward) <= settings.strike_window * self.forward)
            )
            floor = numpy.exp(-settings.risk_free_rate * self.years) * numpy.maximum(
                self.sign * (self.forward - self.strike), 0.0
            )
            self.usable = self.member & quoted & (self.mid > floor)
        chosen = self.usable & (self.dirty | ~self.has_volatility | (settings.refresh == "chain"))
        self._evaluate(numpy.flatnonzero(chosen))
        self.has_volatility = self.usable & numpy.isfinite(self.sigma)
        for name in HELD:
            getattr(self, name)[~self.has_volatility] = NAN
        self.dirty[:] = False

    def _evaluate(self, slots):
        if not len(slots):
            return
        rate = self.settings.risk_free_rate
        sign, strike, forward, years = (
            values[slots] for values in (self.sign, self.strike, self.forward, self.years)
        )
        price = self.mid[slots]
        sigma = black.implied_volatility(sign, forward, strike, years, rate, price)
        found = black.greeks(sign, forward, strike, years, rate, sigma)
        multiplier = self.multiplier[slots]
        self.sigma[slots], self.years_held[slots] = sigma, years
        self.delta[slots], self.gamma[slots], self.vega[slots] = found.delta, found.gamma, found.vega
        self.gamma_unit[slots] = exposure.gamma_unit(forward, found.gamma, multiplier)
        self.vanna_unit[slots] = multiplier * forward * found.vanna
        self.charm_unit[slots] = multiplier * forward * found.charm
        slack = black.volatility_slack(forward, strike, years, sigma, price)
        other = black.greeks(sign, forward, strike, years, rate, sigma + slack)
        self.delta_slack[slots] = numpy.abs(other.delta - found.delta)
        self.vega_slack[slots] = numpy.abs(other.vega - found.vega)
        self.gamma_slack[slots] = numpy.abs(exposure.gamma_unit(forward, other.gamma - found.gamma, multiplier))
        self.vanna_slack[slots] = numpy.abs(multiplier * forward * (other.vanna - found.vanna))
        self.charm_slack[slots] = numpy.abs(multiplier * forward * (other.charm - found.charm))
        self.evaluations += len(slots)
        wanted = 50 if len(self.sample) < FIRST_SAMPLES else 1
        solved = numpy.flatnonzero(numpy.isfinite(sigma))
        if len(self.sample) < SAMPLES and len(solved):
            picked = self._generator.choice(solved, min(wanted, len(solved)), replace=False)
            columns = (sign, forward, strike, years, price, sigma)
            self.sample += [tuple(float(column[index]) for column in columns) for index in picked]
