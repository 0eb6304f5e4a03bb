"""Exponentially weighted sums and time-weighted means (FEATURES A.5).

Values come from the plain recursion; on the rows where `Registry.direct` is set they come from direct summation over
the whole history with numpy.exp2, and the largest disagreement of the two is kept. Times are integer nanoseconds.
"""

import math
from array import array

import numpy

NAN = math.nan


class Registry:
    """Makes the estimators of a run and collects how far recursion and direct summation differ."""

    def __init__(self, keep_history=True):
        self.keep_history = keep_history
        self.direct = False
        self.comparisons = 0
        self.largest_difference = 0.0

    def note(self, recursive, direct, scale):
        self.comparisons += 1
        if scale > 0:
            self.largest_difference = max(self.largest_difference, abs(recursive - direct) / scale)

    def total(self, half_life):
        return ExponentialSum(self, half_life)

    def mean(self, half_life):
        return TimeWeightedMean(self, half_life)


class ExponentialSum:
    """E_h[v] and, beside it, E_h[abs(v)], which is the scale of its rounding error."""

    def __init__(self, registry, half_life):
        self.registry, self.half_life = registry, half_life
        self.reset(None)

    def reset(self, start):
        self.start, self.last = start, start
        self.value = self.magnitude = 0.0
        self.times, self.values = array("q"), array("d")

    def add(self, moment, value):
        if value == 0:
            return
        decay = 1.0 if self.last is None else 2.0 ** (-(moment - self.last) * 1e-9 / self.half_life)
        self.value = self.value * decay + value
        self.magnitude = self.magnitude * decay + abs(value)
        self.last = moment
        if self.registry.keep_history:
            self.times.append(moment)
            self.values.append(value)

    def read(self, moment):
        if self.last is None:
            return 0.0
        decay = 2.0 ** (-(moment - self.last) * 1e-9 / self.half_life)
        result = self.value * decay
        if self.registry.direct and self.times:
            times = numpy.frombuffer(self.times, numpy.int64)
            values = numpy.frombuffer(self.values, numpy.float64)
            weights = numpy.exp2((times - moment) * (1e-9 / self.half_life))
            direct = float(weights @ values)
            self.registry.note(result, direct, float(weights @ numpy.abs(values)))
            result = direct
        return result

    def scale(self, moment):
        if self.last is None:
            return 0.0
        return self.magnitude * 2.0 ** (-(moment - self.last) * 1e-9 / self.half_life)

    def rate(self, moment, warm_up=None):
        """Bias-corrected events per second since the reset; NaN during the warm-up of min(h, 10 s)."""
        elapsed = (moment - self.start) * 1e-9
        if elapsed < (min(self.half_life, 10.0) if warm_up is None else warm_up):
            return NAN
        return self.read(moment) * (math.log(2) / self.half_life) / (1.0 - 2.0 ** (-elapsed / self.half_life))


class TimeWeightedMean:
    """Time-weighted mean of a step function; exponential with a half-life, plain with None."""

    def __init__(self, registry, half_life):
        self.registry, self.half_life = registry, half_life
        self.reset(None)

    def reset(self, start):
        self.start = self.last = start
        self.current = NAN
        self.weighted = self.weight = 0.0
        self.defined_nanos = 0
        self.begins, self.ends, self.values = array("q"), array("q"), array("d")

    def _advanced(self, moment):
        if self.last is None or moment <= self.last:
            return self.weighted, self.weight
        defined = not math.isnan(self.current)
        if self.half_life is None:
            span = float(moment - self.last) if defined else 0.0
            return (self.weighted + (self.current * span if defined else 0.0)), self.weight + span
        decay = 2.0 ** (-(moment - self.last) * 1e-9 / self.half_life)
        weighted, weight = self.weighted * decay, self.weight * decay
        if defined:
            weighted += self.current * (1.0 - decay)
            weight += 1.0 - decay
        return weighted, weight

    def set(self, moment, value):
        """From `moment` on the step function is `value` (NaN: undefined)."""
        if self.last is not None and moment > self.last and not math.isnan(self.current):
            self.defined_nanos += moment - self.last
            if self.registry.keep_history:
                self.begins.append(self.last)
                self.ends.append(moment)
                self.values.append(self.current)
        self.weighted, self.weight = self._advanced(moment)
        self.last, self.current = moment, value

    def read(self, moment):
        weighted, weight = self._advanced(moment)
        if weight == 0.0:
            return NAN
        result = weighted / weight
        if self.registry.direct and self.begins and moment == self.last:
            result = self._direct(moment, result)
        return result

    def _direct(self, moment, recursive):
        begins = numpy.frombuffer(self.begins, numpy.int64)
        ends = numpy.frombuffer(self.ends, numpy.int64)
        values = numpy.frombuffer(self.values, numpy.float64)
        if self.half_life is None:
            weights = (ends - begins).astype(numpy.float64)
        else:
            # 2^-(t-e)/h - 2^-(t-b)/h without cancellation for short intervals.
            per_nano = 1e-9 / self.half_life
            weights = numpy.exp2((ends - moment) * per_nano) * -numpy.expm1(
                (begins - ends) * (per_nano * math.log(2))
            )
        total = float(weights.sum())
        if total == 0.0:
            return recursive
        direct = float(weights @ values) / total
        self.registry.note(recursive, direct, abs(direct))
        return direct
