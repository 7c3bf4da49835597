"""Coordinates as people type and paste them: decimal points or commas, degrees and minutes, letters for directions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SIGNS = {"N": 1, "S": -1, "E": 1, "W": -1, "O": -1}
"""Of directions; O is oeste, west in Spanish."""
_NORTH_SOUTH, _EAST_WEST = ("N", "S"), ("E", "W", "O")
_NUMBER = r"[-+]?(?:0|[1-9]\d*)(?:[.,]\d+)?"
_ANGLE = re.compile(
    rf"""\s*(?P<before>[NSEWO])?\s*
    (?P<degrees>{_NUMBER})\s*°?\s*
    (?:(?P<minutes>\d+(?:[.,]\d+)?)\s*['\u2032\u2019]\s*)?
    (?:(?P<seconds>\d+(?:[.,]\d+)?)\s*(?:"|''|\u2033|\u201d)\s*)?
    (?P<after>[NSEWO])?\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_GROUPED = re.compile(r"(?<=\d)[ \u00a0\u202f](?=\d{3}(?:\D|$))")


class CoordinatesUnreadable(ValueError):
    """A text is no pair of coordinates."""


@dataclass(frozen=True)
class _Angle:
    value: float
    letter: str


def parse_pair(text: str, *, is_geographic: bool) -> tuple[float, float]:
    """Two coordinates of a text, as x and y.

    Parameters
    ----------
    text : such as `-13.55, -72.95`, `-13,55; -72,95`, `13°33'S 72°57'W` or `698000 8500000`. Between the two stand a
        semicolon, a comma with a space, or spaces; a comma between digits is a decimal mark where spaces or
        a semicolon part the two.
    is_geographic : in degrees, latitude before longitude unless letters say otherwise; else x (east) before y (north).

    Returns
    -------
    x and y; degrees, longitude first, where `is_geographic`.

    Raises
    ------
    CoordinatesUnreadable
        Where these are not two numbers, or not a latitude and a longitude.

    Examples
    --------
    >>> parse_pair("-13,55; -72,95", is_geographic=True)
    (-72.95, -13.55)
    >>> parse_pair("72°57'O 13°30'S", is_geographic=True)
    (-72.95, -13.5)
    >>> parse_pair("698 000 8 500 000", is_geographic=False)
    (698000.0, 8500000.0)

    """
    first, second = _two_angles(text)
    is_swapped = first.letter in _EAST_WEST or second.letter in _NORTH_SOUTH
    if not is_geographic:
        x, y = (second, first) if first.letter in _NORTH_SOUTH or second.letter in _EAST_WEST else (first, second)
        return (abs(x.value) if x.letter else x.value), (abs(y.value) if y.letter else y.value)
    latitude, longitude = (second, first) if is_swapped else (first, second)
    is_mixed = latitude.letter in _EAST_WEST or longitude.letter in _NORTH_SOUTH
    if is_mixed or abs(latitude.value) > 90 or abs(longitude.value) > 180:
        raise CoordinatesUnreadable(text)
    return longitude.value, latitude.value


def parse_length(text: str) -> float:
    """A length such as `2.5` or `2,5`.

    Raises
    ------
    CoordinatesUnreadable
        Where it is no number greater than zero.

    """
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError as error:
        raise CoordinatesUnreadable(text) from error
    if not 0 < value < float("inf"):
        raise CoordinatesUnreadable(text)
    return value


def _two_angles(text: str) -> tuple[_Angle, _Angle]:
    for left, right in _splits(text.strip().strip("()[]").replace("\u2212", "-")):
        first, second = _angle(left), _angle(right)
        if first is not None and second is not None:
            return first, second
    raise CoordinatesUnreadable(text)


def _splits(text: str) -> Iterator[tuple[str, str]]:
    """Ways to part a text in two, the surest first."""
    for separator in (r";", r",\s+", r"\s+"):
        for gap in re.finditer(separator, text):
            yield text[: gap.start()], text[gap.end() :]
    commas = [place for place, letter in enumerate(text) if letter == ","]
    if len(commas) % 2:
        middle = commas[len(commas) // 2]
        left, right = text[:middle], text[middle + 1 :]
        # a single comma could be the decimal mark of one number
        if len(commas) > 1 or "." in text or right.startswith(("-", "+")):
            yield left, right


def _angle(text: str) -> _Angle | None:
    match = _ANGLE.fullmatch(_GROUPED.sub("", text.strip()))
    if match is None or (match["before"] and match["after"]):
        return None
    degrees, minutes, seconds = (
        float((match[name] or "0").replace(",", ".")) for name in ("degrees", "minutes", "seconds")
    )
    if minutes >= 60 or seconds >= 60:
        return None
    size = abs(degrees) + minutes / 60 + seconds / 3600
    letter = (match["before"] or match["after"] or "").upper()
    if letter:
        return _Angle(size * _SIGNS[letter], letter)
    return _Angle(-size if match["degrees"].startswith("-") else size, "")
