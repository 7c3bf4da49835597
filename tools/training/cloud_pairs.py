"""Real clouds: the same ground seen clear and clouded, with thin and thick cloud and shadow marked.

A clouded chip is a sample with the ground's label from its clear twin. Compared with the twin it also gives fields of
real clouds that can be laid over other land: `clouded = (1 - opacity) x shadow factor x ground + added light`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from allpa_engine.core.atomic import atomic_write
from allpa_engine.core.bands import REFLECTANCE_SCALE

from .chips import Chip
from .new_sites import CLOUD_SHADOW, CLOUD_THICK, CLOUD_THIN, CLOUD_UNKNOWN, NewChip
from .recolouring import unlabelled_land
from .samples import SAMPLE_SIZE, Sample, cut_tile, to_l2a_level, to_sample
from .teacher import STUDENT_BAND_INDEX

SAMPLES_PER_PAIR, FIELDS_PER_PAIR = 10, 8
CLOUD_BLUE = 0.75
"""Blue reflectance L1C of an opaque cloud: the excess of blue over the ground is this much times the opacity."""
THIN_EXCESS, THIN_RANGE = 0.02, 0.06
"""Excess of blue at which a thin cloud begins to count as cloud, and over which its share grows to one."""
_UNSURE_THIN_WEIGHT, _SHADOW_WEIGHT = 0.4, 0.8
_MIN_SHADOW_FACTOR, _MAX_SHADOW_FACTOR = 0.15, 1.05

FloatArray = npt.NDArray[np.float32]
Codes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class CloudField:
    """A piece of a real cloud with its shadow, of the size of a sample."""

    opacity: FloatArray
    """`(y, x)`, 0..1."""
    light: FloatArray
    """`(6, y, x)` reflectance that the cloud adds."""
    shadow: FloatArray
    """`(6, y, x)` factor on the ground's reflectance, 1 outside the shadow."""
    share: FloatArray
    """`(y, x)` share of class 10."""
    known: FloatArray
    """`(y, x)` 1 where the mask says what is there, else 0."""


def thin_share(excess: FloatArray) -> FloatArray:
    """Share of class 10 in thin cloud by its excess of blue reflectance over the ground.

    Examples
    --------
    >>> thin_share(np.array([0.01, 0.05, 0.2], np.float32)).round(3).tolist()
    [0.0, 0.5, 1.0]

    """
    share: FloatArray = np.clip((excess - THIN_EXCESS) / THIN_RANGE, 0, 1).astype(np.float32)
    return share


def cloud_shares(cloud: Codes, excess: FloatArray | None) -> tuple[FloatArray, FloatArray]:
    """`(y, x)` share of class 10 and weight of the label of a clouded chip.

    Parameters
    ----------
    cloud : `(y, x)` mask of `new_sites`.
    excess : `(y, x)` blue reflectance over that of the clear ground; None where the clear view is not known, so that
        all thin cloud counts half.

    """
    thin = cloud == CLOUD_THIN
    of_thin = thin_share(excess) if excess is not None else np.full(cloud.shape, 0.5, np.float32)
    share = np.where(cloud == CLOUD_THICK, 1, np.where(thin, of_thin, 0)).astype(np.float32)
    decided = _UNSURE_THIN_WEIGHT + (1 - _UNSURE_THIN_WEIGHT) * np.abs(2 * share - 1)
    weight = np.where(thin, decided, np.where(cloud == CLOUD_SHADOW, _SHADOW_WEIGHT, 1))
    return share, np.where(cloud == CLOUD_UNKNOWN, 0, weight).astype(np.float32)


def pair_samples(clouded: NewChip, twin: Chip | None, rng: np.random.Generator) -> list[Sample]:
    """Random squares of a clouded chip with the ground's label, clouds and shadows as the pair shows them."""
    chip, cloud = clouded.chip, _mask(clouded)
    share, weight = cloud_shares(cloud, _blue_excess(chip, twin))
    samples = []
    for _ in range(SAMPLES_PER_PAIR):
        top, left = _random_corner(cloud.shape, rng)
        land = to_l2a_level(chip, cut_tile(chip.digital_numbers.astype(np.float32), top, left), rng)
        piece = to_sample(unlabelled_land(land), cut_tile((chip.soft / 255).astype(np.float32), top, left))
        piece_share, piece_weight = (cut_tile(part[None], top, left)[0] for part in (share, weight))
        is_known = piece.soft.any(axis=0) | (piece_share > 0.99)
        samples.append(replace(piece, cloud=_to_byte(piece_share), weight=_to_byte(piece_weight * is_known)))
    return samples


