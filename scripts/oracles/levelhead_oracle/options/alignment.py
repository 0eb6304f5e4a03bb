"""Which event group of the signal future each row of an export belongs to."""

import numpy

from . import tape as records
from .contracts import ES_FUTURE


def signal_future(tape, named):
    """(instruments with mbp-10 books, the one that is named, the only one or the only one of ES)."""
    booked = numpy.unique(tape.instrument[tape.kind == records.MBP_10]).tolist()
    symbols = tape.symbols()
    futures = [instrument for instrument in booked if ES_FUTURE.fullmatch(symbols.get(instrument, ""))]
    chosen = [named] if named else booked if len(booked) == 1 else futures
    if len(chosen) != 1 or chosen[0] not in booked:
        raise ValueError(f"instruments {booked} have mbp-10 books: name the signal future with --instrument-id")
    return booked, chosen[0]


def _numberings(tape):
    """name -> number of each ring position, with and without `trades` records that a book makes superfluous."""
    count = numpy.arange(len(tape))
    yield "every record counted", count
    booked = numpy.unique(tape.instrument[numpy.isin(tape.kind, (records.MBP_10, records.MBP_1))])
    ignored = (tape.kind == records.TRADES) & numpy.isin(tape.instrument, booked)
    if ignored.any():
        yield "superfluous trades not counted", numpy.cumsum(~ignored) - 1


def rows_to_groups(tape, lead, stamps):
    """(group number of every row, sentence about the ring sequence). Raises ValueError if rows have no group.

    Rows follow the groups' own stamps in order; where the ring sequence fits a numbering of the merged tape, it decides
    which of several groups with the same stamps is meant."""
    closed = numpy.array(lead.closed_at, numpy.int64)
    last = numpy.array(lead.last_record, numpy.int64)
    times = numpy.array(lead.ring_stamps, numpy.int64)
    for name, numbers in _numberings(tape):
        for base in (0, 1):
            for ends in (closed, last):
                sequence = numbers[ends] + base
                found = numpy.minimum(numpy.searchsorted(sequence, stamps[:, 2]), len(sequence) - 1)
                if (sequence[found] == stamps[:, 2]).all() and (times[found, 0] == stamps[:, 0]).all():
                    return found, f"ring sequence from {base}, {name}"
    group, result = 0, numpy.empty(len(stamps), numpy.int64)
    wanted = list(map(tuple, times.tolist()))
    for row, (event, receive, _) in enumerate(stamps.tolist()):
        while group < len(wanted) and wanted[group] != (event, receive):
            group += 1
        if group == len(wanted):
            raise ValueError(f"row {row} with stamps {event} {receive} closes no event group: export with --every tick")
        result[row] = group
        group += 1
    first = int(last[result[0]])
    return result, f"ring sequence fits no numbering: row 0 has {int(stamps[0, 2])}, its record is number {first}"
