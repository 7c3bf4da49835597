"""Batches: samples drawn from the store, balanced by class, turned, clouded, and seen through an imperfect correction.

Step n of seed s always gives the same batch, so that a training that was stopped goes on as if it had not been.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from allpa_engine.core.bands import REFLECTANCE_SCALE
from allpa_engine.core.legend import BUILT, CLASS_COUNT, CLOUDS, CODES, CROPS

from .atmosphere import correction_error
from .clouds import CloudBank, add_clouds, build_bank
from .samples import SAMPLE_SIZE
from .second_word import take_second_word
from .spectra import NOT_CROPS, WILD
from .store import Store
from .teacher import TEACHER_CLASS_COUNT
from .validation import SHARPNESS

REAL_SHARE = 0.35
"""Share of a batch that is real chips with the labels that came with them, where nothing else is asked for."""
CLOUD_SHARE = 0.22
"""Share of the clear samples that get clouds."""
DRAWN_SHARES = (0.13, 0.18, 0.15, 0.04, 0.11, 0.13, 0.08, 0.14, 0.04)
"""Wanted shares of the classes water to snow: between those of the world's land and equal ones.

Where six bands cannot tell, the network says what it saw more often; crops seen thrice as often as grass made crops of
the meadows of places where grass is as common.
"""
_ROUNDS, _LARGEST_FAVOUR = 60, 25.0
HARD_WEIGHT = 1.0
WORD_SHARE = 0.5
"""Share of the target that is what people said of the land's colour; the rest is the teacher's, who sees its shape."""
SHADOW_WEIGHT = 0.5
"""Weight of land in full shadow: what lies there is known, but hardly seen."""
_SNOW_CHANNEL, _SHORT_WAVE = 8, 4
_SNOW_SWIR_LIMIT = 0.28
"""Snow is darker than this at 1.6 micrometres; where the teacher says snow on brighter ground it looked at a cloud."""

Floats = npt.NDArray[np.float32]
_SHARPENED: Floats = ((np.arange(256, dtype=np.float32) / 255) ** SHARPNESS).astype(np.float32)


@dataclass(frozen=True)
class Batch:
    """What one step learns from."""

    reflectance: torch.Tensor
    """`(n, 6, y, x)` float32, 0..1."""
    target: torch.Tensor
    """`(n, 10, y, x)` float32 shares, sum 1 or 0."""
    weight: torch.Tensor
    """`(n, y, x)` float32, 0 = no label."""


class BatchSource:
    """Draws batches from a store.

    Parameters
    ----------
    store : the labelled samples. batch_size : samples per batch. seed : of everything random. cloud_fields : how many
        clouds are drawn beforehand. real_share : share of a batch that is real chips.
    """

    def __init__(
        self,
        store: Store,
        batch_size: int,
        seed: int,
        cloud_fields: int = 400,
        real_share: float = REAL_SHARE,
    ) -> None:
        self.store = store
        self.batch_size = batch_size
        self.seed = seed
        self.index = store.index
        self.is_real, by_people = (
            np.array([kind[shard] for shard, _ in self.index]) for kind in (store.real, store.people)
        )
        self.shares = np.concatenate([_class_shares(*parts) for parts in zip(store.soft, store.word, store.hard)])
        self.chance = _draw_chances(self.shares, self.is_real, ~by_people, real_share)
        self.chance_with_people = _draw_chances(self.shares, self.is_real, np.ones_like(by_people), real_share)
        self.bank: CloudBank = build_bank(np.random.default_rng([seed, 3]), cloud_fields, SAMPLE_SIZE)

    def class_share(self) -> npt.NDArray[np.float64]:
        """`(10,)` share of each class among the labelled pixels drawn without people; clouds as they are blended in."""
        drawn = self.chance @ self.shares
        drawn[CLOUDS - 1] += 0.1
        share: npt.NDArray[np.float64] = drawn / drawn.sum()
        return share

    def band_statistics(self) -> tuple[Floats, Floats]:
        """Mean and standard deviation of log(1 + 50 r) per band over some hundred samples."""
        rng = np.random.default_rng([self.seed, 4])
        chosen = rng.choice(len(self.index), min(300, len(self.index)), p=self.chance, replace=False)
        pixels = np.stack([self.store.reflectance[shard][number][:, ::8, ::8] for shard, number in self.index[chosen]])
        values = pixels.transpose(1, 0, 2, 3).reshape(pixels.shape[1], -1).astype(np.float32) / REFLECTANCE_SCALE
        logarithms = np.log1p(50.0 * values[:, (values > 0).any(axis=0)])
        return logarithms.mean(axis=1), logarithms.std(axis=1)

    def batch(self, step: int, *, with_people: bool = True) -> Batch:
        """The batch of one step, with or without the land that people labelled."""
        rng = np.random.default_rng([self.seed, 5, step])
        chance = self.chance_with_people if with_people else self.chance
        chosen = rng.choice(len(self.index), self.batch_size, p=chance)
        parts = [self._sample(int(number), rng) for number in chosen]
        reflectance, target, weight = (np.stack(arrays) for arrays in zip(*parts))
        seen = (reflectance > 0).any(axis=1, keepdims=True)
        factor, added = correction_error(rng, len(chosen))
        noise = rng.standard_normal(reflectance.shape, np.float32) * 0.002
        reflectance = np.where(seen, np.maximum(reflectance * factor + added + noise, 1e-4), 0)
        return Batch(
            *(torch.from_numpy(np.ascontiguousarray(array, np.float32)) for array in (reflectance, target, weight))
        )

    def _sample(self, number: int, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
        shard, row = self.index[number]
        turns, flip = int(rng.integers(4)), bool(rng.integers(2))
        store = self.store
        dn, soft, word, hard = (
            _turned(part[shard][row], turns, flip=flip)
            for part in (store.reflectance, store.soft, store.word, store.hard)
        )
        reflectance: Floats = dn.astype(np.float32) / np.float32(REFLECTANCE_SCALE)
        target, weight = _targets(soft, word, hard, reflectance)
        if rng.random() < CLOUD_SHARE and not hard.any():
            clouded, share, shadow = add_clouds(reflectance, self.bank, rng)
            seen = (reflectance > 0).any(axis=0)
            reflectance = clouded * seen
            target *= 1 - share
            target[CLOUDS - 1] += share
            weight = np.where(share >= 1, 1, weight * (1 - (1 - SHADOW_WEIGHT) * shadow)) * seen
        return reflectance, target, weight.astype(np.float32)


def _turned(array: npt.NDArray[np.generic], turns: int, *, flip: bool) -> npt.NDArray[np.generic]:
    turned = np.rot90(array, turns, axes=(-2, -1))
    return turned[..., ::-1] if flip else turned


def _targets(
    soft: npt.NDArray[np.generic],
    word: npt.NDArray[np.generic],
    hard: npt.NDArray[np.generic],
    reflectance: Floats,
) -> tuple[Floats, Floats]:
    """`(10, y, x)` shares and `(y, x)` weights.

    The teacher's sharpened probabilities, what people said mixed in or barred, hard labels above them.
    """
    taught, best = _SHARPENED[soft], soft.argmax(axis=0)
    take_second_word(taught, best, reflectance)
    _bar(taught, word)
    total = taught.sum(axis=0)
    false_snow = (best == _SNOW_CHANNEL) & (reflectance[_SHORT_WAVE] > _SNOW_SWIR_LIMIT)
    weight = ((total > 0) & ~false_snow).astype(np.float32)
    target = np.zeros((CLASS_COUNT, *total.shape), np.float32)
    target[:TEACHER_CLASS_COUNT] = taught / np.maximum(total, 1e-6)
    rows, columns = np.nonzero(np.isin(word, CODES) & (weight > 0))
    target[:, rows, columns] *= 1 - WORD_SHARE
    target[word[rows, columns].astype(np.int64) - 1, rows, columns] += WORD_SHARE
    rows, columns = np.nonzero(hard)
    target[:, rows, columns] = 0
    target[hard[rows, columns].astype(np.int64) - 1, rows, columns] = 1
    weight[rows, columns] = HARD_WEIGHT
    return target, weight


def _bar(taught: npt.NDArray[Any], word: npt.NDArray[np.generic]) -> None:
    """Set the teacher's shares `(9, y, x)` to nothing where people said that the land is not of that class."""
    taught[CROPS - 1, (word == NOT_CROPS) | (word == WILD)] = 0
    taught[BUILT - 1, word == WILD] = 0


