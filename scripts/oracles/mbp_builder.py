#!/usr/bin/env python3
"""Checks the MBP-10 that `levelhead convert` builds from order-by-order data against books made elsewhere.

    PYTHON scripts/oracles/mbp_builder.py --levelhead .build/release/levelhead [--data ../shared/data]

Needs the packages databento, databento-dbn, numpy and pandas in the interpreter it is run with.

Two comparisons:
  1. oracle/mbo.csv is encoded as DBN with databento_dbn, converted, and compared with oracle/mbp.csv: all ten levels on
     every add and cancel row. (That file's depth, the side of its trades and its ts_recv are known to be wrong.)
  2. es/esh4-*.mbo.dbn.zst is converted and compared with ESH4_20231225.mbp-10.derived.dbn.zst, every field.

Exit status 0 only if both compared something and found no difference.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile
import warnings

import databento
import databento_dbn as dbn
import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
UNDEFINED = 2**63 - 1


def nanos(text: pd.Series) -> np.ndarray:
    return pd.to_datetime(text, utc=True).astype("datetime64[ns, UTC]").astype("int64").to_numpy()


def price(text: str) -> int:
    """A decimal price in 1e-9, without floating point."""
    if text == "":
        return UNDEFINED
    whole, _, fraction = text.partition(".")
    return int(whole) * 10**9 + int((fraction + "0" * 9)[:9])


def write_mbo(rows: pd.DataFrame, path: pathlib.Path) -> None:
    received, event = nanos(rows.ts_recv), nanos(rows.ts_event)
    metadata = dbn.Metadata(
        dataset="XNAS.ITCH", start=int(received[0]), stype_in=dbn.SType.RAW_SYMBOL, stype_out=dbn.SType.INSTRUMENT_ID,
        schema=dbn.Schema.MBO, symbols=["ARL"], partial=[], not_found=[], mappings=[])
    with open(path, "wb") as file:
        file.write(metadata.encode())
        for index, row in enumerate(rows.itertuples(index=False)):
            message = dbn.MBOMsg(
                publisher_id=int(row.publisher_id), instrument_id=int(row.instrument_id), ts_event=int(event[index]),
                order_id=int(row.order_id), price=price(row.price), size=int(row.size), action=dbn.Action(row.action),
                side=dbn.Side(row.side),
                ts_recv=int(received[index]), flags=int(row.flags), channel_id=int(row.channel_id),
                ts_in_delta=int(row.ts_in_delta), sequence=int(row.sequence))
            file.write(bytes(message))


def build(levelhead: str, source: pathlib.Path, target: pathlib.Path) -> np.ndarray:
    subprocess.run(
        [levelhead, "convert", str(source), str(target), "--schema", "mbp-10", "--json"],
        check=True, stdout=subprocess.DEVNULL)
    return databento.DBNStore.from_file(target).to_ndarray()


def compare_csv(levelhead: str, data: pathlib.Path, folder: pathlib.Path) -> tuple[int, int]:
    rows = pd.read_csv(data / "oracle" / "mbo.csv", dtype=str, keep_default_na=False)
    write_mbo(rows, folder / "mbo.dbn")
    ours = build(levelhead, folder / "mbo.dbn", folder / "mbp.dbn.zst")
    theirs = pd.read_csv(data / "oracle" / "mbp.csv", dtype=str, keep_default_na=False)
    trades = {(int(e), int(s)) for e, s, a in zip(nanos(theirs.ts_event), theirs.sequence, theirs.action) if a == "T"}
    theirs = theirs[theirs.action.isin(["A", "C"])]
    ours = ours[np.isin(ours["action"], [b"A", b"C"])]
    # mbp.csv shows a trade after its fill, in one row: the cancel that follows our T record is no row of its own there.
    # It also has rows for orders below the ten levels (those it gives a depth of 10 or more): no record is due for
    # them, and the levels of the record before must equal the row's.
    event = nanos(theirs.ts_event)
    compared = equal = position = matched = filled = 0
    for index, row in enumerate(theirs.to_dict("records")):
        while position < len(ours) and not is_same_event(ours[position], row, int(event[index])):
            if (int(ours[position]["ts_event"]), int(ours[position]["sequence"])) not in trades:
                break
            position += 1
            filled += 1
        else:
            if position < len(ours):
                position += 1
                matched += 1
        compared += 1
        if position > 0 and levels_equal(ours[position - 1], row):
            equal += 1
        else:
            what = f"{row['action']} {row['price']} {row['size']}"
            print(f"mbp.csv row {index}: levels differ after {what}", file=sys.stderr)
    print(
        f"oracle/mbp.csv: of {len(ours)} records built {matched} are rows, {filled} fills; "
        f"{compared - matched} rows lie deeper")
    if matched + filled != len(ours):
        equal = 0
    return compared, equal


def is_same_event(record: np.void, row: dict, event: int) -> bool:
    theirs = (event, int(row["sequence"]), row["action"], row["side"], price(row["price"]), int(row["size"]))
    ours = tuple(record[name] for name in ("ts_event", "sequence", "action", "side", "price", "size"))
    return theirs == tuple(value.decode() if isinstance(value, bytes) else int(value) for value in ours)


def levels_equal(record: np.void, row: dict) -> bool:
    for level in range(10):
        for side in ("bid", "ask"):
            if int(record[f"{side}_px_{level:02}"]) != price(row[f"{side}_px_{level:02}"]):
                return False
            for kind in ("sz", "ct"):
                if int(record[f"{side}_{kind}_{level:02}"]) != int(row[f"{side}_{kind}_{level:02}"]):
                    return False
    return True


def compare_esh4(levelhead: str, data: pathlib.Path, folder: pathlib.Path) -> tuple[int, int]:
    ours = build(levelhead, data / "es" / "esh4-glbx-mdp3-20231225.mbo.dbn.zst", folder / "esh4.dbn.zst")
    theirs = databento.DBNStore.from_file(data / "es" / "ESH4_20231225.mbp-10.derived.dbn.zst").to_ndarray()
    if len(ours) != len(theirs):
        print(f"ESH4: {len(ours)} records built, {len(theirs)} expected", file=sys.stderr)
    count = min(len(ours), len(theirs))
    equal = int((ours[:count] == theirs[:count]).sum())
    return max(len(ours), len(theirs)), equal


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument("--levelhead", default=str(root / ".build" / "release" / "levelhead"))
    parser.add_argument("--data", type=pathlib.Path, default=root.parent / "shared" / "data")
    options = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for name, compare in (("oracle/mbp.csv", compare_csv), ("ESH4", compare_esh4)):
            compared, equal = compare(options.levelhead, options.data, pathlib.Path(folder))
            print(f"{name}: {equal} of {compared} records agree")
            failed = failed or compared == 0 or equal != compared
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
