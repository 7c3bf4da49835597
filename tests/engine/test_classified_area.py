"""Land around the region is what the network sees and gets no class: the region is the same for less work."""

import numpy as np
import pytest
import rasterio
from allpa_engine.classify.classify import classify_scene
from allpa_engine.classify.inference import load_classifier
from allpa_engine.core.protocol import NullReporter
from allpa_engine.core.scene import FetchedScene
from predictions import FakeScene
from test_hidden_land import CLEAR, CLOUD, HEIGHT, WIDTH, CountingModel, classified, land

LEFT, TOP = 699_970, 8_600_050
AREAS = [
    (0, 0, WIDTH, HEIGHT), (100, 20, 201, 33), (0, 50, 17, 40), (699, 0, 1, 90), (333, 89, 40, 1), (40, 7, 620, 71),
]  # fmt: skip


def classify(folder, bounds, model, name="clear", out="part"):
    scene = FetchedScene(FakeScene(name, "18LYR", "2020-06-15"), folder / f"{name}.tif")
    path = classify_scene(scene, model, folder / f"{out}.tif", NullReporter(), bounds=bounds).path
    with rasterio.open(path) as source:
        return source.read(), path


def bounds_of(column, row, width, height):
    """Metres of pixels; 20 m pixels are cut nowhere, so the window may be a pixel larger."""
    return LEFT + 10 * column, TOP - 10 * (row + height), LEFT + 10 * (column + width), TOP - 10 * row


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("clouded", [False, True])
def test_the_area_has_the_classes_of_the_whole_and_the_rest_none(tmp_path, area, clouded):
    scl = np.full((HEIGHT, WIDTH), CLEAR)
    if clouded:
        scl[:, 200:420] = CLOUD
    whole = classified(tmp_path, "clear", land(scl), all_of_it := CountingModel())
    found, _ = classify(tmp_path, bounds_of(*area), model := CountingModel())
    column, row, width, height = area
    inside = np.zeros((HEIGHT, WIDTH), bool)
    inside[row : row + height, column : column + width] = True
    seen = inside & (scl == CLEAR)
    assert np.array_equal(found[:2][:, seen], whole[:2][:, seen])
    assert np.array_equal(found[3][seen], whole[3][seen])
    assert np.array_equal(found[[2, 4, 5]], whole[[2, 4, 5]])  # scene classification and indices are there everywhere
    near = np.zeros_like(inside)  # windows end on whole 20 m pixels
    near[max(row - 1, 0) : row + height + 1, max(column - 1, 0) : column + width + 1] = True
    assert not found[[0, 1, 3]][:, ~near].any()
    assert model.pixels <= all_of_it.pixels


def test_a_small_area_is_little_work(tmp_path):
    classified(tmp_path, "clear", land(np.full((HEIGHT, WIDTH), CLEAR)), whole := CountingModel())
    classify(tmp_path, bounds_of(300, 40, 10, 10), part := CountingModel())
    assert part.pixels < 0.05 * whole.pixels


def test_the_real_network_gives_the_same_bytes_in_the_area(tmp_path):
    model = load_classifier(device="cpu", threads=1, precision="fp32")
    whole = classified(tmp_path, "clear", land(np.full((HEIGHT, WIDTH), CLEAR)), model)
    for area in ((100, 20, 201, 33), (0, 50, 17, 40)):
        found, _ = classify(tmp_path, bounds_of(*area), model, out=f"part{area[0]}")
        column, row, width, height = area
        part = np.s_[:, row : row + height, column : column + width]
        assert np.array_equal(found[part], whole[part])


def test_a_prediction_of_another_area_is_made_again_and_one_of_all_stays(tmp_path):
    classified(tmp_path, "clear", land(np.full((HEIGHT, WIDTH), CLEAR)), CountingModel())
    first, _ = classify(tmp_path, bounds_of(100, 20, 60, 40), model := CountingModel())
    again, _ = classify(tmp_path, bounds_of(100, 20, 60, 40), same := CountingModel())
    assert np.array_equal(first, again)
    assert same.pixels == 0
    other, _ = classify(tmp_path, bounds_of(400, 20, 60, 40), further := CountingModel())
    assert further.pixels > 0 < model.pixels
    assert other[0, 30, 430]
    assert not other[0, 30, 130]
    of_all, _ = classify(tmp_path, None, CountingModel())
    kept, _ = classify(tmp_path, bounds_of(100, 20, 60, 40), none := CountingModel())
    assert none.pixels == 0
    assert np.array_equal(of_all, kept)
