"""The job's keys on training data: how labels are read, sampled, balanced and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .job_keys import Json, Number, Switch, Text, ValueKind, shown, wrong_value
from .legend import MAX_OWN_CODE
from .messages import message
from .sample_keys import INNER_POINT, Group

PIXELS = "pixels"
POLYGON_SAMPLING = (PIXELS, INNER_POINT)
BALANCE_NONE, WEIGHTS, DOWN, UP, CENTRE_OF_LARGEST = "none", "weights", "down", "up", "centre_of_largest"
BALANCES = (BALANCE_NONE, WEIGHTS, DOWN, UP, CENTRE_OF_LARGEST)
SEED_LIMIT = 2_147_483_647
_MAX_VALUES = 5000


@dataclass(frozen=True)
class ClassByValue(ValueKind):
    """Codes or names of classes by the values of a field; 0 or an empty text leaves a value out."""

    def check(self, subject: str, value: Any) -> dict[str, str | float]:  # noqa: ANN401 - a value from outside
        """Check values and classes; see `ValueKind.check`."""
        if not isinstance(value, Mapping) or len(value) > _MAX_VALUES:
            raise wrong_value(subject, value, 'classes by value, such as {"Bosque": "Trees", "99": 0}')
        key, name = Text("", 300, 1), Text("", 100)
        code = Number("", 0, MAX_OWN_CODE, is_whole=True)
        return {
            key.check(f"{subject}, a value,", text): (name if isinstance(part, str) else code).check(
                f"{subject}, value {shown(text)},", part
            )
            for text, part in value.items()
        }

    def schema(self) -> Json:
        """An object of names and codes."""
        return {
            "type": "object",
            "propertyNames": {"minLength": 1, "maxLength": 300},
            "additionalProperties": {
                "type": ["string", "integer"],
                "maxLength": 100,
                "minimum": 0,
                "maximum": MAX_OWN_CODE,
            },
            "maxProperties": _MAX_VALUES,
        }


@dataclass(frozen=True)
class FeatureNames(ValueKind):
    """A list of names of features or indices; an empty one takes what there is."""

    max_count: int = 500

    def check(self, subject: str, value: Any) -> list[str]:  # noqa: ANN401 - a value from outside
        """Check the names; see `ValueKind.check`."""
        if not isinstance(value, (list, tuple)) or len(value) > self.max_count:
            raise wrong_value(subject, value, message("a list of at most {max_count} names", max_count=self.max_count))
        return list(dict.fromkeys(Text("", 80, 1).check(subject, name) for name in value))

    def schema(self) -> Json:
        """An array of strings."""
        name = {"type": "string", "minLength": 1, "maxLength": 80}
        return {"type": "array", "items": name, "maxItems": self.max_count}


TRAINING = Group(
    "How the task training_data makes training data of the job's labels.",
    {
        "class_field": (Text("Field with the classes; empty takes one whose name says so."), ""),
        "classes": (
            ClassByValue(
                "Code or name of the class by values of that field, where they are merged, renamed or left out (0)."
            ),
            {},
        ),
        "layer": (Text("Layer of a GeoPackage; empty takes the first one with points or polygons."), ""),
        "x_field": (Text("Column of a table with x or longitude; empty takes one whose name says so."), ""),
        "y_field": (Text("Column of a table with y or latitude; empty takes one whose name says so."), ""),
        "crs": (Text("CRS of the coordinates, where the file does not name it; empty takes EPSG:4326.", 4000), ""),
        "encoding": (Text("Encoding of a shapefile's texts, such as cp1252; empty finds it.", 40), ""),
        "features": (FeatureNames("Features to read; an empty list takes all that are stored."), []),
        "indices": (
            FeatureNames("Spectral indices to add, such as NDVI, for each season that has their bands."),
            [],
        ),
        "neighbours": (Switch("Whether the eight pixels around a point get its class too."), True),
        "polygons": (
            Text(
                "What becomes of polygons: the pixels within, or the pixel at the point furthest from the border.",
                choices=POLYGON_SAMPLING,
            ),
            PIXELS,
        ),
        "polygon_pixels": (Number("Largest number of pixels of one polygon.", 1, 1_000_000, is_whole=True), 50),
        "balance": (
            Text(
                "How classes are balanced: not at all, by weights, by leaving rows of large classes out (down), by "
                "repeating rows of small ones (up), or by keeping of the largest class the labelled pixel alone.",
                choices=BALANCES,
            ),
            WEIGHTS,
        ),
        "class_rows": (
            Number(
                "Rows of each class after balancing by down or up; 0 takes those of the smallest or largest class.",
                0,
                10_000_000,
                is_whole=True,
            ),
            0,
        ),
        "group_field": (
            Text("Field whose values are the groups of the validation, such as the farm; empty takes blocks of land."),
            "",
        ),
        "block_size_m": (
            Number("Side of the validation's blocks of land in metres; 0 chooses it by the labels.", 0, 1_000_000),
            0.0,
        ),
        "folds": (Number("Folds of the validation.", 2, 50, is_whole=True), 5),
        "merge_below": (
            Number("Jeffries-Matusita distance (0 to 2) below which merging two classes is advised.", 0, 2),
            1.0,
        ),
        "check_labels": (
            Switch("Whether labels that other labels contradict are searched, and written as a layer."),
            True,
        ),
        "chip_size": (Number("Side of the chips for a network in pixels; 0 makes none.", 0, 2048, is_whole=True), 0),
        "chip_stride": (
            Number("Pixels from one chip to the next; 0 takes the chip's side.", 0, 2048, is_whole=True),
            0,
        ),
        "min_labelled": (Number("Smallest share of labelled pixels of a chip.", 0, 1), 0.0),
        "csv": (Switch("Whether the table is written as CSV too."), False),
        "seed": (Number("The same seed chooses the same pixels, rows and folds.", 0, SEED_LIMIT, is_whole=True), 1),
    },
)
"""The key `training_options`."""
