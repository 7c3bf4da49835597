"""Columns without data or under cloud are left out of classification, and no clear observation changes by it."""

import numpy as np
import pytest
import rasterio
from allpa_engine.classify import strips
from allpa_engine.classify.classify import classify_scene
from allpa_engine.core.bands import BAND_KEYS, SCL
from allpa_engine.core.legend import BUNDLED_LEGEND, CLOUDS, LandClass, Legend
from allpa_engine.core.protocol import NullReporter
from allpa_engine.core.scene import FetchedScene
from allpa_engine.raster.cloud_mask import is_clear
from predictions import FakeScene

HEIGHT, WIDTH = 90, 700
CLEAR, CLOUD, CIRRUS, SHADOW = 4, 9, 10, 3


class CountingModel:
    """The darkest band decides; the pixels that it was asked for are counted."""

    model_hash = "0" * 64
    bands = BAND_KEYS
    stride, margin = 16, 16
    chip_px = 96, 160
    core_margins = 16, 16
    chips_at_once = 1

    def __init__(self, legend=BUNDLED_LEGEND):
        self.legend = legend
        self.pixels = 0
        self.facts = {"precision": "fp32"}

    def probabilities(self, reflectance):
        raise AssertionError("chips are to be started")

    def start_chip(self, numbers, rows, columns, *, soft):
        self.pixels += numbers[0, rows, columns].size
        found = numbers[:, rows, columns].argmin(axis=0) % len(self.legend)
        values = np.eye(len(self.legend), dtype=np.float32)[found].transpose(2, 0, 1) * 0.75 + 0.025
        kept = strips.classes_of_probabilities(values, self.legend.codes, soft=soft)
        return lambda: kept


def land(scl):
    numbers = np.random.default_rng(7).integers(200, 3000, (7, HEIGHT, WIDTH)).astype(np.uint16)
    numbers[6] = scl
    return numbers


def classified(tmp_path, name, numbers, model, *, soft=False):
    path = tmp_path / f"{name}.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=WIDTH, height=HEIGHT, count=7, dtype="uint16",
        crs="EPSG:32718", transform=rasterio.Affine(10, 0, 699_970, 0, -10, 8_600_050),
    ) as target:  # fmt: skip
        target.write(numbers)
        target.descriptions = (*BAND_KEYS, SCL)
        target.update_tags(ALLPA_SCENE=name)
    scene = FetchedScene(FakeScene(name, "18LYR", "2020-06-15"), path)
    with rasterio.open(
        classify_scene(scene, model, tmp_path / f"p_{name}.tif", NullReporter(), soft=soft).path
    ) as source:
        return source.read()


@pytest.mark.parametrize("soft", [False, True])
def test_what_is_clear_stays_and_the_rest_is_cloud(tmp_path, soft):
    scl = np.full((HEIGHT, WIDTH), CLEAR)
    scl[:, 100:500] = np.random.default_rng(1).choice([CLOUD, CIRRUS, SHADOW], (HEIGHT, 400))
    scl[40, 130] = CLEAR  # a hole in the clouds keeps its chip
    whole = classified(tmp_path, "clear", land(np.full_like(scl, CLEAR)), all_of_it := CountingModel(), soft=soft)
    found = classified(tmp_path, "clouded", land(scl), model := CountingModel(), soft=soft)
    clear = is_clear(None, found[2], dilate=False)
    assert np.array_equal(clear, scl == CLEAR)
    assert np.array_equal(np.delete(found, 2, 0)[:, clear], np.delete(whole, 2, 0)[:, clear])
    left_out = found[:, :, 320:480]
    assert (left_out[[0, 3]] == CLOUDS).all()
    assert (left_out[1] == 255).all()
    assert np.array_equal(found[4:6], whole[4:6])  # the indices need no network
    assert model.pixels < 0.75 * all_of_it.pixels
    if soft:
        assert (left_out[6 + BUNDLED_LEGEND.codes.index(CLOUDS)] == 255).all()
        assert (left_out[6:].sum(axis=0) == 255).all()


def test_land_without_data_costs_nothing(tmp_path):
    numbers = land(np.full((HEIGHT, WIDTH), CLEAR))
    whole = classified(tmp_path, "whole", numbers.copy(), CountingModel())
    numbers[:, :, :410] = 0
    found = classified(tmp_path, "half", numbers, model := CountingModel())
    assert not np.delete(found, 2, 0)[:, :, :410].any()
    assert np.array_equal(found[:, :, 410:], whole[:, :, 410:])
    assert model.pixels <= HEIGHT * (WIDTH - 410 + 2 * 128)


def test_a_scene_under_cloud_alone_asks_for_nothing(tmp_path):
    found = classified(tmp_path, "cloud", land(np.full((HEIGHT, WIDTH), CLOUD)), model := CountingModel())
    assert model.pixels == 0
    assert (found[0] == CLOUDS).all()


def test_a_legend_without_clouds_is_classified_everywhere(tmp_path):
    legend = Legend((LandClass(1, "a", "#000000"), LandClass(2, "b", "#ffffff")))
    found = classified(tmp_path, "own", land(np.full((HEIGHT, WIDTH), CLOUD)), model := CountingModel(legend))
    assert model.pixels >= HEIGHT * WIDTH
    assert set(np.unique(found[0])) == {1, 2}
