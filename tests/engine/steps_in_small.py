"""Work for processes of their own whose memory is measured: classification without a network."""

import numpy as np
from allpa_engine.classify.classify import classify_scene
from allpa_engine.core.bands import BAND_KEYS
from allpa_engine.core.legend import BUNDLED_LEGEND
from allpa_engine.core.protocol import NullReporter


class BandModel:
    """Probabilities that follow the bands, at once."""

    model_hash, bands, legend, stride, margin = "0" * 64, BAND_KEYS, BUNDLED_LEGEND, 32, 32
    facts = {"precision": "fp32"}  # noqa: RUF012 - never changed

    def probabilities(self, reflectance):
        found = np.full((len(self.legend), *reflectance.shape[1:]), 0.01, np.float32)
        found[: len(reflectance)] += reflectance
        return found / found.sum(axis=0)


def band_model():
    """Of which the process starts."""
    return BandModel()


def classify_without_network(model, fetched, path):
    """Classify a scene by its bands."""
    classify_scene(fetched, model, path, NullReporter())
