"""How a sample is varied each time it is drawn: relief, dark water, woods, frost, clouds, an edge of the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from allpa_engine.classify.architecture import Architecture
from allpa_engine.classify.no_data import fill_no_data
from allpa_engine.core.legend import BUILT, CLOUDS, TREES, WATER

from .cloud_pairs import CloudField, lay_clouds
from .clouds import CloudBank, add_clouds
from .relief import ReliefBank, shade
from .texture import blur, fractal_noise

FloatArray = npt.NDArray[np.float32]

SHADOW_WEIGHT = 0.5
"""Weight of land in full shadow: what lies there is known, but hardly seen."""
MAX_RELIEF_BUILT_SHARE = 0.35
"""Towns with more built area than this get no relief."""
_MIN_DARK_WATER_SHARE, _MIN_WOODS_SHARE = 0.1, 0.3
_FULL_CLOUD = 0.99
_FROST_LOW = np.array([0.45, 0.46, 0.46, 0.42, 0.06, 0.04], np.float32)
_FROST_HIGH = np.array([0.85, 0.86, 0.86, 0.78, 0.22, 0.16], np.float32)
MAX_FROST_COVER = 0.5
"""Largest part of a pixel under frost or thin snow that still has the class of its ground."""
_NEAR_INFRARED, _SWIR1 = 3, 4
_REACH_PX = Architecture().margin


@dataclass(frozen=True)
class Mixture:
    """How often what is drawn or done; shares of the samples."""

    real: float = 0.45
    """Share of real chips among the samples drawn by class."""
    pair: float = 0.06
    """Share of real clouds over known ground."""
    scene: float = 0.08
    """Share of made mountains and bright land."""
    slides: float = 0.05
    """Share of landslides, half of them those drawn by people."""
    relief: float = 0.09
    dark_water: float = 0.45
    """Of the samples with water that got no relief: as many as are shaded, so that dark still water stays water."""
    woods: float = 0.25
    """Of the samples with woods."""
    frost: float = 0.05
    """Share of the samples whose land lies under frost or thin snow, which is neither cloud nor a class of its own."""
    clouds: float = 0.2
    real_clouds: float = 0.5
    """Of the samples that get clouds, those that get real ones."""
    edge: float = 0.08
    twins: float = 0.5
    """Share of the samples that are seen in two windows, for which the network is to give one answer."""


NOTHING_NEW = Mixture(
    real=0.35,
    pair=0,
    scene=0,
    slides=0,
    relief=0,
    dark_water=0,
    woods=0,
    frost=0,
    clouds=0.22,
    real_clouds=0,
    edge=0,
    twins=0,
)
"""Samples as they are, but for made clouds."""


@dataclass(frozen=True)
class Banks:
    """What is drawn beforehand and laid over samples."""

    clouds: CloudBank
    real_clouds: Sequence[CloudField] = ()
    relief: ReliefBank | None = None


@dataclass(frozen=True)
class Labelled:
    """A sample while it is varied."""

    reflectance: FloatArray
    """`(6, y, x)`, 0..1; 0 = no data."""
    target: FloatArray
    """`(10, y, x)` shares."""
    weight: FloatArray
    """`(y, x)`."""


def vary(sample: Labelled, mixture: Mixture, banks: Banks, rng: np.random.Generator) -> Labelled:
    """Relief or dark water, woods, frost and clouds, as often as the mixture says; not for samples under clouds."""
    target = sample.target
    with_relief = rng.random() < mixture.relief and target[BUILT - 1].mean() < MAX_RELIEF_BUILT_SHARE
    if with_relief and banks.relief:
        sample = add_relief(sample, banks.relief, rng)
    elif rng.random() < mixture.dark_water and target[WATER - 1].mean() > _MIN_DARK_WATER_SHARE:
        sample = darken_water(sample, rng)
    if rng.random() < mixture.woods and target[TREES - 1].mean() > _MIN_WOODS_SHARE:
        sample = brighten_woods(sample, rng)
    if rng.random() < mixture.frost:
        sample = add_frost(sample, rng)
    if rng.random() < mixture.clouds:
        sample = cover_with_clouds(sample, mixture, banks, rng)
    return sample


def add_relief(sample: Labelled, bank: ReliefBank, rng: np.random.Generator) -> Labelled:
    """The sample on slopes with cast shadows; what lies in them counts a little less."""
    water = np.clip(blur(np.ascontiguousarray(sample.target[WATER - 1 : WATER]))[0], 0, 1)
    reflectance, lit = shade(sample.reflectance, bank.draw(rng), water, rng)
    seen = (sample.reflectance > 0).any(axis=0)
    return Labelled(reflectance * seen, sample.target, sample.weight * (0.6 + 0.4 * lit).astype(np.float32))


def darken_water(sample: Labelled, rng: np.random.Generator) -> Labelled:
    """The sample with darker water, down to a third: still lakes without sun glint or mud, which are no shadows."""
    factor = 1 - sample.target[WATER - 1] * (1 - rng.uniform(0.33, 1.0))
    return Labelled((sample.reflectance * factor).astype(np.float32), sample.target, sample.weight)


def brighten_woods(sample: Labelled, rng: np.random.Generator) -> Labelled:
    """The sample's woods as bright as broadleaf woods in spring, in one of three cases with half of their texture."""
    share = sample.target[TREES - 1]
    woods = (share > 0.5) & (sample.reflectance > 0).all(axis=0)
    if not woods.any():
        return sample
    reflectance = sample.reflectance.copy()
    smooth = rng.random() < 1 / 3
    for band, wanted in ((_NEAR_INFRARED, rng.uniform(0.35, 0.5)), (_SWIR1, rng.uniform(0.15, 0.22))):
        mean = float(reflectance[band, woods].mean())
        values = 0.5 * (reflectance[band] + mean) if smooth else reflectance[band]
        changed = values * np.clip(wanted / max(mean, 1e-3), 0.6, 2.2)
        reflectance[band] = np.where(woods, changed, reflectance[band])
    return Labelled(reflectance, sample.target, sample.weight)


