"""The time-of-day profile: its file, its use, and its making from tapes (FEATURES A.12)."""

import json
import math

import numpy

from .sessions import SECOND

NAN = math.nan
BUCKETS = 276
BUCKET_SECONDS = 300
BUCKET = BUCKET_SECONDS * SECOND
SESSIONS, MINIMUM_SESSIONS = 20, 5
MINIMUM_BUCKETS = 264
VOLUME = "cumulative_volume_contracts"
METRICS = (
    "traded_contracts_per_second",
    "aggressor_orders_per_second",
    "messages_per_second",
    "depth_top_10_contracts",
    "bid_size_per_level_contracts",
    "ask_size_per_level_contracts",
    "realized_variance",
    VOLUME,
)


class Profile:
    """Means per metric and bucket. `sessions` below the minimum leaves everything undefined."""

    def __init__(self, content, name="profile"):
        if content.get("version") != 1:
            raise ValueError(f"{name}: version {content.get('version')!r}, expected 1")
        self.sessions = content["sessions"]
        self.means, self.deviations = {}, {}
        for metric in METRICS:
            entry = content["metrics"][metric]
            for target, key in ((self.means, "mean"), (self.deviations, "deviation")):
                values = [NAN if value is None else float(value) for value in entry[key]]
                if len(values) != BUCKETS:
                    raise ValueError(f"{name}: {metric} {key} has {len(values)} buckets, expected {BUCKETS}")
                target[metric] = values
        volume = content["mean_session_volume"]
        self.mean_session_volume = NAN if volume is None else float(volume)

    @property
    def usable(self):
        return self.sessions >= MINIMUM_SESSIONS

    def mean(self, metric, moment, session):
        """Of the bucket that holds `moment`, NaN outside the session."""
        bucket = (moment - session.open) // BUCKET
        return self.means[metric][bucket] if self.usable and 0 <= bucket < BUCKETS else NAN

    def volume(self, moment, session):
        """Cumulative volume at `moment`, linear inside its bucket."""
        bucket, inside = divmod(moment - session.open, BUCKET)
        if not self.usable or not 0 <= bucket < BUCKETS:
            return NAN
        before = self.means[VOLUME][bucket - 1] if bucket else 0.0
        return before + (self.means[VOLUME][bucket] - before) * (inside / BUCKET)


def read(path):
    with open(path, encoding="utf-8") as stream:
        return json.load(stream)


def load(path):
    return Profile(read(path), path)


class Collector:
    """Follows a replay and keeps each session's 276 values per metric."""

    def __init__(self):
        self.finished = []
        self.session = None

    def begin(self, session, start, market):
        """`start`: the session's opening, or the first group's time on a tape that starts inside it."""
        self.finish()
        self.session, self.last, self.start, self.grid = session, start, start, market.grid
        self.counts = {metric: numpy.zeros(BUCKETS) for metric in METRICS[:3]}
        self.sums = {metric: numpy.zeros(BUCKETS) for metric in METRICS[3:6]}
        self.spans = {metric: numpy.zeros(BUCKETS) for metric in METRICS[3:6]}
        self.volumes = numpy.full(BUCKETS, NAN)
        self.volume, self.filled_buckets, self.seen = 0, 0, set()
        self._read(market)

    def advance(self, moment):
        """Time passes in the state that the group before left."""
        end = min(moment, self.session.close)
        while self.last < end:
            bucket = (self.last - self.session.open) // BUCKET
            until = min(end, self.session.open + (bucket + 1) * BUCKET)
            for metric, value in self.values.items():
                if not math.isnan(value):
                    self.sums[metric][bucket] += value * (until - self.last)
                    self.spans[metric][bucket] += until - self.last
            self.last = until
        self._fill_volume((moment - self.session.open) // BUCKET)

    def _fill_volume(self, bucket):
        while self.filled_buckets < min(bucket, BUCKETS):
            self.volumes[self.filled_buckets] = self.volume
            self.filled_buckets += 1

    def apply(self, group, moment, market, orders):
        bucket = (moment - self.session.open) // BUCKET
        self.volume = market.session_volume
        if bucket < BUCKETS:
            self.seen.add(bucket)
            self.counts["messages_per_second"][bucket] += group.records
            if market.flows:
                self.counts["traded_contracts_per_second"][bucket] += sum(trade[2] for trade in group.trades)
                self.counts["aggressor_orders_per_second"][bucket] += len(orders)
        self._read(market)

    def _read(self, market):
        self.values = {
            "depth_top_10_contracts": market.total_depth_now,
            "bid_size_per_level_contracts": market.mean_size_now("bid"),
            "ask_size_per_level_contracts": market.mean_size_now("ask"),
        }

    def finish(self):
        """Keeps the session if it is complete: a group in the first and the last bucket and in nearly all others."""
        if self.session is not None and {0, BUCKETS - 1} <= self.seen and len(self.seen) >= MINIMUM_BUCKETS:
            self._fill_volume(BUCKETS)
            self.finished.append((self.session, self._metrics(), self.volumes[-1]))

    def _metrics(self):
        result = {metric: counts / BUCKET_SECONDS for metric, counts in self.counts.items()}
        with numpy.errstate(invalid="ignore", divide="ignore"):
            for metric, sums in self.sums.items():
                result[metric] = numpy.where(self.spans[metric] > 0, sums / self.spans[metric], NAN)
        result["realized_variance"] = numpy.array([self._variance(bucket) for bucket in range(BUCKETS)])
        result[VOLUME] = self.volumes
        unseen = (self.start - self.session.open) // BUCKET
        for values in result.values():
            values[:unseen] = NAN
        return result

    def _variance(self, bucket):
        """Squared five-second returns whose newer point lies in the bucket."""
        first = self.session.open // SECOND + bucket * BUCKET_SECONDS
        mids = numpy.array([self.grid.get(second, NAN) for second in range(first - 5, first + BUCKET_SECONDS, 5)])
        squares = numpy.diff(numpy.log(mids)) ** 2
        return float(numpy.nansum(squares)) if numpy.isfinite(squares).any() else NAN


def summary(sessions):
    """`sessions`: (session, {metric: 276 values}, volume) in time order."""
    used = [entry for entry in sessions if entry[0].regular][-SESSIONS:]
    metrics = {}
    for metric in METRICS:
        table = numpy.array([entry[1][metric] for entry in used]).reshape(len(used), BUCKETS)
        means, deviations = [], []
        for bucket in range(BUCKETS):
            column = table[:, bucket][~numpy.isnan(table[:, bucket])]
            enough = len(column) >= MINIMUM_SESSIONS
            means.append(float(column.mean()) if enough else None)
            deviations.append(float(column.std(ddof=1)) if enough else None)
        metrics[metric] = {"mean": means, "deviation": deviations}
    volumes = [entry[2] for entry in used]
    return {
        "version": 1,
        "sessions": len(used),
        "metrics": metrics,
        "mean_session_volume": sum(volumes) / len(volumes) if len(volumes) >= MINIMUM_SESSIONS else None,
    }
