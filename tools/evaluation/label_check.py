"""How many wrong labels the check of training data finds: real labels, of which a known share is made wrong.

Run `python -m evaluation.label_check DATA TABLE.csv` with the folder `tools` and `plugin` in PYTHONPATH. The labels
are field points and photo-interpretations with features of their year: what is called right here has errors of its own,
so that the share of true finds is a lower bound.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet
from allpa_engine.areas.csv_table import write_csv
from allpa_engine.core.legend import LandClass, Legend
from allpa_engine.core.legend_proposal import distinct_colors
from allpa_engine.learn.folds import block_numbers
from allpa_engine.learn.label_quality import label_quality
from allpa_engine.learn.sample_table import SampleTable

SHARES = (0.05, 0.10)
SEEDS = tuple(range(1, 11))
METRES_PER_DEGREE = 111_320.0
BLOCK_SIZE_M, LARGE_BLOCK_SIZE_M = 5_000.0, 20_000.0
_MISSING = -32768


@dataclass(frozen=True)
class LabelSet:
    """Labelled points with features."""

    name: str
    features: npt.NDArray[np.float32]
    classes: npt.NDArray[np.str_]
    latitude: npt.NDArray[np.float64]
    longitude: npt.NDArray[np.float64]
    block_size_m: float = BLOCK_SIZE_M


def label_sets(data: Path) -> Iterator[LabelSet]:
    """The sets that are checked: highlands, a tropical frontier, and southern Europe."""
    series = data / "more" / "series"
    yield _series(series / "lesotho_s2_2021_bimonthly.npz", "Lesotho, highlands (FAO, 9 classes)")
    yield _series(series / "rondonia_s2_activelearning.npz", "Rondonia (4 classes)")
    yield _lucas(series / "lucas2018_s2_yearstats_europe.parquet")


def _series(path: Path, name: str) -> LabelSet:
    """A series of dates; gaps take the median of their column."""
    with np.load(path) as saved:
        values = saved["X"].astype(np.float32).reshape(len(saved["label"]), -1)
        classes, latitude, longitude = saved["label"].astype(str), saved["lat"], saved["lon"]
    values[values == _MISSING] = np.nan
    usual = np.nanmedian(values, axis=0)
    values = np.where(np.isnan(values), usual, values)[:, np.isfinite(usual)] / 1e4
    return LabelSet(name, values.astype(np.float32), classes, latitude, longitude)


def _lucas(path: Path) -> LabelSet:
    """4,000 points of LUCAS 2018 in Iberia, with statistics of the year."""
    table = pyarrow.parquet.read_table(path)
    wanted = [
        name for name in table.column_names
        if name.endswith("median") or name.startswith(("ndvi", "ndsi")) or name == "nbr_stdDev"
    ]  # fmt: skip
    values = np.stack([np.array(table.column(name).to_pylist(), np.float32) for name in wanted], axis=1)
    latitude, longitude = (np.array(table.column(name).to_pylist(), np.float64) for name in ("lat", "lon"))
    inside = np.isfinite(values).all(axis=1) & (latitude > 36) & (latitude < 44) & (longitude < 4)
    chosen = np.random.default_rng(0).permutation(np.flatnonzero(inside))[:4000]
    classes = np.array(table.column("lucas_class").to_pylist())[chosen].astype(str)
    return LabelSet(
        "LUCAS 2018, Iberia (8 classes)",
        values[chosen],
        classes,
        latitude[chosen],
        longitude[chosen],
        LARGE_BLOCK_SIZE_M,
    )


def table_of(labels: LabelSet) -> SampleTable:
    """One row per label."""
    names, codes = np.unique(labels.classes, return_inverse=True)
    colors = distinct_colors(len(names))
    legend = Legend(tuple(LandClass(code, str(name), next(colors)) for code, name in enumerate(names, 1)))
    x = labels.longitude * METRES_PER_DEGREE * np.cos(np.radians(labels.latitude.mean()))
    y = labels.latitude * METRES_PER_DEGREE
    count = len(codes)
    return SampleTable(
        features=labels.features,
        names=tuple(f"f{number}" for number in range(labels.features.shape[1])),
        codes=(codes + 1).astype(np.uint8),
        samples=np.arange(count, dtype=np.int32),
        pixels=np.zeros(count, np.int32),
        blocks=block_numbers(x, y, labels.block_size_m),
        weights=np.ones(count, np.float32),
        longitude=labels.longitude,
        latitude=labels.latitude,
        x=x,
        y=y,
        sources=np.zeros(count, np.int32),
        source_names=(labels.name,),
        legend=legend,
        crs="EPSG:4326",
    )


def check(table: SampleTable, share: float, seed: int) -> dict[str, float]:
    """Make a share of labels wrong, and count what is found.

    Parameters
    ----------
    table : of labels that count as right.
    share : of the labels that get another class at random.
    seed : decides which.

    Returns
    -------
    Labels, wrong and suspicious ones, precision and recall of the suspicious ones, the share of wrong ones among as
    many labels of the highest scores as there are wrong ones (`at_top`), the wrong ones among twice as many, seconds.

    """
    random = np.random.default_rng(seed)
    count, classes = len(table), len(table.legend.codes)
    wrong = random.random(count) < share
    shifted = (table.codes.astype(int) - 1 + random.integers(1, classes, count)) % classes + 1
    started = time.perf_counter()
    found = label_quality(replace(table, codes=np.where(wrong, shifted, table.codes).astype(np.uint8)), seed=seed)
    seconds = time.perf_counter() - started
    order = np.argsort(-found.score, kind="stable")
    number = int(wrong.sum())
    return {
        "labels": count,
        "wrong": number,
        "suspicious": int(found.is_suspicious.sum()),
        "precision": float(wrong[found.is_suspicious].mean()),
        "recall": float(found.is_suspicious[wrong].mean()),
        "at_top": float(wrong[order[:number]].mean()),
        "within_twice": float(wrong[order[: 2 * number]].sum() / number),
        "right_suggestion": float((found.suggested == table.codes)[wrong & found.is_suspicious].mean()),
        "seconds": seconds,
    }


def main(arguments: list[str]) -> None:
    """Check all sets, and write the means over the seeds."""
    data, output = Path(arguments[0]), Path(arguments[1])
    rows: list[list[object]] = []
    for labels in label_sets(data):
        table = table_of(labels)
        for share in SHARES:
            results = [check(table, share, seed) for seed in SEEDS]
            means = {key: float(np.mean([result[key] for result in results])) for key in results[0]}
            if not rows:
                rows.append(["set", "share_wrong", *means])
            rows.append([labels.name, share, *(round(value, 3) for value in means.values())])
    write_csv(output, rows)


if __name__ == "__main__":
    main(sys.argv[1:])
