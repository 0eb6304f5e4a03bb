"""Trade dates, session bounds and window bounds in nanoseconds UTC (FEATURES A.6, K.3-1)."""

import bisect
import warnings
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pandas_market_calendars

NEW_YORK = ZoneInfo("America/New_York")
SECOND = 1_000_000_000
MINUTE = 60 * SECOND


def nanos_of(day, clock):
    """`clock` "HH:MM" New York time on the calendar day `day`."""
    hour, minute = map(int, clock.split(":"))
    local = datetime.combine(day, time(hour, minute), tzinfo=NEW_YORK)
    return int(local.timestamp()) * SECOND


def window_nanos(trade_date, clock):
    """As `nanos_of`; a time at or after 18:00 lies on the calendar day before the trade date."""
    day = trade_date - timedelta(days=1) if clock >= "18:00" else trade_date
    return nanos_of(day, clock)


@dataclass(frozen=True)
class Session:
    """`rth_open`, `rth_close` and `initial_balance_end` are None on days on which the equity market is shut."""

    trade_date: date
    open: int
    close: int
    rth_open: int | None
    rth_close: int | None
    initial_balance_end: int | None
    premarket: tuple
    opening_range: tuple
    segment_bounds: tuple
    early_close: bool
    index: int

    def in_rth(self, moment):
        return self.rth_open is not None and self.rth_open <= moment < self.rth_close

    @property
    def regular(self):
        """Whether the time-of-day profile uses it: no early close, no roll Monday (A.12)."""
        return self.rth_open is not None and not self.early_close and not is_roll_monday(self.trade_date)


def third_friday(year, month):
    first = date(year, month, 1)
    return first + timedelta(days=(4 - first.weekday()) % 7 + 14)


def is_roll_monday(day):
    return day.month % 3 == 0 and day == third_friday(day.year, day.month) - timedelta(days=4)


def trade_dates(start, end):
    """The futures' trade dates, both ends included."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package uses a name that pandas has deprecated
        days = pandas_market_calendars.get_calendar("CME_Equity").valid_days(start, end)
    return [stamp.date() for stamp in days]


def equity_closes(start, end):
    """{trade date: close in nanoseconds} of the equity market; early closes have their own time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        closes = pandas_market_calendars.get_calendar("NYSE").schedule(start, end)["market_close"]
    return {label.date(): int(close.timestamp()) * SECOND for label, close in closes.items()}


class Sessions:
    """The Globex sessions that can hold a record between two times."""

    def __init__(self, first, last, configuration):
        start = datetime.fromtimestamp(first / SECOND, NEW_YORK).date() - timedelta(days=10)
        end = datetime.fromtimestamp(last / SECOND, NEW_YORK).date() + timedelta(days=3)
        closes = equity_closes(start, end)
        self.sessions = [
            self._session(day, index, closes.get(day), configuration)
            for index, day in enumerate(trade_dates(start, end))
        ]
        self.opens = [session.open for session in self.sessions]

    @staticmethod
    def _session(day, index, equity_close, configuration):
        range_start = window_nanos(day, configuration.opening_range_start)
        rth_open = window_nanos(day, configuration.rth_open)
        shut = equity_close is None
        return Session(
            trade_date=day,
            open=nanos_of(day - timedelta(days=1), "18:00"),
            close=nanos_of(day, "17:00"),
            rth_open=None if shut else rth_open,
            rth_close=None if shut else min(window_nanos(day, configuration.rth_close), equity_close),
            initial_balance_end=None if shut else rth_open + configuration.initial_balance_minutes * MINUTE,
            premarket=(
                window_nanos(day, configuration.premarket_start),
                window_nanos(day, configuration.premarket_end),
            ),
            opening_range=(range_start, range_start + configuration.opening_range_minutes * MINUTE),
            segment_bounds=(rth_open, *(nanos_of(day, clock) for clock in ("11:30", "14:00", "15:30"))),
            early_close=not shut and equity_close < nanos_of(day, "16:00"),
            index=index,
        )

    def at(self, moment):
        """The session that holds `moment`, or the one just ended (K.3-11)."""
        return self.sessions[bisect.bisect_right(self.opens, moment) - 1]

    def is_open(self, moment):
        return moment < self.at(moment).close
