"""Bars from trades, the moving average of their closes, and ATR (FEATURES A.5, A.10, C-80)."""

import math

import numpy

from .sessions import MINUTE

try:
    import talib
except ImportError:
    talib = None

NAN = math.nan
CLOCK_GRACE = 250_000_000


class Bars:
    """Bars of a fixed length, labelled by their start. Prices are in ticks; an interval without trades makes no bar."""

    def __init__(self, minutes):
        self.length = minutes * MINUTE
        self.first_open = None
        self.bucket = None
        self.current = None
        self.late = 0

    def advance(self, event_time, clock):
        """Returns the bar that ends now as (start, open, high, low, close, volume), or None."""
        boundary = max(event_time // self.length, (clock - CLOCK_GRACE) // self.length)
        if self.first_open is None or boundary > self.first_open:
            self.first_open = boundary
        if self.current is None or self.bucket >= self.first_open:
            return None
        finished = (self.bucket * self.length, *self.current)
        self.current = None
        return finished

    def add(self, event_time, tick, size):
        bucket = event_time // self.length
        if bucket < self.first_open:
            self.late += 1
            bucket = self.first_open
        if self.current is None:
            self.bucket, self.current = bucket, [tick, tick, tick, tick, size]
            return
        bar = self.current
        bar[1], bar[2], bar[3], bar[4] = max(bar[1], tick), min(bar[2], tick), tick, bar[4] + size


class AverageTrueRange:
    """Wilder's ATR(14) in ticks; TA-Lib where it is installed, else the plain recursion."""

    def __init__(self):
        self.highs, self.lows, self.closes = [], [], []
        self.value = NAN

    def add(self, high, low, close):
        self.highs.append(float(high))
        self.lows.append(float(low))
        self.closes.append(float(close))
        if len(self.closes) < 15:
            return
        if talib is not None:
            arrays = (numpy.array(values) for values in (self.highs, self.lows, self.closes))
            self.value = float(talib.ATR(*arrays, timeperiod=14)[-1])
            return
        index = len(self.closes) - 1
        ranges = [self._true_range(i) for i in (range(1, 15) if index == 14 else (index,))]
        self.value = sum(ranges) / 14 if index == 14 else (13 * self.value + ranges[0]) / 14

    def _true_range(self, i):
        previous = self.closes[i - 1]
        return max(self.highs[i] - self.lows[i], abs(self.highs[i] - previous), abs(self.lows[i] - previous))
