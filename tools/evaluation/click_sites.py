"""Places with labels that people made, as the network's features at each labelled pixel or point on every date.

| place | what | seen in training |
|---|---|---|
| flanders | farmers' declarations, 64 x 64 pixels, nine dates | yes |
| slovenia | official map of land use, 101 x 100 pixels, three dates | yes |
| lesotho | field and image interpretation by FAO, points, six two-month composites | no |
| rondonia | points of forest, pasture, natural open land and clearings, a new class; every third of 25 dates | no |
| landslides | landslides drawn by people on chips of several mountains; the land around by the teacher | all but two |

Points have no surroundings in the files: the network is given even land of their spectrum, which takes its view of
texture away.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from allpa_engine.core.bands import BAND_KEYS, REFLECTANCE_SCALE
from allpa_engine.core.legend import BARE, BUILT, CROPS, GRASS, SCRUB, TREES, WATER
from allpa_engine.learn.network_features import FeatureNetwork
from numpy.typing import NDArray
from torch import nn
from training.labelled_sets import read_labelled_sets
from training.new_sites import read_new_chips
from training.validation import chip_reflectance

from .predictions import product_reflectance

FLOODED = 4
CLEARING = 11
"""Code of a class that the bundled network does not have."""
_SURE = 0.6
"""The teacher's probability from which the land around a landslide counts as labelled."""
_METRES_PER_DEGREE = 111_000.0


@dataclass(frozen=True)
class ClickSite:
    """A place to teach and to test."""

    name: str
    features: NDArray[np.float32]
    """`(date, n, feature)`; nan where a date shows nothing."""
    codes: NDArray[np.uint8]
    """`(n,)`."""
    places_m: NDArray[np.float64]
    """`(n, 2)`."""
    group: NDArray[np.int64]
    """`(n,)` the block, place or chip; half of the groups teach, the others test."""
    block_size_m: float
    """Side of the blocks of the refit's own validation; 0 takes the usual one."""


def chip_features(network: FeatureNetwork, reflectance: NDArray[np.float32]) -> NDArray[np.float32]:
    """`(feature, y, x)` of a chip of any size, mirrored outwards by the network's margin."""
    (height, width), margin = reflectance.shape[1:], network.classifier.margin
    rows, columns = (-extent % network.classifier.stride for extent in (height, width))
    padded = np.pad(reflectance, ((0, 0), (margin, margin + rows), (margin, margin + columns)), mode="reflect")
    return network.features(padded)[:, margin : margin + height, margin : margin + width]


def even_land_features(network: FeatureNetwork, spectra: NDArray[np.float32]) -> NDArray[np.float32]:
    """Features of endless even land of each spectrum, `(n, 6)` reflectance -> `(n, feature)`.

    On even land every convolution sees the same pixel everywhere: it is the sum of its kernel, and resolutions do not
    matter, so that one pixel stands for all.
    """
    even: Any = copy.deepcopy(network.classifier.torch_network.network)
    for layer in even.modules():
        if isinstance(layer, nn.Conv2d):
            layer.weight = nn.Parameter(layer.weight.sum(dim=(2, 3), keepdim=True), requires_grad=False)
            layer.stride, layer.padding, layer.kernel_size = (1, 1), (0, 0), (1, 1)
    with torch.inference_mode():
        features = even.full(even.input(torch.from_numpy(spectra.astype(np.float32))[:, :, None, None]))
        skips = []
        for down in even.down:
            skips.append(features)
            features = down(features)
        for up, skip in zip(even.up, reversed(skips)):
            features = up.activation(up.skip_convolution(skip) + up.upsampled_convolution(up.narrow(features)))
    found: NDArray[np.float32] = features[:, :, 0, 0].numpy()
    return found


