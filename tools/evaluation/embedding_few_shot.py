"""Few labels on embeddings: `python -m evaluation.embedding_few_shot --data DIR --out docs/learn`.

The embedding of a label is the mean of its features over the dates, as floating point and as the signed bytes that
the product stores. A few labels of each class give the class's mean; every other label takes the class of the nearest
mean. Half of the blocks teach and the others test, as in `click_curve`. Writes `embedding_few_shot.csv`.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from allpa_engine.learn.embedding import quantisation, quantised
from allpa_engine.learn.network_features import load_feature_network
from numpy.typing import NDArray

from .click_curve import choose_clicks, divide_site
from .click_sites import SITE_READERS, ClickSite
from .tables import markdown_table, percent, write_csv

COUNTS = (5, 20, 100)
REPETITIONS = 10
_HEADER = ("place", "labels per class", "float %", "int8 %", "loss in points", "same class %")


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the labelled data")
    parser.add_argument("--model", type=Path, help="model file or folder; without it the bundled network")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    network = load_feature_network(options.model, device="cpu", precision="fp32")
    rows = few_shot_rows(read(options.data, network) for read in SITE_READERS.values())
    print(markdown_table(_HEADER, rows))
    write_csv(options.out / "embedding_few_shot.csv", _HEADER, rows)
    return 0


def few_shot_rows(sites: Iterable[ClickSite]) -> list[tuple[object, ...]]:
    """Agreement of nearest class means with floats and with bytes, for each place and number of labels."""
    rows: list[tuple[object, ...]] = []
    for site in sites:
        exact, stored = embeddings(site)
        for count in COUNTS:
            found = np.array([_repetition(site, exact, stored, count, number) for number in range(REPETITIONS)])
            plain, bytes_, same = found.mean(axis=0)
            loss = f"{100 * (plain - bytes_):.2f}"
            rows.append((site.name, count, percent(plain), percent(bytes_), loss, percent(same)))
    return rows


def embeddings(site: ClickSite) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`(n, feature)` means over the dates, exact and as they are read back from signed bytes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # labels that no date shows
        exact = np.nanmean(site.features.astype(np.float64), axis=0)
    scale, offset = quantisation(np.nanmin(exact, axis=0), np.nanmax(exact, axis=0))
    numbers = quantised(exact.T, scale, offset).T
    return exact, numbers * scale + offset


def _repetition(
    site: ClickSite, exact: NDArray[np.float64], stored: NDArray[np.float64], count: int, number: int
) -> tuple[float, float, float]:
    """Agreement with floats and with bytes, and the share of labels that get the same class."""
    random = np.random.default_rng(number)
    taught, tested = divide_site(site, random)
    chosen = choose_clicks(site, taught, count, random)
    tested = tested[np.isfinite(exact[tested]).all(axis=1)]
    chosen = chosen[np.isfinite(exact[chosen]).all(axis=1)]
    one, other = (_nearest_mean(values, site.codes, chosen, tested) for values in (exact, stored))
    own = site.codes[tested]
    return float((one == own).mean()), float((other == own).mean()), float((one == other).mean())


def _nearest_mean(
    values: NDArray[np.float64], codes: NDArray[np.uint8], chosen: NDArray[np.intp], tested: NDArray[np.intp]
) -> NDArray[np.uint8]:
    """The class whose mean is nearest, features divided by their standard deviation within the classes."""
    present = np.unique(codes[chosen])
    means = np.stack([values[chosen[codes[chosen] == code]].mean(axis=0) for code in present])
    inner = values[chosen] - means[np.searchsorted(present, codes[chosen])]
    spread = np.maximum(inner.std(axis=0), 0.1)
    distance = (((values[tested][:, np.newaxis] - means) / spread) ** 2).sum(axis=2)
    found: NDArray[np.uint8] = present[distance.argmin(axis=1)]
    return found


if __name__ == "__main__":
    sys.exit(main())
