"""Reading scene files: reflectance, validity, and the radiometry that was applied on the way."""

import numpy as np
import pytest
from allpa_engine.classify.scene_reader import open_scene
from allpa_engine.core.errors import SceneUnreadable, SceneUnsupported
from allpa_engine.core.protocol import NullReporter
from allpa_engine.core.scene import FailedScene, Radiometry
from allpa_engine.fetch import fetch_selection
from allpa_engine.fetch.offset_test import histogram_floor, settle_radiometry, subtract_offset
from hypothesis import given
from hypothesis import strategies as st
from rasterio.windows import Window
from tile_maker import LEFT, TOP, make_scene, make_selection, random_layers, region_from_metres, write_layers


def fetched_from(tmp_path, layers, radiometry=None, size=240):
    write_layers(tmp_path / "archive" / "one", layers)
    scene = make_scene(str(tmp_path / "archive"), "one", radiometry=radiometry, size=size)
    region = region_from_metres(0, 0, 10 * size, 10 * size)
    return list(fetch_selection(make_selection([scene]), region, tmp_path / "out", reporter=NullReporter()))


def test_blocks_hold_reflectance_validity_and_classification(tmp_path):
    layers = random_layers(1)
    layers["B04"][100, 50] = 0
    layers["B11"][60, 30] = 0  # 20 m: four pixels of 10 m
    layers["SCL"][10, 20] = 0
    (fetched,) = fetched_from(tmp_path, layers)
    with open_scene(fetched.path) as scene:
        assert (scene.grid.crs, scene.grid.left, scene.grid.top) == ("EPSG:32718", LEFT, TOP)
        assert (scene.grid.width, scene.grid.height, scene.grid.resolution) == (240, 240, 10)
        assert scene.tags["ALLPA_SCENE"] == "one"
        block, part = scene.read(), scene.read(Window(30, 90, 33, 41))
    assert block.reflectance.dtype == np.float32
    assert block.scl.dtype == np.uint8
    np.testing.assert_array_equal(block.reflectance[0], layers["B02"].astype(np.float32) / 10000)
    invalid = np.zeros((240, 240), bool)
    invalid[100, 50] = invalid[120:122, 60:62] = invalid[20:22, 40:42] = True
    np.testing.assert_array_equal(block.valid, ~invalid)
    np.testing.assert_array_equal(part.reflectance, block.reflectance[:, 90:131, 30:63])
    np.testing.assert_array_equal(part.valid, block.valid[90:131, 30:63])
    np.testing.assert_array_equal(part.scl, block.scl[90:131, 30:63])


def test_files_that_are_no_scene_are_refused(tmp_path):
    with pytest.raises(SceneUnreadable), open_scene(tmp_path / "none.tif"):
        pass
    write_layers(tmp_path, {"B02": np.ones((16, 16), np.uint16)}, block=16)
    with pytest.raises(SceneUnreadable, match="not a scene file"), open_scene(tmp_path / "B02.tif"):
        pass


@given(st.lists(st.integers(0, 65535), min_size=1, max_size=30), st.sampled_from([0, 1000, 7000]))
def test_harmonised_numbers_follow_the_rule(numbers, offset):
    found = subtract_offset(np.array(numbers, np.uint16), offset)
    expected = [0 if dn == 0 else dn if offset == 0 else max(dn - offset, 1) for dn in numbers]
    assert found.tolist() == expected
    assert found.dtype == np.uint16


def histogram_of(values):
    return np.bincount(np.asarray(values), minlength=1 << 16)


def test_the_floor_is_the_quantile_of_valid_pixels():
    rng = np.random.default_rng(1)
    values = rng.integers(300, 4000, 50_000)
    assert histogram_floor(histogram_of(np.append(values, np.zeros(70_000, int)))) == pytest.approx(
        np.quantile(values, 0.001), abs=1
    )
    assert histogram_floor(histogram_of(np.full(9_999, 500))) is None


def test_two_dark_pixels_of_millions_do_not_make_a_floor():
    counts = histogram_of([300, 301])
    counts[1003:3000] = 5000
    assert settle_radiometry(Radiometry(1000, "flag", "confirm"), {"B02": counts}).offset == 1000


@pytest.mark.parametrize(
    ("test", "darkest", "offset"),
    [("none", 100, 1000), ("confirm", 100, 0), ("confirm", 1050, 1000), ("require", 100, 0)],
)
def test_the_pixels_overrule_only_where_they_prove_something(tmp_path, test, darkest, offset):
    layers = random_layers(1)
    for key in ("B02", "B03", "B04", "B08", "B11", "B12"):
        layers[key] = layers[key] - 1200 + darkest
    (fetched,) = fetched_from(tmp_path, layers, Radiometry(1000, "flag says no", test))
    assert fetched.scene.radiometry.offset == offset
    with open_scene(fetched.path) as scene:
        red = scene.read().reflectance[2]
        assert scene.tags["ALLPA_OFFSET"] == str(offset)
    expected = np.maximum(layers["B04"].astype(int) - offset, 1)
    np.testing.assert_array_equal(np.rint(red * 10000), expected)
    if test != "none":
        assert "pixels" in fetched.scene.radiometry.basis


def test_a_scene_without_a_known_offset_is_refused_and_named(tmp_path):
    layers = {key: values + 600 if key != "SCL" else values for key, values in random_layers(1).items()}
    write_layers(tmp_path / "archive" / "sure", random_layers(2))
    write_layers(tmp_path / "archive" / "unsure", layers)
    unsure = make_scene(str(tmp_path / "archive"), "unsure", radiometry=Radiometry(1000, "flag absent", "require"))
    sure = make_scene(str(tmp_path / "archive"), "sure")
    failure, fetched = fetch_selection(
        make_selection([unsure], [sure]),
        region_from_metres(0, 0, 2400, 2400),
        tmp_path / "out",
        reporter=NullReporter(),
    )
    assert isinstance(failure, FailedScene)
    assert "It is unknown whether" in failure.reason
    assert failure.replaced_by == fetched.scene.id == "sure"


def test_require_without_enough_pixels_refuses():
    with pytest.raises(SceneUnsupported):
        settle_radiometry(Radiometry(1000, "flag absent", "require"), {"B02": histogram_of([100] * 50)})


def test_where_the_window_does_not_tell_the_rest_of_the_tile_is_asked(tmp_path):
    layers = {key: values + 600 if key != "SCL" else values for key, values in random_layers(1, size=1200).items()}
    layers["B12"][400:] //= 10  # dark land outside the region
    write_layers(tmp_path / "archive" / "one", layers)
    scene = make_scene(str(tmp_path / "archive"), "one", radiometry=Radiometry(1000, "flag", "require"), size=1200)
    (fetched,) = fetch_selection(
        make_selection([scene]), region_from_metres(0, 0, 2000, 2000), tmp_path / "out", reporter=NullReporter()
    )
    assert fetched.scene.radiometry.offset == 0
    assert "B12" in fetched.scene.radiometry.basis