def _dense(data: Path, network: FeatureNetwork, prefix: str, name: str, block_px: int) -> ClickSite:
    """A labelled raster with several dates; blocks of `block_px` pixels are its groups."""
    sets = [item for item in read_labelled_sets(data) if item.name.startswith(prefix) and (item.land > 0).any()]
    label = sets[0].land
    rows, columns = np.nonzero(label)
    maps = [chip_features(network, product_reflectance(item.chip, network.classifier.margin)) for item in sets]
    width = label.shape[1] // block_px + 1
    return ClickSite(
        name,
        np.stack([features[:, rows, columns].T for features in maps]),
        label[rows, columns],
        np.column_stack((columns, -rows)).astype(np.float64) * 10.0,
        (rows // block_px) * width + columns // block_px,
        block_px * 10.0 / 2,
    )


def _flanders(data: Path, network: FeatureNetwork) -> ClickSite:
    return _dense(data, network, "worldcereal_be_424A", "flanders", 16)


def _slovenia(data: Path, network: FeatureNetwork) -> ClickSite:
    return _dense(data, network, "eolearn_slovenia", "slovenia", 20)


def _points(
    path: Path,
    network: FeatureNetwork,
    name: str,
    legend: dict[str, int],
    block_degrees: float,
    every_date: int = 1,
) -> ClickSite:
    """A table of points with a series of dates, of which each, or each second or third, is used."""
    with np.load(path) as table:
        bands, numbers = [str(band) for band in table["bands"]], table["X"][:, ::every_date].astype(np.float32)
        codes = np.array([legend.get(str(label), 0) for label in table["label"]], np.uint8)
        places = np.column_stack((table["lon"], table["lat"])).astype(np.float64)
    kept = codes > 0
    spectra = numbers[kept][:, :, [bands.index(key) for key in BAND_KEYS]].transpose(1, 0, 2) / REFLECTANCE_SCALE
    seen = (spectra > 0).all(axis=-1)
    features = np.full((*spectra.shape[:2], network.feature_count), np.nan, np.float32)
    features[seen] = even_land_features(network, spectra[seen])
    cells = np.floor(places[kept] / block_degrees).astype(np.int64)
    group = np.unique(cells, axis=0, return_inverse=True)[1].reshape(-1)
    return ClickSite(name, features, codes[kept], places[kept] * _METRES_PER_DEGREE, group, 10_000.0)


def _lesotho(data: Path, network: FeatureNetwork) -> ClickSite:
    legend = {
        "grass": GRASS, "trees": TREES, "wetland": FLOODED, "crops": CROPS, "scrub": SCRUB, "water": WATER,
        "bare": BARE, "built": BUILT,
    }  # fmt: skip
    return _points(
        data / "more" / "series" / "lesotho_s2_2021_bimonthly.npz", network, "lesotho", legend, block_degrees=0.25
    )


def _rondonia(data: Path, network: FeatureNetwork) -> ClickSite:
    path = data / "more" / "series" / "rondonia_s2_activelearning.npz"
    legend = {"Forest": TREES, "Pasture": GRASS, "NatNonForest": SCRUB, "Deforestation": CLEARING}
    return _points(path, network, "rondonia", legend, block_degrees=0.2, every_date=3)


def _landslides(data: Path, network: FeatureNetwork) -> ClickSite:
    """Each chip is a place of its own: what is taught on some mountains is tested on others."""
    features, codes, places, groups = [], [], [], []
    for number, item in enumerate(new for new in read_new_chips(data) if new.landslide is not None):
        soft = item.chip.soft.astype(np.float32) / 255
        label = np.where(soft.max(axis=0) > _SURE, soft.argmax(axis=0) + 1, 0).astype(np.uint8)
        label[item.landslide] = BARE
        rows, columns = np.nonzero(label)
        features.append(chip_features(network, chip_reflectance(item.chip))[:, rows, columns].T)
        codes.append(label[rows, columns])
        places.append(np.column_stack((columns * 10.0 + number * 10_000.0, rows * -10.0)))
        groups.append(np.full(len(rows), number))
    return ClickSite(
        "landslides",
        np.concatenate(features)[np.newaxis],
        np.concatenate(codes),
        np.concatenate(places),
        np.concatenate(groups),
        5_000.0,
    )


SITE_READERS: dict[str, Callable[[Path, FeatureNetwork], ClickSite]] = {
    "flanders": _flanders,
    "lesotho": _lesotho,
    "rondonia": _rondonia,
    "landslides": _landslides,
    "slovenia": _slovenia,
}
"""What reads each place, from the folder of the labelled data with a network that gives its features."""
