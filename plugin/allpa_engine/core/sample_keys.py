"""The job's keys on samples and reference data: two groups of keys, each a JSON object within the job."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import JobInvalid
from .job_keys import Json, Number, Switch, Text, ValueKind, shown, wrong_value
from .legend import MAX_OWN_CODE
from .messages import message
from .sample_schema import CHANGE, FIRST_INTERPRETER, LANDCOVER, SETTLED, SIMPLE, STRATIFIED, SYSTEMATIC

CLASSES, ZONES, CLASSES_BY_ZONES, RASTER = "classes", "zones", "classes_zones", "raster"
STRATA = (CLASSES, ZONES, CLASSES_BY_ZONES, RASTER)
PROPORTIONAL, EQUAL, MINIMUM, OPTIMAL = "proportional", "equal", "minimum", "optimal"
ALLOCATIONS = (PROPORTIONAL, EQUAL, MINIMUM, OPTIMAL)
AREA, ACCURACY = "area", "accuracy"
OTHER = "other"
"""Name under which an expected accuracy stands for all strata that are not named."""
MAX_POINTS = 200_000
"""Of a sample, and of reference data that are imported."""
INNER_POINT, RANDOM_POINTS = "inner_point", "random_points"
_MAX_NAMES = 5000


AUTO = "auto"
DIRECT, POST_STRATIFIED, REGRESSION = "direct", "post-stratified", "regression"
PREDICTION_POWERED, TUNED = "prediction-powered", "prediction-powered, tuned"
SYNTHETIC, COMPOSITE = "synthetic", "composite"
ZONE_METHODS = (DIRECT, POST_STRATIFIED, REGRESSION, PREDICTION_POWERED, TUNED, SYNTHETIC, COMPOSITE)
"""How areas of zones are estimated from map and sample."""


@dataclass(frozen=True)
class NumberByName(ValueKind):
    """Numbers within limits by free names."""

    minimum: float = 0.0
    maximum: float = 1.0
    is_whole: bool = False

    def check(self, subject: str, value: Any) -> dict[str, float]:  # noqa: ANN401 - a value from outside
        """Check names and numbers; see `ValueKind.check`."""
        if not isinstance(value, Mapping) or len(value) > _MAX_NAMES:
            raise wrong_value(subject, value, 'numbers by name, such as {"Trees": 0.9}')
        name, number = Text("", 300, 1), Number("", self.minimum, self.maximum, self.is_whole)
        return {
            name.check(f"{subject}, a name,", key): number.check(f"{subject}, name {shown(key)},", part)
            for key, part in value.items()
        }

    def schema(self) -> Json:
        """An object of numbers."""
        number = Number("", self.minimum, self.maximum, self.is_whole).schema()
        names = {"minLength": 1, "maxLength": 300}
        return {
            "type": "object",
            "propertyNames": names,
            "additionalProperties": number,
            "maxProperties": _MAX_NAMES,
        }


@dataclass(frozen=True)
class FreeNames(ValueKind):
    """A list of different names, at least one."""

    max_count: int = 20
    _NAME = r"[^\x00-\x1f\x7f]{1,80}"

    def check(self, subject: str, value: Any) -> list[str]:  # noqa: ANN401 - a value from outside
        """Check the names; see `ValueKind.check`."""
        is_list = isinstance(value, (list, tuple)) and 1 <= len(value) <= self.max_count
        if not is_list or not all(isinstance(name, str) and re.fullmatch(self._NAME, name) for name in value):
            raise wrong_value(
                subject,
                value,
                message("a list of 1 to {max_count} names of at most 80 characters", max_count=self.max_count),
            )
        names = [Text("", 80, 1).check(subject, name.strip()) for name in value]
        people = {name.casefold() for name in names}  # other capital letters are the same person
        if len(people) < len(names) or SETTLED in people:
            raise JobInvalid(
                message("{subject} has a name twice, or the name {settled}.", subject=subject, settled=repr(SETTLED)),
                message("The names are {names}.", names=", ".join(names)),
            )
        return names

    def schema(self) -> Json:
        """An array of different strings."""
        name = {"type": "string", "pattern": f"^{self._NAME}$", "not": {"const": SETTLED}}
        return {"type": "array", "items": name, "minItems": 1, "maxItems": self.max_count, "uniqueItems": True}


def _as_json(value: Any) -> Any:  # noqa: ANN401 - a default of any kind
    """A default as JSON has it: a list in place of a tuple."""
    return list(value) if isinstance(value, tuple) else value


@dataclass(frozen=True)
class Group(ValueKind):
    """Keys that belong together, in an object of their own; those that are left out take their defaults."""

    keys: Mapping[str, tuple[ValueKind, Any]] = None  # type: ignore[assignment] # always given
    """Kind and default of each key."""

    @property
    def defaults(self) -> dict[str, Any]:
        """The defaults of all keys."""
        return {name: default for name, (_, default) in self.keys.items()}

    def check(self, subject: str, value: Any) -> dict[str, Any]:  # noqa: ANN401 - a value from outside
        """Check each key; see `ValueKind.check`."""
        if not isinstance(value, Mapping):
            raise wrong_value(subject, value, "an object of keys")
        unknown = [shown(name) for name in value if name not in self.keys]
        if unknown:
            raise JobInvalid(
                message("{subject} has unknown keys: {names}.", subject=subject, names=", ".join(unknown[:10])),
                message("Known are {names}.", names=", ".join(self.keys)),
            )
        given = {name: self.keys[name][0].check(_within(subject, name), part) for name, part in value.items()}
        return {**self.defaults, **given}

    def schema(self) -> Json:
        """An object with these properties."""
        properties = {
            name: {"description": kind.description, **kind.schema(), "default": _as_json(default)}
            for name, (kind, default) in self.keys.items()
        }
        return {"type": "object", "properties": properties, "additionalProperties": False}


def _within(subject: str, name: str) -> str:
    """`The job's key 'design.size'` for a key of a group."""
    return f"{subject[:-1]}.{name}'" if subject.endswith("'") else f"{subject} {name}"


DESIGN = Group(
    "How the task accuracy_sample draws points.",
    {
        "method": (
            Text("How points are drawn.", choices=(SIMPLE, STRATIFIED, SYSTEMATIC)),
            STRATIFIED,
        ),
        "strata": (
            Text(
                "Strata of a stratified sample: the classes of the map, the job's zones, classes by zones, or the "
                "job's strata_raster.",
                choices=STRATA,
            ),
            CLASSES,
        ),
        "kind": (
            Text("What the map is: land cover, or a raster of change.", choices=(LANDCOVER, CHANGE)),
            LANDCOVER,
        ),
        "size": (
            Number(
                "Points; 0 takes as many as the wished standard error needs.",
                0,
                MAX_POINTS,
                is_whole=True,
            ),
            0,
        ),
        "standard_error": (Number("Wished standard error of the overall accuracy.", 0.0001, 0.5), 0.01),
        "expected_accuracy": (
            NumberByName(
                "User's accuracies that are expected, 0 to 1, by class code or name of a stratum; 'other' for the rest."
            ),
            {OTHER: 0.75},
        ),
        "allocation": (Text("How points are shared among strata.", choices=ALLOCATIONS), MINIMUM),
        "minimum_points": (
            Number("Points that the allocation 'minimum' gives each stratum at least.", 2, 10_000, is_whole=True),
            50,
        ),
        "optimal_class": (
            Number(
                "Code of the class for which the allocation 'optimal' is made; 0 for the overall accuracy.",
                0,
                MAX_OWN_CODE,
                is_whole=True,
            ),
            0,
        ),
        "optimal_for": (Text("What of that class gets the smallest standard error.", choices=(ACCURACY, AREA)), AREA),
        "min_distance_m": (Number("Smallest distance between two points in metres; 0 for none.", 0, 1_000_000), 0.0),
        "seed": (Number("The same seed draws the same points.", 0, 2_147_483_647, is_whole=True), 1),
        "interpreters": (FreeNames("Names of those who will label the points."), [FIRST_INTERPRETER]),
    },
)
"""The key `design`."""

IMPORT = Group(
    "How the task accuracy_import reads the job's reference.",
    {
        "class_field": (Text("Field with the classes; empty takes one whose name says so."), ""),
        "classes": (
            NumberByName(
                "Class codes by the values of that field; names and codes of the legend and LUCAS codes are known.",
                minimum=0,
                maximum=MAX_OWN_CODE,
                is_whole=True,
            ),
            {},
        ),
        "layer": (Text("Layer of a GeoPackage; empty takes the first one with points or polygons."), ""),
        "x_field": (Text("Column of a table with x or longitude; empty takes one whose name says so."), ""),
        "y_field": (Text("Column of a table with y or latitude; empty takes one whose name says so."), ""),
        "crs": (Text("CRS of the coordinates, where the file does not name it; empty takes EPSG:4326.", 4000), ""),
        "polygons": (
            Text("Points of polygons: their innermost point, or random ones.", choices=(INNER_POINT, RANDOM_POINTS)),
            INNER_POINT,
        ),
        "points_per_polygon": (Number("Random points of each polygon.", 1, 1000, is_whole=True), 5),
        "is_random": (
            Switch("Whether the points are a simple random sample of the map, so that intervals hold."),
            False,
        ),
        "interpreter": (Text("Name under which the labels are kept; empty takes the name of the file.", 80), ""),
        "seed": (Number("The same seed takes the same random points.", 0, 2_147_483_647, is_whole=True), 1),
    },
)
"""The key `reference_options`."""

ESTIMATION = Group(
    "How the tasks accuracy and accuracy_more_points estimate.",
    {
        "zone_method": (
            Text(
                "How areas of zones are estimated; auto chooses by the points in each zone.",
                choices=(AUTO, *ZONE_METHODS),
            ),
            AUTO,
        ),
        "zones_add_up": (Switch("Whether the zones are made to add up to the estimates for the whole map."), True),
        "target_class": (
            Number(
                "Class whose area is to be known by more points; 0 for the overall accuracy.",
                0,
                255,
                is_whole=True,
            ),
            0,
        ),
        "target_percent": (
            Number(
                "Wished half width of the 95 % interval: percentage points of the overall accuracy, or percent of the "
                "class's area.",
                0.1,
                50,
            ),
            3.0,
        ),
    },
)
"""The key `estimation`."""
