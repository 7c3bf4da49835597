"""Points of known land cover with the statistics of their year, from field surveys and parcels.

Points of L1C are converted to surface reflectance by the median relation of the bands, and then matched to points of
L2A, feature by feature.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from allpa_engine.classify.spectral_index import encode_index
from allpa_engine.composite.decision_model import feature_values
from allpa_engine.composite.year_statistics import index_statistics
from allpa_engine.core.bands import BAND_KEYS
from allpa_engine.core.legend import CROPS, GRASS

from .atmosphere import MEDIAN_GAIN, MEDIAN_OFFSET
from .teacher import TEACHER_BANDS

FEATURES = ("ndvi_p10", "ndvi_p50", "ndvi_p90", "ndmi_p50")
PAIR = (GRASS, CROPS)
CODES = {"grass": GRASS, "crops": CROPS}
FLOOR_DN = 20.0
MIN_OBSERVATIONS = 6
NOT_TEMPERATE = ("Iberia", "Italy", "Balkans-Greece", "Fennoscandia")
"""Regions of the field points outside the zone: scored, not learnt from."""
L2A = "L2A, "
"""Begins the names of the regions whose points are of surface reflectance."""

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class YearPoints:
    """Points of known class with the statistics of a year."""

    features: FloatArray
    """`(n, f)` in the order of `FEATURES`, of surface reflectance."""
    code: npt.NDArray[np.uint8]
    """`(n,)` class code."""
    region: npt.NDArray[np.str_]
    """`(n,)` region that is left out as a whole."""
    median_reflectance: npt.NDArray[np.float32]
    """`(n, 6)` surface reflectance, medians of the year; NaN where a source has none."""

    def take(self, chosen: npt.NDArray[Any]) -> YearPoints:
        """Some of the points, by mask or index."""
        return YearPoints(
            self.features[chosen], self.code[chosen], self.region[chosen], self.median_reflectance[chosen]
        )


def _to_l2a(numbers: FloatArray, key: str) -> FloatArray:
    """Surface reflectance x 10000 of a band by the median relation."""
    number = TEACHER_BANDS.index(key)
    return np.maximum((numbers - float(MEDIAN_OFFSET[number])) / float(MEDIAN_GAIN[number]), FLOOR_DN)


def convert_ndvi(ndvi: FloatArray, nir: FloatArray) -> FloatArray:
    """NDVI of surface reflectance from NDVI at the top of the atmosphere.

    Parameters
    ----------
    ndvi : of L1C.
    nir : L1C digital numbers of the near infrared, for the brightness of the land.

    Returns
    -------
    NDVI of the same shape.

    """
    red = _to_l2a(nir * (1 - ndvi) / (1 + ndvi), "B04")
    surface = _to_l2a(nir, "B08")
    converted: FloatArray = (surface - red) / (surface + red)
    return converted


def read_field_points(data: Path) -> YearPoints:
    """The LUCAS field points of 2018 with their year statistics.

    Parameters
    ----------
    data : folder with `more/series`.

    Returns
    -------
    Grass and crops, in eleven regions of Europe.

    """
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(data / "more" / "series" / "lucas2018_s2_yearstats_europe.parquet")
    column = {name: np.asarray(table[name].to_pylist()) for name in (
        "class10", "region", "nir_median", "swir1_median", "red_median", "blue_median", "green_median", "swir2_median",
        "ndvi_p5", "ndvi_p25", "ndvi_p50", "ndvi_p75", "ndvi_p95",
    )}  # fmt: skip
    known = np.isin(column["class10"], list(CODES))
    column = {name: values[known] for name, values in column.items()}
    nir = column["nir_median"].astype(np.float64)
    low, p25, p50, p75, high = (convert_ndvi(column[f"ndvi_p{number}"] / 1000.0, nir) for number in (5, 25, 50, 75, 95))
    names = ("blue", "green", "red", "nir", "swir1", "swir2")
    surface = [_to_l2a(column[f"{name}_median"].astype(np.float64), key) for name, key in zip(names, BAND_KEYS)]
    ndmi = (surface[3] - surface[4]) / (surface[3] + surface[4])
    # The 10th and 90th percentiles lie a quarter of the way from the 5th to the 25th, and from the 95th to the 75th.
    features = [low + 0.25 * (p25 - low), p50, high - 0.25 * (high - p75), ndmi]
    return YearPoints(
        np.stack(features, axis=1),
        np.array([CODES[name] for name in column["class10"]], np.uint8),
        column["region"].astype(str),
        (np.stack(surface, axis=1) / 10_000).astype(np.float32),
    )


def read_surface_points(data: Path) -> YearPoints:
    """Points of temperate Europe with a year of L2A composites: parcels of France 2023, and WorldCereal 2017."""
    return join_points([_read_parcels(data), _read_composites(data)])


def _read_parcels(data: Path) -> YearPoints:
    with np.load(data / "more" / "series" / "france_lpis_2023_dekad.npz") as table:
        bands, numbers = table["bands"].tolist(), table["X"].astype(np.float64)
        days, label = table["days"], table["label"]
    first = int(np.datetime64("2023-01-01", "D").astype(int))
    numbers[(numbers <= 0) | (days < first)[..., np.newaxis] | (days >= first + 365)[..., np.newaxis]] = np.nan
    names = {"grasslands": GRASS, "temporary_crops": CROPS}
    code = np.array([names.get(str(name), 0) for name in label], np.uint8)
    series = np.stack([numbers[:, :, bands.index(key)] for key in ("B04", "B08", "B11")])
    return _points_of_series(series[:, code > 0], code[code > 0], f"{L2A}parcels of France 2023")


def _read_composites(data: Path) -> YearPoints:
    """The sites north of 45 degrees between the Atlantic and 40 degrees east."""
    sites: dict[str, dict[str, tuple[float, ...]]] = {}
    codes: dict[str, int] = {}
    with gzip.open(data / "labels" / "points" / "worldcereal_points_monthly.csv.gz", "rt", newline="") as stream:
        for row in csv.DictReader(stream):
            values = tuple(float(row[band] or 0) for band in ("B4", "B8", "B11"))
            is_north = bool(row["lat"]) and float(row["lat"]) > 45 and -12 < float(row["lon"]) < 40
            if is_north and min(values) > 0 and int(row["class"]) in PAIR:
                sites.setdefault(row["site"], {})[row["date"]] = values
                codes[row["site"]] = int(row["class"])
    series = np.full((3, len(sites), max(len(dates) for dates in sites.values())), np.nan)
    for number, dates in enumerate(sites.values()):
        series[:, number, : len(dates)] = np.array(list(dates.values())).T
    return _points_of_series(series, np.array([codes[site] for site in sites], np.uint8), f"{L2A}WorldCereal 2017")


def _points_of_series(series: FloatArray, code: npt.NDArray[np.uint8], region: str) -> YearPoints:
    """Points of `(red, nir, swir) x (n, date)` reflectance with enough dates, by the product's own statistics."""
    red, nir, swir = series
    ndvi = index_statistics(encode_index((nir - red) / (nir + red)).T)
    ndmi = index_statistics(encode_index((nir - swir) / (nir + swir)).T)
    features = np.stack([feature_values(name, ndvi, ndmi) for name in FEATURES], axis=1)
    medians = np.full((len(code), len(BAND_KEYS)), np.nan, np.float32)
    enough = ndvi.observations >= MIN_OBSERVATIONS
    return YearPoints(features, code, np.full(len(code), region), medians).take(enough)


