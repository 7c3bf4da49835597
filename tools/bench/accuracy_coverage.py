"""How often the intervals of an assessment hold the truth: repeated samples of a map whose truth is known.

    PYTHONPATH=plugin:tools build/engine/bin/python tools/bench/accuracy_coverage.py FOLDER TRUTH --out docs/accuracy

FOLDER holds a map that Allpa made of the sample archive (`make demo`: build/demo), with its quality raster; TRUTH is
the archive's truth (build/archive/truth.tif). Nothing is invented: the map's errors are those of the product. Points
are drawn by numpy from the counted cells of the map, as many of each class as `accuracysample` gives it; estimates and
intervals are the product's own. Twelve zones of unlike size are the land nearest to twelve random places.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections import defaultdict
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import numpy as np
import rasterio
from allpa_engine.accuracy.allocation import allocate_minimum
from allpa_engine.accuracy.class_probability import LabelledPoints, MapCells
from allpa_engine.accuracy.estimate import estimate_accuracy
from allpa_engine.accuracy.more_points import PointQuality, Target, plan_more_points
from allpa_engine.accuracy.prediction_powered import prediction_powered_shares
from allpa_engine.accuracy.sample import LabelledSample
from allpa_engine.accuracy.zone_estimate import estimate_zones
from allpa_engine.accuracy.zone_estimators import zone_sample, zone_shares
from allpa_engine.accuracy.zone_intervals import zone_intervals
from allpa_engine.accuracy.zone_map import CONFIDENCE_STEPS, ZoneMap
from allpa_engine.areas.zones import Zone
from allpa_engine.core.legend import CLASS_CODES, LEGEND
from allpa_engine.core.sample_keys import ZONE_METHODS
from matplotlib import pyplot
from rasterio.windows import from_bounds
from shapely.geometry import box

COUNT = len(CLASS_CODES)
PIXEL_HA = 0.01
ZONES = 12
GROUPS = ("above 2 %", "0.2 to 2 %", "below 0.2 %")
"""Share of a class in its zone."""


class Population:
    """The pixels of the map, counted by zone, cell and true class."""

    def __init__(self, folder: Path, truth: Path, seed: int = 3) -> None:
        with rasterio.open(next(folder.glob("landcover_*.tif"))) as source:
            mapped, bounds = source.read(1).astype(np.int64), source.bounds
        with rasterio.open(next(folder.glob("quality_*.tif"))) as source:
            confidence, second = source.read([1, 5]).astype(np.int64)
        with rasterio.open(truth) as source:
            true = source.read(1, window=from_bounds(*bounds, source.transform), boundless=True, fill_value=0)
        row, column = np.mgrid[: mapped.shape[0], : mapped.shape[1]]
        centres = np.random.default_rng(seed).uniform(0, 1, (ZONES, 2)) * mapped.shape
        zone = np.argmin([(row - y) ** 2 + (column - x) ** 2 for y, x in centres], axis=0)
        step = np.searchsorted(CONFIDENCE_STEPS, confidence, side="right")
        valid = (mapped > 0) & (true > 0)
        keys = ((mapped * 16 + second) * 16 + step)[valid]
        self.keys, cell = np.unique(keys, return_inverse=True)
        joined = (zone[valid] * len(self.keys) + cell) * 16 + true[valid]
        found, self.count = np.unique(joined, return_counts=True)
        rest, self.true = np.divmod(found, 16)
        self.zone, self.cell = np.divmod(rest, len(self.keys))
        self.true -= 1
        self.cells = MapCells(CLASS_CODES, self.keys // 256 - 1, (self.keys % 16).astype(np.intp), self.keys // 16 % 16)
        self.stratum = self.cells.mapped[self.cell]
        self.pixels = np.bincount(self.stratum, self.count, COUNT).astype(np.int64)
        self.area_ha = np.zeros((ZONES, len(self.keys)))
        np.add.at(self.area_ha, (self.zone, self.cell), self.count * PIXEL_HA)
        self.truth_ha = np.zeros((ZONES, COUNT))
        np.add.at(self.truth_ha, (self.zone, self.true), self.count * PIXEL_HA)
        self.accuracy = float(self.count[self.true == self.stratum].sum() / self.count.sum())

    def draw(self, random: np.random.Generator, points: np.ndarray) -> np.ndarray:
        """Rows of the table for points that are drawn from each mapped class without replacement."""
        rows = []
        for code in np.flatnonzero(points):
            inside = np.flatnonzero(self.stratum == code)
            drawn = random.multivariate_hypergeometric(self.count[inside], points[code], method="marginals")
            rows.append(np.repeat(inside, drawn))
        return np.concatenate(rows)

    def sample(self, rows: np.ndarray) -> LabelledSample:
        """The labelled sample of the rows."""
        return LabelledSample(
            self.stratum[rows],
            (self.stratum[rows] + 1).astype(np.uint8),
            (self.true[rows] + 1).astype(np.uint8),
            self.zone[rows],
            tuple(land.name for land in LEGEND),
            self.pixels,
            self.pixels * PIXEL_HA,
        )

    def zone_map(self, rows: np.ndarray) -> ZoneMap:
        """The zones of the map with these points."""
        zones = tuple(Zone(str(i), f"Zone {i}", box(i, 0, i + 1, 1)) for i in range(ZONES))
        return ZoneMap(
            zones, self.cells, self.area_ha, False, self.cell[rows], np.arange(len(rows)), self.zone[rows], False
        )

    def points(self, rows: np.ndarray) -> LabelledPoints:
        """The same points for the methods of zones."""
        in_stratum = np.bincount(self.stratum[rows], minlength=COUNT)
        weight = (self.pixels * PIXEL_HA / np.maximum(in_stratum, 1))[self.stratum[rows]]
        return LabelledPoints(
            self.cell[rows], np.eye(COUNT)[self.true[rows]], weight, np.arange(len(rows)), self.zone[rows]
        )


class Tally:
    """Hits, widths and squared errors of intervals, by quantity and method."""

    def __init__(self) -> None:
        self.sums: dict[tuple[str, str], list[np.ndarray]] = defaultdict(list)

    def add(
        self, quantity: str, method: str, truth: np.ndarray, value: np.ndarray, low: np.ndarray, high: np.ndarray
    ) -> None:
        """One sample: arrays of one shape."""
        new = [(low <= truth) & (truth <= high), high - low, (value - truth) ** 2, value - truth]
        if (quantity, method) in self.sums:
            new = [old + values for old, values in zip(self.sums[quantity, method], new)]
        self.sums[quantity, method] = [np.asarray(values, np.float64) for values in new]


def simulate(population: Population, size: int, minimum: int, samples: int) -> Tally:
    """Draw and estimate again and again."""
    random, tally = np.random.default_rng(size), Tally()
    present = population.pixels > 0
    points = np.zeros(COUNT, np.int64)
    points[present] = allocate_minimum(size, population.pixels[present], minimum)
    truth = population.truth_ha.sum(axis=0) / population.truth_ha.sum()
    zone_ha = population.truth_ha.sum(axis=1, keepdims=True)
    zone_truth = population.truth_ha / zone_ha
    for _ in range(samples):
        rows = population.draw(random, points)
        sample = population.sample(rows)
        whole = estimate_accuracy(sample)
        overall = whole.overall
        tally.add("overall", "smoothed", population.accuracy, overall.value, overall.low, overall.high)
        tally.add("overall", "Wald", population.accuracy, overall.value, overall.wald_low, overall.wald_high)
        found = {row.code: row.area_share for row in whole.classes}
        shares = np.array(
            [[s.value, s.low, s.high, s.wald_low, s.wald_high] if s else [0.0, 0.0, 0.0, 0.0, 0.0]
             for s in (found.get(code) for code in CLASS_CODES)]
        ).T  # fmt: skip
        tally.add("area", "smoothed", truth, shares[0], shares[1], shares[2])
        tally.add("area", "Wald", truth, shares[0], shares[3], shares[4])
        labelled = population.points(rows)
        powered = prediction_powered_shares(
            population.cells, labelled, population.area_ha.sum(axis=0), (shares[0], shares[1], shares[2])
        )
        tally.add("area", "prediction-powered, tuned", truth, powered.share, powered.low, powered.high)
        fit = zone_sample(population.cells, labelled, population.area_ha)
        for method in ZONE_METHODS:
            estimate = zone_shares(fit, method)
            low, high = zone_intervals(fit, estimate, method)
            low, high = np.round(low * zone_ha, 2) / zone_ha, np.round(high * zone_ha, 2) / zone_ha
            tally.add("zone", method, zone_truth, estimate.share, low, high)
        table = estimate_zones(sample, population.zone_map(rows))
        columns = [np.searchsorted(table.codes, code) for code in CLASS_CODES]
        parts = [np.round(values[:, columns], 2) / zone_ha for values in (table.area_ha, table.low_ha, table.high_ha)]
        tally.add("zone", "auto, adding up", zone_truth, *parts)
    return tally


def batches(population: Population, samples: int) -> list[dict[str, object]]:
    """Twenty points a class, a plan by their labels, the planned points: is the joined estimate still unbiased?"""
    rows_out = []
    for target, truth in (
        (Target(0, 0.03), population.accuracy),
        (Target(5, 0.15), float(population.truth_ha[:, 4].sum() / population.truth_ha.sum())),
    ):
        random = np.random.default_rng(9)
        values, hits, counts, widths = [], [], [], []
        for _ in range(samples):
            first = population.draw(random, np.minimum(20, population.pixels))
            quality = PointQuality(
                population.cells.confidence_step[population.cell[first]],
                population.cells.second[population.cell[first]],
            )
            plan = plan_more_points(population.sample(first), target, quality)
            more = np.array([row.more_points for row in plan.strata])
            rows = np.concatenate([first, population.draw(random, more)]) if plan.count else first
            found = estimate_accuracy(population.sample(rows))
            areas = {row.code: row.area_share for row in found.classes}
            estimate = areas[target.class_code] if target.class_code else found.overall
            values.append(estimate.value)
            hits.append(estimate.low <= truth <= estimate.high)
            counts.append(plan.count)
            widths.append((estimate.high - estimate.low) / 2 / (estimate.value if target.class_code else 1.0))
        bias, spread = float(np.mean(values)) - truth, float(np.std(values))
        rows_out.append(
            {
                "target": f"area of class {target.class_code}" if target.class_code else "overall accuracy",
                "wished_half_width_percent": 100 * target.half_width,
                "samples": samples,
                "mean_new_points": round(float(np.mean(counts)), 1),
                "mean_half_width_percent": round(100 * float(np.mean(widths)), 2),
                "bias_in_standard_deviations": round(bias / spread, 3),
                "error_of_this_bias": round(1 / samples**0.5, 3),
                "coverage_percent": round(100 * float(np.mean(hits)), 1),
            }
        )
    return rows_out


def rows_of(population: Population, tally: Tally, size: int, samples: int) -> list[dict[str, object]]:
    """Coverage, widths and errors as rows of a table, all in percent."""
    zone_truth = population.truth_ha / population.truth_ha.sum(axis=1, keepdims=True)
    masks = [zone_truth > 0.02, (zone_truth > 0.002) & (zone_truth <= 0.02), zone_truth <= 0.002]
    rows = []
    for (quantity, method), (hits, widths, squares, errors) in tally.sums.items():
        if quantity == "zone":
            parts = list(zip(GROUPS, masks))
        elif quantity == "area":
            parts = [(land.name, np.arange(COUNT) == index) for index, land in enumerate(LEGEND)]
        else:
            parts = [("", np.ones((), bool))]
        for name, mask in parts:
            cover = 100 * hits[mask] / samples
            rows.append(
                {
                    "points": size,
                    "quantity": quantity,
                    "method": method,
                    "part": name,
                    "intervals": int(mask.sum()),
                    "coverage_percent": round(float(cover.mean()), 1),
                    "lowest_twentieth_percent": round(float(np.quantile(cover, 0.05)), 1),
                    "width_percent": round(100 * float(widths[mask].mean()) / samples, 3),
                    "rmse_percent": round(100 * float(np.sqrt(squares[mask] / samples).mean()), 3),
                    "bias_percent": round(100 * float(errors[mask].mean()) / samples, 3),
                }
            )
    return rows


def write_rows(path: Path, rows: list[dict[str, object]]) -> None:
    """Write rows as CSV."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def plot(path: Path, rows: list[dict[str, object]]) -> None:
    """Widths and coverage of the intervals of zones, by method and size of the sample."""
    shown = [row for row in rows if row["quantity"] == "zone" and row["part"] == GROUPS[0]]
    figure, axes = pyplot.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    for method in dict.fromkeys(row["method"] for row in shown):
        lines = [row for row in shown if row["method"] == method]
        sizes = [row["points"] for row in lines]
        style = {"marker": "o", "label": method}
        axes[0].plot(sizes, [row["width_percent"] for row in lines], **style)
        axes[1].plot(sizes, [row["coverage_percent"] for row in lines], **style)
    axes[0].set(ylabel="mean width, % of the zone", ylim=(0, None))
    axes[1].set(ylabel="coverage, %", ylim=(88, 100))
    axes[1].axhspan(93, 97, color="0.9", zorder=0)
    for axis in axes:
        axis.set(xlabel="points in the sample of twelve zones", xscale="log")
        axis.set_xticks(sizes, [str(size) for size in sizes])
        axis.minorticks_off()
    axes[0].legend(fontsize=8)
    figure.suptitle("95 % intervals of areas by zone, classes above 2 % of their zone")
    figure.savefig(path, dpi=110)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    population, rows = Population(args.folder, args.truth), []
    print(f"Map and truth agree at {100 * population.accuracy:.1f} % of {population.count.sum()} pixels", flush=True)
    for size, minimum in ((300, 20), (600, 30), (1200, 50)):
        started = time.monotonic()
        rows += rows_of(population, simulate(population, size, minimum, args.samples), size, args.samples)
        print(f"{size} points: {args.samples} samples in {time.monotonic() - started:.0f} s", flush=True)
        write_rows(args.out / "coverage.csv", rows)
        plot(args.out / "widths.png", rows)
    write_rows(args.out / "two_draws.csv", batches(population, args.samples))


if __name__ == "__main__":
    main()
