"""One class of a legend, with the checks of a class that comes from outside."""

from __future__ import annotations

import colorsys
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import JobInvalid, LegendInvalid
from .job_keys import MAX_OWN_CODE, Number, Text, shown
from .messages import message, translatable, translate

MAX_WEIGHT = 1_000_000
ROLE_WATER, ROLE_BUILT, ROLE_SNOW, ROLE_CLOUDS = "water", "built", "snow", "clouds"
ROLES = (ROLE_WATER, ROLE_BUILT, ROLE_SNOW, ROLE_CLOUDS)
"""What a class can mean to the composite: guards know water, built-up land and clouds, minimum shares water and snow.
A class without a role is land like any other."""


def hex_to_rgb(color: str) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255, of `#RRGGBB`."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def distinct_color(number: int) -> str:
    """A colour for a class that has none; neighbouring numbers differ clearly.

    Examples
    --------
    >>> distinct_color(0), distinct_color(1)
    ('#D95757', '#3EB05F')

    """
    hue = number * 0.381966 % 1  # the golden angle never meets itself
    red, green, blue = colorsys.hsv_to_rgb(hue, (0.6, 0.65, 0.45)[number % 3], (0.85, 0.69, 0.95)[number % 3])
    return f"#{round(255 * red):02X}{round(255 * green):02X}{round(255 * blue):02X}"


@dataclass(frozen=True)
class LandClass:
    """One class of a legend."""

    code: int
    """Value in the rasters, 1 to `MAX_OWN_CODE`."""
    name: str
    """As printed in tables. Bundled names are English and translated by `label`; own names are shown as they are."""
    color: str
    """`#RRGGBB`."""
    weight: float = 1.0
    """Default weight of a vote for this class in the class-weighted mode; 0 never wins."""
    definition: str = ""
    """One line on what belongs to the class."""
    role: str = ""
    """What the class means to the composite, of `ROLES`; empty where nothing special."""
    parent: int | None = None
    """Code of the class of the same legend that this one is a part of; None where it is of the highest level."""
    is_bundled: bool = False
    """Whether name and definition stand in the message catalogue; only for the classes of `LEGEND`."""

    @property
    def rgb(self) -> tuple[int, int, int]:
        """Red, green and blue, 0 to 255."""
        return hex_to_rgb(self.color)

    @property
    def text(self) -> str:
        """The name as a text that `translate` translates where it is a bundled one, and leaves as it is elsewhere."""
        return self.name if self.is_bundled else message("{name:s}", name=self.name)

    def label(self, language: str = "en") -> str:
        """Name in `language` (`en` or `es`; any other language falls back to English); own names are not translated."""
        return translate(self.text, language)

    def to_dict(self) -> dict[str, Any]:
        """The class as JSON values; what is empty is left out."""
        further = {"definition": self.definition, "role": self.role, "parent": self.parent}
        return {
            "code": self.code,
            "name": self.name,
            "color": self.color,
            "weight": self.weight,
            **{key: value for key, value in further.items() if value not in ("", None)},
        }


_SUBJECT = translatable("A class of the legend")
_CODE = Number("", 1, MAX_OWN_CODE, is_whole=True)
_WEIGHT = Number("", 0, MAX_WEIGHT)
_NAME = Text("", 100, 1)
_DEFINITION = Text("", 500)
_COLOR = Text("", 7, 7, pattern="#[0-9A-Fa-f]{6}", pattern_text=translatable("a colour as #RRGGBB"))
_CLASS_KEYS = ("code", "name", "color", "weight", "definition", "role", "parent")


def class_from_dict(row: Any, number: int) -> LandClass:  # noqa: ANN401 - a value from outside
    """A class of the JSON values that `LandClass.to_dict` gives; `checked_class` checks the values.

    Parameters
    ----------
    row : from outside.
    number : position in its legend, from 0; decides the colour where none is given.

    Raises
    ------
    LegendInvalid : for what is no object, or has other keys.

    """
    if not isinstance(row, Mapping):
        raise LegendInvalid("The legend cannot be read.", message("A class is {found}.", found=shown(row)))
    unknown = [shown(key) for key in row if key not in _CLASS_KEYS]
    if unknown:
        raise LegendInvalid(
            message("A class of the legend has the unknown key {unknown}.", unknown=unknown[0]),
            message("Keys are {names}.", names=", ".join(_CLASS_KEYS)),
        )
    return LandClass(
        row.get("code", 0),
        row.get("name", ""),
        row.get("color", distinct_color(number)),
        row.get("weight", 1.0),
        row.get("definition", ""),
        row.get("role", ""),
        row.get("parent"),
    )


def checked_class(land: LandClass) -> LandClass:
    """A class whose values have the types and limits of its fields; its name in Unicode's composed form.

    Raises
    ------
    LegendInvalid : where a value is not allowed.

    """
    try:
        code = int(_CODE.check(message("{subject}: its code", subject=_SUBJECT), land.code))
        subject = message("{subject}, code {code}: its", subject=_SUBJECT, code=code)
        name = unicodedata.normalize("NFC", _NAME.check(f"{subject} name", land.name))
        definition = _DEFINITION.check(f"{subject} definition", land.definition)
        color = _COLOR.check(f"{subject} color", land.color).upper()
        weight = _WEIGHT.check(f"{subject} weight", land.weight)
        role = Text("", choices=("", *ROLES)).check(f"{subject} role", land.role)
        parent = None if land.parent is None else int(_CODE.check(f"{subject} parent", land.parent))
    except JobInvalid as error:
        raise LegendInvalid(error.what, error.why) from error
    if name != name.strip() or any(unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp") for letter in name):
        raise LegendInvalid(
            message("{subject} name must be plain text without spaces at its ends.", subject=subject),
            message("It is {found}.", found=shown(land.name)),
        )
    return LandClass(code, name, color, weight, definition, role, parent, land.is_bundled)
