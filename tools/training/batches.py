"""Batches: samples drawn from the store, balanced by class, turned, varied, and seen through an imperfect correction.

Step n of seed s always gives the same batch, so that a training that was stopped goes on as if it had not been.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from allpa_engine.core.bands import REFLECTANCE_SCALE
from allpa_engine.core.legend import BARE, BUILT, CLASS_CODES, CLASS_COUNT, CLOUDS, CROPS

from .atmosphere import draw_correction_errors
from .clouds import build_bank
from .label_cleaning import remove_implausible_labels
from .relief import build_relief_bank
from .samples import SAMPLE_SIZE
from .spectra import NATURAL, NATURAL_BARE, NOT_CROPS
from .store import PAIR_PREFIX, SCENE_PREFIX, SLIDE_PREFIX, Store
from .teacher import TEACHER_CLASS_COUNT
from .twin_views import Window, draw_twin, draw_window
from .validation import SHARPNESS
from .variation import Banks, Labelled, Mixture, cut_swath_edge, fill_as_product, vary

_RELIEF_COUNT = 200
TARGET_CLASS_SHARES = (0.13, 0.18, 0.15, 0.04, 0.11, 0.13, 0.08, 0.14, 0.04)
"""Wanted shares of the classes water to snow: between those of the world's land and equal ones.

Where six bands cannot separate two classes the network predicts the one that was more frequent in training: with three
times as many crops as grass, meadows became crops at sites where grass is as frequent.
"""
_ITERATIONS, _MAX_CLASS_WEIGHT = 60, 25.0
HARD_WEIGHT = 1.0
WEAK_LABEL_SHARE = 0.5
"""Share of the weak label, which belongs to a spectrum, in the target; the rest is the teacher's, which sees shapes."""
_SNOW_CHANNEL, _SWIR1 = 8, 4
_SNOW_SWIR_LIMIT = 0.28
"""Snow is darker than this at 1.6 micrometres; where the teacher predicts snow on brighter ground it was a cloud."""

FloatArray = npt.NDArray[np.float32]
AnyArrays = tuple[npt.NDArray[Any], ...]
_SHARPENED: FloatArray = ((np.arange(256, dtype=np.float32) / 255) ** SHARPNESS).astype(np.float32)


@dataclass(frozen=True)
class Views:
    """Samples as the network sees them, with what they teach."""

    reflectance: torch.Tensor
    """`(n, 6, y, x)` float32, 0..1."""
    target: torch.Tensor
    """`(n, 10, y, x)` float32 shares, sum 1 or 0."""
    weight: torch.Tensor
    """`(n, y, x)` float32, 0 = no label."""
    valid: torch.Tensor
    """`(n, y, x)` bool, false where there are no data."""

    def part(self, number: int, count: int) -> Views:
        """Every `count`-th of them, from `number` on."""
        return Views(*(part[number::count] for part in (self.reflectance, self.target, self.weight, self.valid)))


@dataclass(frozen=True)
class Batch:
    """What one step learns from."""

    views: Views
    twins: Views | None = None
    """The first samples once more in a second window, where wanted."""
    windows: tuple[tuple[Window, Window], ...] = ()
    """First and second window of each of these."""


