"""Stoikov's micro-price: the table's file, its use, its making from sampled books (FEATURES C.8, C-5, K.3-62, 63)."""

import json
import math

import numpy

NAN = math.nan
BINS, SPREADS = 10, 2
STATES = BINS * SPREADS
MINIMUM_SAMPLES = 100
SESSIONS = 5
STEPS = (-2, -1, 1, 2)  # half-ticks


def bin_of(size, total):
    return min(10 * size // total, 9)


class MicroPrice:
    """Offsets in ticks, by spread and by bin of the bid's share of the best sizes."""

    def __init__(self, content, name="micro-price table"):
        if content.get("version") != 1:
            raise ValueError(f"{name}: version {content.get('version')!r}, expected 1")
        self.offsets = [[NAN if value is None else float(value) for value in row] for row in content["offsets"]]
        if [len(row) for row in self.offsets] != [BINS] * SPREADS:
            raise ValueError(f"{name}: offsets are not 2 x 10")

    def offset(self, bid_size, ask_size, spread):
        total = bid_size + ask_size
        if spread < 1 or total == 0:
            return NAN
        row = self.offsets[min(spread, SPREADS) - 1]
        if bid_size == ask_size:
            return 0.0
        if bid_size < ask_size:
            return row[bin_of(bid_size, total)]
        return -row[bin_of(ask_size, total)]


def read(path):
    """A table's content: the file itself, or its part "micro_price" where it also holds a profile."""
    with open(path, encoding="utf-8") as stream:
        content = json.load(stream)
    return content.get("micro_price", content)


def load(path):
    return MicroPrice(read(path), path)


class Sampler:
    """Collects, per RTH session, the books at every change of the mid or of the best sizes; None where they part."""

    def __init__(self):
        self.sessions = {}

    def apply(self, moment, market, session):
        if not session.in_rth(moment):
            return
        samples = self.sessions.setdefault(session.trade_date, [])
        if not market.valid:
            if samples and samples[-1] is not None:
                samples.append(None)
            return
        bid, ask = market.book.bids[0], market.book.asks[0]
        sample = (market.book.mid_half_ticks, bid[1], ask[1], ask[0] - bid[0])
        if not samples or samples[-1] is None or samples[-1][:3] != sample[:3]:
            samples.append(sample)


def state_of(sample):
    """(bin, spread) of a sample, None if its spread is not 1 or 2."""
    _, bid_size, ask_size, spread = sample
    if spread not in (1, 2) or bid_size + ask_size == 0:
        return None
    return bin_of(bid_size, bid_size + ask_size), spread


def transitions(samples):
    """(state before, state after, change of the mid in half-ticks) of consecutive samples, with their mirrors."""
    for before, after in zip(samples, samples[1:]):
        if before is None or after is None:
            continue
        start, end, change = state_of(before), state_of(after), after[0] - before[0]
        if start is None or end is None or abs(change) > 2:
            continue
        yield start, end, change
        yield (9 - start[0], start[1]), (9 - end[0], end[1]), -change


def table(sessions):
    """Offsets (2 x 10) and sample counts from {trade date: samples}."""
    stay, move = numpy.zeros((STATES, STATES)), numpy.zeros((STATES, STATES))
    steps = numpy.zeros((STATES, len(STEPS)))
    for date in sorted(sessions)[-SESSIONS:]:
        for start, end, change in transitions(sessions[date]):
            x, y = (state[0] + BINS * (state[1] - 1) for state in (start, end))
            if change == 0:
                stay[x, y] += 1
            else:
                move[x, y] += 1
                steps[x, STEPS.index(change)] += 1
    counts = stay.sum(axis=1) + move.sum(axis=1)
    known = counts >= MINIMUM_SAMPLES
    divisor = numpy.where(known, counts, 1.0)[:, None]
    stay, move, steps = (numpy.where(known[:, None], matrix / divisor, 0.0) for matrix in (stay, move, steps))
    inverse = numpy.linalg.inv(numpy.eye(STATES) - stay)
    term = inverse @ (steps @ (numpy.array(STEPS) / 2))
    onward = inverse @ move
    total = numpy.zeros(STATES)
    for _ in range(1000):
        total += term
        if numpy.abs(term).max() < 1e-9:
            break
        term = onward @ term
    offsets = [float(value) if seen else None for value, seen in zip(total, known)]
    return [offsets[:BINS], offsets[BINS:]], [counts[:BINS].astype(int).tolist(), counts[BINS:].astype(int).tolist()]
