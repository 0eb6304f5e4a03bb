"""Trade dates left to the expiration of a future (C-112, K.3-61)."""

import math
import re
from datetime import datetime, timedelta

from .sessions import NEW_YORK, SECOND, third_friday, trade_dates

MONTHS = "FGHJKMNQUVXZ"


class Expirations:
    """From the definition's `expiration` in nanoseconds, else from a raw symbol such as ESH4."""

    def __init__(self, symbol=None, expiration=None):
        self.date = None if expiration is None else datetime.fromtimestamp(expiration // SECOND, NEW_YORK).date()
        self.contract = re.fullmatch(r"[A-Z0-9]{2,3}?([FGHJKMNQUVXZ])(\d{1,2})", symbol or "")
        self.left = {}

    def _date_after(self, today):
        if self.date is not None or self.contract is None:
            return self.date
        month, digits = MONTHS.index(self.contract[1]) + 1, self.contract[2]
        year = today.year
        while year % 10 ** len(digits) != int(digits) or third_friday(year, month) < today:
            year += 1
        friday = third_friday(year, month)
        return trade_dates(friday - timedelta(days=7), friday)[-1]

    def days_left(self, today):
        """Trade dates after `today` up to and including the expiration; NaN if it is not known."""
        if today not in self.left:
            date = self._date_after(today)
            later = [] if date is None or date <= today else trade_dates(today + timedelta(days=1), date)
            self.left[today] = math.nan if date is None else float(len(later))
        return self.left[today]
