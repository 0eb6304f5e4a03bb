"""Trade dates, session bounds and window bounds in nanoseconds UTC (FEATURES A.6, K.3-1)."""

import bisect
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
    trade_date: date
    open: int
    close: int
    rth_open: int | None
    premarket: tuple
    opening_range: tuple


class Sessions:
    """The Globex sessions that can hold a record between two times."""

    def __init__(self, first, last, configuration):
        start = datetime.fromtimestamp(first / SECOND, NEW_YORK).date() - timedelta(days=10)
        end = datetime.fromtimestamp(last / SECOND, NEW_YORK).date() + timedelta(days=3)
        futures = pandas_market_calendars.get_calendar("CME_Equity").valid_days(start, end)
        equities = {
            day.date() for day in pandas_market_calendars.get_calendar("NYSE").valid_days(start, end)
        }
        self.sessions = []
        for stamp in futures:
            day = stamp.date()
            range_start = window_nanos(day, configuration.opening_range_start)
            self.sessions.append(
                Session(
                    trade_date=day,
                    open=nanos_of(day - timedelta(days=1), "18:00"),
                    close=nanos_of(day, "17:00"),
                    rth_open=nanos_of(day, configuration.rth_open) if day in equities else None,
                    premarket=(
                        window_nanos(day, configuration.premarket_start),
                        window_nanos(day, configuration.premarket_end),
                    ),
                    opening_range=(range_start, range_start + configuration.opening_range_minutes * MINUTE),
                )
            )
        self.opens = [session.open for session in self.sessions]

    def at(self, moment):
        """The session that holds `moment`, or the one just ended (K.3-11)."""
        return self.sessions[bisect.bisect_right(self.opens, moment) - 1]

    def is_open(self, moment):
        return moment < self.at(moment).close
