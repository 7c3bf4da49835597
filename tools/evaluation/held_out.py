"""The network against the teacher's labels on the clear chips of sites that were not used in training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from allpa_engine.classify.unet import UNet
from allpa_engine.core.legend import CLASS_COUNT, CLOUDS
from allpa_engine.learn.calibration import optimal_temperature
from training.calibration import sample_logits
from training.chips import Chip
from training.validation import CERTAIN_MARGIN

from .metrics import Counts, Reliability, confusion_matrix, reliability
from .predictions import ChipPrediction, labels_as_prediction, predict_by_network

BRIGHT_VISIBLE = 0.20
"""Mean reflectance of blue, green and red from which a surface counts as bright."""


@dataclass(frozen=True)
class SiteScore:
    """One held-out site."""

    site: str
    pixels: int
    agreement: float
    """Share of pixels with the teacher's class."""
    agreement_where_certain: float
    """The same where the teacher's best class leads by 0.1; nan where it never does."""


@dataclass(frozen=True)
class HeldOutScore:
    """All held-out sites together."""

    confusion: Counts
    """`(10, 10)`, rows the teacher's class."""
    certain_confusion: Counts
    """The same where the teacher is certain."""
    reliability: Reliability
    sites: tuple[SiteScore, ...]
    false_cloud: float
    """Share of clear pixels classified as cloud."""
    false_cloud_bright: float
    """The same on bright surfaces."""
    bright_pixels: int


def score_held_out(network: UNet, chips: list[Chip]) -> HeldOutScore:
    """Score on the chips that are held out and clear."""
    return score_clear_chips(network, [chip for chip in chips if chip.held_out and not chip.is_cloudy])


def score_clear_chips(network: UNet, clear: list[Chip]) -> HeldOutScore:
    """Score on clear chips against the teacher's labels that came with them."""
    return score_predictions((chip, predict_by_network(network, chip)) for chip in clear)


def score_predictions(predictions: Iterable[tuple[Chip, ChipPrediction]]) -> HeldOutScore:
    """Score predictions of clear chips against the teacher's labels that came with the chips."""
    by_site: dict[str, Counts] = {}
    confidence, is_correct, cloud, bright = [], [], [], []
    for chip, predicted in predictions:
        reference = labels_as_prediction(chip)
        ordered = np.sort(reference.probabilities, axis=0)
        is_certain = (ordered[-1] - ordered[-2]) >= CERTAIN_MARGIN
        matrices = np.stack(
            [
                confusion_matrix(reference.codes, predicted.codes),
                confusion_matrix(reference.codes * is_certain, predicted.codes),
            ]
        )
        by_site[chip.site] = by_site.get(chip.site, np.zeros_like(matrices)) + matrices
        both = reference.valid & predicted.valid
        confidence.append(predicted.confidence[both])
        is_correct.append((predicted.codes == reference.codes)[both])
        cloud.append((predicted.codes == CLOUDS)[both])
        bright.append((chip.digital_numbers[:3].mean(axis=0) > BRIGHT_VISIBLE * 10_000)[both])
    total = sum(by_site.values(), np.zeros((2, CLASS_COUNT, CLASS_COUNT), np.int64))
    clouds, is_bright = np.concatenate(cloud), np.concatenate(bright)
    return HeldOutScore(
        confusion=total[0],
        certain_confusion=total[1],
        reliability=reliability(np.concatenate(confidence), np.concatenate(is_correct)),
        sites=tuple(_score_site(site, matrices) for site, matrices in sorted(by_site.items())),
        false_cloud=float(clouds.mean()),
        false_cloud_bright=float(clouds[is_bright].mean()) if is_bright.any() else float("nan"),
        bright_pixels=int(is_bright.sum()),
    )


def calibration_error_across_sites(network: UNet, chips: list[Chip]) -> float:
    """Expected calibration error at held-out sites with a temperature fitted on other held-out sites.

    The sites are split into two halves of about equal size; each half takes the other's temperature.
    """
    clear = [chip for chip in chips if chip.held_out and not chip.is_cloudy]
    sizes = Counter({chip.site: 0 for chip in clear})
    for chip in clear:
        sizes[chip.site] += int(chip.soft.any(axis=0).sum())
    folds: tuple[set[str], set[str]] = (set(), set())
    for site, _ in sizes.most_common():
        min(folds, key=lambda fold: sum(sizes[name] for name in fold)).add(site)
    logits_by_fold = [sample_logits(network, [chip for chip in clear if chip.site in fold]) for fold in folds]
    confidence, is_correct = [], []
    for (logits, truth), other_fold in zip(logits_by_fold, reversed(logits_by_fold)):
        exponentials = np.exp((logits - logits.max(axis=0)) / optimal_temperature(*other_fold))
        probabilities = exponentials / exponentials.sum(axis=0)
        confidence.append(probabilities.max(axis=0))
        is_correct.append(probabilities.argmax(axis=0) == truth)
    return reliability(np.concatenate(confidence), np.concatenate(is_correct)).expected_calibration_error


def _score_site(site: str, matrices: Counts) -> SiteScore:
    shares = [_diagonal_share(matrix) for matrix in matrices]
    return SiteScore(site, int(matrices[0].sum()), shares[0], shares[1])


def _diagonal_share(matrix: npt.NDArray[np.int64]) -> float:
    return float(np.trace(matrix) / matrix.sum()) if matrix.sum() else float("nan")
