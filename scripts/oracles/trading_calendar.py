#!/usr/bin/env python3
"""Compares `levelhead calendar` with two public calendar libraries and with the zone database.

    PYTHON -m pip install pandas_market_calendars==5.5.0 exchange_calendars==4.13.2
    PYTHON scripts/oracles/trading_calendar.py --levelhead .build/debug/levelhead

Compared, for every trade date of the range: the set of trade dates (CME_Equity, CMES), regular hours to the second
(NYSE), days on which trading or regular hours end early (CME_Equity, CMES), session opens and closes in UTC
(CME_Equity, CMES, and 18:00 and 17:00 by the system's zone database). With --bars, a CSV of recorded bars of ES whose
first column is UTC: no bar lies outside our sessions, and every trade date without regular hours between the first and
the last bar has bars (ordinary days are not asked: a recording may have holes).

Each difference must be explained below; an explanation that no longer meets a difference is itself a failure. Exits 1
on any of that, and when a comparison did not take place.
"""

import argparse
import datetime as dt
import json
import subprocess
import sys
import warnings
from zoneinfo import ZoneInfo

warnings.filterwarnings("ignore")

import exchange_calendars
import pandas as pd
import pandas_market_calendars

NEW_YORK = ZoneInfo("America/New_York")
CHICAGO = ZoneInfo("America/Chicago")

MOURNING = (
    "both libraries close the futures on days of national mourning; on these they traded until 08:30 CT (CME Group "
    "notice of 2024-12-30: that evening opens the next trade date), so the day is a trade date without regular hours"
)
NO_REPORT = (
    "CME_Equity opens every Good Friday from 2023 on until 08:15 CT; the futures trade only when the employment report "
    "falls on it, and on this one it does not; CMES closes it too"
)
REPORT = (
    "CMES closes every Good Friday; with an employment report the futures trade until 08:15 CT, as CME_Equity has it"
)

# Trade dates on which a library and the program differ: (library, date) to reason.
DATES = {
    **{("CME_Equity", day): MOURNING for day in ("2018-12-05", "2025-01-09")},
    **{("CMES", day): MOURNING for day in ("2018-12-05", "2025-01-09")},
    **{
        ("CME_Equity", day): NO_REPORT
        for day in ("2024-03-29", "2025-04-18", "2027-03-26", "2028-04-14", "2029-03-30", "2030-04-19")
    },
    **{
        ("CMES", day): REPORT
        for day in ("2010-04-02", "2012-04-06", "2015-04-03", "2021-04-02", "2023-04-07", "2026-04-03")
    },
}

# Days that end early in one calendar only. Ours: regular hours end at 13:00, or there are none.
SANDY = "hurricane Sandy shut the stock exchanges; neither library shortens the futures' day, which ended at 08:15 CT"
JULY = "CMES leaves out 3 July, when the stock exchanges close at 13:00 and the futures at 12:15 CT; CME_Equity has it"
JUNETEENTH = "CMES leaves out Juneteenth; CME_Equity halts the futures at 12:00 CT, the stock exchanges are shut"
EARLY = {
    **{(name, day): SANDY for name in ("CME_Equity", "CMES") for day in ("2012-10-29", "2012-10-30")},
    **{
        ("CMES", f"{year}-07-03"): JULY
        for year in (2006, 2007, 2008, 2012, 2013, 2014, 2017, 2018, 2019, 2023, 2024, 2025, 2028, 2029, 2030)
    },
    **{
        ("CMES", day): JUNETEENTH
        for day in (
            *("2022-06-20", "2023-06-19", "2024-06-19", "2025-06-19", "2026-06-19", "2027-06-18"),
            *("2028-06-19", "2029-06-19", "2030-06-19"),
        )
    },
}

# Minutes that the stock exchange lost to its own failures: an early end and a late start. They were not scheduled.
NYSE_FAILURES = {"2005-06-01", "2006-12-27"}

# Until 2012-11-16 the equity session ran 15:30 to 15:15 CT (CME_Equity's legacy hours). The program gives every trade
# date the session of today, as recorded tapes begin later.
LEGACY_HOURS_END = pd.Timestamp("2012-11-19")