def match_to_surface(points: YearPoints, surface: YearPoints) -> YearPoints:
    """Converted L1C points whose features have the mean and spread of the L2A points.

    Parameters
    ----------
    points : of L1C; the temperate ones decide the relation.
    surface : of L2A.

    Returns
    -------
    The points, every feature by a straight line.

    """
    temperate = points.take(~np.isin(points.region, NOT_TEMPERATE))
    (mean, spread), (target_mean, target_spread) = (_mean_and_spread(part) for part in (temperate, surface))
    features = target_mean + target_spread / spread * (points.features - mean)
    return YearPoints(features, points.code, points.region, points.median_reflectance)


def _mean_and_spread(points: YearPoints) -> tuple[FloatArray, FloatArray]:
    """Of each feature, over the 1st to 99th percentiles, both classes weighing alike."""
    shares = np.linspace(0.01, 0.99, 50)
    weights = 1 / np.bincount(points.code)[points.code]
    quantiles = []
    for values in points.features.T:
        order = np.argsort(values)
        position = np.cumsum(weights[order]) - weights[order] / 2
        quantiles.append(np.interp(shares, position / weights.sum(), values[order]))
    return np.mean(quantiles, axis=1), np.std(quantiles, axis=1)


def join_points(points: Sequence[YearPoints]) -> YearPoints:
    """Points of several sources as one set."""
    return YearPoints(
        np.concatenate([part.features for part in points]),
        np.concatenate([part.code for part in points]),
        np.concatenate([part.region for part in points]),
        np.concatenate([part.median_reflectance for part in points]),
    )