class BatchSource:
    """Draws batches from a store.

    Parameters
    ----------
    store : the labelled samples. batch_size : samples per batch. seed : of everything random. cloud_fields : how many
        clouds are drawn beforehand. mixture : how often what is drawn or done.
    """

    def __init__(
        self,
        store: Store,
        batch_size: int,
        seed: int,
        cloud_fields: int = 400,
        mixture: Mixture | None = None,
    ) -> None:
        self.store = store
        self.batch_size = batch_size
        self.seed = seed
        self.mixture = mixture or Mixture()
        self.index = store.index
        self.is_real, is_reference, self.is_pair, *special = (
            np.array([kind[shard] for shard, _ in self.index])
            for kind in (
                store.real,
                store.has_reference_labels,
                [name.startswith(PAIR_PREFIX) for name in store.names],
                *([name.startswith(prefix) for name in store.names] for prefix in (SCENE_PREFIX, SLIDE_PREFIX)),
            )
        )
        balanced = ~np.logical_or.reduce([self.is_pair, *special])
        self.shares = np.concatenate([_class_shares(*parts) for parts in zip(store.soft, store.weak_label, store.hard)])
        mixture = self.mixture
        apart = list(zip((self.is_pair, *special), (mixture.pair, mixture.scene, mixture.slides)))
        self.probability, self.probability_with_reference = (
            _add_apart(_draw_probabilities(self.shares, self.is_real, drawn, mixture.real), apart, self.index[:, 0])
            for drawn in (balanced & ~is_reference, balanced)
        )
        self.banks = self._build_banks(cloud_fields)

    def _build_banks(self, cloud_fields: int) -> Banks:
        clouds = build_bank(np.random.default_rng([self.seed, 3]), cloud_fields, SAMPLE_SIZE)
        if not self.mixture.relief:
            return Banks(clouds, self.store.cloud_fields)
        rng = np.random.default_rng([self.seed, 8])
        relief = build_relief_bank(rng, _RELIEF_COUNT, SAMPLE_SIZE, self.store.elevations)
        return Banks(clouds, self.store.cloud_fields, relief)

    def class_share(self) -> npt.NDArray[np.float64]:
        """`(10,)` share of each class among the labelled pixels drawn before fine-tuning; clouds as blended in."""
        drawn = self.probability @ self.shares
        drawn[CLOUDS - 1] += 0.1
        share: npt.NDArray[np.float64] = drawn / drawn.sum()
        return share

    def band_statistics(self) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of log(1 + 50 r) per band over some hundred samples."""
        rng = np.random.default_rng([self.seed, 4])
        chosen = rng.choice(len(self.index), min(300, len(self.index)), p=self.probability, replace=False)
        pixels = np.stack([self.store.reflectance[shard][number][:, ::8, ::8] for shard, number in self.index[chosen]])
        values = pixels.transpose(1, 0, 2, 3).reshape(pixels.shape[1], -1).astype(np.float32) / REFLECTANCE_SCALE
        logarithms = np.log1p(50.0 * values[:, (values > 0).any(axis=0)])
        return logarithms.mean(axis=1), logarithms.std(axis=1)

    def batch(self, step: int, *, with_reference: bool = True) -> Batch:
        """The batch of one step, with or without the sites with reference labels."""
        rng = np.random.default_rng([self.seed, 5, step])
        probability = self.probability_with_reference if with_reference else self.probability
        chosen = rng.choice(len(self.index), self.batch_size, p=probability)
        samples = [self._sample(int(number), rng) for number in chosen]
        factors, additions = draw_correction_errors(rng, len(chosen))
        seen = [self._see(*errors, rng) for errors in zip(samples, factors, additions)]
        twin_count = round(self.mixture.twins * len(seen))
        if not twin_count:
            return Batch(_stack(seen))
        windows = [draw_window(rng, SAMPLE_SIZE) for _ in seen]
        twins = [draw_twin(window, rng, SAMPLE_SIZE) for window in windows[:twin_count]]
        first, second = (
            _stack([tuple(window.cut(part) for part in parts) for window, parts in zip(cuts, seen)])
            for cuts in (windows, twins)
        )
        return Batch(first, second, tuple(zip(windows, twins)))

    def _see(self, sample: Labelled, factor: FloatArray, added: FloatArray, rng: np.random.Generator) -> AnyArrays:
        """Reflectance as the network sees it, target, weight, and where there are data."""
        valid = _has_data(sample.reflectance)
        noise = rng.standard_normal(sample.reflectance.shape, np.float32) * np.float32(0.002)
        seen = np.where(valid, np.maximum(sample.reflectance * factor + added + noise, 1e-4), 0).astype(np.float32)
        if rng.random() < self.mixture.edge:
            cut = cut_swath_edge(Labelled(seen, sample.target, sample.weight), rng)
            valid = _has_data(cut.reflectance)
            return fill_as_product(cut.reflectance), cut.target, cut.weight, valid
        return fill_as_product(seen) if self.mixture.edge else seen, sample.target, sample.weight, valid

    def _sample(self, number: int, rng: np.random.Generator) -> Labelled:
        shard, row = self.index[number]
        rotations, flip = int(rng.integers(4)), bool(rng.integers(2))
        store = self.store
        dn, soft, weak_label, hard = (
            _rotate_and_flip(part[shard][row], rotations, flip=flip)
            for part in (store.reflectance, store.soft, store.weak_label, store.hard)
        )
        reflectance: FloatArray = dn.astype(np.float32) / np.float32(REFLECTANCE_SCALE)
        target, weight = _targets(soft, weak_label, hard, reflectance)
        cloud, own_weight = (
            None if part is None else _rotate_and_flip(part[row], rotations, flip=flip).astype(np.float32) / 255
            for part in (store.cloud[shard], store.weight[shard])
        )
        if cloud is not None:
            target *= 1 - cloud
            target[CLOUDS - 1] += cloud
            weight[cloud >= 1] = 1
        if own_weight is not None:
            weight *= own_weight
        sample = Labelled(reflectance, target, weight)
        under_clouds = self.is_pair[number] or (hard == CLOUDS).any()
        return sample if under_clouds else vary(sample, self.mixture, self.banks, rng)


def _has_data(reflectance: FloatArray) -> npt.NDArray[np.bool_]:
    return np.asarray((reflectance > 0).any(axis=0))


def _stack(samples: list[AnyArrays]) -> Views:
    """The four parts of several samples, one tensor of each kind."""
    return Views(*(torch.from_numpy(np.ascontiguousarray(np.stack(arrays))) for arrays in zip(*samples)))


def _add_apart(
    probability: npt.NDArray[np.float64],
    groups: list[tuple[npt.NDArray[np.bool_], float]],
    shard: npt.NDArray[np.int64],
) -> npt.NDArray[np.float64]:
    """Probabilities in which each group that has members gets its share, its shards alike, and the rest what is left.

    probability : `(n,)`. groups : `(n,)` members and the share wanted. shard : `(n,)` number of each sample's shard.
    """
    answer: npt.NDArray[np.float64] = probability.copy()
    present = [(members, share) for members, share in groups if members.any()]
    answer *= 1 - sum(share for _, share in present)
    for members, share in present:
        shards, sizes = np.unique(shard[members], return_counts=True)
        for number, size in zip(shards, sizes):
            answer[members & (shard == number)] = share / len(shards) / size
    return answer


def _rotate_and_flip(array: npt.NDArray[np.generic], rotations: int, *, flip: bool) -> npt.NDArray[np.generic]:
    rotated = np.rot90(array, rotations, axes=(-2, -1))
    return rotated[..., ::-1] if flip else rotated


def _targets(
    soft: npt.NDArray[np.generic],
    weak_label: npt.NDArray[np.generic],
    hard: npt.NDArray[np.generic],
    reflectance: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """`(10, y, x)` shares and `(y, x)` weights.

    The teacher's sharpened probabilities, with weak labels mixed in or classes excluded; hard labels replace them.
    """
    soft_labels, best = _SHARPENED[soft], soft.argmax(axis=0)
    remove_implausible_labels(soft_labels, best, reflectance)
    _exclude_classes(soft_labels, weak_label)
    total = soft_labels.sum(axis=0)
    false_snow = (best == _SNOW_CHANNEL) & (reflectance[_SWIR1] > _SNOW_SWIR_LIMIT)
    weight = ((total > 0) & ~false_snow).astype(np.float32)
    target = np.zeros((CLASS_COUNT, *total.shape), np.float32)
    target[:TEACHER_CLASS_COUNT] = soft_labels / np.maximum(total, 1e-6)
    weak_class = np.where(weak_label == NATURAL_BARE, BARE, weak_label)
    rows, columns = np.nonzero(np.isin(weak_class, CLASS_CODES) & (weight > 0))
    target[:, rows, columns] *= 1 - WEAK_LABEL_SHARE
    target[weak_class[rows, columns].astype(np.int64) - 1, rows, columns] += WEAK_LABEL_SHARE
    rows, columns = np.nonzero(hard)
    target[:, rows, columns] = 0
    target[hard[rows, columns].astype(np.int64) - 1, rows, columns] = 1
    weight[rows, columns] = HARD_WEIGHT
    return target, weight


def _exclude_classes(soft_labels: npt.NDArray[Any], weak_label: npt.NDArray[np.generic]) -> None:
    """Set the teacher's shares `(9, y, x)` to 0 where a weak label excludes the class."""
    soft_labels[CROPS - 1, np.isin(weak_label, (NOT_CROPS, NATURAL, NATURAL_BARE))] = 0
    soft_labels[BUILT - 1, np.isin(weak_label, (NATURAL, NATURAL_BARE))] = 0


