#!/usr/bin/env python3
"""Minute quotes of ES options (2020-01-06, expiring 2020-03-20) and of ES itself as DBN version 3 tapes.

  lean_options.py --data ../shared/data/options/lean_es_20200106 --out DIR [--expirations] [--from HH:MM --to HH:MM]

Writes definition, statistics, mbp-1 (options) and mbp-10 (ESH0) files, the same bytes every time. Real are the best bid
and ask, with sizes, of 104 options and of the future at the end of every minute. Made up, by fixed rules, are:
  - the future's other nine levels, its book at every fifth second between two minutes (on the way from one to the
    next), and its trades, one per book at the bid;
  - open interest (the data has none of options), with a second figure at 15:00 UTC and every 17th contract without any;
  - trades of options: one in ten quotes is followed by one, half a minute later;
  - with --expirations, five more expirations (today 16:00 ET, 3, 10, 24 and 40 days), priced by Black-76 with the
    volatility that each real quote implies.
The real options expire in 74 days: use `options.horizon_days` 90.
"""

import argparse
import csv
import datetime
import io
import re
import sys
import zipfile
from pathlib import Path

import databento_dbn as dbn
import numpy

from levelhead_oracle.options import black, writer
from levelhead_oracle.sessions import NEW_YORK

DAY = datetime.date(2020, 1, 6)
START = 1_578_268_800 * 10**9
SECOND, MINUTE = 10**9, 60 * 10**9
LATENCY = 20_000
TICK, OPTION_TICK = 250_000_000, 50_000_000
FUTURE = 5001
RATE = 0.04
MULTIPLE = 10_000


def moment(day, hour, minute):
    return int(datetime.datetime(*day, hour, minute, tzinfo=NEW_YORK).timestamp()) * 10**9


FUTURE_END = EXPIRATION = moment((2020, 3, 20), 9, 30)
MORE_EXPIRATIONS = (
    moment((2020, 1, 6), 16, 0), moment((2020, 1, 9), 16, 0), moment((2020, 1, 16), 16, 0),
    moment((2020, 1, 30), 16, 0), moment((2020, 2, 15), 16, 0),
)


def nano_price(text):
    """1e-9 points, 0 if the field is empty."""
    return round(float(text) * 10**9) if text else 0


def minute_quotes(text):
    """{end of minute: (bid, ask, bid size, ask size)} at the close of each minute; a side that is missing is 0."""
    result = {}
    for row in csv.reader(io.StringIO(text)):
        end = START + int(row[0]) * 10**6 + MINUTE
        bid, ask = nano_price(row[4]), nano_price(row[9])
        result[end] = bid, ask, int(float(row[5] or 0)) if bid else 0, int(float(row[10] or 0)) if ask else 0
    return result


def read(folder):
    """(quotes of the future, {(strike, sign): quotes})."""
    with zipfile.ZipFile(folder / "20200106_quote.zip") as archive:
        future = minute_quotes(archive.read("20200106_es_minute_quote_202003.csv").decode())
    options = {}
    with zipfile.ZipFile(folder / "ES_20200320_options_quotes_20200106.zip") as archive:
        for name in sorted(archive.namelist()):
            right, strike = re.search(r"_(call|put)_(\d+)_", name).groups()
            key = int(strike) // MULTIPLE, 1 if right == "call" else -1
            options[key] = minute_quotes(archive.read(name).decode())
    return future, options