def add_frost(sample: Labelled, rng: np.random.Generator) -> Labelled:
    """The sample with frost or thin snow on a part of each land pixel, in patches; open water stays as it is.

    Bright in the visible and dark at 1.6 micrometres like snow, but with the ground between it: the ground's class
    stays, and counts less the more of it is covered.
    """
    size = sample.reflectance.shape[-1]
    patches = rng.uniform(0.1, 0.45) + rng.uniform(0.02, 0.2) * fractal_noise(rng, size, int(rng.choice([8, 32])), 0.6)
    land = 1 - np.clip(sample.target[WATER - 1], 0, 1)
    cover = (np.clip(patches, 0, MAX_FROST_COVER) * land).astype(np.float32)
    frost = (_FROST_LOW + rng.uniform(0, 1) * (_FROST_HIGH - _FROST_LOW))[:, None, None]
    seen = (sample.reflectance > 0).any(axis=0)
    reflectance = ((1 - cover) * sample.reflectance + cover * frost) * seen
    return Labelled(reflectance.astype(np.float32), sample.target, sample.weight * (1 - cover))


def cover_with_clouds(sample: Labelled, mixture: Mixture, banks: Banks, rng: np.random.Generator) -> Labelled:
    """The sample under real or made clouds with their shadows, in which land keeps its class."""
    seen = (sample.reflectance > 0).any(axis=0)
    if banks.real_clouds and rng.random() < mixture.real_clouds:
        field = banks.real_clouds[int(rng.integers(len(banks.real_clouds)))]
        clouded, share, factor = lay_clouds(sample.reflectance, field, rng)
        weight = np.where(share > _FULL_CLOUD, factor > 0, sample.weight * factor)
    else:
        clouded, share, shadow = add_clouds(sample.reflectance, banks.clouds, rng)
        weight = np.where(share >= 1, 1, sample.weight * (1 - (1 - SHADOW_WEIGHT) * shadow))
    target = sample.target * (1 - share)
    target[CLOUDS - 1] += share
    return Labelled(clouded * seen, target.astype(np.float32), (weight * seen).astype(np.float32))


def cut_swath_edge(sample: Labelled, rng: np.random.Generator) -> Labelled:
    """The sample with no data beyond a straight line near its middle, as at the edge of a swath."""
    size = sample.reflectance.shape[-1]
    rows, columns = np.mgrid[:size, :size] - size / 2
    angle = rng.uniform(0, 2 * np.pi)
    kept = np.cos(angle) * columns + np.sin(angle) * rows >= rng.uniform(-0.3, 0.3) * size
    return Labelled(sample.reflectance * kept, sample.target, sample.weight * kept)


def fill_as_product(reflectance: FloatArray) -> FloatArray:
    """The reflectance with pixels without data filled as the product fills them before the network sees them."""
    if (reflectance != 0).all():
        return reflectance
    filled: FloatArray = np.ascontiguousarray(reflectance, np.float32).copy()
    fill_no_data(filled, _REACH_PX)
    return filled
