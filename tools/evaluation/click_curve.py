"""Accuracy against the number of corrections: `python -m evaluation.click_curve --data DIR --out docs/learn`.

At each place half of the blocks (or points by blocks of land, or chips) teach and the others test, ten times with
other blocks and other clicks. The refit is the product's: its strength is chosen by blocks among the taught ones
alone, and the classes are those of the vote over the dates. Writes `click_curve.csv`, one row for each repetition,
`click_curve_mean.csv` and `click_curve.png`. Repetitions of the same weights that the table holds already are kept, so
that a run that was stopped, or one of a single place (`--place`), goes on from there.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from allpa_engine.core.legend import BUNDLED_LEGEND, LandClass, Legend
from allpa_engine.learn.correction_features import Observations
from allpa_engine.learn.linear_head import LinearHead
from allpa_engine.learn.network_features import load_feature_network
from allpa_engine.learn.refit import RefitOptions, refit_to_corrections
from allpa_engine.learn.refit_task import vote_classes
from numpy.typing import NDArray

from .click_sites import CLEARING, SITE_READERS, ClickSite
from .tables import markdown_table, percent, read_csv, write_csv

COUNTS = (5, 10, 20, 50, 100)
"""Corrections of each class."""
REPETITIONS = 10
MAX_TESTED = 4_000
"""Labels that are tested in a repetition, drawn by chance."""
BACKGROUND = 300
"""Pixels of the taught half whose labels are not used; the refit counts on them how frequent classes are."""
_HEADER = ("place", "corrections per class", "repetition", "corrections", "before", "after", "balanced before",
           "balanced after", "strength", "weights")  # fmt: skip
_MEAN_HEADER = ("place", "repetitions", "corrections per class", "before %", "after %", "change", "balanced before %",
                "balanced after %")  # fmt: skip
Row = tuple[str, int, int, int, float, float, float, float, float, str]


def own_legend() -> Legend:
    """The bundled legend with a class for clearings."""
    return Legend((*BUNDLED_LEGEND.classes, LandClass(CLEARING, "Clearing", "#8C2D04", 1.0, "")))


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the labelled data")
    parser.add_argument("--model", type=Path, help="model file or folder; without it the bundled network")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--repetitions", type=int, default=REPETITIONS)
    parser.add_argument("--place", action="append", choices=SITE_READERS, help="only these places")
    parser.add_argument("--count", action="append", type=int, help="only so many corrections of each class; new table")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    network = load_feature_network(options.model, device="cpu", precision="fp32")
    weights = network.classifier.model_hash.removeprefix("sha256:")[:12]
    rows = read_rows(options.out / "click_curve.csv", weights)
    for name in options.place or SITE_READERS:
        missing = [
            number for number in range(options.repetitions) if not any(row[:3:2] == (name, number) for row in rows)
        ]
        if missing:
            site = SITE_READERS[name](options.data, network)
            for repetition in missing:
                rows += measure_site(site, network.head, repetition, weights, options.count or COUNTS)
                write_rows(options.out, rows)
            write_results(options.out, rows)
        print(markdown_table(_MEAN_HEADER, mean_rows(rows, name)), flush=True)
    return 0


def read_rows(path: Path, weights: str) -> list[Row]:
    """What was measured before with the same weights."""
    if not path.is_file():
        return []
    return [
        (
            row["place"], int(row["corrections per class"]), int(row["repetition"]), int(row["corrections"]),
            float(row["before"]), float(row["after"]), float(row["balanced before"]), float(row["balanced after"]),
            float(row["strength"]), weights,
        )
        for row in read_csv(path)
        if row.get("weights") == weights
    ]  # fmt: skip


def write_results(out: Path, rows: list[Row]) -> None:
    """The tables and the picture of what is measured so far."""
    write_rows(out, rows)
    means = [mean for name in dict.fromkeys(row[0] for row in rows) for mean in mean_rows(rows, name)]
    write_csv(out / "click_curve_mean.csv", _MEAN_HEADER, means)
    draw_curves(out / "click_curve.png", rows)


def write_rows(out: Path, rows: list[Row]) -> None:
    """The table of all repetitions."""
    plain = [(*row[:4], *(round(value, 4) for value in row[4:9]), row[9]) for row in rows]
    write_csv(out / "click_curve.csv", _HEADER, plain)


def measure_site(
    site: ClickSite, head: LinearHead, repetition: int, weights: str, counts: Sequence[int] = COUNTS
) -> list[Row]:
    """Some numbers of corrections, with the blocks and clicks of one repetition; the clicks depend on those before."""
    rows, random = [], np.random.default_rng(repetition)
    taught, tested = divide_site(site, random)
    for count in counts:
        chosen = choose_clicks(site, taught, count, random)
        background = random.choice(taught, min(BACKGROUND, len(taught)), replace=False)
        rows.append((*_measure(site, head, (chosen, tested, background), count, repetition), weights))
    return rows


def divide_site(site: ClickSite, random: np.random.Generator) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Labels of a random half of the groups, and at most `MAX_TESTED` of the other half's."""
    groups = random.permutation(np.unique(site.group))
    is_taught = np.isin(site.group, groups[: len(groups) // 2])
    tested = np.flatnonzero(~is_taught)
    if len(tested) > MAX_TESTED:
        tested = np.sort(random.choice(tested, MAX_TESTED, replace=False))
    return np.flatnonzero(is_taught), tested


def choose_clicks(
    site: ClickSite, taught: NDArray[np.intp], count: int, random: np.random.Generator
) -> NDArray[np.intp]:
    """So many labels of each class, or all where it has fewer."""
    found = []
    for code in np.unique(site.codes[taught]):
        mine = taught[site.codes[taught] == code]
        found.append(random.choice(mine, min(count, len(mine)), replace=False))
    return np.concatenate(found)


def _observations(site: ClickSite, labels: NDArray[np.intp]) -> Observations:
    """The dates of some labels as rows."""
    features = site.features[:, labels]
    seen = np.isfinite(features).all(axis=-1)
    number = np.broadcast_to(np.arange(len(labels)), seen.shape)
    return Observations(features[seen], number[seen].astype(np.int64), np.ones(int(seen.sum()), bool))


def _measure(
    site: ClickSite,
    head: LinearHead,
    labels: tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]],
    count: int,
    repetition: int,
) -> tuple[str, int, int, int, float, float, float, float, float]:
    """Refit to the chosen labels and classify the tested ones before and after; the third are the background."""
    chosen, tested, background = labels
    legend = own_legend()
    options = RefitOptions(block_size_m=site.block_size_m, seed=repetition + 1)
    refit = refit_to_corrections(
        _observations(site, chosen), site.codes[chosen], site.places_m[chosen], head, legend, options,
        background=_observations(site, background),
    )  # fmt: skip
    own, test = site.codes[tested], _observations(site, tested)
    before, after = (vote_classes(test, model, legend, len(tested)) for model in (head, refit.head))
    return (
        site.name, count, repetition, len(chosen), float((before == own).mean()), float((after == own).mean()),
        _balanced(own, before), _balanced(own, after), refit.strength,
    )  # fmt: skip


