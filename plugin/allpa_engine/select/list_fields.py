"""Values of a scene list, which anybody may have edited: each has its type and range, or is refused with its key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..core.errors import JobInvalid
from ..core.geojson import is_finite_number
from ..core.job_keys import shown
from ..core.messages import message, translatable

_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_MAX_TEXT_CHARS = 100_000
_ADVICE = translatable("Correct the scene list, or search the scenes again.")


class ListFields:
    """The fields of one JSON object of a scene list.

    Parameters
    ----------
    values
        The object, as read from the file.
    where
        What it is, for messages: `Scene 3 of scenes_2020.json`.

    Raises
    ------
    JobInvalid
        Where `values` is no object; also by every method, where the value is not of the kind that it returns.

    """

    def __init__(self, values: object, where: str) -> None:
        if not isinstance(values, Mapping):
            raise JobInvalid(
                message("{where} is not a JSON object.", where=where),
                message("It is {found}.", found=shown(values)),
                _ADVICE,
            )
        self._values, self.where = values, where

    def text(self, key: str, pattern: str = "") -> str:
        """A text; `pattern` is a regular expression for all of it."""
        value = self._values.get(key)
        if not isinstance(value, str) or len(value) > _MAX_TEXT_CHARS:
            raise self._wrong(key, "text")
        if pattern and not re.fullmatch(pattern, value, re.ASCII):
            raise self._wrong(key, "text of the usual form")
        return value

    def name(self, key: str, max_chars: int = 1000) -> str:
        """A text of one line that is not empty."""
        value = self.text(key)
        if not value.strip() or len(value) > max_chars or _CONTROL_CHARACTERS.search(value):
            raise self._wrong(key, message("a line of 1 to {max_chars} characters", max_chars=max_chars))
        return value

    def optional_text(self, key: str, pattern: str = "") -> str | None:
        """A text, or None where the key is missing or null."""
        return None if self._values.get(key) is None else self.text(key, pattern)

    def choice(self, key: str, choices: Sequence[str]) -> str:
        """One of some texts."""
        value = self._values.get(key)
        if not isinstance(value, str) or value not in choices:
            raise self._wrong(key, message("one of {names}", names=", ".join(choices)))
        return value

    def flag(self, key: str) -> bool:
        """True or false, and nothing that passes for it."""
        value = self._values.get(key)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false")
        return value

    def number(self, key: str, minimum: float, maximum: float) -> float:
        """A finite number within limits, of the type that the file has."""
        value = self._values.get(key)
        if not is_finite_number(value) or not minimum <= value <= maximum:  # type: ignore[operator]
            raise self._wrong(
                key, message("a number from {minimum:g} to {maximum:g}", minimum=minimum, maximum=maximum)
            )
        return value  # type: ignore[return-value]

    def optional_number(self, key: str, minimum: float, maximum: float) -> float | None:
        """A number, or None where the key is missing or null."""
        return None if self._values.get(key) is None else self.number(key, minimum, maximum)

    def whole(self, key: str, minimum: int, maximum: int) -> int:
        """A whole number within limits."""
        value = self.number(key, minimum, maximum)
        if value != int(value):
            raise self._wrong(key, "a whole number")
        return int(value)

    def optional_whole(self, key: str, minimum: int, maximum: int) -> int | None:
        """A whole number, or None where the key is missing or null."""
        return None if self._values.get(key) is None else self.whole(key, minimum, maximum)

    def object(self, key: str) -> ListFields:
        """The fields of an object in this one."""
        return ListFields(
            self._values.get(key),
            message("The key {key} of {where!l}", key=repr(key), where=self.where),
        )

    def values(self, key: str) -> list[Any]:
        """A list; empty where the key is missing or null."""
        value = self._values.get(key)
        if value is not None and not isinstance(value, list):
            raise self._wrong(key, "a list")
        return value or []

    def texts(self, key: str) -> Iterator[str]:
        """The texts of a list."""
        for value in self.values(key):
            if not isinstance(value, str) or len(value) > _MAX_TEXT_CHARS:
                raise self._wrong(key, "a list of texts")
            yield value

    def _wrong(self, key: str, wanted: str) -> JobInvalid:
        if key not in self._values:
            return JobInvalid(
                message("{where} lacks the key {key}.", where=self.where, key=repr(key)),
                message("It must be {wanted}.", wanted=wanted),
                _ADVICE,
            )
        return JobInvalid(
            message(
                "The key {key} of {where!l} must be {wanted}.",
                key=repr(key),
                where=self.where,
                wanted=wanted,
            ),
            message("It is {found}.", found=shown(self._values[key])),
            _ADVICE,
        )
