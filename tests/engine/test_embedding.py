"""Embeddings: the mean of the network's features over the clear dates, within the step of the stored numbers."""

import numpy as np
import pytest
import rasterio
from allpa_engine.classify.scene_reader import open_scene
from allpa_engine.core.errors import RasterInvalid
from allpa_engine.core.protocol import NullReporter
from allpa_engine.learn.embedding import NO_DATA, embedding_names, quantisation, quantised, write_embedding
from hypothesis import given
from hypothesis import strategies as st
from small_networks import fetched_scenes, small_network, whole_scene_features

OBSCURED = (3, 8, 9, 10)


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return small_network(tmp_path_factory.mktemp("model") / "small")


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    return fetched_scenes(tmp_path_factory.mktemp("run"), count=3, metres=(130, 90, 1700, 2050))


def expected_mean(network, scenes, cloud_code):
    total = count = 0
    for fetched in scenes:
        with open_scene(fetched.path) as scene:
            features, block, grid = whole_scene_features(network, scene), scene.read(), scene.grid
        codes = np.array(network.head.classes)[
            np.tensordot(network.head.weight, features, axes=1).argmax(axis=0)
            if cloud_code is None
            else (np.tensordot(network.head.weight, features, axes=1) + network.head.bias[:, None, None]).argmax(axis=0)
        ]
        clear = block.valid & ~np.isin(block.scl, OBSCURED)
        if cloud_code is not None:
            clear &= codes != cloud_code
        total, count = total + features * clear, count + clear
    with np.errstate(invalid="ignore", divide="ignore"):
        return total / count, grid


@pytest.mark.parametrize("cloud_code", [10, None])
def test_an_embedding_is_the_mean_of_the_features_within_half_a_step(tmp_path, network, scenes, cloud_code):
    fetched, region = scenes
    found = write_embedding(tmp_path / "e.tif", fetched, network, region, NullReporter(), cloud_code)
    mean, grid = expected_mean(network, fetched, cloud_code)
    with rasterio.open(found.path) as source:
        numbers = source.read()
        assert source.dtypes == ("int8",) * network.feature_count
        assert source.nodata == NO_DATA
        assert source.descriptions == embedding_names(network.feature_count)
        assert source.tags()["ALLPA_SCENE_COUNT"] == "3"
        column, row = round((source.transform.c - grid.left) / 10), round((grid.top - source.transform.f) / 10)
        scales, offsets = np.array(source.scales), np.array(source.offsets)
        part = mean[:, row : row + source.height, column : column + source.width]
    seen = (numbers != NO_DATA).all(axis=0)
    assert seen.mean() > 0.5
    values = numbers * scales[:, None, None] + offsets[:, None, None]
    error = np.abs(values - part)[:, seen] / scales[:, None]
    assert error.max() <= 0.5 + 1e-3
    np.testing.assert_allclose((found.scales, found.offsets), (scales, offsets))
    hidden = ~np.isfinite(part[0])
    assert (numbers[:, hidden] == NO_DATA).all()


def test_the_size_of_chips_changes_no_number(tmp_path, network, scenes):
    fetched, region = scenes
    small, large = (
        write_embedding(tmp_path / f"{core}.tif", fetched, network, region, NullReporter(), 10, core_px=core)
        for core in (32, 448)
    )
    np.testing.assert_allclose(small.scales, large.scales, rtol=1e-4)
    with rasterio.open(small.path) as one, rasterio.open(large.path) as other:
        difference = np.abs(one.read().astype(int) - other.read())
    assert difference.max() <= 1  # rounding of floating point at the border of a step
    assert (difference > 0).mean() < 0.001


def test_a_region_within_the_scene_is_cut_and_masked(tmp_path, network, scenes):
    fetched, region = scenes
    found = write_embedding(tmp_path / "e.tif", fetched, network, region, NullReporter(), 10, "m05")
    with rasterio.open(found.path) as source:
        assert (source.width, source.height) == (157, 196)
        assert source.descriptions[0] == "m05_embedding_01"
        assert source.overviews(1) == []
    assert 0 < found.seen_share <= 1


def test_scenes_without_a_clear_date_give_no_data_and_no_error(tmp_path, network):
    def cloudy(_, layers):
        layers["SCL"][:] = 9

    fetched, region = fetched_scenes(tmp_path, count=1, change=cloudy)
    found = write_embedding(tmp_path / "e.tif", fetched, network, region, NullReporter(), None)
    assert found.seen_share == 0
    with rasterio.open(found.path) as source:
        assert (source.read() == NO_DATA).all()


def test_scenes_of_different_windows_are_refused(tmp_path, network):
    one, region = fetched_scenes(tmp_path / "one", count=1)
    other, _ = fetched_scenes(tmp_path / "other", count=1, metres=(0, 0, 1200, 1200))
    with pytest.raises(RasterInvalid, match="windows"):
        write_embedding(tmp_path / "e.tif", [*one, *other], network, region, NullReporter(), None)


@given(
    st.lists(st.floats(-1e4, 1e4, width=32), min_size=2, max_size=40),
    st.floats(-100, 100),
    st.floats(0, 50),
)
def test_a_number_is_never_more_than_half_a_step_away(values, low, spread):
    data = np.array(values, np.float64)[None]
    low, high = np.minimum(data.min(axis=1), low), np.maximum(data.max(axis=1), low + spread)
    scale, offset = quantisation(low, high)
    numbers = quantised(data, scale, offset)
    assert numbers.min() >= -127
    back = numbers.astype(np.float64) * scale[:, None] + offset[:, None]
    assert np.abs(back - data).max() <= scale[0] / 2 * (1 + 1e-9) + 1e-9
