"""From tapes and an export to the oracle's own columns, and a fake export made of them."""

import json

import numpy

from ..configuration import Configuration
from ..sessions import Sessions
from . import alignment, comparison, levels, tape
from .catalogue import ROW_OF
from .replay import PREMIUM, REALIZED, Replay
from .underlying import Underlying, statuses

FOURTEEN_DAYS = 14 * 86_400 * 10**9


def recompute(tapes, export, chosen, instrument=None):
    """(replay, name -> column, (matrix, name -> index, stamps) of the export, notes)."""
    source = tape.Tape(tapes)
    booked, lead = alignment.signal_future(source, instrument)
    matrix, index_of, stamps = comparison.load(export)
    sessions = Sessions(int(source.event[source.kind == tape.MBP_10].min()), int(source.clock[-1]) + FOURTEEN_DAYS,
                        Configuration())
    positions, books = source.rows(tape.MBP_10)
    futures, market = {}, statuses(source)
    for instrument in booked:
        own = books["instrument_id"] == instrument
        futures[instrument] = Underlying(positions[own], books[own], sessions, market.get(instrument, ()))
    groups, sentence = alignment.rows_to_groups(source, futures[lead], stamps)
    rows = numpy.array(futures[lead].closed_at, numpy.int64)[groups]
    moments = numpy.array(futures[lead].moments, numpy.int64)[groups]
    wanted = [name for name in index_of if name == "mid_price_points" or any(
        name == f"{level}_{body}" for level in levels.LEVELS for body in levels.WITNESSES)]
    exported = {name: numpy.array(matrix[:, index_of[name]]) for name in wanted}
    if "mid_price_points" not in exported:
        raise ValueError(f"{export}: mid_price_points is needed for the levels")
    session_of_row = numpy.searchsorted(numpy.array(sessions.opens), moments, side="right")
    prices = levels.prices(exported, session_of_row, chosen.sma_length)
    replay = Replay(chosen, source, futures, lead, sessions, rows, moments, prices)
    replay.run()
    values = dict(replay.values)
    if REALIZED in index_of:
        values[PREMIUM] = values["atm_implied_volatility_30d_percent"] - matrix[:, index_of[REALIZED]]
    notes = [
        f"- {len(source)} records, {len(rows)} rows, {len(replay.chain.slots)} options, {len(replay.ticks.position)} "
        f"option quotes and trades taken, {replay.ignored} superfluous, {len(replay.trades)} trades of the chain",
        f"- {replay.chain.evaluations} evaluations, refresh mode {chosen.refresh}", f"- {sentence}",
    ]
    return replay, values, (matrix, index_of, stamps), notes


def dump(stem, values, stamps, exported):
    """The oracle's columns beside the futures columns it needs, as an export of its own."""
    stem = stem.removesuffix(".npy")
    matrix, index_of = exported
    others = [name for name in index_of if name not in values]
    names = [*others, *(name for name in ROW_OF if name in values)]
    numpy.save(f"{stem}.npy", numpy.column_stack(
        [values[name] if name in values else matrix[:, index_of[name]] for name in names]))
    numpy.save(f"{stem}.ts.npy", stamps)
    with open(f"{stem}.columns.json", "w", encoding="utf-8") as stream:
        json.dump([{"name": name, "unit": ""} for name in names], stream)
