"""When a request is made again and after what pause: the one policy that searching and fetching share."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

RETRY_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
"""HTTP answers after which the same request may succeed later; other refusals are final."""
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_MAX_DOUBLINGS = 10
_RANDOM = random.SystemRandom()


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long requests are repeated while a server fails."""

    attempts: int = 12
    """Failures in a row, without a byte of progress, before a file is given up."""
    pause_s: float = 0.05
    """First pause; it doubles with every failure in a row, and is drawn between half and one and a half of that."""
    busy_pause_s: float = 0.25
    """First pause where the server says that it is busy but not until when; it doubles in the same way."""
    max_pause_s: float = 60.0
    """No pause is longer, whatever the server asks for."""
    max_total_s: float = 900.0
    """Longest time for one request with all its repetitions."""
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 2.0
    """Shortest time without a byte after which a request is repeated. The actual one follows the host's own answers
    and doubles with every failure in a row, so that one slow file gets its time."""
    max_read_timeout_s: float = 15.0
    """Longest time without a byte after which a request is repeated."""
    min_bytes_per_s: float = 1000.0
    """A body slower than this over `max_read_timeout_s` counts as stalled."""

    def pause_after(self, failures: int, retry_after_s: float | None = None, *, is_busy: bool = False) -> float:
        """How long to wait before a request is made again.

        Parameters
        ----------
        failures : failures in a row so far, 1 or more.
        retry_after_s : what the server asks for, seconds; None where it asks for nothing.
        is_busy : whether the server says that it has too much to do.

        Returns
        -------
        Seconds: the planned pause times a random 0.5 to 1.5, at least what the server asks for, at most `max_pause_s`.

        Examples
        --------
        >>> policy = RetryPolicy(pause_s=1.0, max_pause_s=60.0)
        >>> 0.5 <= policy.pause_after(1) <= 1.5
        True
        >>> 4.0 <= policy.pause_after(4) <= 12.0
        True
        >>> policy.pause_after(1, retry_after_s=7.5)
        7.5
        >>> policy.pause_after(1, retry_after_s=3600)
        60.0

        """
        first_s = self.busy_pause_s if is_busy and retry_after_s is None else self.pause_s
        backoff_s = first_s * 2.0 ** min(failures - 1, _MAX_DOUBLINGS) * _RANDOM.uniform(0.5, 1.5)
        return min(max(backoff_s, retry_after_s or 0.0), self.max_pause_s)


def parse_retry_after(value: str, now: datetime | None = None) -> float | None:
    """Seconds of a `Retry-After` header, which is a number or a date (RFC 9110, 10.2.3).

    Fractions of a second are read too, since servers send them, and a date without a zone is in UTC.

    Parameters
    ----------
    value : the header's value.
    now : the present time, with its zone; None takes the clock.

    Returns
    -------
    Seconds, 0 for a date that has passed; None where the header says nothing that can be read.

    Examples
    --------
    >>> parse_retry_after("7.5")
    7.5
    >>> parse_retry_after("Wed, 21 Oct 2020 07:28:30 GMT", datetime(2020, 10, 21, 7, 28, tzinfo=timezone.utc))
    30.0
    >>> parse_retry_after("soon") is None
    True

    """
    text = value.strip()
    if _NUMBER.fullmatch(text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        return max(0.0, (moment - (now or datetime.now(timezone.utc))).total_seconds())
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
