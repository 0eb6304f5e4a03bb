// MarketCalendar
