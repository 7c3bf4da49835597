"""Months by their names, in QGIS's language; values name them by number, in English or in Spanish."""

from __future__ import annotations

import unicodedata

from .allpa_engine.core.job import MONTHS
from .allpa_engine.core.messages import translatable
from .translation import tr

_ENGLISH = (
    translatable("January"),
    translatable("February"),
    translatable("March"),
    translatable("April"),
    translatable("May"),
    translatable("June"),
    translatable("July"),
    translatable("August"),
    translatable("September"),
    translatable("October"),
    translatable("November"),
    translatable("December"),
)
_SPANISH = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "setiembre", "octubre", "noviembre",
    "diciembre",
)  # fmt: skip
_OTHER = {"septiembre": 9}
_SHORTEST = 3


def month_name(month: int) -> str:
    """The name of a month, 1 to 12, in QGIS's language."""
    return tr(_ENGLISH[month - 1])


def month_number(text: str) -> int | None:
    """The month that a text stands for.

    Parameters
    ----------
    text : a number from 1 to 12, or a name in English, Spanish or QGIS's language; its first three letters or more
        will do, in capitals or not.

    Returns
    -------
    1 to 12; None where it is no month.

    """
    plain = _plain(text)
    if plain.isdecimal():
        return int(plain) if int(plain) in MONTHS else None
    if len(plain) < _SHORTEST:
        return None
    for number in MONTHS:
        if any(name.startswith(plain) for name in _names(number)):
            return number
    return next((number for name, number in _OTHER.items() if name.startswith(plain)), None)


def month_values(value: object) -> object:
    """A value of the parameter of months with its months by name, as the parameter's choices have them.

    Parameters
    ----------
    value : months as a text such as `6, 7` or `junio;julio`, as a number, or as a list of these.

    Returns
    -------
    Names in QGIS's language; what is no month stays as it is, and anything else than texts, numbers and lists.

    """
    if isinstance(value, str):
        value = [part.strip() for part in value.replace(";", ",").split(",")]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = [value]
    if not isinstance(value, (list, tuple)):
        return value
    return [_choice(part) for part in value]


def _choice(part: object) -> object:
    text = str(int(part)) if isinstance(part, float) and part.is_integer() else str(part)
    number = month_number(text)
    return part if number is None else month_name(number)


def _names(number: int) -> tuple[str, str, str]:
    return _plain(_ENGLISH[number - 1]), _SPANISH[number - 1], _plain(month_name(number))


def _plain(text: str) -> str:
    """A text in small letters without accents."""
    letters = unicodedata.normalize("NFKD", text.strip().lower())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
