"""How the model of the annual decision was learnt: which of two classes the year of a pixel's vegetation speaks for.

    python -m training.annual_decision --data DATA [--scores] [--votes NETWORK] [--output annual_decision.json]

From `tools/`, with `plugin/` in PYTHONPATH; needs pyarrow. DATA holds `more/series` and `labels/points`. The command
prints how well each region's classes are separated by a fit that has seen no point of it, and writes the model of all.

Most points (LUCAS) come with statistics of top-of-atmosphere scenes (L1C), the product has surface reflectance (L2A).
They are converted by the median relation of the bands (`atmosphere`) and each point's own near infrared; what that
leaves is taken off by giving every feature the mean and spread that it has at the L2A points of temperate Europe,
classes weighing alike.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from allpa_engine.classify.classifier import Classifier
from allpa_engine.classify.inference import load_classifier
from allpa_engine.composite.decision_model import FORMAT, FORMAT_VERSION, quadratic_terms
from allpa_engine.core.atomic import write_json

from .year_points import (
    FEATURES,
    MIN_OBSERVATIONS,
    NOT_TEMPERATE,
    PAIR,
    YearPoints,
    join_points,
    match_to_surface,
    read_field_points,
    read_surface_points,
)

RIDGE = 30.0
REGION_WEIGHT = 150.0
"""Each region and class counts as much as this many points, so that large ones do not decide alone."""
FAMILIAR_SHARE = 0.98
"""Share of the points that lies within the distance beyond which a year counts as unlike them."""
PATCH_PX = 32

VOTE_POINTS = 80
"""Points of a class and region for which the network is asked."""
VOTE_WEIGHT = 1.0
"""Of the votes' ratio in the evidence: one for one, not fitted, since the points have no votes."""
NAME = "grass and crops, temperate Europe"
ZONES = [{"name": "temperate Europe", "west": -11.0, "south": 46.0, "east": 32.0, "north": 58.0}]
"""Where the fits with a region left out were right (docs/model.md)."""
CARD = {
    "data": [
        "LUCAS field survey 2018 (Eurostat, reuse with attribution), year statistics of Sentinel-2 L1C (NINAnor/ELC10)",
        "Parcels of France 2023 (RPG, open licence), 10-day composites of L2A (WorldCereal, Apache-2.0)",
        "Points of WorldCereal 2017 (CC BY 4.0), monthly composites of L2A",
    ],
    "licence": "GPL-3.0-or-later; contains modified Copernicus Sentinel data 2017, 2018, 2022, 2023",
}

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """A fitted pair."""

    mean: FloatArray
    scale: FloatArray
    coefficients: FloatArray

    def evidence(self, features: FloatArray) -> FloatArray:
        """Log-odds of the first class by the year alone."""
        out: FloatArray = quadratic_terms((features - self.mean) / self.scale) @ self.coefficients
        return out


def balanced_weights(code: npt.NDArray[np.uint8], region: npt.NDArray[np.str_]) -> FloatArray:
    """Weights with which each class of each region counts alike, small ones less."""
    weights = np.ones(len(code))
    for name in np.unique(region):
        for value in np.unique(code):
            members = (region == name) & (code == value)
            weights[members] = REGION_WEIGHT / max(int(members.sum()), REGION_WEIGHT / 5)
    return weights


