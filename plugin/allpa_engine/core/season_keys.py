"""The job's keys on seasonal composites: which months make which season, which scenes are used, what is computed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import JobInvalid
from .job_keys import Json, Months, Number, Switch, Text, ValueKind, shown, wrong_value
from .messages import message
from .sample_keys import Group

MEDIAN, MEAN, STANDARD_DEVIATION, MEDOID = "median", "mean", "std", "medoid"
STATISTICS = (MEDIAN, MEAN, STANDARD_DEVIATION, MEDOID)
"""Statistics with a name; percentiles are written as `p10`, `p90` or `p2.5`."""
CLOUD_LIMIT, OWN_SELECTION = "cloud_limit", "as_map"
SEASON_SELECTIONS = (CLOUD_LIMIT, OWN_SELECTION)
"""A few scenes with little cloud, or as many as the annual map would take in the season's months."""
KEEP_SNOW, LEAVE_OUT_SNOW, SNOW_IF_ALONE = "keep", "leave_out", "if_alone"
SNOW_RULES = (KEEP_SNOW, LEAVE_OUT_SNOW, SNOW_IF_ALONE)
TRUE_COLOR_BANDS = ("B04", "B03", "B02")
MAX_SEASONS = 12
DEFAULT_SEASONS: dict[str, tuple[int, ...]] = {"spring": (3, 4), "summer": (6, 7), "autumn": (10, 11)}
"""Those of landcoverpy (Burgueño et al. 2023), for the northern hemisphere."""
_NAME = r"[^\x00-\x1f\x7f]{1,40}"
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,2})?|100)")


@dataclass(frozen=True)
class Seasons(ValueKind):
    """Months by the names of seasons."""

    def check(self, subject: str, value: Any) -> dict[str, tuple[int, ...]]:  # noqa: ANN401 - a value from outside
        """Check names and months; see `ValueKind.check`.

        Parameters
        ----------
        subject : what the value is, for the sentence of an error.
        value : 1 to 12 lists of months by name. A name has 1 to 40 characters, a letter or digit among them.

        Returns
        -------
        Months of each season, in the given order: a season may begin in December and end in February.

        Raises
        ------
        JobInvalid : for any other value, and for names that differ in nothing but capital letters and signs.

        """
        if not isinstance(value, Mapping) or not 1 <= len(value) <= MAX_SEASONS:
            raise wrong_value(
                subject,
                value,
                message('1 to {max_seasons} seasons, such as {{"dry": [6, 7, 8]}}', max_seasons=MAX_SEASONS),
            )
        names = [_season_name(subject, name) for name in value]
        if len({season_key(name).casefold() for name in names}) < len(names):
            raise JobInvalid(
                message("{subject} has a season twice.", subject=subject),
                message("The names are {names}.", names=", ".join(names)),
            )
        months = Months("")
        return {
            name: _given_order(part, months.check(f"{subject}, season {name},", _not_empty(subject, name, part)))
            for name, part in zip(names, value.values(), strict=True)
        }

    def schema(self) -> Json:
        """An object of arrays of months."""
        month = {"type": "integer", "minimum": 1, "maximum": 12}
        return {
            "type": "object",
            "propertyNames": {"pattern": f"^{_NAME}$"},
            "additionalProperties": {"type": "array", "items": month, "minItems": 1, "maxItems": 12},
            "minProperties": 1,
            "maxProperties": MAX_SEASONS,
        }


def _season_name(subject: str, name: Any) -> str:  # noqa: ANN401 - a value from outside
    if not isinstance(name, str) or not re.fullmatch(_NAME, name) or not season_key(name):
        raise JobInvalid(
            message("{subject} has the season {found}, whose name cannot be used.", subject=subject, found=shown(name)),
            "A name has 1 to 40 characters, a letter or digit among them.",
        )
    return Text("", 40, 1).check(subject, name.strip())


def _not_empty(subject: str, name: str, months: Any) -> Any:  # noqa: ANN401 - a value from outside
    if not isinstance(months, (list, tuple)) or not months:
        raise wrong_value(message("{subject}, season {name},", subject=subject, name=name), months, "a list of months")
    return months


def _given_order(given: Any, months: tuple[int, ...]) -> tuple[int, ...]:  # noqa: ANN401 - a value from outside
    """The checked months in the order in which they were given, each once."""
    return tuple(dict.fromkeys(int(month) for month in given if int(month) in months))


