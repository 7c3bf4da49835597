"""Smoothing removes salt and pepper, keeps lines, and depends on nothing but the pixels around."""

import numpy as np
import pytest
import rasterio
from allpa_engine.composite.smoothing import fill_small_patches, patch_sizes, smooth_raster
from allpa_engine.core.products import LANDCOVER, RasterMetadata
from allpa_engine.geo.grid import Grid
from allpa_engine.raster.cog import create_geotiff
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

MAPS = hnp.arrays(
    np.uint8, st.tuples(st.integers(1, 23), st.integers(1, 29)), elements=st.sampled_from([0, 2, 2, 3, 10])
)


def sizes_by_scipy(classes):
    sizes = np.zeros(classes.shape, np.int64)
    for code in np.unique(classes):
        labels, _ = ndimage.label(classes == code, np.ones((3, 3)))
        counts = np.bincount(labels.ravel())
        sizes[labels > 0] = counts[labels[labels > 0]]
    return sizes


@settings(deadline=None, max_examples=200)
@given(MAPS)
def test_patch_sizes_equal_scipys_connected_components(classes):
    assert np.array_equal(patch_sizes(classes), sizes_by_scipy(classes))


def test_patch_sizes_of_a_spiral_and_of_noise():
    spiral = np.full((41, 41), 5, np.uint8)
    row, column, steps, direction = 20, 20, 2, 0
    for leg in range(36):
        for _ in range(steps):
            spiral[row, column] = 3
            row, column = row + (0, 1, 0, -1)[direction], column + (1, 0, -1, 0)[direction]
        direction, steps = (direction + 1) % 4, steps + (leg % 2)
        if not (0 <= row < 41 and 0 <= column < 41 and steps < 18):
            break
    noise = np.random.default_rng(3).integers(1, 3, (301, 307)).astype(np.uint8)
    for classes in (spiral, noise):
        assert np.array_equal(patch_sizes(classes), sizes_by_scipy(classes))


def test_salt_and_pepper_goes_and_large_patches_stay():
    truth = np.full((90, 80), 3, np.uint8)
    truth[:, 40:] = 2
    speckled = truth.copy()
    rng = np.random.default_rng(0)
    rows, columns = rng.integers(0, 90, 150), rng.integers(0, 80, 150)
    speckled[rows, columns] = rng.choice(np.array([1, 5, 7, 9], np.uint8), 150)
    smoothed = fill_small_patches(speckled, 6)
    away_from_edge = np.abs(np.arange(80) - 39.5) > 3
    assert np.array_equal(smoothed[:, away_from_edge], truth[:, away_from_edge])
    assert (smoothed != truth).mean() < 0.005


@pytest.mark.parametrize("line", ["row", "column", "diagonal", "steep"])
def test_a_line_one_pixel_wide_is_not_eaten(line):
    classes = np.full((60, 60), 3, np.uint8)
    along = np.arange(60)
    rows, columns = {
        "row": (np.full(60, 30), along),
        "column": (along, np.full(60, 30)),
        "diagonal": (along, along),
        "steep": (along, along // 3 + 10),
    }[line]
    classes[rows, columns] = 1
    speckled = classes.copy()
    speckled[5, 50] = 7
    assert np.array_equal(fill_small_patches(speckled, 25), classes)


@settings(deadline=None)
@given(MAPS, st.integers(2, 9))
def test_no_data_and_clouds_neither_change_nor_spread(classes, min_patch_px):
    smoothed = fill_small_patches(classes, min_patch_px)
    fixed = (classes == 0) | (classes == 10)
    assert np.array_equal(smoothed[fixed], classes[fixed])
    assert not np.isin(smoothed[~fixed], (0, 10)).any()
    assert np.isin(smoothed, classes).all()


@settings(deadline=None)
@given(MAPS, st.integers(2, 9))
def test_patches_that_are_large_enough_do_not_lose_a_pixel(classes, min_patch_px):
    large = sizes_by_scipy(classes) >= min_patch_px
    smoothed = fill_small_patches(classes, min_patch_px)
    assert np.array_equal(smoothed[large], classes[large])


def test_an_island_of_two_small_patches_takes_the_sea_around_it():
    classes = np.full((20, 20), 1, np.uint8)
    classes[8:11, 8:11] = 5
    classes[9, 9] = 7
    assert (fill_small_patches(classes, 12) == 1).all()


def smoothed_in_strips(folder, classes, min_patch_px, strip_rows):
    height, width = classes.shape
    grid = Grid("EPSG:32718", 700_000, 8_600_000, 10, width, height)
    facts = RasterMetadata("", "2020-01-01", "2020-12-31", 1, ())
    with create_geotiff(folder / "in.tif", grid, LANDCOVER, facts) as source:
        source.write(classes, 1)
    with create_geotiff(folder / "out.tif", grid, LANDCOVER, facts) as target:
        smooth_raster(folder / "in.tif", target, min_patch_px, strip_rows, threads=2, progress=lambda share: None)
    with rasterio.open(folder / "out.tif") as result:
        assert sorted(path.name for path in folder.iterdir()) == ["in.tif", "out.tif"]
        return result.read(1)


@pytest.mark.parametrize("strip_rows", [1, 2, 16, 33, 100, 101, 300])
@pytest.mark.parametrize("min_patch_px", [2, 7, 60, 400])
def test_strips_do_not_show(tmp_path, strip_rows, min_patch_px):
    rng = np.random.default_rng(9)
    coarse = np.kron(rng.integers(1, 4, (13, 14)), np.ones((8, 8), int))[:101, :107]
    classes = np.where(rng.random((101, 107)) < 0.25, rng.integers(0, 11, (101, 107)), coarse).astype(np.uint8)
    expected = fill_small_patches(classes, min_patch_px)
    assert (expected != classes).any()
    assert np.array_equal(smoothed_in_strips(tmp_path, classes, min_patch_px, strip_rows), expected)


def test_a_patch_that_winds_through_many_strips_is_one(tmp_path):
    """A comb whose teeth hang together at their far end only; strips cut every tooth."""
    classes = np.full((120, 41), 3, np.uint8)
    classes[10:110, 0:40:4] = 1
    classes[110, 0:37] = 1
    size = int((classes == 1).sum())
    assert np.array_equal(smoothed_in_strips(tmp_path, classes, size, 7), classes)
    (tmp_path / "out.tif").unlink()
    assert (smoothed_in_strips(tmp_path, classes, size + 1, 7) == 3).all()
