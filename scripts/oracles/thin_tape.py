#!/usr/bin/env python3
"""Thins an MBP-10 tape to the first event groups of every five minutes, so that a session costs an oracle seconds.

  thin_tape.py --tape IN.dbn.zst --out OUT.dbn --keep 6 --whole 09:30-10:00 --whole 15:50-16:00

Every record of MBP-10 shows the book after it, so what is left is a tape of its own. `--whole` names times of day in New
York of which every group stays. The same tape gives the same bytes.
"""

import argparse
import sys
from datetime import datetime, timezone

import databento
import databento_dbn as dbn
import numpy

from levelhead_oracle.options import writer
from levelhead_oracle.sessions import NEW_YORK

BUCKET = 300 * 10**9
F_LAST = 0x80


def span(text):
    """Minutes of the day of "HH:MM-HH:MM"."""
    return tuple(int(part[:2]) * 60 + int(part[3:]) for part in text.split("-"))


def kept_groups(stamps, keep, whole):
    """Which groups stay, by their times."""
    buckets = stamps // BUCKET
    starts = numpy.flatnonzero(numpy.concatenate(([True], buckets[1:] != buckets[:-1])))
    kept = numpy.arange(len(stamps)) - numpy.repeat(starts, numpy.diff(numpy.append(starts, len(stamps)))) < keep
    for minute in numpy.unique(stamps // (60 * 10**9)).tolist():
        moment = datetime.fromtimestamp(minute * 60, NEW_YORK)
        if any(first <= moment.hour * 60 + moment.minute < last for first, last in whole):
            kept |= stamps // (60 * 10**9) == minute
    return kept


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tape", required=True, help="MBP-10 DBN file of one instrument")
    parser.add_argument("--out", required=True, help="the file to write, not compressed")
    parser.add_argument("--keep", type=int, required=True, help="event groups that stay of every five minutes")
    parser.add_argument("--whole", action="append", default=[], type=span, help="HH:MM-HH:MM, all of which stays")
    options = parser.parse_args(arguments)
    store = databento.DBNStore.from_file(options.tape)
    records = store.to_ndarray()
    ends = numpy.flatnonzero(records["flags"] & F_LAST > 0)
    groups = numpy.searchsorted(ends, numpy.arange(len(records)))
    whole_groups = groups < len(ends)
    kept = kept_groups(records["ts_event"][ends].astype(numpy.int64), options.keep, options.whole)
    left = records[whole_groups][kept[groups[whole_groups]]]
    instrument = int(records["instrument_id"][0])
    names = {instrument: name for name in store.mappings}
    day = datetime.fromtimestamp(int(records["ts_event"][0]) // 10**9, timezone.utc).date()
    writer.write(options.out, writer.metadata(dbn.Schema.MBP_10, names, day), left.tobytes())
    print(f"{len(left)} of {len(records)} records, {int(kept.sum())} of {len(ends)} event groups stay")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
