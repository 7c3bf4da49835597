"""Names of features: a band, an index or terrain, with the season before and the statistic behind where there are any.

`B08`, `NDVI`, `elevation`, `spring_B08`, `autumn_NDVI`, `summer_B11_p90`. An index is computed from the bands of the
same season and statistic; of percentiles and standard deviations it is not, since the index of a percentile is no
percentile of the index.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from .indices import SpectralIndex, find_index

ELEVATION, SLOPE, ASPECT = "elevation", "slope", "aspect"
NORTHNESS, EASTNESS = "northness", "eastness"
TERRAIN: tuple[str, ...] = (ELEVATION, SLOPE, ASPECT, NORTHNESS, EASTNESS)
"""Of no season: metres, degrees from the horizontal, degrees clockwise from north, cosine and sine of the aspect."""
MAX_NAME_CHARS = 80
_NAME = re.compile(r"[^\W_](?:[\w.+-]*[^\W_])?")
_OF_ONE_DATE = frozenset({"", "median", "mean", "medoid", "geomedian"})
"""Statistics whose bands an index may be computed from: those that stand for one usual observation."""


@dataclass(frozen=True)
class IndexFeature:
    """An index and the features that it is computed from."""

    index: SpectralIndex
    bands: dict[str, str]
    """Name of the feature by the key of the band."""


def is_feature_name(name: object) -> bool:
    """Whether a value can be the name of a feature: letters, digits, `_`, `.`, `+` and `-`, at most 80.

    Examples
    --------
    >>> is_feature_name("autumn_NDVI_p90"), is_feature_name("../x"), is_feature_name(3)
    (True, False, False)

    """
    return isinstance(name, str) and len(name) <= MAX_NAME_CHARS and _NAME.fullmatch(name) is not None


def find_index_feature(name: str, stored: Collection[str]) -> IndexFeature | None:
    """What an index feature is computed from.

    Parameters
    ----------
    name : of the feature, such as `spring_NDVI`.
    stored : names of the features that can be read.

    Returns
    -------
    The index with its bands, where one part of the name is an index all bands of which are stored for the same season
    and statistic; else None.

    Examples
    --------
    >>> find_index_feature("spring_NDVI", ["spring_B04", "spring_B08"]).bands
    {'B08': 'spring_B08', 'B04': 'spring_B04'}
    >>> find_index_feature("spring_NDVI_p90", ["spring_B04_p90", "spring_B08_p90"]) is None
    True

    """
    parts = name.split("_")
    for number, part in enumerate(parts):
        statistic = "_".join(parts[number + 1 :])
        index = find_index(part) if statistic in _OF_ONE_DATE else None
        if index is None:
            continue
        before, after = "_".join((*parts[:number], "")), f"_{statistic}" if statistic else ""
        bands = {key: f"{before}{key}{after}" for key in index.bands}
        if all(feature in stored for feature in bands.values()):
            return IndexFeature(index, bands)
    return None