# The lines of a complete report without --bars. A range without a regular day cannot make them all, and fails.
COMPARISONS = 14


class Report:
    def __init__(self) -> None:
        self.compared: dict[str, int] = {}
        self.unexplained: list[str] = []
        self.used: set[tuple[str, str]] = set()

    def count(self, what: str) -> None:
        self.compared[what] = self.compared.get(what, 0) + 1

    def same(self, what: str, day: str, ours: object, theirs: object) -> None:
        self.count(what)
        if ours != theirs:
            self.unexplained.append(f"{what} {day}: levelhead {ours}, oracle {theirs}")

    def sets(
        self, what: str, library: str, ours: set[str], theirs: set[str], reasons: dict, universe: set[str]
    ) -> None:
        for day in sorted(universe):
            self.count(what)
            if (day in ours) == (day in theirs):
                continue
            if (library, day) in reasons:
                self.used.add((library, day))
            else:
                side = "levelhead" if day in ours else library
                self.unexplained.append(f"{what} {day}: only in {side}")

    def stale(self, reasons: dict, first: str, last: str, libraries: set[str]) -> None:
        for library, day in sorted(reasons):
            if library in libraries and first <= day <= last and (library, day) not in self.used:
                self.unexplained.append(f"explained difference {library} {day} is no longer there")


def utc(nanoseconds: int) -> pd.Timestamp:
    return pd.Timestamp(nanoseconds, tz="UTC")


def local(day: str, hour: int, zone: ZoneInfo, shift: int = 0) -> pd.Timestamp:
    date = dt.date.fromisoformat(day) + dt.timedelta(days=shift)
    return pd.Timestamp(dt.datetime(date.year, date.month, date.day, hour, tzinfo=zone)).tz_convert("UTC")


