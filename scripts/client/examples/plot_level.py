#!/usr/bin/env python3
"""Draws one level live: the distance of price, the order flow at the level, and when it is tested.

    plot_level.py --level pm_high
    plot_level.py --level or_low --frames 200 --out level.png       # without a window
"""

import argparse
import collections

import matplotlib
import numpy as np

from levelhead_client import Absent, Frame, NewRun, Subscriber

COLUMNS = ["distance_ticks", "order_flow_imbalance_in_band", "delta_in_band"]


def column(schema, level, stem):
    """The level's first column whose name begins so."""
    for name in schema.columns:
        if name.startswith(f"{level}_{stem}"):
            return name
    raise SystemExit(f"{schema.topic} has no column {level}_{stem}*; levels: pm_high, pm_low, or_high, or_low, sma_90")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--level", default="pm_high")
    parser.add_argument("--root", default="ES")
    parser.add_argument("--directory", help="of the sockets; by default sockets in the state directory")
    parser.add_argument("--window", type=int, default=2_000, help="rows shown")
    parser.add_argument("--frames", type=int, help="end after so many rows")
    parser.add_argument("--timeout", type=float, help="end when nothing came for so many seconds")
    parser.add_argument("--out", help="write the picture there instead of showing it")
    arguments = parser.parse_args()
    if arguments.out:
        matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(len(COLUMNS), sharex=True, figsize=(10, 7), layout="constrained")
    lines, names = [], []
    rows = collections.deque(maxlen=arguments.window)
    topic, count = f"levels.{arguments.root}", 0

    def draw(schema):
        if not lines:
            names.extend(column(schema, arguments.level, stem) for stem in COLUMNS)
            for axis, name in zip(axes, names):
                lines.extend(axis.plot([], [], linewidth=0.9))
                axis.set_ylabel(name.removeprefix(arguments.level + "_"), fontsize=8)
                axis.grid(alpha=0.3)
            axes[0].set_title(f"{topic} {arguments.level}")
            axes[-1].set_xlabel("seconds")
        table = schema.rows(*rows)
        seconds = (table["ts_event"] - table["ts_event"][0]) / 1e9
        for line, axis, name in zip(lines, axes, names):
            values = schema.value(table, name)
            line.set_data(seconds, values)
            if np.isfinite(values).any():
                axis.relim()
                axis.autoscale_view()
        return figure

    with Subscriber(topic, directory=arguments.directory) as stream:
        for event in stream.events(timeout=arguments.timeout):
            if isinstance(event, Absent):
                raise SystemExit(f"no {event.topic}; the {event.publisher} has {', '.join(event.topics)}")
            if isinstance(event, NewRun):
                # Its times and columns are its own.
                rows.clear()
            if not isinstance(event, Frame):
                continue
            rows.append(event.data)
            schema = event.schema
            count += 1
            if count == arguments.frames:
                break
            # Ten pictures a second are enough for eyes.
            if not arguments.out and count % 50 == 0:
                draw(schema)
                pyplot.pause(0.001)
        if not rows:
            raise SystemExit("no rows came")
        draw(schema)
        for missed in stream.missed:
            print(f"missed {missed.first} to {missed.last}")
    if arguments.out:
        figure.savefig(arguments.out, dpi=100)
        print(f"{count} rows, {arguments.out}")
    else:
        pyplot.show()


if __name__ == "__main__":
    main()
