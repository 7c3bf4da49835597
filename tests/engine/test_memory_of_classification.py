"""Resident memory of the classification: that of a strip of a full tile and of one chip, however long the scene is."""

import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from allpa_engine.classify.back_end import OPENVINO, TORCH
from allpa_engine.classify.chip_classes import ChipClasses
from allpa_engine.classify.inference import load_classifier
from allpa_engine.core.bands import BAND_KEYS
from allpa_engine.core.legend import BUNDLED_LEGEND
from bench.made_files import write_scene
from bench.peak_memory import run_isolated
from bench.steps import classify

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
TILE_PX = 10_980
LIMIT_MB = 1500
CHIP_ROWS, CHIP_COLUMNS = 768, 1920
"""The largest chips of OpenVINO; those of PyTorch are as high."""


class StandIn:
    """Takes chips of the size that a network takes, and answers without work."""

    model_hash, bands, legend = "0" * 64, BAND_KEYS, BUNDLED_LEGEND
    stride, margin, core_margins = 16, 64, (48, 32)
    chip_px, chips_at_once = (CHIP_ROWS, CHIP_COLUMNS), 1

    def __init__(self):
        self.facts = {"precision": "fp32"}

    def probabilities(self, reflectance):
        raise AssertionError("chips are to be started")

    def start_chip(self, numbers, rows, columns, *, soft):
        layer = (numbers[0, rows, columns] % 10 + 1).astype(np.uint8)
        return lambda: ChipClasses(layer, layer, layer)


def network(backend):
    return load_classifier(device="cpu", threads=2, precision="fp32", backend=backend)


def chip_rows_of(backend):
    return network(backend).chip_px[0]


@pytest.fixture(scope="module")
def strips_mb(tmp_path_factory):
    """What a scene as wide as a tile takes beside the network, of three and of nine strips."""
    folder = tmp_path_factory.mktemp("strips")
    return [
        run_isolated(
            StandIn, classify, write_scene(folder / f"S{rows}.tif", TILE_PX, rows), folder / f"{rows}.tif"
        ).added_mb
        for rows in (2064, 6192)  # strips of 688 rows
    ]


def test_a_longer_scene_takes_no_more(strips_mb):
    """The numbers of the further strips would be 544 MB, the layers of the prediction 273.

    Up to 145 MB more are there by chance: the next strip is read while the last one is still written, or is not.
    """
    short, long = strips_mb
    assert long - short < 220


@pytest.mark.parametrize("backend", [OPENVINO, TORCH])
def test_a_full_tile_stays_below_the_limit(strips_mb, backend, tmp_path):
    if backend == OPENVINO:
        pytest.importorskip("openvino")
    scene = write_scene(tmp_path / "chip.tif", CHIP_COLUMNS, CHIP_ROWS)
    chip_mb = run_isolated(partial(network, backend), classify, scene, tmp_path / "prediction.tif").added_mb
    assert chip_mb > 100, "the network's own memory is in it"
    assert chip_rows_of(backend) <= CHIP_ROWS
    assert strips_mb[1] + chip_mb < LIMIT_MB
