"""Returns and volatility, C-61 and C-66 to C-82 but ATR (FEATURES C.4, K.3-13, 14, 45 to 53)."""

import math

import numpy
from arch.unitroot import VarianceRatio

from .market import quotient
from .sessions import SECOND

NAN = math.nan
BAR_WINDOW = 30
DECAY = 0.94
GRID_SECONDS = 5


def parkinson(high, low):
    return numpy.log(high / low) ** 2 / (4 * math.log(2))


def garman_klass(opened, high, low, close):
    return 0.5 * numpy.log(high / low) ** 2 - (2 * math.log(2) - 1) * numpy.log(close / opened) ** 2


def rogers_satchell(opened, high, low, close):
    up, down, end = (numpy.log(price / opened) for price in (high, low, close))
    return up * (up - end) + down * (down - end)


def yang_zhang(opened, high, low, close):
    """Variance per bar of bars 1 ... n, with the close of bar 0 before them."""
    overnight = numpy.log(opened[1:] / close[:-1])
    inside = numpy.log(close[1:] / opened[1:])
    count = len(inside)
    weight = 0.34 / (1.34 + (count + 1) / (count - 1))
    range_part = rogers_satchell(opened[1:], high[1:], low[1:], close[1:]).mean()
    return overnight.var(ddof=1) + weight * inside.var(ddof=1) + (1 - weight) * range_part


def bipower(returns):
    """(pi/2) sum |r||r-1| without the factor n/(n-1); `returns` may hold NaN."""
    products = numpy.abs(returns[1:]) * numpy.abs(returns[:-1])
    return math.pi / 2 * float(numpy.nansum(products))


def variance_ratio(log_prices, lag=10):
    with numpy.errstate(divide="ignore", invalid="ignore"):  # of the test statistic, which is not used
        return float(VarianceRatio(log_prices, lags=lag, trend="c", overlap=True, debiased=True).vr)


class MinuteBars:
    """Rows over completed one-minute bars; they change only when a bar closes."""

    def __init__(self, configuration):
        self.configuration = configuration
        self.bars, self.squares = [], []
        self.ewma = NAN
        self.values = {}

    def add(self, opened, high, low, close, volume):
        self.bars.append((opened, high, low, close, volume))
        if len(self.bars) > 1:
            squared = math.log(close / self.bars[-2][3]) ** 2
            if len(self.bars) <= BAR_WINDOW + 1:
                self.squares.append(squared)
            if len(self.bars) == BAR_WINDOW + 1:
                self.ewma = sum(self.squares) / BAR_WINDOW
            elif len(self.bars) > BAR_WINDOW + 1:
                self.ewma = DECAY * self.ewma + (1 - DECAY) * squared
        self.values = self._values()

    def _values(self):
        percent = self.configuration.annualized_percent
        values = {"ewma_volatility_1m_annualized_percent": percent(self.ewma / 60)}
        if len(self.bars) < BAR_WINDOW:
            return values
        recent = numpy.array(self.bars[-BAR_WINDOW - 1 :], dtype=numpy.float64)
        opened, high, low, close, volume = recent[-BAR_WINDOW:].T
        for name, variances in (
            ("parkinson", parkinson(high, low)),
            ("garman_klass", garman_klass(opened, high, low, close)),
            ("rogers_satchell", rogers_satchell(opened, high, low, close)),
        ):
            values[f"{name}_volatility_w1800s_annualized_percent"] = percent(float(variances.mean()) / 60)
        if len(recent) > BAR_WINDOW:
            moves = numpy.abs(1e4 * numpy.log(close / recent[:-1, 3]))
            millions = volume * self.configuration.multiplier * close * 0.25 / 1e6
            values["amihud_illiquidity_w1800s_bps_per_million_usd"] = float((moves / millions).mean())
        return values


class Returns:
    """Rows over the one-second and the five-second grid of mids."""

    def __init__(self, configuration, profile, grid):
        self.configuration, self.profile, self.grid = configuration, profile, grid
        self.window_key = self.regular_key = self.ratio_key = None

    def fill(self, row, moment, session, start):
        """`start`: the time of the last reset."""
        newest = moment // SECOND - 1
        now = self.grid.get(newest, NAN)
        for lag in (60, 300, 1800):
            row[f"mid_return_{lag}s_bps"] = 1e4 * math.log(now / self.grid.get(newest - lag, NAN))
        last = newest - newest % GRID_SECONDS
        if last != self.window_key:
            self.window_key, self.windows = last, {span: self._returns(last, span) for span in (300, 1800)}
        percent, age = self.configuration.annualized_percent, moment - start
        if age >= 300 * SECOND:
            variance = self._variance(self.windows[300])
            row["realized_volatility_w300s_annualized_percent"] = percent(variance / 300)
            if self.profile and variance > 0:
                mean = self.profile.mean("realized_variance", moment, session)
                ratio = quotient(variance, mean)
                row["realized_volatility_time_of_day_ratio"] = math.sqrt(ratio)
        if age >= 1800 * SECOND:
            self._long_window(row, newest, percent)
        if session.in_rth(moment) and moment - session.rth_open >= 300 * SECOND:
            row["realized_volatility_rth_annualized_percent"] = self._regular(last, session, percent)

    def _returns(self, last, span):
        """The returns of the window that ends at point `last`, None if too few of its points are valid."""
        mids = numpy.array([self.grid.get(second, NAN) for second in range(last - span, last + 1, GRID_SECONDS)])
        valid = int(numpy.isfinite(mids).sum())
        return numpy.diff(numpy.log(mids)) if 10 * valid >= 9 * len(mids) else None

    @staticmethod
    def _variance(returns):
        """Realized variance, NaN when it is exactly 0."""
        total = NAN if returns is None else float(numpy.nansum(returns**2))
        return total if total > 0 else NAN

    def _long_window(self, row, newest, percent):
        returns = self.windows[1800]
        variance = self._variance(returns)
        if variance > 0:
            count = int(numpy.isfinite(returns).sum())
            power = bipower(returns) * count / (count - 1) if count > 1 else NAN
            row["realized_volatility_w1800s_annualized_percent"] = percent(variance / 1800)
            zero = power == 0  # K.3-13: bipower variation is undefined only with the realized one
            row["bipower_volatility_w1800s_annualized_percent"] = 0.0 if zero else percent(power / 1800)
            row["jump_ratio_w1800s"] = max(0.0, variance - power) / variance
            negative = returns[returns < 0]
            row["downside_semivariance_share_w1800s"] = float((negative**2).sum()) / variance
        if newest != self.ratio_key:
            self.ratio_key, self.ratio = newest, self._ratio(newest)
        row["variance_ratio_10_w1800s"] = self.ratio

    def _ratio(self, newest):
        mids = numpy.array([self.grid.get(second, NAN) for second in range(newest - 1800, newest + 1)])
        if not numpy.isfinite(mids).all() or (numpy.diff(mids) == 0).all():
            return NAN
        return variance_ratio(numpy.log(mids))

    def _regular(self, last, session, percent):
        if (last, session.index) != self.regular_key:
            self.regular_key = (last, session.index)
            elapsed = last - session.rth_open // SECOND
            self.regular = percent(self._variance(self._returns(last, elapsed)) / elapsed)
        return self.regular
