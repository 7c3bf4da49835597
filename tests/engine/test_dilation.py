"""The dilated mask against scipy's convolution and against counting by hand."""

import numpy as np
import pytest
from allpa_engine.raster.cloud_mask import HALO_M, cloud_shadow_mask, dilated, dilated_cloud_shadow_mask, window_sums
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 70), st.integers(1, 70), st.floats(0, 1), st.integers(0, 1000))
def test_equals_the_convolution_at_any_size(rows, columns, share, seed):
    mask = np.random.default_rng(seed).random((rows, columns)) < share
    ones = np.ones(30)
    sums = ndimage.convolve1d(mask.astype(float), ones, axis=0, mode="reflect")
    sums = ndimage.convolve1d(sums, ones, axis=1, mode="reflect")
    np.testing.assert_array_equal(dilated(mask), mask | (sums >= 0.075 * 900))


@pytest.mark.parametrize("side", [1, 2, 7, 30])
def test_sums_count_the_window_by_hand(side):
    mask = np.random.default_rng(1).random((40, 35)) < 0.3
    sums = window_sums(mask, side)
    y, x = 20, 17  # its window lies inside
    before, after = (side - 1) // 2, side // 2
    assert sums[y, x] == mask[y - before : y + after + 1, x - before : x + after + 1].sum()


def test_threshold_lies_between_67_and_68_of_900_pixels():
    mask = np.zeros((200, 200), bool)
    mask[100, 60:127] = True  # never more than 30 of a line in a window
    assert not (dilated(mask) & ~mask).any()
    block = np.zeros((200, 200), bool)
    block[100:108, 100:108] = True
    block[108, 100:103] = True  # 67 pixels
    assert not (dilated(block) & ~block).any()
    block[108, 103] = True  # 68
    assert (dilated(block) & ~block).any()


def test_a_block_with_its_halo_gives_the_whole_mask():
    scl = np.random.default_rng(2).choice(np.array([4, 4, 4, 4, 4, 4, 4, 9], np.uint8), (120, 140)).repeat(2, 0)
    scl = scl.repeat(2, 1)
    halo = HALO_M // 10
    whole = dilated_cloud_shadow_mask(scl)
    part = dilated_cloud_shadow_mask(scl[60 - halo : 180 + halo, 80 - halo : 200 + halo])
    np.testing.assert_array_equal(part[halo:-halo, halo:-halo], whole[60:180, 80:200])


def test_which_classes_obscure():
    codes = np.arange(12, dtype=np.uint8)
    assert set(codes[cloud_shadow_mask(codes)]) == {3, 8, 9, 10}


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (61, 44)])
def test_odd_sizes_keep_their_shape(shape):
    assert dilated_cloud_shadow_mask(np.full(shape, 9, np.uint8)).all()
    assert dilated_cloud_shadow_mask(np.full(shape, 9, np.uint8)).shape == shape


def test_the_input_is_not_changed():
    scl = np.full((20, 20), 8, np.uint8)
    dilated_cloud_shadow_mask(scl)
    assert (scl == 8).all()