def _class_shares(
    soft: npt.NDArray[np.uint8], word: npt.NDArray[np.uint8], hard: npt.NDArray[np.uint8]
) -> npt.NDArray[np.float64]:
    """`(n, 10)` share of the classes in each sample of a shard, from every fourth pixel."""
    shares = np.zeros((len(soft), CLASS_COUNT))
    for row in range(len(soft)):
        thinned = np.array(soft[row][:, ::4, ::4])
        _bar(thinned, word[row][::4, ::4])
        best = np.where(thinned.any(axis=0), thinned.argmax(axis=0) + 1, 0)
        best = np.where(hard[row][::4, ::4] > 0, hard[row][::4, ::4], best)
        shares[row] = np.bincount(best.ravel(), minlength=CLASS_COUNT + 1)[1:]
    normalised: npt.NDArray[np.float64] = shares / np.maximum(shares.sum(axis=1, keepdims=True), 1)
    return normalised


def _draw_chances(
    shares: npt.NDArray[np.float64],
    is_real: npt.NDArray[np.bool_],
    drawn: npt.NDArray[np.bool_],
    real_share: float,
) -> npt.NDArray[np.float64]:
    """How often each sample is drawn, so that the classes come near to `DRAWN_SHARES`; real ones get `real_share`.

    shares : `(n, 10)` of the classes. is_real, drawn : `(n,)`; samples that are not drawn have no chance.

    Each class has a favour, each sample the sum of its classes' shares times their favours; the favours are raised
    where a class comes too seldom, within bounds that keep a few samples from being drawn all the time.
    """
    wanted = np.array([*DRAWN_SHARES, 0.0])
    favour = np.ones(CLASS_COUNT)
    real, made = is_real & drawn, ~is_real & drawn
    if not real.any() or not made.any():
        real_share = float(real.any())
    chance = np.zeros(len(shares))
    for _ in range(_ROUNDS):
        liking = shares @ favour + 1e-9
        for group, part in ((real, real_share), (made, 1 - real_share)):
            if group.any():
                chance[group] = part * liking[group] / liking[group].sum()
        come = (chance @ shares)[: CLOUDS - 1]
        favour[: CLOUDS - 1] *= np.sqrt(wanted[: CLOUDS - 1] / np.maximum(come / max(come.sum(), 1e-9), 1e-4))
        favour = np.clip(favour / favour[: CLOUDS - 1].max() * _LARGEST_FAVOUR, 1.0, _LARGEST_FAVOUR)
    normalised: npt.NDArray[np.float64] = chance / chance.sum()
    return normalised
