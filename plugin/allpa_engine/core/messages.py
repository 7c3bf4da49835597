"""Sentences for people in their language: the engine says them in English, and tells them in Spanish where asked.

A `Sentence` is its English text, so it goes wherever a text goes, and remembers the template and the values it was
made of. `told` renders it in another language from the table of templates in `spanish`; `sentences_of` and `restored`
take it through JSON. Importing this needs the standard library alone.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from typing import Any

from .messages_es import SPANISH


class Sentence(str):
    """An English text with what it was made of."""

    template: str
    """With named places, as `str.format` takes it; the key of the tables of translations."""
    values: Mapping[str, Any]
    """Texts, numbers and other sentences, by the names of the places."""

    __slots__ = ("template", "values")

    def __new__(cls, text: str, template: str = "", values: Mapping[str, Any] | None = None) -> Sentence:
        """A text; without a template it is as any other."""
        made = super().__new__(cls, text)
        made.template, made.values = template, values or {}
        return made


class _Formatter(string.Formatter):
    """Renders templates with numbers and sentences of one language."""

    def __init__(self, language: str) -> None:
        self._language = language

    def format_field(self, value: Any, format_spec: str) -> str:  # noqa: ANN401 - whatever a sentence holds
        """A value in a place: a text is told, a number has the language's signs."""
        if isinstance(value, str) and not format_spec:
            return told(value, self._language)
        text = format(value, format_spec)
        if spanish(self._language) and isinstance(value, float):
            text = text.replace(",", "\u202f").replace(".", ",")
            text = text.replace("%", "\u202f%")
        return text


def spanish(language: str) -> bool:
    """Whether `language` is Spanish; every other is taken as English."""
    return language.startswith("es")


def said(template: str, **values: Any) -> Sentence:  # noqa: ANN401 - texts, numbers and sentences
    """The sentence of a template; the template's Spanish stands in `spanish`."""
    return Sentence(_Formatter("en").vformat(template, (), values), template, values)


def told(text: str, language: str) -> str:
    """A text in a language; a sentence without values is its own template, and what has no translation stays."""
    if not spanish(language):
        return str(text)
    if not isinstance(text, Sentence) or not text.template:
        return SPANISH.get(text, str(text))
    return _Formatter(language).vformat(SPANISH.get(text.template, text.template), (), text.values)


def sentences_of(texts: Iterable[str]) -> dict[str, Any]:
    """What JSON must hold beside these texts so that `restored` gives their sentences back, by the English texts."""
    return {str(text): _parts_of(text) for text in texts if isinstance(text, Sentence) and text.template}


def restored(text: str, sentences: Mapping[str, Any]) -> str:
    """The sentence that a text was, of those that `sentences_of` gave; a text that was none, or was edited, as it is.

    Raises
    ------
    KeyError, TypeError, ValueError : where `sentences` is something else.

    """
    return _sentence(sentences[text]) if text in sentences else text


def _parts_of(text: Sentence) -> dict[str, Any]:
    values = {
        name: _parts_of(value) if isinstance(value, Sentence) and value.template else value
        for name, value in text.values.items()
    }
    return {"template": text.template, "values": values}


def _sentence(parts: Mapping[str, Any]) -> Sentence:
    values = {name: _sentence(each) if isinstance(each, Mapping) else each for name, each in parts["values"].items()}
    return said(parts["template"], **values)


def number(value: float, decimals: int, language: str) -> str:
    """A number with thin spaces between thousands, and the language's decimal sign."""
    text = f"{value:,.{decimals}f}".replace(",", "\u202f")
    if float(text.replace("\u202f", "")) == 0:
        text = text.lstrip("-")  # a difference of -0.00 has no sign
    return text.replace(".", ",") if spanish(language) else text