def future_books(future):
    """MBP-10 rows of the future in time order."""
    rows, count = [], 0
    ends = sorted(future)
    for end, following in zip(ends, [*ends[1:], None]):
        bid, ask, bid_size, ask_size = future[end]
        if not bid or not ask:
            continue
        bid, ask = bid // TICK * TICK, -(-ask // TICK) * TICK
        change = (future[following][0] // TICK * TICK - bid) // TICK if following and following - end == MINUTE else 0
        steps = 12 if following and following - end == MINUTE else 2
        for step in range(steps):
            move = round(change * step / 12) * TICK
            event = end - LATENCY + step * 5 * SECOND + (step * 37 % 100) * 1_000_000
            rows += book_group(event, bid + move, ask + move, bid_size + step, ask_size + 2 * step, count)
            count += 1
    return rows


def book_group(event, bid, ask, bid_size, ask_size, count):
    """A trade at the bid, and the book after it, as one event group."""
    quote = bid, ask, max(bid_size, 1), max(ask_size, 1)
    side = b"N" if count % 7 == 0 else b"A"
    common = FUTURE, event, event + LATENCY
    return [
        (*common, b"T", side, bid, 1 + count * 13 % 40, 0, *quote),
        (*common, b"M", b"B", bid, 1, 0x80, *quote),
    ]


def option_symbol(strike, sign, expiration_index):
    root = f"E{expiration_index}X" if expiration_index else "ES"
    return f"{root}H0 {'C' if sign > 0 else 'P'}{strike}"


def contracts(options, more):
    """{instrument: (symbol, strike, sign, expiration, quotes)}; real ones first."""
    result = {}
    expirations = [EXPIRATION, *(MORE_EXPIRATIONS if more else ())]
    for index, expiration in enumerate(expirations):
        for number, (strike, sign) in enumerate(sorted(options)):
            instrument = 10_001 + 1000 * index + number
            symbol = option_symbol(strike, sign, index)
            result[instrument] = (symbol, strike, sign, expiration, options[strike, sign])
    return result


def repriced(strike, sign, expiration, quotes, future):
    """The quotes moved to another expiration: same volatility and relative width, on the tick grid."""
    ends = [end for end in sorted(quotes) if all(quotes[end][:2]) and end in future and all(future[end][:2])
            and end < expiration]
    if not ends:
        return {}
    columns = numpy.array([[*quotes[end], sum(future[end][:2]) / 2e9] for end in ends], float)
    forward, bid, ask = columns[:, 4], columns[:, 0] / 1e9, columns[:, 1] / 1e9
    stamps = numpy.array(ends, float)
    signs, strikes = numpy.full(len(ends), float(sign)), numpy.full(len(ends), float(strike))
    old, new = ((when - stamps) / SECOND / 31_536_000 for when in (EXPIRATION, expiration))
    sigma = black.implied_volatility(signs, forward, strikes, old, RATE, (bid + ask) / 2)
    price = black.greeks(signs, forward, strikes, new, RATE, sigma).price
    result = {}
    for index, end in enumerate(ends):
        if numpy.isnan(price[index]):
            continue
        half = max(1, round(price[index] * (ask[index] - bid[index]) / (ask[index] + bid[index]) / 0.05))
        middle = round(price[index] / 0.05)
        result[end] = (max(0, middle - half) * OPTION_TICK, (middle + half) * OPTION_TICK,
                       *(int(value) for value in columns[index, 2:4]))
    return result


def option_rows(instrument, number, quotes):
    """MBP-1 rows of one contract: its quotes and made-up trades. Even contracts quote exactly at the end of the minute
    by receive time, odd ones up to 50 s later."""
    rows = []
    later = 0 if number % 2 == 0 else number * 470_000_001 % (50 * SECOND)
    for minute, end in enumerate(sorted(quotes)):
        bid, ask, bid_size, ask_size = quotes[end]
        quote = bid or writer.UNDEFINED, ask or writer.UNDEFINED, bid_size, ask_size
        event = end + later - LATENCY
        if bid or ask:
            rows.append((instrument, event, event + LATENCY, b"M", b"B" if bid else b"A", bid or ask, 1, *quote))
        if bid and ask and (minute * 7 + number * 13) % 10 == 0:
            kind = (minute // 10 + number) % 6
            price = (bid, ask, (bid + ask) // 2, bid, ask, (bid + ask) // 2)[kind]
            side = (b"N", b"N", b"N", b"A", b"B", b"N")[kind]
            event += min(30 * SECOND, 59 * SECOND - later) + number * 1000
            rows.append((instrument, event, event + LATENCY, b"T", side, price, 1 + minute % 60, *quote))
    return rows


def statistics(instruments):
    """Open interest at the start of the day and again at 15:00 UTC."""
    yesterday = START - 86_400 * SECOND
    body = b""
    for hour, reference in ((0, yesterday), (15, START)):
        receive = START + hour * 3600 * SECOND + 1000
        for number, instrument in enumerate(instruments):
            if number % 17:
                amount = (number * 7919 + hour * 31) % 5000
                body += writer.interest(instrument, receive - LATENCY, receive, reference, amount)
    return body


def between(quotes, start, end):
    return {stamp: quote for stamp, quote in quotes.items() if start <= stamp < end}


def write_all(folder, out, more, start, end):
    future, options = read(folder)
    future = between(future, start, end)
    options = {key: between(quotes, start, end) for key, quotes in options.items()}
    listed = contracts(options, more)
    symbols = {instrument: entry[0] for instrument, entry in listed.items()}
    out.mkdir(parents=True, exist_ok=True)
    body = writer.definition(FUTURE, "ESH0", START, FUTURE_END)
    rows = []
    for number, (instrument, (symbol, strike, sign, expiration, quotes)) in enumerate(listed.items()):
        kind = dbn.InstrumentClass.CALL if sign > 0 else dbn.InstrumentClass.PUT
        body += writer.definition(
            instrument, symbol, START, expiration, instrument_class=kind, strike_price=strike * 10**9,
            underlying="ESH0", underlying_id=FUTURE, strike_price_currency="USD")
        if expiration != EXPIRATION:
            quotes = repriced(strike, sign, expiration, quotes, future)
        rows += option_rows(instrument, number, quotes)
    rows.sort(key=lambda row: (row[2], row[0]))
    everything = {FUTURE: "ESH0", **symbols}
    books = future_books(future)
    files = {
        "definition": (dbn.Schema.DEFINITION, everything, body),
        "statistics": (dbn.Schema.STATISTICS, symbols, statistics(list(symbols))),
        "mbp-1": (dbn.Schema.MBP_1, symbols, writer.quotes(rows).tobytes()),
        "mbp-10": (dbn.Schema.MBP_10, {FUTURE: "ESH0"}, writer.books(books).tobytes()),
    }
    for name, (schema, names, data) in files.items():
        writer.write(out / f"es-20200106.{name}.dbn.zst", writer.metadata(schema, names, DAY), data)
    print(f"{len(listed)} options, {len(rows)} option records, {len(books)} records of ESH0")


def time_of_day(text):
    hour, _, minute = text.partition(":")
    return START + (int(hour) * 60 + int(minute)) * MINUTE


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with the zip files")
    parser.add_argument("--out", type=Path, required=True, help="folder for the tapes")
    parser.add_argument("--expirations", action="store_true", help="adds five made-up expirations")
    parser.add_argument("--from", dest="start", type=time_of_day, default="00:00", help="UTC, default %(default)s")
    parser.add_argument("--to", dest="end", type=time_of_day, default="24:01", help="UTC, default %(default)s")
    options = parser.parse_args(arguments)
    if not options.data.is_dir():
        print(f"lean_options.py: {options.data}: no such directory", file=sys.stderr)
        return 1
    write_all(options.data, options.out, options.expirations, options.start, options.end)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
