"""Kinds of values that the keys of a job can have: each checks a value, and writes itself as JSON Schema.

`job.Job` gives every one of its fields such a kind, which makes the table from which jobs are checked, defaults and
limits of forms are taken, and the published schema is written.
"""

from __future__ import annotations

import re
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from .errors import JobInvalid, PeriodInvalid
from .geojson import is_finite_number
from .messages import message, translatable

Json = dict[str, Any]
"""A value of JSON Schema."""
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 80
MAX_OWN_CODE = 250
"""Largest code of a class; the values above are free for what programs mark in rasters of one byte."""
_CODE_PATTERN = "^([1-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|250)$"
"""A code from 1 to `MAX_OWN_CODE` as text."""
_CONTROL_CHARACTERS = re.compile("[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class ValueKind:
    """What a key means and which values it takes."""

    description: str
    """One sentence for people."""

    def check(self, subject: str, value: Any) -> Any:  # noqa: ANN401 - a value from outside
        """Check a value, and give it in the type of the job's field.

        Parameters
        ----------
        subject : what the value is, such as "The job's key 'crs'", for the sentence of an error.
        value : anything that JSON can hold; tuples count as lists.

        Returns
        -------
        The value as the job keeps it.

        Raises
        ------
        JobInvalid : with the subject; PeriodInvalid for days, RegionInvalid for geometries.
        """
        raise NotImplementedError

    def schema(self) -> Json:
        """The kind as JSON Schema, without its description."""
        raise NotImplementedError


@dataclass(frozen=True)
class Text(ValueKind):
    """A line of text."""

    max_length: int = 300
    min_length: int = 0
    choices: tuple[str, ...] = ()
    """The only values, where there are any."""
    pattern: str = ""
    """Regular expression that the whole text must match, where there is one."""
    pattern_text: str = ""
    """The pattern in words."""
    is_path: bool = False
    """Whether any character that a file's name may have is allowed."""

    def check(self, subject: str, value: Any) -> str:  # noqa: ANN401 - a value from outside
        """Check the text; see `ValueKind.check`.

        Parameters
        ----------
        subject : what the value is, for the sentence of an error.
        value : a text of the allowed length that fits `choices` and `pattern`, without control characters (in paths,
            NUL).

        Raises
        ------
        JobInvalid : for any other value.
        """
        if not isinstance(value, str):
            raise wrong_value(subject, value, "text")
        if self.choices and value not in self.choices:
            raise wrong_value(subject, value, message("one of {names}", names=", ".join(self.choices)))
        if not self.min_length <= len(value) <= self.max_length:
            limits = (
                message("{min_length} to {max_length}", min_length=self.min_length, max_length=self.max_length)
                if self.min_length
                else message("at most {max_length}", max_length=self.max_length)
            )
            raise JobInvalid(
                message("{subject} must have {limits} characters.", subject=subject, limits=limits),
                message("It has {count:,}.", count=len(value)),
            )
        if "\0" in value or (not self.is_path and _CONTROL_CHARACTERS.search(value)) or not _is_unicode(value):
            raise JobInvalid(
                message("{subject} must be plain text.", subject=subject),
                message("It has control characters: {found}.", found=shown(value)),
            )
        if self.pattern and not re.fullmatch(self.pattern, value):
            raise wrong_value(subject, value, self.pattern_text)
        return value

    def schema(self) -> Json:
        """A string."""
        if self.choices:
            return {"enum": list(self.choices)}
        pattern = {"pattern": f"^(?:{self.pattern})$"} if self.pattern else {}
        return {"type": "string", "minLength": self.min_length, "maxLength": self.max_length, **pattern}


@dataclass(frozen=True)
class Number(ValueKind):
    """A number within limits, both included."""

    minimum: float
    maximum: float
    is_whole: bool = False

    def check(self, subject: str, value: Any) -> float:  # noqa: ANN401 - a value from outside
        """Check the number; see `ValueKind.check`.

        Parameters
        ----------
        subject : what the value is, for the sentence of an error.
        value : a finite number from `minimum` to `maximum`; a whole number may be written as 3.0.

        Raises
        ------
        JobInvalid : for any other value.
        """
        is_number = is_finite_number(value) and (not self.is_whole or value == int(value))
        if not is_number or not self.minimum <= value <= self.maximum:
            kind = translatable("a whole number") if self.is_whole else translatable("a number")
            raise wrong_value(
                subject,
                value,
                message(
                    "{kind} from {minimum:,} to {maximum:,}", kind=kind, minimum=self.minimum, maximum=self.maximum
                ),
            )
        return int(value) if self.is_whole else float(value)

    def schema(self) -> Json:
        """A number or an integer."""
        return {
            "type": "integer" if self.is_whole else "number",
            "minimum": self.minimum,
            "maximum": self.maximum,
        }


@dataclass(frozen=True)
class Switch(ValueKind):
    """True or false."""

    def check(self, subject: str, value: Any) -> bool:  # noqa: ANN401 - a value from outside
        """Check the value; see `ValueKind.check`. Numbers and texts are not taken for true or false."""
        if not isinstance(value, bool):
            raise wrong_value(subject, value, "true or false")
        return value

    def schema(self) -> Json:
        """A boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True)
class Day(ValueKind):
    """A day as `2020-01-31`, or empty."""

    def check(self, subject: str, value: Any) -> str:  # noqa: ANN401 - a value from outside
        """Check the day; see `ValueKind.check`.

        Parameters
        ----------
        subject : what the value is, for the sentence of an error.
        value : a day such as `2020-01-31`, or an empty text.

        Raises
        ------
        JobInvalid : for what is not a text; PeriodInvalid for any other text.
        """
        if not isinstance(value, str):
            raise wrong_value(subject, value, "a day such as '2020-01-31'")
        try:
            if value and date.fromisoformat(value).isoformat() != value:
                raise ValueError(message("it is not written as year-month-day"))
        except ValueError as error:
            raise PeriodInvalid(
                message("{subject} must be a day such as '2020-01-31'; it cannot be read.", subject=subject),
                message("It is {found}: {error}.", found=shown(value), error=str(error)[:100]),
                "Write it as year-month-day.",
            ) from error
        return value

    def schema(self) -> Json:
        """A string that is empty or a date."""
        return {"type": "string", "pattern": "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"}


@dataclass(frozen=True)
class Months(ValueKind):
    """A list of months; an empty one means all of them."""

    def check(self, subject: str, value: Any) -> tuple[int, ...]:  # noqa: ANN401 - a value from outside
        """Check the months; see `ValueKind.check`.

        Parameters
        ----------
        subject : what the value is, for the sentence of an error.
        value : a list of whole numbers from 1 to 12; an empty one means all months.

        Returns
        -------
        The months in the order of the calendar, each once.

        Raises
        ------
        JobInvalid : for any other value.
        """
        if not isinstance(value, (list, tuple)) or len(value) > 100:
            raise wrong_value(subject, value, "a list of months")
        month = Number("", 1, 12, is_whole=True)
        return tuple(sorted({int(month.check(subject, number)) for number in value})) or tuple(range(1, 13))

    def schema(self) -> Json:
        """An array of integers."""
        return {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 12}, "maxItems": 100}


@dataclass(frozen=True)
class NumberByCode(ValueKind):
    """Numbers by the codes of classes, whatever legend they are of."""

    maximum: float

    def check(self, subject: str, value: Any) -> dict[int, float]:  # noqa: ANN401 - a value from outside
        """Check codes and numbers; see `ValueKind.check`.

        Parameters
        ----------
        subject : what the value is, for the sentence of an error.
        value : numbers from 0 to `maximum` by class code; codes are whole numbers or texts of them.

        Returns
        -------
        The numbers by code, rising.

        Raises
        ------
        JobInvalid : for any other value.
        """
        if not isinstance(value, Mapping):
            raise wrong_value(subject, value, 'numbers by class code, such as {"3": 1.2}')
        codes = {str(code): code for code in range(1, MAX_OWN_CODE + 1)}
        unknown = [shown(code) for code in value if str(code) not in codes or isinstance(code, (bool, float))]
        if unknown:
            raise JobInvalid(
                message(
                    "{subject} contains unknown class codes: {names}.", subject=subject, names=", ".join(unknown[:5])
                ),
                message("Codes are 1 to {max_own_code}.", max_own_code=MAX_OWN_CODE),
            )
        kind = Number("", 0, self.maximum)
        numbers = {codes[str(code)]: kind.check(f"{subject}, class {code},", number) for code, number in value.items()}
        return dict(sorted(numbers.items()))

    def schema(self) -> Json:
        """An object with a number for each code."""
        number = {"type": "number", "minimum": 0, "maximum": self.maximum}
        return {
            "type": "object",
            "propertyNames": {"pattern": _CODE_PATTERN},
            "additionalProperties": number,
            "maxProperties": MAX_OWN_CODE,
        }


@dataclass(frozen=True)
class PathByName(ValueKind):
    """Paths by names."""

    names: tuple[str, ...] = ()
    """The only names, where they are fixed; otherwise names that can be parts of file names."""
    max_count: int = 100

    _NAME = r"[\w-][\w.-]{0,79}"

    def check(self, subject: str, value: Any) -> dict[str, str]:  # noqa: ANN401 - a value from outside
        """Check names and paths; see `ValueKind.check`.

        Parameters
        ----------
        subject : what the value is, for the sentence of an error.
        value : paths, not empty, by name; at most `max_count`.

        Raises
        ------
        JobInvalid : for any other value.
        """
        if not isinstance(value, Mapping) or len(value) > self.max_count:
            raise wrong_value(subject, value, 'paths by name, such as {"2020": "map.tif"}')
        for key in value:
            if self.names and key not in self.names:
                raise JobInvalid(
                    message("{subject} contains the unknown name {found}.", subject=subject, found=shown(key)),
                    message("Names are {names}.", names=", ".join(self.names)),
                )
            if not isinstance(key, str) or not re.fullmatch(self._NAME, key):
                raise JobInvalid(
                    message(
                        "{subject} contains the name {found}, which cannot be part of a file's name.",
                        subject=subject,
                        found=shown(key),
                    ),
                    "Use letters, digits, points, hyphens and underscores, at most 80.",
                )
        path = path_text("", is_required=True)
        return {key: path.check(f"{subject}, name {key!r},", text) for key, text in value.items()}

    def schema(self) -> Json:
        """An object of strings."""
        names = {"enum": list(self.names)} if self.names else {"pattern": f"^{self._NAME}$"}
        return {
            "type": "object",
            "propertyNames": names,
            "additionalProperties": path_text("", is_required=True).schema(),
            "maxProperties": self.max_count,
        }


def path_text(description: str, *, is_required: bool = False) -> Text:
    """The kind of a path: a text of at most 4000 characters.

    Parameters
    ----------
    description : one sentence for people.
    is_required : whether an empty path is refused.

    Returns
    -------
    The kind, for a field of a job.
    """
    return Text(description, 4000, int(is_required), is_path=True)


def shown(value: Any) -> str:  # noqa: ANN401 - a value from outside
    """A value for the sentence of an error: short, on one line, whatever it is."""
    try:
        text = _SHORT.repr(value)
    except ValueError:  # an integer of more digits than Python writes
        return "a number of many digits"
    return text if _is_unicode(text) else ascii(text)


def _is_unicode(text: str) -> bool:
    """Whether a text can be written to a file; JSON can spell halves of characters."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def wrong_value(subject: str, value: Any, wanted: str) -> JobInvalid:  # noqa: ANN401 - a value from outside
    """The error of a key with a value that it cannot have."""
    return JobInvalid(
        message("{subject} must be {wanted}.", subject=subject, wanted=wanted),
        message("It is {found}.", found=shown(value)),
    )
