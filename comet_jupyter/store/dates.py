"""Moments as people type them, and the days they live in: all by the local calendar.

Pure but for the local time zone, which Python asks the system for.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone

DAYS_AGO = {"today": 0, "yesterday": 1}
"""Days that have a name."""

_UNITS = {
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "m": timedelta(days=30),
}
_AGO = re.compile(r"([0-9]{1,6})([hdwm])")
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?")


def moment(text: str, now: datetime) -> datetime | None:
    """The moment that a text means; None when it means none.

    Parameters
    ----------
    text : str
        A date, at whose first moment a local day begins (``2026-11-01``, ``today``,
        ``yesterday``), a month or a year (``2026-11``, ``2026``), or how long ago: hours, days,
        weeks or months of 30 days (``36h``, ``7d``, ``2w``, ``3m``).
    now : datetime
        Aware.

    Examples
    --------
    >>> moment("36h", datetime(2026, 11, 2, 12, tzinfo=timezone.utc)).isoformat()
    '2026-11-01T00:00:00+00:00'
    """
    try:
        if text in DAYS_AGO:
            return first_moment(now, DAYS_AGO[text])
        ago = _AGO.fullmatch(text)
        if ago:
            return now - int(ago[1]) * _UNITS[ago[2]]
        day = _DATE.fullmatch(text)
        if day:
            return _beginning(date(int(day[1]), int(day[2] or 1), int(day[3] or 1)))
    except (ValueError, OverflowError, OSError):  # no such day, or none that a clock can show
        pass
    return None


def first_moment(now: datetime, days_ago: int = 0) -> datetime:
    """When the local day began that is so many days before the one of `now`; aware UTC."""
    return _beginning(now.astimezone().date() - timedelta(days=days_ago))


def _beginning(day: date) -> datetime:
    return datetime.combine(day, time()).astimezone(timezone.utc)
