"""Statistics of a season's clear observations, against NumPy's own and against a search through all observations."""

import itertools
import warnings

import numpy as np
import pytest
from allpa_engine.composite.order_network import apply_network, order_network
from allpa_engine.composite.season_statistics import season_statistics
from hypothesis import given, settings
from hypothesis import strategies as st

EVERYTHING = ["median", "mean", "std", "medoid", "p0", "p10", "p33.33", "p90", "p100"]


def random_series(seed, scenes, bands=3, pixels=331, clear_share=0.6, highest=65_535):
    rng = np.random.default_rng(seed)
    stack = rng.integers(1, highest + 1, (scenes, bands, pixels)).astype(np.uint16)
    return stack, rng.random((scenes, pixels)) < clear_share


def rounded(values):
    """Whole numbers, halves up; 0 where there is no observation."""
    return np.nan_to_num(np.floor(np.asarray(values, np.float64) + 0.5)).astype(np.int64)


def numpy_statistic(name, stack, clear):
    series = np.where(clear[:, None], stack.astype(np.float64), np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        if name == "std":
            return np.where(clear.sum(0) > 1, np.maximum(rounded(np.nanstd(series, axis=0)), 1), 0)
        if name.startswith("p"):
            return rounded(np.nanpercentile(series, float(name[1:]), axis=0))
        return rounded({"median": np.nanmedian, "mean": np.nanmean}[name](series, axis=0))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), scenes=st.integers(1, 9), share=st.sampled_from([0.0, 0.3, 0.7, 1.0]))
def test_median_and_mean_are_numpys_for_any_number_of_clear_observations(seed, scenes, share):
    stack, clear = random_series(seed, scenes, pixels=47, clear_share=share)
    found, count = season_statistics(stack, clear, ["median", "mean"])
    np.testing.assert_array_equal(count, clear.sum(axis=0))
    for name, values in found.items():
        np.testing.assert_array_equal(values, numpy_statistic(name, stack, clear), name)


@pytest.mark.parametrize("scenes", [1, 2, 3, 4, 5, 13])
def test_percentiles_and_spread_are_numpys(scenes):
    stack, clear = random_series(scenes, scenes)
    found, _ = season_statistics(stack, clear, EVERYTHING)
    for name in ("std", "p0", "p10", "p33.33", "p90", "p100"):
        difference = np.abs(found[name].astype(np.int64) - numpy_statistic(name, stack, clear))
        # NumPy's own sums are rounded, so that a value beside a half may fall to either side.
        assert difference.max() <= 1, name
        assert (difference > 0).mean() < 0.005, name


def test_the_median_of_two_observations_lies_halfway_between_them_rounded_up():
    stack = np.array([[[100]], [[103]], [[9000]]], np.uint16)
    clear = np.array([[1], [1], [0]], bool)
    assert season_statistics(stack, clear, ["median"])[0]["median"].tolist() == [[102]]


def test_one_observation_has_no_spread_and_equal_ones_have_the_smallest():
    stack = np.full((3, 1, 2), 500, np.uint16)
    clear = np.array([[1, 1], [0, 1], [0, 1]], bool)
    assert season_statistics(stack, clear, ["std"])[0]["std"].tolist() == [[0, 1]]


@pytest.mark.parametrize("scenes", [1, 2, 3, 5, 8])
def test_the_medoid_is_the_observation_nearest_to_all_others(scenes):
    stack, clear = random_series(scenes + 50, scenes, bands=4, pixels=61)
    found = season_statistics(stack, clear, ["medoid"])[0]["medoid"]
    for pixel in range(stack.shape[2]):
        spectra = stack[clear[:, pixel], :, pixel].astype(np.float64)
        if not len(spectra):
            assert not found[:, pixel].any()
            continue
        sums = [sum(np.linalg.norm(one - other) for other in spectra) for one in spectra]
        nearest = spectra[int(np.argmin(np.round(sums, 3)))]  # of equal ones the first
        np.testing.assert_array_equal(found[:, pixel], nearest)


def test_hidden_observations_change_nothing_whatever_they_hold():
    stack, clear = random_series(7, 6)
    before = season_statistics(stack, clear, EVERYTHING)[0]
    stack[np.broadcast_to(~clear[:, None], stack.shape)] = np.random.default_rng(8).integers(0, 65_536)
    after = season_statistics(stack, clear, EVERYTHING)[0]
    for name in EVERYTHING:
        np.testing.assert_array_equal(before[name], after[name], name)


def test_the_order_of_the_scenes_does_not_matter():
    stack, clear = random_series(9, 5)
    order = [3, 0, 4, 1, 2]
    names = [name for name in EVERYTHING if name != "medoid"]
    one, other = season_statistics(stack, clear, names)[0], season_statistics(stack[order], clear[order], names)[0]
    for name in names:
        np.testing.assert_array_equal(one[name], other[name], name)


def test_pixels_are_worked_on_in_parts_without_a_trace():
    stack, clear = random_series(10, 3, bands=2, pixels=40_003)
    whole = season_statistics(stack, clear, ["median", "p25"])[0]
    for start in range(0, 40_003, 9_999):
        part = slice(start, start + 9_999)
        for name, values in season_statistics(stack[:, :, part], clear[:, part], ["median", "p25"])[0].items():
            np.testing.assert_array_equal(values, whole[name][:, part])


@pytest.mark.parametrize("count", range(1, 9))
def test_networks_sort_every_series_of_zeros_and_ones(count):
    """By the zero-one principle they then sort every series."""
    series = np.array(list(itertools.product([0, 1], repeat=count)), np.uint16).T
    for position in range(count):
        rows = [row.copy() for row in series]
        apply_network(rows, order_network(count, (position,)), np.empty_like(rows[0]))
        np.testing.assert_array_equal(rows[position], np.sort(series, axis=0)[position])