def levelhead(binary: str, first: str, last: str) -> dict[str, dict]:
    command = [binary, "calendar", "--from", first, "--to", last, "--json"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {day["trade_date"]: day for day in json.loads(output)}


def compare_trade_dates(report: Report, ours: dict, cme: pd.DataFrame, cmes: set[str], weekdays: set[str]) -> None:
    cme_days = {str(day.date()) for day in cme.index}
    report.sets("trade dates against CME_Equity", "CME_Equity", set(ours), cme_days, DATES, weekdays)
    report.sets("trade dates against CMES", "CMES", set(ours), cmes, DATES, weekdays)


def compare_regular_hours(report: Report, ours: dict, nyse: pd.DataFrame, weekdays: set[str]) -> None:
    with_hours = {day for day, value in ours.items() if value["rth_open"] is not None}
    open_days = {str(day.date()) for day in nyse.index}
    report.sets("days with regular hours against NYSE", "NYSE", with_hours, open_days, {}, weekdays)
    for stamp, row in nyse.iterrows():
        day = str(stamp.date())
        if day not in with_hours or day in NYSE_FAILURES:
            continue
        report.same("RTH open against NYSE", day, utc(ours[day]["rth_open"]), row.market_open)
        report.same("RTH close against NYSE", day, utc(ours[day]["rth_close"]), row.market_close)
        early = row.market_close.tz_convert(NEW_YORK).hour < 16
        report.same("early close against NYSE", day, ours[day]["early_close"], early)


def compare_early_days(
    report: Report, ours: dict, cme: pd.DataFrame, cme_calendar, cmes_early: set[str], cmes: set[str]
) -> None:
    short = {day for day, value in ours.items() if value["early_close"] or value["rth_open"] is None}
    cme_early = {str(day.date()) for day in cme_calendar.early_closes(cme).index}
    both = set(ours) & {str(day.date()) for day in cme.index}
    report.sets("short days against CME_Equity", "CME_Equity", short & both, cme_early & both, EARLY, both)
    both = set(ours) & cmes
    report.sets("short days against CMES", "CMES", short & both, cmes_early & both, EARLY, both)


def compare_sessions(report: Report, ours: dict, cme: pd.DataFrame, cmes_calendar, cmes_early: set[str]) -> None:
    for day, value in ours.items():
        report.same("session open against the zone database", day, utc(value["open"]), local(day, 18, NEW_YORK, -1))
        report.same("session close against the zone database", day, utc(value["close"]), local(day, 17, NEW_YORK))
    for stamp, row in cme.iterrows():
        day = str(stamp.date())
        if day not in ours or stamp < LEGACY_HOURS_END:
            continue
        report.same("session open against CME_Equity", day, utc(ours[day]["open"]), row.market_open)
        if row.market_close.tz_convert(CHICAGO).hour == 16:  # early closes end regular hours, not our session
            report.same("session close against CME_Equity", day, utc(ours[day]["close"]), row.market_close)
    for stamp, row in cmes_calendar.schedule.iterrows():
        day = str(stamp.date())
        if day not in ours:
            continue
        report.same("session open against CMES", day, utc(ours[day]["open"]), row.open)
        if day not in cmes_early:  # CMES has no maintenance hour: it closes when the next session opens
            report.same("session close against CMES", day, utc(ours[day]["close"]) + pd.Timedelta(hours=1), row.close)


def compare_bars(report: Report, ours: dict, path: str) -> None:
    stamps = pd.to_datetime(pd.read_csv(path, usecols=[0]).iloc[:, 0], utc=True).astype("datetime64[ns, UTC]")
    sessions = pd.DataFrame({"day": list(ours), "open": [utc(v["open"]) for v in ours.values()]})
    sessions["close"] = [utc(v["close"]) for v in ours.values()]
    bars = pd.DataFrame({"stamp": stamps.sort_values()})
    found = pd.merge_asof(bars, sessions.sort_values("open"), left_on="stamp", right_on="open")
    for row in found.itertuples():
        report.count("bars within a session")
        if not row.stamp < row.close:
            report.unexplained.append(f"bar {row.stamp}: outside every session")
    inner = sessions[(sessions.open >= stamps.min()) & (sessions.close <= stamps.max())]
    with_bars = set(found.day)
    for day in inner.day[[ours[day]["rth_open"] is None for day in inner.day]]:
        report.count("trade dates without regular hours that have bars")
        if day not in with_bars:
            report.unexplained.append(f"trade date {day}: without a bar")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--levelhead", required=True, help="the program to check")
    parser.add_argument("--from", dest="first", default="2005-01-01")
    parser.add_argument("--to", dest="last", default="2030-12-31")
    parser.add_argument("--bars", help="a CSV of recorded bars of ES, plain or gzip")
    arguments = parser.parse_args()
    first, last = arguments.first, arguments.last

    ours = levelhead(arguments.levelhead, first, last)
    if not ours:
        print(f"nothing was compared: no trade date from {first} to {last}", file=sys.stderr)
        return 1
    weekdays = {str(day.date()) for day in pd.bdate_range(first, last)}
    cme_calendar = pandas_market_calendars.get_calendar("CME_Equity")
    cme = cme_calendar.schedule(first, last)
    nyse = pandas_market_calendars.get_calendar("NYSE").schedule(first, last)
    cmes_calendar = exchange_calendars.get_calendar("CMES", start=first, end=last)
    cmes = {str(day.date()) for day in cmes_calendar.sessions}
    cmes_early = {str(day.date()) for day in cmes_calendar.early_closes}

    report = Report()
    compare_trade_dates(report, ours, cme, cmes, weekdays)
    compare_regular_hours(report, ours, nyse, weekdays)
    compare_early_days(report, ours, cme, cme_calendar, cmes_early, cmes)
    compare_sessions(report, ours, cme, cmes_calendar, cmes_early)
    if arguments.bars:
        compare_bars(report, ours, arguments.bars)
    report.stale(DATES, first, last, {"CME_Equity", "CMES"})
    report.stale(EARLY, first, last, {"CME_Equity", "CMES"})

    for what, count in report.compared.items():
        print(f"{count:6d}  {what}")
    print(f"{len(report.used):6d}  differences, each explained in this file")
    for line in report.unexplained:
        print(f"DIFFERS {line}", file=sys.stderr)
    expected = COMPARISONS + (2 if arguments.bars else 0)
    if len(report.compared) != expected:
        print(f"only {len(report.compared)} of {expected} comparisons took place", file=sys.stderr)
        return 1
    return 1 if report.unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
