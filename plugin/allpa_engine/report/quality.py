"""The report's quality figures: how reliably and how often the map's pixels were observed, from the quality raster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.errors import RasterioError

from ..core.errors import RasterInvalid
from ..core.messages import format_number, message, translatable, translate
from ..core.products import QUALITY
from ..raster.class_raster import open_quality_raster

_PERCENT_PER_VALUE = {"confidence": 100 / 255, "agreement": 1.0}
"""Bands that are shares; the others are counts."""
_SHOWN_BANDS = ("observations", "months", "agreement", "confidence")
_SUMMARY: dict[str, tuple[str, str, int]] = {
    "scene_count": (translatable("Scenes used"), "", 0),
    "valid_pixel_percent": (translatable("Pixels with a land or water class"), " %", 2),
    "mean_observations": (translatable("Mean clear observations per pixel"), "", 1),
}
"""Key in the composite's summary: label, unit, decimals."""


@dataclass(frozen=True)
class QualityRow:
    """One quality layer over the pixels with clear observations."""

    name: str
    median: str
    percentile_10: str


def summary_rows(summary: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    """The known figures of a composite's summary as label and value.

    Parameters
    ----------
    summary : numbers by name, such as `scene_count`; names that are not known, and values that are no numbers, are left
        out.
    language : of the labels and of the decimal sign, `en` or `es`.

    Returns
    -------
    Label and value with its unit, in a fixed order.

    Examples
    --------
    >>> summary_rows({"scene_count": 12, "mean_observations": 6.24}, "en")
    [('Scenes used', '12'), ('Mean clear observations per pixel', '6.2')]

    """
    rows = []
    for key, (label, unit, decimals) in _SUMMARY.items():
        value = summary.get(key)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            rows.append((translate(label, language), f"{format_number(value, decimals, language)}{unit}"))
    return rows


def quality_rows(path: Path, language: str) -> list[QualityRow]:
    """Median and 10th percentile of the quality layers, over the pixels with a clear observation.

    Parameters
    ----------
    path : of the quality raster.
    language : of the labels, `en` or `es`.

    Returns
    -------
    One row for each of clear observations, months, agreement and confidence; shares in percent. Empty where no pixel
    has a clear observation.

    Raises
    ------
    RasterInvalid : where the raster cannot be read or has other bands.

    """
    counts = band_histograms(path)
    rows = []
    for key in _SHOWN_BANDS:
        band_index, band = next((band_index, band) for band_index, band in enumerate(QUALITY.bands) if band.key == key)
        seen = counts[band_index]
        if not seen.any():
            return []
        scale, unit = _PERCENT_PER_VALUE.get(key, 1.0), " %" if key in _PERCENT_PER_VALUE else ""
        median, percentile_10 = (
            f"{format_number(scale * quantile(seen, share), 0, language)}{unit}" for share in (0.5, 0.1)
        )
        rows.append(QualityRow(band.label(language), median, percentile_10))
    return rows


def band_histograms(path: Path) -> NDArray[np.int64]:
    """Count the values of a quality raster over the pixels with a clear observation.

    Parameters
    ----------
    path : of the quality raster.

    Returns
    -------
    Numbers of pixels `(band, 256)`, index = value, bands in the order of `QUALITY`.

    Raises
    ------
    RasterInvalid : where the raster cannot be read or has other bands.

    """
    observations = next(band_index for band_index, band in enumerate(QUALITY.bands) if band.key == "observations")
    counts = np.zeros((len(QUALITY.bands), 256), np.int64)
    try:
        with open_quality_raster(path) as source:
            for _, window in source.block_windows(1):
                values = source.read(window=window)
                seen = values[:, values[observations] > 0]
                for band_index, band in enumerate(seen):
                    counts[band_index] += np.bincount(band, minlength=256)
    except RasterioError as error:
        raise RasterInvalid(message("The quality raster {name} is damaged.", name=path.name), str(error)) from error
    return counts


def quantile(counts: NDArray[np.int64], share: float) -> int:
    """The least value that at least `share` of the counted pixels do not exceed.

    Parameters
    ----------
    counts : `(n,)` numbers of pixels, index = value; not all 0.
    share : 0 to 1; 0.5 gives the median.

    Returns
    -------
    A value of the raster.

    Examples
    --------
    >>> quantile(np.array([0, 3, 5, 2]), 0.5)
    2

    """
    cumulative = np.cumsum(counts)
    return int(np.searchsorted(cumulative, share * cumulative[-1]))
