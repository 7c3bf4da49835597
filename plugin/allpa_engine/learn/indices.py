"""Spectral indices of reflectance, by name: those of the catalogue of spyndex, and nine of a published workflow.

Names in capitals are those of the Awesome Spectral Indices, computed by `spyndex`. Names in small letters are the nine
indices of Burgueño et al. 2023 with the formulas of their program landcoverpy. Three of them are not what the name
makes one expect:

* `cri1` is (1/B02) / (1/B03), that is B03 / B02. The carotenoid reflectance index 1 is the difference 1/B02 - 1/B03
  (spyndex: CRI550).
* `ndre` is computed from B09 and B05. The usual ones take B08 and B05 (NDREI), or B06 and B05 (RENDVI).
* `moisture` is (B8A - B11) / (B8A + B11), the normalised difference moisture index with the narrow near infrared. The
  global vegetation moisture index (GVMI) adds 0.1 to the near infrared and 0.02 to B12, and does not read B11.

`evi2` and `osavi` have further forms too: 2.4 (B08 - B04) / (B08 + B04 + 1) here and 2.5 (B08 - B04) / (B08 + 2.4 B04 +
1) in spyndex; `osavi` here has the factor 1.16, which OSAVI of spyndex leaves out. Their constants are meant for
reflectance. landcoverpy computes them from digital numbers, 10,000 times as large, where they come to nothing (its
`evi2` is then 2.4 NDVI, its `osavi` 1.16 NDVI); here they are computed from reflectance.

References
----------
Burgueño, A. M. et al. (2023): Scalable approach for high-resolution land cover: a case study in the Mediterranean
Basin. Journal of Big Data 10, 91.

Montero, D. et al. (2023): A standardized catalogue of spectral indices to advance the use of remote sensing in Earth
system research. Scientific Data 10, 197.

"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.errors import FeaturesInvalid
from ..core.messages import message

Reflectance = NDArray[np.float32]
"""Surface reflectance, 0 to about 1, of any shape; NaN where there is no data."""

_SENTINEL_2_BANDS = {
    "A": "B01", "B": "B02", "G": "B03", "R": "B04", "RE1": "B05", "RE2": "B06", "RE3": "B07", "N": "B08", "N2": "B8A",
    "WV": "B09", "S1": "B11", "S2": "B12",
}  # fmt: skip
"""Sentinel-2's bands by the catalogue's names of them."""


@dataclass(frozen=True)
class SpectralIndex:
    """An index and what it is computed from."""

    name: str
    bands: tuple[str, ...]
    """Keys of the bands, in the order of the arguments."""
    formula: str
    """For people."""
    compute: Callable[..., Any]
    """Of as many arrays as there are bands."""


def _difference_ratio(one: Reflectance, other: Reflectance) -> Reflectance:
    return (one - other) / (one + other)


def _paper(name: str, bands: str, formula: str, compute: Callable[..., Any]) -> SpectralIndex:
    return SpectralIndex(name, tuple(bands.split()), formula, compute)


PAPER_INDICES: dict[str, SpectralIndex] = {
    index.name: index
    for index in (
        _paper("cri1", "B02 B03", "(1/B02) / (1/B03)", lambda blue, green: green / blue),
        _paper("ri", "B04 B03", "(B04 - B03) / (B04 + B03)", _difference_ratio),
        _paper(
            "evi2",
            "B08 B04",
            "2.4 (B08 - B04) / (B08 + B04 + 1)",
            lambda nir, red: np.float32(2.4) * (nir - red) / (nir + red + 1),
        ),
        _paper("mndwi", "B03 B11", "(B03 - B11) / (B03 + B11)", _difference_ratio),
        _paper("moisture", "B8A B11", "(B8A - B11) / (B8A + B11)", _difference_ratio),
        _paper("ndyi", "B03 B02", "(B03 - B02) / (B03 + B02)", _difference_ratio),
        _paper("ndre", "B09 B05", "(B09 - B05) / (B09 + B05)", _difference_ratio),
        _paper("ndvi", "B08 B04", "(B08 - B04) / (B08 + B04)", _difference_ratio),
        _paper(
            "osavi",
            "B08 B04",
            "1.16 (B08 - B04) / (B08 + B04 + 0.16)",
            lambda nir, red: np.float32(1.16) * (nir - red) / (nir + red + np.float32(0.16)),
        ),
    )
}
"""The nine indices of Burgueño et al. 2023 by their names there."""


def find_index(name: str) -> SpectralIndex | None:
    """The index of a name; None where there is none, or where it needs more than Sentinel-2's bands.

    Parameters
    ----------
    name : such as `NDVI` (of spyndex) or `ndvi` (of the nine); capitals matter.

    Examples
    --------
    >>> find_index("ndre").bands
    ('B09', 'B05')
    >>> find_index("NDVI").formula
    '(N-R)/(N+R)'
    >>> find_index("nonsense") is None
    True

    """
    return PAPER_INDICES.get(name) or _catalogue().get(name)


def index_names() -> tuple[str, ...]:
    """The names of all indices that can be computed: the nine, then those of spyndex."""
    return (*PAPER_INDICES, *_catalogue())


def compute_index(name: str, reflectance: Mapping[str, Reflectance]) -> Reflectance:
    """Compute an index.

    Parameters
    ----------
    name : of the index; see `find_index`.
    reflectance : arrays of one shape by the keys of the bands; others than those needed do no harm.

    Returns
    -------
    float32 of that shape; NaN where a band has no data, and where the formula divides by zero or has no real value.

    Raises
    ------
    FeaturesInvalid : where there is no such index, or a band that it needs is missing.

    Examples
    --------
    >>> compute_index("NDVI", {"B04": np.float32([0.25, 0]), "B08": np.float32([0.75, 0])})
    array([0.5, nan], dtype=float32)

    """
    index = find_index(name)
    if index is None:
        raise FeaturesInvalid(
            message("There is no spectral index {name} for Sentinel-2.", name=name),
            next_step=message("Choose a name of the catalogue of spyndex, such as NDVI."),
        )
    missing = [key for key in index.bands if key not in reflectance]
    if missing:
        raise FeaturesInvalid(
            message("The index {name} needs bands that are missing: {bands}.", name=name, bands=", ".join(missing))
        )
    arrays = [np.asarray(reflectance[key], np.float32) for key in index.bands]
    with np.errstate(all="ignore"):
        values = np.asarray(index.compute(*arrays), np.float32)
    has_data = np.isfinite(values)
    for array in arrays:  # a formula may hide a band without data, such as a minimum
        has_data &= np.isfinite(array)
    return np.where(has_data, values, np.float32(np.nan))


@cache
def _catalogue() -> dict[str, SpectralIndex]:
    """The indices of spyndex that need bands of Sentinel-2 and constants that have a value."""
    import spyndex

    constants = {name: constant.default for name, constant in spyndex.constants.items()}
    found = {}
    for name, entry in spyndex.indices.items():
        bands = [argument for argument in entry.bands if argument in _SENTINEL_2_BANDS]
        others = [argument for argument in entry.bands if argument not in _SENTINEL_2_BANDS]
        if bands and all(constants.get(argument) is not None for argument in others):
            keys = tuple(_SENTINEL_2_BANDS[argument] for argument in bands)
            values = {argument: float(constants[argument]) for argument in others}
            found[name] = SpectralIndex(name, keys, entry.formula, _by_spyndex(spyndex, name, bands, values))
    return found


def _by_spyndex(spyndex: Any, name: str, bands: list[str], constants: Mapping[str, float]) -> Callable[..., Any]:  # noqa: ANN401 - spyndex ships no types
    def compute(*arrays: Reflectance) -> Any:  # noqa: ANN401 - whatever the formula gives
        return spyndex.computeIndex(name, {**dict(zip(bands, arrays, strict=True)), **constants})

    return compute
