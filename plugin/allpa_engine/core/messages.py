"""Texts for people in their language: the engine writes them in English, and translates them where they are shown.

A `Message` is its English text, so it goes wherever a text goes, and remembers the template and the values it was
made of. `translate` renders it in another language from the message catalogue `locale/<language>/LC_MESSAGES/allpa.po`
(gettext; `python tools/translations.py` takes new texts into it and compiles it). `messages_to_json` and
`message_from_json` take messages through JSON. Importing this needs the standard library alone.
"""

from __future__ import annotations

import gettext
import re
import string
from collections.abc import Iterable, Mapping
from functools import cache
from numbers import Number
from pathlib import Path
from typing import Any

_SHORT_SPEC = re.compile(r"[,]?(\.[0-9])?[a-z%]?")
NUMBER_FORMATS = ("1,234.5", "1.234,5", "1 234.5", "1 234,5", "1'234.5", "1234.5", "1234,5")
"""How numbers can be written: the signs between thousands and before decimals, by an example."""
SMALL_AREA_HA = 10_000.0
"""Areas below this are shown with the decimals of a pixel."""
_FORMAT_OF_LANGUAGE = {"en": "1,234.5", "es": "1 234,5"}
_SHOWN_SIGNS = {" ": "\u202f", "'": "\u2019"}
"""What is shown for the signs of an example that a keyboard has: a narrow space that breaks no line, an apostrophe."""
_LOCALE_FOLDER = Path(__file__).resolve().parent.parent / "locale"


class Message(str):
    """An English text with its template and values.

    Parameters
    ----------
    text : the text as it is written where it is not translated.
    template : with named fields, as `str.format` takes it; empty where the text is no template's.
    values : texts, numbers and other messages, by the names of the fields; None for no fields.

    """

    template: str
    """With named fields, as `str.format` takes it; the key of the message catalogue."""
    values: Mapping[str, Any]
    """Texts, numbers and other messages, by the names of the fields."""

    __slots__ = ("template", "values")

    def __new__(cls, text: str, template: str = "", values: Mapping[str, Any] | None = None) -> Message:
        """A text; without a template it is as any other."""
        made = super().__new__(cls, text)
        made.template, made.values = template, values or {}
        return made


class _MessageFormatter(string.Formatter):
    """Renders templates with numbers and messages of one language."""

    def __init__(self, language: str) -> None:
        self._language = language

    def convert_field(self, value: Any, conversion: str | None) -> Any:  # noqa: ANN401 - whatever a message holds
        """A value of a field; with `!l` a text that stands within a sentence begins with a small letter."""
        if conversion != "l":
            return super().convert_field(value, conversion)
        text = self.format_field(value, "")
        return text[:1].lower() + text[1:]

    def format_field(self, value: Any, format_spec: str) -> str:  # noqa: ANN401 - whatever a message holds
        """A value of a field: a text is translated, a number gets the language's signs."""
        if isinstance(value, str) and not format_spec:
            return translate(value, self._language)
        text = format(value, format_spec)
        if not isinstance(value, Number) or isinstance(value, bool):
            return text
        text = _with_signs(text, self._language)
        return text.replace("%", "\u202f%") if is_spanish(self._language) else text


def is_spanish(language: str) -> bool:
    """Whether `language` is Spanish; every other is taken as English."""
    return language.lower().startswith("es")


def with_number_format(language: str, number_format: str) -> str:
    """A language that also says how numbers are written; every function here that takes a language takes it.

    Parameters
    ----------
    language : `en` or `es`.
    number_format : one of `NUMBER_FORMATS`; empty takes that of the language.

    Examples
    --------
    >>> format_number(1234.5, 1, with_number_format("es", "1,234.5"))
    '1,234.5'

    """
    return f"{language} {number_format}" if number_format else language


def _with_signs(text: str, language: str) -> str:
    """A number as Python formats it, with the signs of a language or of its number format."""
    example = language.partition(" ")[2]
    if example not in NUMBER_FORMATS:
        example = _FORMAT_OF_LANGUAGE["es" if is_spanish(language) else "en"]
    group, decimal = example[1:-5], example[-2]
    return text.translate({ord(","): _SHOWN_SIGNS.get(group, group), ord("."): decimal})


def message(template: str, **values: Any) -> Message:  # noqa: ANN401 - texts, numbers and messages
    """A text made of a template of the message catalogue.

    Parameters
    ----------
    template : English, with named fields, as `str.format` takes it.
    **values : texts, numbers and other messages, by the names of the fields.

    Returns
    -------
    The English text, which `translate` can translate.

    Raises
    ------
    KeyError : where a field has no value.

    Examples
    --------
    >>> text = message("Class {code} covers {share:.1%} of {name}.", code=3, share=0.0314, name="Abancay")
    >>> text
    'Class 3 covers 3.1% of Abancay.'
    >>> text.template
    'Class {code} covers {share:.1%} of {name}.'

    """
    return Message(_MessageFormatter("en").vformat(template, (), values), template, values)


def joined(texts: Iterable[str], between: str = " ") -> Message:
    """Texts one behind another, each of which `translate` translates.

    Parameters
    ----------
    texts : messages and others.
    between : what stands between two of them.

    Returns
    -------
    One message; empty for no texts.

    Examples
    --------
    >>> joined([message("There are {count}.", count=3), "Water"])
    'There are 3. Water'

    """
    values = {f"text_{number}": text for number, text in enumerate(texts)}
    return message(between.join(f"{{{name}}}" for name in values), **values)


def text_of(error: BaseException) -> str:
    """What an error says: a message that it was raised with stays one, so that it can be translated."""
    first = error.args[0] if len(error.args) == 1 else None
    return first if isinstance(first, Message) else str(error)


