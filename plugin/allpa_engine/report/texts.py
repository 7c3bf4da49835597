"""Reading forms of the facts in reports."""

from __future__ import annotations


def period_text(period: str) -> str:
    """A period for reading.

    Examples
    --------
    >>> period_text("2020"), period_text("20200401-20200930")
    ('2020', '2020-04-01 – 2020-09-30')

    """
    first, _, last = period.partition("-")
    if len(first) == len(last) == 8:
        return " – ".join(f"{day[:4]}-{day[4:6]}-{day[6:]}" for day in (first, last))
    return period
