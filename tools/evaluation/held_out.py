"""The network against the teacher's labels on the clear chips of places that the training never saw."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from allpa_engine.classify.unet import UNet
from allpa_engine.core.legend import CLASS_COUNT, CLOUDS
from training.calibration import least_temperature, sampled_logits
from training.chips import Chip
from training.validation import SURE_LEAD

from .metrics import Counts, Reliability, confusion_matrix, reliability
from .predictions import given_answer, network_answer

BRIGHT_VISIBLE = 0.20
"""Mean reflectance of blue, green and red from which a surface counts as bright."""


@dataclass(frozen=True)
class PlaceScore:
    """One held-out place."""

    place: str
    pixels: int
    agreement: float
    """Share of pixels with the teacher's class."""
    sure_agreement: float
    """The same where the teacher's best class leads by 0.1; nan where it never does."""


@dataclass(frozen=True)
class HeldOutScore:
    """All held-out places together."""

    confusion: Counts
    """`(10, 10)`, rows the teacher's class."""
    sure_confusion: Counts
    """The same where the teacher is sure."""
    reliability: Reliability
    places: tuple[PlaceScore, ...]
    false_cloud: float
    """Share of clear pixels called cloud."""
    false_cloud_bright: float
    """The same on bright surfaces."""
    bright_pixels: int


def score_held_out(network: UNet, chips: list[Chip]) -> HeldOutScore:
    """Score on the chips that are held out and clear."""
    clear = [chip for chip in chips if chip.held_out and not chip.clouded]
    by_place: dict[str, Counts] = {}
    confidence, right, cloud, bright = [], [], [], []
    for chip in clear:
        said, taught = network_answer(network, chip), given_answer(chip)
        ordered = np.sort(taught.probabilities, axis=0)
        sure = (ordered[-1] - ordered[-2]) >= SURE_LEAD
        matrices = np.stack(
            [confusion_matrix(taught.codes, said.codes), confusion_matrix(taught.codes * sure, said.codes)]
        )
        by_place[chip.place] = by_place.get(chip.place, np.zeros_like(matrices)) + matrices
        both = taught.seen & said.seen
        confidence.append(said.confidence[both])
        right.append((said.codes == taught.codes)[both])
        cloud.append((said.codes == CLOUDS)[both])
        bright.append((chip.digital_numbers[:3].mean(axis=0) > BRIGHT_VISIBLE * 10_000)[both])
    total = sum(by_place.values(), np.zeros((2, CLASS_COUNT, CLASS_COUNT), np.int64))
    clouds, brights = np.concatenate(cloud), np.concatenate(bright)
    return HeldOutScore(
        confusion=total[0],
        sure_confusion=total[1],
        reliability=reliability(np.concatenate(confidence), np.concatenate(right)),
        places=tuple(_place_score(place, matrices) for place, matrices in sorted(by_place.items())),
        false_cloud=float(clouds.mean()),
        false_cloud_bright=float(clouds[brights].mean()) if brights.any() else float("nan"),
        bright_pixels=int(brights.sum()),
    )


def calibration_across_places(network: UNet, chips: list[Chip]) -> float:
    """Expected calibration error on held-out places under a temperature fitted on other held-out places.

    The places are parted into two halves of about as many pixels; each half takes the other's temperature.
    """
    clear = [chip for chip in chips if chip.held_out and not chip.clouded]
    sizes = Counter({chip.place: 0 for chip in clear})
    for chip in clear:
        sizes[chip.place] += int(chip.soft.any(axis=0).sum())
    halves: tuple[set[str], set[str]] = (set(), set())
    for place, _ in sizes.most_common():
        min(halves, key=lambda half: sum(sizes[name] for name in half)).add(place)
    sampled = [sampled_logits(network, [chip for chip in clear if chip.place in half]) for half in halves]
    confidence, right = [], []
    for (logits, truth), other in zip(sampled, reversed(sampled)):
        powers = np.exp((logits - logits.max(axis=0)) / least_temperature(*other))
        probabilities = powers / powers.sum(axis=0)
        confidence.append(probabilities.max(axis=0))
        right.append(probabilities.argmax(axis=0) == truth)
    return reliability(np.concatenate(confidence), np.concatenate(right)).expected_calibration_error


def _place_score(place: str, matrices: Counts) -> PlaceScore:
    shares = [_diagonal_share(matrix) for matrix in matrices]
    return PlaceScore(place, int(matrices[0].sum()), shares[0], shares[1])


def _diagonal_share(matrix: npt.NDArray[np.int64]) -> float:
    return float(np.trace(matrix) / matrix.sum()) if matrix.sum() else float("nan")
