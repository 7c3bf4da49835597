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
from pathlib import Path
from typing import Any

_SHORT_SPEC = re.compile(r"[,]?(\.[0-9])?[a-z%]?")
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
        if is_spanish(self._language) and isinstance(value, float):
            text = text.replace(",", "\u202f").replace(".", ",")
            text = text.replace("%", "\u202f%")
        return text


def is_spanish(language: str) -> bool:
    """Whether `language` is Spanish; every other is taken as English."""
    return language.lower().startswith("es")


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
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError):
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
    r"""A number with thin spaces between thousands, and the language's decimal sign.

    Parameters
    ----------
    value : the number.
    decimals : digits behind the decimal sign.
    language : `es` writes a comma, every other a point.

    Returns
    -------
    The text; a number that is rounded to zero has no sign.

    Examples
    --------
    >>> format_number(1234.5, 2, "es"), format_number(-0.001, 2, "en")
    ('1\u202f234,50', '0.00')

    """
    text = f"{value:,.{decimals}f}".replace(",", "\u202f")
    if float(text.replace("\u202f", "")) == 0:
        text = text.lstrip("-")  # a difference of -0.00 has no sign
    return text.replace(".", ",") if is_spanish(language) else text
