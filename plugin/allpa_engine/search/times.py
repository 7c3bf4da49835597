"""Times of STAC items and collections (RFC 3339)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9})\d*)?)?\s?([Zz]|[+-]\d\d:?\d\d)?)?", re.ASCII
)


def parse_time(text: str) -> datetime:
    """A time in UTC; one without a zone is taken as UTC, and a day as its beginning.

    Raises
    ------
    ValueError
        Where the text is no time.

    Examples
    --------
    >>> parse_time("2020-06-21T10:07:31.024Z").isoformat()
    '2020-06-21T10:07:31.024000+00:00'
    >>> parse_time("2020-06-21T10:07:31-05:00").hour
    15

    """
    match = _RFC3339.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{text[:40]!r} is not a time.")
    year, month, day, hour, minute, second, fraction, zone = match.groups(default="")
    moment = datetime(
        int(year),
        int(month),
        int(day),
        int(hour or 0),
        int(minute or 0),
        int(second or 0),
        int(f"{fraction:<06.6}") if fraction else 0,
        timezone.utc,
    )
    if zone in ("", "Z", "z"):
        return moment
    digits = zone[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    try:
        return moment - offset if zone[0] == "+" else moment + offset
    except OverflowError as error:
        raise ValueError(f"{text!r} is not a time.") from error
