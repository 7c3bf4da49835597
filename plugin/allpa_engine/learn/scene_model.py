"""Models of a pixel's features that read the bands of one scene: each scene is classified, the composite does the rest.

They have no class for clouds unless a user labelled clouds: the scene classification then decides alone what is clear.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..classify.back_end import AUTO
from ..classify.feature_model import FeatureModel, load_feature_model
from ..classify.model_folder import SCENE
from ..core.bands import ALL_BAND_KEYS, BAND_KEYS
from ..core.errors import ModelInvalid
from ..core.legend import Legend
from ..core.messages import message
from .feature_map import map_legend
from .indices import compute_index, find_index


@dataclass(frozen=True)
class SceneFeatureModel:
    """A model that classifies the pixels of single scenes, one by one; `classify.ProbabilityModel` describes it."""

    model: FeatureModel
    model_hash: str
    legend: Legend
    """Its classes, in the order of its channels."""
    bands: tuple[str, ...]
    """Bands that are read: the usual six, and those that its features need beside them."""
    threads: int = 1
    stride: int = 1
    margin: int = 0
    """A pixel's class does not depend on the pixels around it."""
    precision: str = "fp32"
    """Of its features; the sums of trees are in double precision."""
    backend: str = AUTO
    """No library of networks computes it."""

    @property
    def facts(self) -> Mapping[str, str]:
        """How it computes, for tags and records."""
        return {"precision": self.precision, "device": "cpu"}

    def probabilities(self, reflectance: NDArray[np.float32]) -> NDArray[np.float32]:
        """Class probabilities of each pixel.

        Parameters
        ----------
        reflectance : `(band, y, x)` float32 surface reflectance 0..1 in the order of `bands`; 0 = no data.

        Returns
        -------
        `(class, y, x)` float32 that sums to 1 over the classes.

        """
        values = np.where((reflectance > 0) & np.isfinite(reflectance), reflectance, np.float32(np.nan))
        layers = dict(zip(self.bands, values, strict=True))
        names = self.model.features
        features = np.stack([layers[name] if name in layers else compute_index(name, layers) for name in names])
        shape = reflectance.shape[1:]
        return self.model.probabilities(features.reshape(len(names), -1), self.threads).reshape(-1, *shape)


def load_scene_model(path: str | Path, threads: int = 0) -> SceneFeatureModel:
    """Read a model of single scenes from its folder.

    Parameters
    ----------
    path : of the folder.
    threads : that it may use; 0 takes all processors.

    Returns
    -------
    The model, ready to classify scenes.

    Raises
    ------
    ModelInvalid : where the folder is damaged, is a network, or reads features that one scene does not have.

    """
    model, folder = load_feature_model(path)
    if folder.scope != SCENE:
        raise ModelInvalid(
            message("The model {name} reads seasonal features, not single scenes.", name=folder.path.name),
            next_step=message("Use it with 'Classify composites', or train a model on scenes."),
        )
    needed: set[str] = set()
    for name in model.features:
        index = None if name in ALL_BAND_KEYS else find_index(name)
        if name not in ALL_BAND_KEYS and index is None:
            raise ModelInvalid(
                message(
                    "The model {name} reads {feature}, which a single scene does not have.",
                    name=folder.path.name,
                    feature=name,
                )
            )
        needed |= {name} if index is None else set(index.bands)
    # Scenes have the six bands in any case, and NDVI and NDMI are stored with each prediction.
    bands = tuple(key for key in ALL_BAND_KEYS if key in needed | set(BAND_KEYS))
    bands = BAND_KEYS if set(bands) == set(BAND_KEYS) else bands
    return SceneFeatureModel(model, folder.model_hash, map_legend(folder), bands, threads or os.cpu_count() or 1)