def fit_pair(features: FloatArray, is_first: npt.NDArray[np.bool_], weights: FloatArray) -> Fit:
    """Logistic regression on features, squares and products, with a ridge, by Newton's method.

    Parameters
    ----------
    features : `(n, f)`.
    is_first : `(n,)` True for the pair's first class.
    weights : `(n,)`.

    Returns
    -------
    The fit; ten points of each class suffice, since the ridge holds what they do not tell.

    """
    mean = np.average(features, axis=0, weights=weights)
    scale = np.sqrt(np.average((features - mean) ** 2, axis=0, weights=weights))
    terms = quadratic_terms((features - mean) / scale)
    coefficients = np.zeros(terms.shape[1])
    ridge = np.full(len(coefficients), RIDGE)
    ridge[0] = 1e-6
    for _ in range(25):
        probability = 1 / (1 + np.exp(-np.clip(terms @ coefficients, -30, 30)))
        gradient = terms.T @ (weights * (is_first - probability)) - ridge * coefficients
        curvature = (terms * (weights * probability * (1 - probability))[:, np.newaxis]).T @ terms + np.diag(ridge)
        step = np.linalg.solve(curvature, gradient)
        coefficients = coefficients + step
        if np.abs(step).max() < 1e-5:
            break
    return Fit(mean, scale, coefficients)


def balanced_accuracy(is_first: npt.NDArray[np.bool_], says_first: npt.NDArray[np.bool_]) -> float:
    """Mean of the two classes' shares that are found."""
    return float((says_first[is_first].mean() + (~says_first[~is_first]).mean()) / 2)


def area_under_curve(is_first: npt.NDArray[np.bool_], evidence: FloatArray) -> float:
    """Probability that a point of the first class has more evidence than one of the second."""
    order = np.argsort(np.argsort(evidence))
    first, second = int(is_first.sum()), int((~is_first).sum())
    return float((order[is_first].sum() - first * (first - 1) / 2) / (first * second))