def translatable(text: str) -> str:
    """Mark a text of a table for the message catalogue; it is translated where it is shown."""
    return text


def translate(text: str, language: str) -> str:
    """Translate a text: a `Message` by its template, any other as it is; what has no translation stays English.

    Parameters
    ----------
    text : English; may be empty.
    language : `es` and what begins with it is Spanish, every other is English.

    Returns
    -------
    The text in that language, numbers in messages with its decimal sign.

    Examples
    --------
    >>> translate("Water", "es"), translate("Water", "en"), translate("12 km", "es")
    ('Agua', 'Water', '12 km')

    """
    catalogue = _catalogue("es" if is_spanish(language) else "en")
    if not text:
        return ""  # the catalogue's own header stands under the empty text
    if not isinstance(text, Message) or not text.template:
        return catalogue.gettext(str(text))
    return _MessageFormatter(language).vformat(catalogue.gettext(text.template), (), text.values)


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    """The compiled catalogue of a language; English has none, since the texts themselves are English."""
    return gettext.translation("allpa", str(_LOCALE_FOLDER), [language], fallback=True)


def messages_to_json(texts: Iterable[str]) -> dict[str, Any]:
    """What JSON must hold beside these texts so that `message_from_json` gives their messages back, by the English
    texts.
    """
    return {str(text): _message_to_json(text) for text in texts if isinstance(text, Message) and text.template}


def message_from_json(text: str, messages: Mapping[str, Any]) -> str:
    """The message that a text was before it was saved.

    Parameters
    ----------
    text : the English text.
    messages : what `messages_to_json` returned for it and others; may come from a file that was edited.

    Returns
    -------
    The message, so that it can be translated; the text as it is where it was none, was edited, or has a template that
    comes from elsewhere.

    Examples
    --------
    >>> saved = messages_to_json([message("{count} scenes", count=3)])
    >>> message_from_json("3 scenes", saved).template
    '{count} scenes'
    >>> message_from_json("4 scenes", saved)
    '4 scenes'

    """
    try:
        restored = _message_from_json(messages[text])
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, RecursionError):
        return text
    return restored if restored == text else text


def _message_to_json(text: Message) -> dict[str, Any]:
    values = {
        name: _message_to_json(value) if isinstance(value, Message) and value.template else value
        for name, value in text.values.items()
    }
    return {"template": text.template, "values": values}


def _message_from_json(parts: Mapping[str, Any]) -> Message:
    for _, name, format_spec, _ in string.Formatter().parse(parts["template"]):
        # a file may hold any template: `{x:>999999999}` takes all memory, `{x.y}` reads what it should not
        if name is not None and not (name.isidentifier() and _SHORT_SPEC.fullmatch(format_spec or "")):
            raise ValueError(f"A template has the field {name[:20]!r}.")
    values = {
        name: _message_from_json(value) if isinstance(value, Mapping) else value
        for name, value in parts["values"].items()
    }
    return message(parts["template"], **values)


def format_number(value: float, decimals: int, language: str) -> str:
    r"""A number with the signs of a language between thousands and before decimals.

    Parameters
    ----------
    value : the number.
    decimals : digits behind the decimal sign.
    language : `es` or any other for English, with or without a number format (see `with_number_format`).

    Returns
    -------
    The text; a number that is rounded to zero has no sign.

    Examples
    --------
    >>> format_number(1234.5, 2, "es"), format_number(1234.5, 2, "en"), format_number(-0.001, 2, "en")
    ('1\u202f234,50', '1,234.50', '0.00')

    """
    text = f"{value:,.{decimals}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("-")  # a difference of -0.00 has no sign
    return _with_signs(text, language)


def format_digits(value: float, digits: int, language: str) -> str:
    """A number with at most so many significant digits, without zeros at its end.

    Examples
    --------
    >>> format_digits(0.25, 3, "es"), format_digits(1500, 4, "en")
    ('0,25', '1,500')

    """
    return _with_signs(f"{value:,.{digits}g}", language)


def area_decimals(largest_ha: float) -> int:
    """Decimals of areas in hectares: those of one pixel, or none from ten thousand hectares on.

    Parameters
    ----------
    largest_ha : the area, or the largest of those that are read together.

    """
    return 2 if abs(largest_ha) < SMALL_AREA_HA else 0


def format_area(area_ha: float, language: str, largest_ha: float | None = None) -> str:
    """Hectares, without their unit, as dock, report and terminal show them.

    Parameters
    ----------
    area_ha : the area, hectares.
    language : as in `format_number`.
    largest_ha : largest area of the same column, which decides the decimals for all of them; None takes `area_ha`.

    Returns
    -------
    The number; an area that would print as zero but is not, as `< 1`.

    Examples
    --------
    >>> format_area(1716, "en"), format_area(24317.26, "en"), format_area(0.36, "en", largest_ha=24317.26)
    ('1,716.00', '24,317', '< 1')

    """
    decimals = area_decimals(area_ha if largest_ha is None else largest_ha)
    return "< 1" if decimals == 0 and 0 < area_ha < 0.5 else format_number(area_ha, decimals, language)


def format_share(percent: float, language: str) -> str:
    """Percent with one decimal, without the sign; a share that would print as zero but is not, as `< 0.1`.

    Examples
    --------
    >>> format_share(12.345, "es"), format_share(0.01, "es"), format_share(0.0, "en")
    ('12,3', '< 0,1', '0.0')

    """
    return f"< {format_number(0.1, 1, language)}" if 0 < percent < 0.05 else format_number(percent, 1, language)
