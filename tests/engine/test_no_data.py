"""Pixels without data beside data: how they are filled, and what that does to the classes at the edge of a swath."""

import json

import numpy as np
import pytest
import rasterio
from allpa_engine.classify import classify, strips
from allpa_engine.classify.inference import load_classifier
from allpa_engine.classify.no_data import MAX_INWARD_PX, fill_no_data, halo_px
from allpa_engine.core.bands import BAND_KEYS, SCL
from allpa_engine.core.protocol import NullReporter
from allpa_engine.core.scene import FetchedScene
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from predictions import FakeScene
from scipy import ndimage


def filled(scene, reach_px):
    copy = scene.copy()
    fill_no_data(copy, reach_px)
    return copy


@settings(deadline=None, max_examples=60)
@given(hnp.arrays(bool, st.tuples(st.integers(1, 17), st.integers(1, 19))), st.integers(1, 30))
def test_every_pixel_within_reach_takes_a_pixel_near_its_nearest_one_with_data(has_data, reach_px):
    """Each pixel holds its own number, so the result tells where its value came from."""
    height, width = has_data.shape
    numbers = np.arange(1, has_data.size + 1, dtype=np.float32).reshape(height, width)
    scene = np.stack([np.where(has_data, numbers, 0), numbers])  # the second band alone is no data
    result = filled(scene, reach_px)
    assert (result[:, has_data] == scene[:, has_data]).all()
    chessboard = (
        ndimage.distance_transform_cdt(~has_data, "chessboard") if has_data.any() else np.full(has_data.shape, 99)
    )
    euclidean = ndimage.distance_transform_edt(~has_data)
    for row, column in np.argwhere(~has_data):
        if not has_data.any() or chessboard[row, column] > reach_px:
            assert (result[:, row, column] == scene[:, row, column]).all()
            continue
        source_row, source_column = divmod(int(result[0, row, column]) - 1, width)
        assert has_data[source_row, source_column]
        assert result[1, row, column] == numbers[source_row, source_column]
        distance = np.hypot(source_row - row, source_column - column)
        assert distance <= euclidean[row, column] + min(euclidean[row, column] / 2, MAX_INWARD_PX) + 1.5


def test_an_edge_is_mirrored_at_twice_the_size_and_then_continued():
    scene = np.zeros((1, 3, 24), np.float32)
    scene[..., :10] = np.arange(1, 11)
    assert filled(scene, 12)[0, 1].tolist() == [*range(1, 11), 10, 9, 8, 8, 8, 7, 6, 6, 6, 6, 6, 6, 0, 0]


def test_how_a_pixel_is_filled_does_not_depend_on_the_block():
    rng = np.random.default_rng(5)
    scene = rng.random((2, 300, 140)).astype(np.float32) + 0.1
    rows, columns = np.mgrid[:300, :140]
    scene[:, (columns - 60 > 0.3 * (rows - 150)) | (rng.random((300, 140)) < 0.02)] = 0
    whole, halo = filled(scene, 20), halo_px(20)
    for top, bottom in ((0, 64), (100, 163), (211, 300)):
        first, last = max(top - halo, 0), min(bottom + halo, 300)
        part = filled(scene[:, first:last], 20)[:, top - first : bottom - first]
        np.testing.assert_array_equal(part, whole[:, top:bottom])


def write_scene(path, numbers):
    """A fetched scene `(7, y, x)`: six bands and the scene classification."""
    with rasterio.open(
        path, "w", driver="GTiff", width=numbers.shape[2], height=numbers.shape[1], count=7, dtype="uint16",
        crs="EPSG:32718", transform=rasterio.Affine(10, 0, 699_960, 0, -10, 8_600_020),
    ) as target:  # fmt: skip
        target.write(numbers.astype(np.uint16))
        target.descriptions = (*BAND_KEYS, SCL)
        target.update_tags(ALLPA_SCENE=path.stem)
    return FetchedScene(FakeScene(path.stem, "18LYR", "2020-06-15"), path)


@pytest.fixture(scope="module")
def land(sample):
    """The north-west corner of the sample archive's clearest scene without an offset, as the engine fetches it."""
    items = json.loads((sample / "items.json").read_text())["features"]
    without_offset = [item for item in items if item["properties"]["s2:processing_baseline"] == "02.12"]
    item = min(without_offset, key=lambda candidate: candidate["properties"]["eo:cloud_cover"])
    layers = []
    for key in (*BAND_KEYS, SCL):
        with rasterio.open(sample / "files" / item["assets"][key]["href"]) as source:
            values = source.read(1)
            layers.append(values if source.res[0] == 10 else values.repeat(2, 0).repeat(2, 1))
    scene = np.stack([layer[:416, :400] for layer in layers])
    assert scene.all(), "the corner has data everywhere"
    return scene


@pytest.fixture(scope="module")
def model():
    return load_classifier(device="cpu", threads=1, precision="fp32")


def classes_of(folder, name, scene, model):
    prediction = classify.classify_scene(
        write_scene(folder / f"{name}.tif", scene), model, folder / f"{name}_prediction.tif", NullReporter()
    )
    with rasterio.open(prediction.path) as source:
        return source.read(1)


@pytest.mark.parametrize("slope", [0.2, -0.9])
def test_few_classes_change_beside_the_edge_of_a_swath(tmp_path, land, model, monkeypatch, slope):
    """A diagonal cut through whole land: the classes that stay are those of the whole scene but for few."""
    rows, columns = np.mgrid[: land.shape[1], : land.shape[2]]
    has_data = columns - 200 < slope * (rows - 208)
    cut = land * has_data
    whole = classes_of(tmp_path, "whole", land, model)
    with_fill = classes_of(tmp_path, "cut", cut, model)
    assert (with_fill[~has_data] == 0).all()
    distance = ndimage.distance_transform_edt(has_data)
    beside, near = has_data & (distance <= 4), has_data & (distance <= 10)
    assert (with_fill != whole)[beside].mean() < 0.08
    assert (with_fill != whole)[near].mean() < 0.06
    far = has_data & (distance > 64 * 2**0.5)
    assert (with_fill[far] == whole[far]).all()
    monkeypatch.setattr(strips, "fill_no_data", lambda *_: None)
    with_zeros = classes_of(tmp_path, "zeros", cut, model)
    assert (with_fill != whole)[beside].mean() < 0.6 * (with_zeros != whole)[beside].mean()


def test_chips_do_not_show_at_the_edge_of_a_swath(tmp_path, land, model, monkeypatch):
    rows, columns = np.mgrid[: land.shape[1], : land.shape[2]]
    cut = land * ((columns < 150 + 0.3 * rows) | (rows > 380))
    whole = classes_of(tmp_path, "whole", cut, model)

    monkeypatch.setattr(strips, "even_core", lambda *_, **__: 112)
    in_small_chips = classes_of(tmp_path, "small", cut, model)
    assert (in_small_chips != whole).mean() < 1e-4  # a class may turn where two probabilities are equal


def test_scenes_without_such_pixels_are_read_once_and_stay_as_they_are(tmp_path, land, model, monkeypatch):
    monkeypatch.setattr(strips, "fill_no_data", lambda *_: pytest.fail("nothing was to be filled"))
    assert classes_of(tmp_path, "whole", land[:, :96, :96], model).all()