def network_votes(
    model: Classifier, reflectance: npt.NDArray[np.float32], pair: tuple[int, int]
) -> tuple[FloatArray, FloatArray]:
    """What the network says of spectra, each as a patch of one colour: a stand-in for its vote without neighbours.

    Parameters
    ----------
    model : the network.
    reflectance : `(n, 6)`.
    pair : class codes.

    Returns
    -------
    Probabilities `(n,)` of the two classes in the patch's middle.

    """
    found = []
    for start in range(0, len(reflectance), 64):
        part = reflectance[start : start + 64, :, np.newaxis, np.newaxis]
        chips = np.broadcast_to(part, (*part.shape[:2], PATCH_PX, PATCH_PX)).copy()
        found.append(model.batch_probabilities(chips)[:, :, PATCH_PX // 2, PATCH_PX // 2])
    probabilities = np.concatenate(found).astype(np.float64)
    return probabilities[:, pair[0] - 1], probabilities[:, pair[1] - 1]


def precision_and_distance(fit: Fit, features: FloatArray, weights: FloatArray) -> tuple[FloatArray, float]:
    """Inverse covariance of the scaled features, and the distance within which nearly all points lie."""
    scaled = (features - fit.mean) / fit.scale
    precision = np.linalg.inv((scaled * weights[:, np.newaxis]).T @ scaled / weights.sum())
    distance = np.sqrt(np.einsum("nf,fg,ng->n", scaled, precision, scaled))
    return precision, float(np.quantile(distance, FAMILIAR_SHARE))


def fit_points(points: YearPoints) -> tuple[Fit, FloatArray]:
    """The fit to points of the pair's classes, and their weights."""
    weights = balanced_weights(points.code, points.region)
    return fit_pair(points.features, points.code == PAIR[0], weights), weights


def temperate_fit(field: YearPoints, surface: YearPoints, left_out: str) -> tuple[Fit, YearPoints, FloatArray]:
    """The fit to the temperate regions but one, with its points and weights.

    The matching of L1C to L2A does not see the region either.
    """
    surface = surface.take(surface.region != left_out)
    matched = match_to_surface(field.take(field.region != left_out), surface)
    points = join_points([matched.take(~np.isin(matched.region, NOT_TEMPERATE)), surface])
    fit, weights = fit_points(points)
    return fit, points, weights


def score_regions(field: YearPoints, surface: YearPoints, network: Classifier | None) -> list[dict[str, Any]]:
    """Each region by a fit that has seen no point of it, beside the network's vote on the year's median spectrum.

    Parameters
    ----------
    field : converted points of L1C, not yet matched.
    surface : points of L2A.
    network : None leaves the vote out.

    Returns
    -------
    A row for each region.

    """
    rng, rows = np.random.default_rng(0), []
    for region in (*np.unique(surface.region), *np.unique(field.region)):
        fit, _, _ = temperate_fit(field, surface, region)
        is_surface = region in surface.region
        inside = surface if is_surface else match_to_surface(field, surface)
        inside = inside.take(inside.region == region)
        is_first = inside.code == PAIR[0]
        evidence = fit.evidence(inside.features)
        row: dict[str, Any] = {
            "region": str(region),
            "in_zone": region not in NOT_TEMPERATE,
            "grass": int(is_first.sum()),
            "crops": int((~is_first).sum()),
            "auc": area_under_curve(is_first, evidence),
            "year": balanced_accuracy(is_first, evidence > 0),
        }
        if network is not None and not is_surface:
            parts = [rng.permutation(np.flatnonzero(is_first == side))[:VOTE_POINTS] for side in (True, False)]
            some = np.concatenate(parts)
            first, second = network_votes(network, inside.median_reflectance[some], PAIR)
            row["vote"] = balanced_accuracy(is_first[some], first > second)
            both = evidence[some] + VOTE_WEIGHT * vote_ratio(first, second)
            row["vote_and_year"] = balanced_accuracy(is_first[some], both > 0)
        rows.append(row)
    return rows


def vote_ratio(first: FloatArray, second: FloatArray) -> FloatArray:
    """The logarithm of the votes' ratio as if all dates had voted alike."""
    first, second = first * (first > second), second * (first <= second)
    ratio: FloatArray = np.log1p(MIN_OBSERVATIONS * first) - np.log1p(MIN_OBSERVATIONS * second)
    return ratio


def build_model(field: YearPoints, surface: YearPoints, left_out: str, card: dict[str, Any]) -> dict[str, Any]:
    """The model as JSON values, in the format that `composite.decision_model` reads."""
    fit, points, weights = temperate_fit(field, surface, left_out)
    precision, distance = precision_and_distance(fit, points.features, weights)
    pair = {
        "classes": list(PAIR),
        "mean": _rounded(fit.mean),
        "scale": _rounded(fit.scale),
        "coefficients": _rounded(fit.coefficients),
        "vote_weight": VOTE_WEIGHT,
        "vote_dates": MIN_OBSERVATIONS,
        "precision": [_rounded(row) for row in (precision + precision.T) / 2],
        "max_distance": round(distance, 4),
        "zones": ZONES,
    }
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "name": NAME,
        "features": list(FEATURES),
        "min_observations": MIN_OBSERVATIONS,
        "pairs": [pair],
        "card": card,
    }


def _rounded(numbers: FloatArray) -> list[float]:
    return [round(float(number), 5) for number in numbers]


def main() -> None:
    """Score by regions left out, fit to all, and write the model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--output", type=Path, help="model file to write")
    parser.add_argument("--leave-out", default="", help="region that the written model must not have seen")
    parser.add_argument("--scores", action="store_true", help="score each region by a fit without it")
    parser.add_argument("--votes", type=Path, help="network that is asked for its vote on the year's median spectra")
    arguments = parser.parse_args()
    field, surface = read_field_points(arguments.data), read_surface_points(arguments.data)
    network = load_classifier(arguments.votes, precision="bf16") if arguments.votes else None
    rows = score_regions(field, surface, network) if arguments.scores else []
    rows = [{key: round(v, 3) if isinstance(v, float) else v for key, v in row.items()} for row in rows]
    for row in rows:
        print("  ".join(f"{key} {value}" for key, value in row.items()))
    if arguments.output:
        write_json(
            arguments.output, build_model(field, surface, arguments.leave_out, CARD | {"left_out_regions": rows})
        )


if __name__ == "__main__":
    main()