def _class_shares(
    soft: npt.NDArray[np.uint8], weak_label: npt.NDArray[np.uint8], hard: npt.NDArray[np.uint8]
) -> npt.NDArray[np.float64]:
    """`(n, 10)` share of the classes in each sample of a shard, from every fourth pixel."""
    shares = np.zeros((len(soft), CLASS_COUNT))
    for row in range(len(soft)):
        subsampled = np.array(soft[row][:, ::4, ::4])
        _exclude_classes(subsampled, weak_label[row][::4, ::4])
        best = np.where(subsampled.any(axis=0), subsampled.argmax(axis=0) + 1, 0)
        best = np.where(hard[row][::4, ::4] > 0, hard[row][::4, ::4], best)
        shares[row] = np.bincount(best.ravel(), minlength=CLASS_COUNT + 1)[1:]
    normalised: npt.NDArray[np.float64] = shares / np.maximum(shares.sum(axis=1, keepdims=True), 1)
    return normalised


def _draw_probabilities(
    shares: npt.NDArray[np.float64],
    is_real: npt.NDArray[np.bool_],
    drawn: npt.NDArray[np.bool_],
    real_share: float,
) -> npt.NDArray[np.float64]:
    """How often each sample is drawn, so that the classes come near to `TARGET_CLASS_SHARES`; real ones get their part.

    shares : `(n, 10)` of the classes. is_real, drawn : `(n,)`; samples that are not drawn have no chance.

    Each class has a favour, each sample the sum of its classes' shares times their favours; the favours are raised
    where a class comes too seldom, within bounds that keep a few samples from being drawn all the time.
    """
    target_share = np.array([*TARGET_CLASS_SHARES, 0.0])
    class_weight = np.ones(CLASS_COUNT)
    real, synthetic = is_real & drawn, ~is_real & drawn
    if not real.any() or not synthetic.any():
        real_share = float(real.any())
    probability = np.zeros(len(shares))
    for _ in range(_ITERATIONS):
        sample_weight = shares @ class_weight + 1e-9
        for group, part in ((real, real_share), (synthetic, 1 - real_share)):
            if group.any():
                probability[group] = part * sample_weight[group] / sample_weight[group].sum()
        drawn_share = (probability @ shares)[: CLOUDS - 1]
        class_weight[: CLOUDS - 1] *= np.sqrt(
            target_share[: CLOUDS - 1] / np.maximum(drawn_share / max(drawn_share.sum(), 1e-9), 1e-4)
        )
        class_weight = np.clip(
            class_weight / class_weight[: CLOUDS - 1].max() * _MAX_CLASS_WEIGHT, 1.0, _MAX_CLASS_WEIGHT
        )
    normalised: npt.NDArray[np.float64] = probability / probability.sum()
    return normalised
