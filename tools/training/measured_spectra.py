"""Measured spectra: soils, roofs and roads of spectral libraries, and dryland sites with fractions seen in the field.

The teacher calls red and dry soil crops; these say what it is.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from allpa_engine.core.legend import BARE

from .spectra import CEILING_DN, NATURAL, NATURAL_BARE, SpectrumPool, spectral_clusters

LIBRARY_FILE, FIELD_FILE = "earthlib_spectra.csv.gz", "fc3_australia_field_cover.csv.gz"
SOIL_KINDS: frozenset[str] = frozenset({"soil", "sand", "gravel", "dirt"})
"""Kinds of the spectral library that are bare ground."""
_BANDS = ("B2", "B3", "B4", "B5", "B6", "B7", "B8", "B11", "B12")
_FIELD_BANDS = ("B3", "B4", "B8", "B11", "B12")
_RED_EDGE_PLACES = np.array([0.226, 0.424, 0.667], np.float32)
"""Where B5, B6 and B7 lie between the wavelengths of B4 (0) and B8 (1)."""
_MAX_GREEN_SHARE, _MIN_BARE_SHARE = 0.15, 0.5
_SPECTRA_PER_GROUP = 200
_MIN_DN = 50.0

FloatArray = npt.NDArray[np.float32]
Codes = npt.NDArray[np.uint8]


def read_library(data: Path, kinds: Iterable[str]) -> FloatArray:
    """`(n, 9)` digital numbers of the library's spectra of these kinds (its third level), in the teacher's bands."""
    wanted = set(kinds)
    rows = [
        [float(row[band]) for band in _BANDS]
        for row in _read_rows(data / "more" / "points" / LIBRARY_FILE)
        if row["level_3"] in wanted and all(row[band] for band in _BANDS)
    ]
    spectra = np.array(rows, np.float32).reshape(-1, len(_BANDS))
    plausible: FloatArray = spectra[((spectra > _MIN_DN) & (spectra < CEILING_DN)).all(axis=1)]
    return plausible


def read_field_sites(data: Path, soils: FloatArray) -> tuple[FloatArray, Codes]:
    """Dryland sites that are hardly green.

    Parameters
    ----------
    data : the data folder.
    soils : `(n, 9)` spectra from which blue, which the sites lack, is estimated by green and red.

    Returns
    -------
    `(n, 9)` digital numbers, and `(n,)` weak label: bare where half or more of the ground was seen bare, else natural.

    """
    rows = list(_read_rows(data / "more" / "points" / FIELD_FILE))
    bands = np.array([[float(row[band]) for band in _FIELD_BANDS] for row in rows], np.float32).reshape(-1, 5)
    green, bare = (np.array([float(row[name]) for row in rows], np.float32) for name in ("green", "bare"))
    kept = (green <= _MAX_GREEN_SHARE) & (bands > _MIN_DN).all(axis=1)
    label = np.where(bare[kept] >= _MIN_BARE_SHARE, NATURAL_BARE, NATURAL).astype(np.uint8)
    return complete_bands(bands[kept], soils), label


def complete_bands(five: FloatArray, soils: FloatArray) -> FloatArray:
    """`(n, 5)` B3 B4 B8 B11 B12 -> `(n, 9)`: blue as green and red give it in soils, the red edge interpolated."""
    factors, *_ = np.linalg.lstsq(soils[:, 1:3], soils[:, 0], rcond=None)
    blue = np.maximum(five[:, :2] @ factors, _MIN_DN)[:, None]
    red, near_infrared = five[:, 1:2], five[:, 2:3]
    red_edge = red + _RED_EDGE_PLACES * (near_infrared - red)
    completed: FloatArray = np.concatenate([blue, five[:, :2], red_edge, five[:, 2:]], axis=1).astype(np.float32)
    return completed


def build_dry_pool(data: Path, rng: np.random.Generator) -> SpectrumPool:
    """Soils and dryland sites as a pool of spectra, grouped by colour, with their weak labels."""
    soils = read_library(data, SOIL_KINDS)
    sites, site_labels = read_field_sites(data, soils)
    groups, first = [], 0
    for spectra in (soils, sites):
        numbers = spectral_clusters(np.log(spectra), max(1, len(spectra) // _SPECTRA_PER_GROUP), rng)
        groups.append(np.unique(numbers, return_inverse=True)[1].reshape(-1) + first)
        first = int(groups[-1].max()) + 1
    weak_label = np.concatenate([np.full(len(soils), NATURAL_BARE, np.uint8), site_labels])
    return SpectrumPool(
        np.concatenate([soils, sites]),
        np.concatenate(groups).astype(np.int32),
        np.where(weak_label == NATURAL_BARE, BARE, 0).astype(np.uint8),
        weak_label,
    )


def _read_rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", newline="") as stream:
        yield from csv.DictReader(stream)
