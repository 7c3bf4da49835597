"""Measure the class spectra of `spectra.csv` on real, labelled Sentinel-2 L2A scenes.

    python -m sample_archive.measure_spectra DATA > tools/sample_archive/spectra.csv

`DATA` is a folder with `chips/` (images `NAME.tif`, class probabilities `NAME_soft.tif`, `INDEX.csv`) and
`labels/points/` (tables of labelled spectra). By chip and class, pixels whose label is certain (probability at least
0.45 and 0.20 above the second) give a median spectrum and a covariance. Chips are ranked by the class's NDVI and cut
in two or three states (dry to green); a state is the mean over its sites of the medians and of the covariances, so
that no site outweighs another. Bare ground, snow and clouds, rare in the chips, come from points and clouded chips.
"""

from __future__ import annotations

import csv
import gzip
import sys
import warnings
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio

CHIP_BANDS = (1, 2, 3, 7, 8, 9)
POINT_BANDS = ("B2", "B3", "B4", "B8", "B11", "B12")
TEACHER = ("water", "trees", "grass", "flooded", "crops", "scrub", "built", "bare", "snow")
STATES = {
    "water": ("clear", "turbid"),
    "trees": ("dry", "green"),
    "grass": ("dry", "green"),
    "flooded": ("dry", "green"),
    "crops": ("dry", "mid", "green"),
    "scrub": ("dry", "green"),
    "built": ("dry", "green"),
    "bare": ("dry", "green"),
    "snow": ("fresh",),
}
CLOUDED = ("eotdl_boadella_2020-01-18", "worldcereal_639B424A_2018-05-01")
MIN_PIXELS = 120


@dataclass(frozen=True)
class Sample:
    """A class in one chip or at one site."""

    site: str
    pixels: int
    median: np.ndarray
    covariance: np.ndarray
    lag: float
    """Correlation of a pixel with its right neighbour, mean of red and near infrared; NaN for points."""

    @property
    def ndvi(self) -> float:
        red, nir = self.median[2], self.median[3]
        return float((nir - red) / (nir + red))


def _sample(site, image, mask) -> Sample:
    values = image[:, mask]
    pair = mask[:, 1:] & mask[:, :-1]
    lags = [np.corrcoef(image[b][:, 1:][pair], image[b][:, :-1][pair])[0, 1] for b in (2, 3)]
    return Sample(site, int(mask.sum()), np.median(values, 1), np.cov(values), float(np.mean(lags)))


def chip_samples(data: Path) -> dict[str, list[Sample]]:
    """Samples of every class in the cloud-free L2A chips, and of clouds in the clouded ones."""
    samples: dict[str, list[Sample]] = defaultdict(list)
    with (data / "chips/INDEX.csv").open() as stream:
        index = [row for row in csv.DictReader(stream) if row["level"] == "L2A"]
    for row in index:
        chip = data / "chips" / row["chip"]
        with rasterio.open(f"{chip}.tif") as source:
            image = source.read(CHIP_BANDS).astype("float64")
        valid = (image > 0).all(0)
        if row["chip"] in CLOUDED:
            bright = valid & (image[0] > 3000)
            samples["clouds"].append(_sample(row["place"], image, bright))
        if float(row["cloud_suspect"]) > 0.1:
            continue
        with rasterio.open(f"{chip}_soft.tif") as source:
            soft = source.read() / 255.0
        ordered = np.sort(soft, 0)
        confident = (ordered[-1] >= 0.45) & (ordered[-1] - ordered[-2] >= 0.2) & valid
        for channel, name in enumerate(TEACHER):
            mask = confident & (soft.argmax(0) == channel)
            if mask.sum() >= MIN_PIXELS:
                samples[name].append(_sample(row["place"], image, mask))
    return samples


def point_samples(data: Path) -> dict[str, list[Sample]]:
    """Samples of bare ground (8) and snow (9) by site of the L2A point tables, without neighbourhood."""
    sites = defaultdict(list)
    for path in sorted((data / "labels/points").glob("raineyabe*L2A.csv.gz")):
        with gzip.open(path, "rt") as stream:
            for row in csv.DictReader(stream):
                if row["class"] in ("8", "9") and all(row[band] for band in POINT_BANDS):
                    sites[row["class"], row["site"]].append([float(row[band]) for band in POINT_BANDS])
    samples: dict[str, list[Sample]] = defaultdict(list)
    for (code, site), rows in sites.items():
        if len(rows) >= MIN_PIXELS:
            values = np.array(rows).T
            name = "bare" if code == "8" else "snow"
            samples[name].append(Sample(site, len(rows), np.median(values, 1), np.cov(values), float("nan")))
    return samples


def _by_site(samples: list[Sample], value: Callable[[Sample], np.ndarray]) -> np.ndarray:
    """Mean over the sites of the mean over a site's samples."""
    sites = defaultdict(list)
    for sample in samples:
        sites[sample.site].append(value(sample))
    return np.mean([np.mean(values, 0) for values in sites.values()], 0)


def _state(name: str, state: str, samples: list[Sample]) -> list[object]:
    median = _by_site(samples, lambda sample: sample.median)
    # A site's points are of many dates: their covariance is not that within a scene.
    chips = [sample for sample in samples if np.isfinite(sample.lag)] or samples
    covariance = _by_site(chips, lambda sample: sample.covariance)
    lag = float(_by_site(chips, lambda sample: np.array(sample.lag)))
    factor = np.linalg.cholesky(covariance + np.eye(6) * 4)
    lower = [round(float(factor[i, j]), 1) for i in range(6) for j in range(i + 1)]
    pixels = sum(sample.pixels for sample in samples)
    sites = len({sample.site for sample in samples})
    return [
        name,
        state,
        sites,
        pixels,
        round(lag if np.isfinite(lag) else 0.9, 2),
        *(round(float(v)) for v in median),
        *lower,
    ]


def table(data: Path) -> list[list[object]]:
    """Rows of `spectra.csv`."""
    samples, points = chip_samples(data), point_samples(data)
    for name in ("bare", "snow"):
        samples[name] = samples[name] + points[name]
    rows = []
    for name, states in STATES.items():
        ranked = sorted(samples[name], key=lambda sample: sample.ndvi)
        parts = np.array_split(np.arange(len(ranked)), len(states))
        rows += [_state(name, s, [ranked[i] for i in part]) for s, part in zip(states, parts) if len(part)]
    rows.append(_state("clouds", "thick", samples["clouds"]))
    return rows


def main() -> None:
    warnings.filterwarnings("ignore")
    writer = csv.writer(sys.stdout, lineterminator="\n")
    bands = ("B02", "B03", "B04", "B08", "B11", "B12")
    lower = [f"l{i + 1}{j + 1}" for i in range(6) for j in range(i + 1)]
    writer.writerow(["class", "state", "places", "pixels", "lag1", *bands, *lower])
    writer.writerows(table(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