def _balanced(own: NDArray[np.uint8], given: NDArray[np.integer]) -> float:
    """Mean over the classes of the share that is found."""
    return float(np.mean([(given[own == code] == code).mean() for code in np.unique(own)]))


def mean_rows(rows: list[Row], name: str) -> list[tuple[object, ...]]:
    """Mean before, after and change in points, with the standard deviation of the change over the repetitions."""
    found = []
    for count in sorted({row[1] for row in rows if row[0] == name}):
        values = np.array([row[4:8] for row in rows if row[0] == name and row[1] == count])
        change = values[:, 1] - values[:, 0]
        text = f"{100 * change.mean():+.1f} ± {100 * change.std(ddof=min(1, len(change) - 1)):.1f}"
        means = [percent(share) for share in values.mean(axis=0)]
        found.append((name, len(values), count, *means[:2], text, *means[2:]))
    return found


def draw_curves(path: Path, rows: list[Row]) -> None:
    """Agreement at the tested half against corrections per class: mean, range of the repetitions, and before."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(row[0] for row in rows))
    counts = sorted({row[1] for row in rows})
    figure = Figure(figsize=(10, 6), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, name in zip(figure.subplots(2, -(-len(names) // 2), sharex=True).flat, names):
        values = np.array([[100 * row[5] for row in rows if row[0] == name and row[1] == count] for count in counts])
        before = np.mean([100 * row[4] for row in rows if row[0] == name])
        axes.axhline(before, color="grey", linestyle="--", label="bundled network")
        axes.fill_between(counts, values.min(axis=1), values.max(axis=1), alpha=0.25)
        axes.plot(counts, values.mean(axis=1), marker="o", label="refitted")
        axes.set_xscale("log")
        axes.set_xticks(counts, [str(count) for count in counts])
        axes.set_title(name, fontsize=10)
        axes.grid(alpha=0.3)
    for axes in figure.axes[len(names) :]:
        axes.set_axis_off()
    figure.supxlabel("corrections per class")
    figure.supylabel("agreement with labels of other blocks, %")
    figure.axes[0].legend(fontsize=8)
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    sys.exit(main())