def cut_cloud_fields(clouded: NewChip, twin: Chip, rng: np.random.Generator) -> list[CloudField]:
    """Random squares of the clouds of one pair, separated from the ground by its clear view."""
    cloud, excess = _mask(clouded), _blue_excess(clouded.chip, twin)
    if excess is None:
        return []
    share, _ = cloud_shares(cloud, excess)
    seen, ground = (
        chip.digital_numbers[list(STUDENT_BAND_INDEX)].astype(np.float32) / REFLECTANCE_SCALE
        for chip in (clouded.chip, twin)
    )
    is_cloud = (cloud == CLOUD_THIN) | (cloud == CLOUD_THICK)
    opacity = np.where(is_cloud, np.clip(excess / np.maximum(CLOUD_BLUE - ground[0], 0.1), 0, 1), 0)
    light = np.where(opacity > 0, np.maximum(seen - (1 - opacity) * ground, 0), 0)
    ratio = np.clip(seen / np.maximum(ground, 1e-4), _MIN_SHADOW_FACTOR, _MAX_SHADOW_FACTOR)
    shadow = np.where(cloud == CLOUD_SHADOW, ratio, 1)
    layers = np.concatenate([opacity[None], light, shadow, share[None], (cloud != CLOUD_UNKNOWN)[None]])
    fields = []
    for _ in range(FIELDS_PER_PAIR):
        top, left = _random_corner(cloud.shape, rng)
        fields.append(_to_field(cut_tile(layers.astype(np.float32), top, left)))
    return fields


def lay_clouds(
    land: FloatArray, field: CloudField, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Lay a real cloud field over land, a little thinner or thicker than it was, turned at random.

    Parameters
    ----------
    land : `(6, y, x)` reflectance 0..1.
    field : of the same size.
    rng : draws turn and thickness.

    Returns
    -------
    The clouded land; `(y, x)` share 0..1 of class 10; `(y, x)` factor on the weight of the label.

    """
    strength, turns, mirrored = rng.uniform(0.6, 1.15), int(rng.integers(4)), rng.random() < 0.5
    turned = np.rot90(_to_layers(field), turns, axes=(1, 2))
    field = _to_field(turned[:, :, ::-1] if mirrored else turned)
    opacity = np.clip(field.opacity * strength, 0, 1)
    clouded = (1 - opacity) * land * field.shadow + field.light * strength
    is_thin = (field.share > 0) & (field.share < 1)
    share = np.where(is_thin, np.clip(field.share + 0.8 * (strength - 1), 0, 1), field.share)
    weight = field.known * np.where((share > 0) & (share < 1), 0.7, 1)
    return clouded.astype(np.float32), share.astype(np.float32), weight.astype(np.float32)


def save_cloud_fields(path: Path, fields: Sequence[CloudField]) -> None:
    """Write fields as one array `(n, 15, y, x)` of half floats."""
    layers = np.stack([_to_layers(field) for field in fields]).astype(np.float16)
    with atomic_write(path) as temporary_path, temporary_path.open("wb") as stream:
        np.save(stream, layers)


def load_cloud_fields(path: Path) -> list[CloudField]:
    """Read the fields back; none where the file does not exist."""
    return [_to_field(layers.astype(np.float32)) for layers in np.load(path)] if path.is_file() else []


def find_twins(chips: Sequence[NewChip]) -> Mapping[str, Chip]:
    """The clear view of each clouded chip's ground, by the clouded chip's name, where there is one of the same size."""
    by_name = {chip.name: chip.chip for chip in chips}
    return {
        chip.name: by_name[chip.clear_twin]
        for chip in chips
        if chip.clear_twin in by_name
        and by_name[chip.clear_twin].digital_numbers.shape == chip.chip.digital_numbers.shape
    }


def _mask(clouded: NewChip) -> Codes:
    if clouded.cloud is None:
        raise ValueError(f"{clouded.name} has no mask of clouds.")
    return clouded.cloud


def _blue_excess(chip: Chip, twin: Chip | None) -> FloatArray | None:
    if twin is None:
        return None
    excess: FloatArray = (chip.digital_numbers[0].astype(np.float32) - twin.digital_numbers[0]) / REFLECTANCE_SCALE
    return excess


def _random_corner(shape: tuple[int, ...], rng: np.random.Generator) -> tuple[int, int]:
    top, left = (int(rng.integers(0, max(1, extent - SAMPLE_SIZE + 1))) for extent in shape)
    return top, left


def _to_byte(share: FloatArray) -> Codes:
    return np.rint(255 * share).astype(np.uint8)


def _to_layers(field: CloudField) -> FloatArray:
    return np.concatenate([field.opacity[None], field.light, field.shadow, field.share[None], field.known[None]])


def _to_field(layers: FloatArray) -> CloudField:
    return CloudField(layers[0], layers[1:7], layers[7:13], layers[13], layers[14])
