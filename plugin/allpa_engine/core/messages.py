"""Sentences for people in their language: the engine says them in English, and tells them in Spanish where asked.

A `Message` is its English text, so it goes wherever a text goes, and remembers the template and the values it was
made of. `told` renders it in another language from the table of templates in `spanish`; `messages_to_json` and
`message_from_json` take it through JSON. Importing this needs the standard library alone.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from typing import Any

from .messages_es import SPANISH_MESSAGES


class Message(str):
    """An English text with what it was made of."""

    template: str
    """With named places, as `str.format` takes it; the key of the tables of translations."""
    values: Mapping[str, Any]
    """Texts, numbers and other messages, by the names of the places."""

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

    def format_field(self, value: Any, format_spec: str) -> str:  # noqa: ANN401 - whatever a sentence holds
        """A value in a place: a text is told, a number has the language's signs."""
        if isinstance(value, str) and not format_spec:
            return translate(value, self._language)
        text = format(value, format_spec)
        if is_spanish(self._language) and isinstance(value, float):
            text = text.replace(",", "\u202f").replace(".", ",")
            text = text.replace("%", "\u202f%")
        return text


def is_spanish(language: str) -> bool:
    """Whether `language` is Spanish; every other is taken as English."""
    return language.startswith("es")


def message(template: str, **values: Any) -> Message:  # noqa: ANN401 - texts, numbers and messages
    """The sentence of a template; the template's Spanish stands in `spanish`."""
    return Message(_MessageFormatter("en").vformat(template, (), values), template, values)


def translate(text: str, language: str) -> str:
    """A text in a language; a sentence without values is its own template, and what has no translation stays."""
    if not is_spanish(language):
        return str(text)
    if not isinstance(text, Message) or not text.template:
        return SPANISH_MESSAGES.get(text, str(text))
    return _MessageFormatter(language).vformat(SPANISH_MESSAGES.get(text.template, text.template), (), text.values)


def messages_to_json(texts: Iterable[str]) -> dict[str, Any]:
    """What JSON must hold beside these texts so that `message_from_json` gives their messages back, by the English
    texts.
    """
    return {str(text): _message_to_json(text) for text in texts if isinstance(text, Message) and text.template}


def message_from_json(text: str, messages: Mapping[str, Any]) -> str:
    """The sentence that a text was, of those that `messages_to_json` gave; a text that was none, or was edited, as it
    is.

    Raises
    ------
    KeyError, TypeError, ValueError : where `messages` is something else.

    """
    return _message_from_json(messages[text]) if text in messages else text


def _message_to_json(text: Message) -> dict[str, Any]:
    values = {
        name: _message_to_json(value) if isinstance(value, Message) and value.template else value
        for name, value in text.values.items()
    }
    return {"template": text.template, "values": values}


def _message_from_json(parts: Mapping[str, Any]) -> Message:
    values = {
        name: _message_from_json(each) if isinstance(each, Mapping) else each for name, each in parts["values"].items()
    }
    return message(parts["template"], **values)


def format_number(value: float, decimals: int, language: str) -> str:
    """A number with thin spaces between thousands, and the language's decimal sign."""
    text = f"{value:,.{decimals}f}".replace(",", "\u202f")
    if float(text.replace("\u202f", "")) == 0:
        text = text.lstrip("-")  # a difference of -0.00 has no sign
    return text.replace(".", ",") if is_spanish(language) else text
