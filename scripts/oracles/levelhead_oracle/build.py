"""The files that are made from whole sessions of a tape: time-of-day profile and micro-price table."""

from . import micro_price, profile
from .replay import Replay


def _replayed(configuration, groups, **observers):
    replay = Replay(configuration, groups, direct_rows=0, **observers)
    for group in groups:
        replay.step(group)
    return replay


def profile_of(configuration, groups):
    """The profile of the completed regular sessions, the last 20 of them, as its file's content."""
    collector = profile.Collector()
    replay = _replayed(configuration, groups, collector=collector)
    replay.finish_session()
    collector.advance(collector.session.close)
    collector.finish()
    return profile.summary(collector.finished)


def micro_price_table_of(configuration, groups):
    """The table of the last five sessions with regular hours, as its file's content."""
    sampler = micro_price.Sampler()
    _replayed(configuration, groups, sampler=sampler)
    offsets, samples = micro_price.table(sampler.sessions)
    date = max(sampler.sessions).isoformat() if sampler.sessions else None
    return {"version": 1, "date": date, "offsets": offsets, "samples": samples}