@dataclass(frozen=True)
class StatisticNames(ValueKind):
    """A list of statistics: some of `STATISTICS`, and percentiles such as `p90`."""

    def check(self, subject: str, value: Any) -> list[str]:  # noqa: ANN401 - a value from outside
        """Check the names; see `ValueKind.check`.

        Parameters
        ----------
        subject : what the value is, for the sentence of an error.
        value : a list of 1 to 20 names.

        Returns
        -------
        The names, each once: those of `STATISTICS` in their order, then percentiles from low to high.

        Raises
        ------
        JobInvalid : for any other value.

        """
        wanted = message("a list of some of {names} and percentiles such as p10 or p90", names=", ".join(STATISTICS))
        if not isinstance(value, (list, tuple)) or not 1 <= len(value) <= 20:
            raise wrong_value(subject, value, wanted)
        percentiles: dict[float, str] = {}
        for name in value:
            if name in STATISTICS:
                continue
            if not isinstance(name, str) or not _PERCENTILE.fullmatch(name):
                raise wrong_value(subject, name, wanted)
            percentiles[percentile_of(name)] = f"p{percentile_of(name):g}"
        return [*(name for name in STATISTICS if name in value), *(percentiles[rank] for rank in sorted(percentiles))]

    def schema(self) -> Json:
        """An array of names."""
        names = "|".join(STATISTICS)
        return {
            "type": "array",
            "items": {"type": "string", "pattern": f"^(?:{names}|{_PERCENTILE.pattern})$"},
            "minItems": 1,
            "maxItems": 20,
        }


SEASONAL = Group(
    "How the task seasonal_composite chooses scenes and what it computes of them.",
    {
        "selection": (
            Text(
                "Scenes of a season: the clearest of those below max_cloud_percent (cloud_limit), or as many as the "
                "job's keys max_scenes, clear_observations and max_cloud_percent give in its months (as_map).",
                choices=SEASON_SELECTIONS,
            ),
            CLOUD_LIMIT,
        ),
        "max_cloud_percent": (Number("With cloud_limit: scenes with more cloud are not used.", 0, 100), 20.0),
        "min_scenes": (
            Number(
                "Where a season has fewer usable scenes of a tile, those of the months before and after it are used "
                "too; 0 never uses them.",
                0,
                20,
                is_whole=True,
            ),
            2,
        ),
        "max_scenes": (
            Number("With cloud_limit: most acquisitions of a tile and season.", 1, 400, is_whole=True),
            5,
        ),
        "statistics": (
            StatisticNames(
                "What is computed of the clear observations of each pixel and band; percentiles are written as p10."
            ),
            [MEDIAN],
        ),
        "mask_dilation": (
            Switch("Whether clouds and shadows of the scene classification are widened before they are left out."),
            True,
        ),
        "snow": (
            Text(
                "Observations that the scene classification calls snow: used (keep), never used (leave_out, as "
                "landcoverpy does), or used where a pixel has no other (if_alone).",
                choices=SNOW_RULES,
            ),
            SNOW_IF_ALONE,
        ),
        "terrain": (Switch("Whether elevation, slope and aspect are added to the feature folder."), True),
    },
)
"""The key `seasonal`."""


def percentile_of(statistic: str) -> float:
    """The rank of a percentile, 0 to 100.

    Examples
    --------
    >>> percentile_of("p2.5")
    2.5

    """
    return float(statistic[1:])


def season_key(season: str) -> str:
    """A season's name in features and file names: letters and digits of any script, joined by `_`.

    Examples
    --------
    >>> season_key("otoño"), season_key("Dry season (2)")
    ('otoño', 'Dry_season_2')

    """
    return "_".join(re.findall(r"[^\W_]+", season))


def feature_name(season: str, band: str, statistic: str) -> str:
    """The name of a band of a seasonal composite among the features; the median has the plain name.

    Examples
    --------
    >>> feature_name("spring", "B08", "median"), feature_name("dry season", "B04", "p90")
    ('spring_B08', 'dry_season_B04_p90')

    """
    name = f"{season_key(season)}_{band}"
    return name if statistic == MEDIAN else f"{name}_{statistic}"
