"""The 20 m and 60 m bands on the 10 m grid: half-pixel phase, exact integers, no bleeding of no data."""

from fractions import Fraction
from math import floor

import numpy as np
import pytest
from allpa_engine.raster.resample import upsample_bilinear, upsample_nearest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

numbers = hnp.arrays(np.uint16, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.integers(0, 65535))


def bilinear_by_definition(values, ratio):
    """Each fine pixel from its four nearest coarse centres, weighted by distance, those without data left out."""
    rows, columns = values.shape
    out = np.zeros((ratio * rows, ratio * columns), np.uint16)
    for y in range(ratio * rows):
        for x in range(ratio * columns):
            if values[y // ratio, x // ratio] == 0:
                continue
            weight = total = Fraction(0)
            v, u = (Fraction(2 * place + 1, 2 * ratio) - Fraction(1, 2) for place in (y, x))
            for j in (floor(v), floor(v) + 1):
                for i in (floor(u), floor(u) + 1):
                    value = int(values[min(max(j, 0), rows - 1), min(max(i, 0), columns - 1)])
                    w = (1 - abs(v - j)) * (1 - abs(u - i))
                    if value:
                        weight, total = weight + w, total + w * value
            out[y, x] = floor(total / weight + Fraction(1, 2))
    return out


@settings(max_examples=60, deadline=None)
@given(numbers, st.sampled_from([2, 6]))
def test_equals_the_definition(values, ratio):
    np.testing.assert_array_equal(upsample_bilinear(values, ratio), bilinear_by_definition(values, ratio))


def test_a_ramp_stays_a_ramp_with_half_pixel_phase():
    ramp = np.tile(1000 + 40 * np.arange(20, dtype=np.uint16), (6, 1))
    fine = upsample_bilinear(ramp)
    assert (np.diff(fine[:, 1:-1].astype(int), axis=1) == 20).all()
    assert fine[3, 1] == 1010  # a quarter of a 20 m pixel to the right of the first centre


def test_a_constant_beside_no_data_stays_that_constant():
    values = np.full((7, 7), 345, np.uint16)
    values[:, 4:] = 0
    values[2, 1] = 0
    fine = upsample_bilinear(values)
    assert set(np.unique(fine)) == {0, 345}
    np.testing.assert_array_equal(fine == 0, upsample_nearest(values) == 0)


@settings(max_examples=60, deadline=None)
@given(numbers)
def test_interpolation_stays_between_its_neighbours_and_keeps_validity(values):
    fine = upsample_bilinear(values)
    np.testing.assert_array_equal(fine > 0, upsample_nearest(values > 0))
    if values.any():
        assert fine.max() <= values.max()
        assert fine[fine > 0].min() >= values[values > 0].min()


def test_agrees_with_gdal_within_one_number(tmp_path):
    rasterio = pytest.importorskip("rasterio")
    from rasterio.enums import Resampling
    from rasterio.warp import reproject

    values = np.random.default_rng(3).integers(1, 12000, (40, 33)).astype(np.uint16)
    warped = np.zeros((80, 66), np.uint16)
    coarse = rasterio.Affine(20, 0, 0, 0, -20, 0)
    fine = rasterio.Affine(10, 0, 0, 0, -10, 0)
    reproject(
        values,
        warped,
        src_transform=coarse,
        dst_transform=fine,
        src_crs="EPSG:32718",
        dst_crs="EPSG:32718",
        resampling=Resampling.bilinear,
    )
    assert np.abs(warped.astype(int) - upsample_bilinear(values)).max() <= 1


def test_nearest_repeats():
    np.testing.assert_array_equal(
        upsample_nearest(np.array([[1, 2]], np.uint8)), np.array([[1, 1, 2, 2], [1, 1, 2, 2]], np.uint8)
    )
