"""Sizes and allocations of samples, against the figures that were printed and against a search over all allocations."""

import itertools

import numpy as np
import pytest
from allpa_engine.accuracy.allocation import (
    allocate_equal,
    allocate_minimum,
    allocate_optimal,
    allocate_proportional,
    fill,
    size_for_standard_error,
)
from hypothesis import given
from hypothesis import strategies as st

PIXELS = np.array([200_000, 150_000, 3_200_000, 6_450_000])
EXPECTED = np.array([0.7, 0.6, 0.9, 0.95])


def test_the_size_is_that_of_olofsson_2014():
    """Section 5.1.1: a standard error of 0.01 of the overall accuracy needs 641 points."""
    assert size_for_standard_error(PIXELS, EXPECTED, 0.01) == 641


def test_a_small_map_needs_fewer_points():
    assert size_for_standard_error(np.array([100]), np.array([0.5]), 0.01) < 100
    assert size_for_standard_error(np.array([10**12]), np.array([0.5]), 0.01) == 2500


def test_allocations_are_those_of_olofsson_2014():
    """Table 5 has 160 each, and proportionally 13, 10, 205 and 413 up to rounding by hand."""
    assert allocate_equal(641, PIXELS).tolist() == [161, 160, 160, 160]
    assert np.abs(allocate_proportional(641, PIXELS) - [13, 10, 205, 413]).max() <= 1
    for minimum in (50, 75, 100):
        points = allocate_minimum(641, PIXELS, minimum)
        rest = 641 - 2 * minimum
        assert points[:2].tolist() == [minimum, minimum]
        assert points[2] == pytest.approx(rest * 3.2 / 9.65, abs=1)
        assert points.sum() == 641


def variance(goal, points, share, proportion, of_class):
    """Variance of the area, or of both accuracies of a class; Olofsson et al. (2014), equations 6, 7 and 10."""
    spread = share**2 * proportion * (1 - proportion) / points
    if goal == "area":
        return spread.sum()
    users = spread[of_class].sum() / share[of_class].sum() ** 2
    area = (share * proportion).sum()
    producers = (share * proportion)[of_class].sum() / area
    return users + ((1 - producers) ** 2 * spread[of_class].sum() + producers**2 * spread[~of_class].sum()) / area**2


@pytest.mark.parametrize("goal", ["area", "accuracy"])
def test_no_other_allocation_has_a_smaller_variance(goal):
    pixels, expected = np.array([900, 300, 2800]), np.array([0.8, 0.6, 0.9])
    of_class = np.array([False, True, False])
    share = pixels / pixels.sum()
    proportion = np.where(of_class, expected, (1 - expected) * share[1] / (1 - share))
    best = min(
        ((first, second, 40 - first - second) for first, second in itertools.product(range(2, 37), repeat=2)
         if first + second <= 38),
        key=lambda points: variance(goal, np.array(points), share, proportion, of_class),
    )  # fmt: skip
    found = allocate_optimal(40, pixels, expected, of_class, goal)
    assert np.abs(found - best).max() <= 1


@given(
    st.lists(st.tuples(st.integers(1, 10_000), st.floats(0, 100)), min_size=1, max_size=12),
    st.integers(0, 60),
    st.floats(0, 1),
)
def test_points_add_up_and_no_stratum_has_more_than_its_pixels(strata, minimum, part):
    pixels = np.array([pixels for pixels, _ in strata])
    size = int(part * pixels.sum())
    points = fill(size, np.array([weight for _, weight in strata]), pixels, minimum)
    lowest = np.minimum(minimum, pixels)
    assert points.sum() == max(size, lowest.sum())
    assert (points <= pixels).all()
    assert (points >= lowest).all()


def test_the_rest_of_an_exhausted_stratum_goes_to_the_others():
    assert allocate_equal(100, np.array([5, 1000, 1000])).tolist() in ([5, 48, 47], [5, 47, 48])
