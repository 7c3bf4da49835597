"""Estimates of accuracy and area: the digits that the papers print, and what holds for any sample."""

from dataclasses import astuple, replace

import numpy as np
import pytest
from allpa_engine.accuracy.estimate import estimate_accuracy, estimate_from_matrix, post_stratify
from allpa_engine.accuracy.matrix import ErrorMatrix
from allpa_engine.accuracy.ratio import ALWAYS
from allpa_engine.accuracy.sample import LabelledSample
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

OLOFSSON_2014 = ([[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]], [2e5, 1.5e5, 3.2e6, 6.45e6])
OLOFSSON_2013_1 = ([[97, 0, 3], [3, 279, 18], [2, 1, 97]], [22353, 1122543, 610228])
OLOFSSON_2013_2 = ([[127, 66, 54], [2, 322, 17], [0, 15, 540]], [0.007, 0.295, 0.698])
"""Counts (rows map, columns reference) and mapped areas of the worked examples."""


def matrix_of(counts, area):
    """The error matrix of a sample whose strata are the map's classes."""
    counts = np.array(counts)
    by_stratum = np.eye(len(counts), dtype=int)[:, :, np.newaxis] * counts
    names = tuple(f"class {index}" for index in range(len(counts)))
    pixels = np.full(len(counts), 10**9)
    return ErrorMatrix(
        tuple(range(1, len(counts) + 1)), by_stratum, counts.sum(axis=1), pixels, np.array(area, float), names
    )


def sample_of(stratum, mapped, reference, area, zone=None, zone_names=(), pixels=None):
    return LabelledSample(
        stratum=np.array(stratum, np.intp),
        map_class=np.array(mapped, np.uint8),
        reference_class=np.array(reference, np.uint8),
        zone=np.full(len(stratum), -1) if zone is None else np.array(zone, np.intp),
        stratum_names=tuple(f"stratum {index}" for index in range(len(area))),
        stratum_pixels=np.full(len(area), 10**9) if pixels is None else np.array(pixels),
        stratum_area_ha=np.array(area, float),
        zone_names=zone_names,
    )


def column(found, quantity, part="value"):
    return [getattr(getattr(row, quantity), part) for row in found.classes]


def test_the_example_of_olofsson_2014_gives_its_digits():
    """Table 8 of the paper; half-widths with 1.96 as it prints them."""
    found = estimate_from_matrix(matrix_of(*OLOFSSON_2014))
    assert found.overall.value == pytest.approx(0.9465118881, abs=1e-10)
    assert found.overall.standard_error == pytest.approx(0.0094304172, abs=1e-10)
    assert column(found, "users") == pytest.approx([0.88, 0.7333333333, 0.9272727273, 0.9630769231], abs=1e-10)
    half_widths = [1.96 * error for error in column(found, "users", "standard_error")]
    assert half_widths == pytest.approx([0.07404098207, 0.10075701452, 0.03974536974, 0.02053350068], abs=1e-9)
    expected = [0.7486614048, 0.8471563981, 0.9345089086, 0.961608993]
    assert column(found, "producers") == pytest.approx(expected, abs=1e-9)
    assert column(found, "producers", "standard_error") == pytest.approx(
        [0.1088315576, 0.1298001840, 0.0175124605, 0.0093681303], abs=1e-9
    )
    assert column(found, "area_ha") == pytest.approx(
        [235086.247086, 129846.153846, 3175221.445221, 6459846.153846], abs=1e-6
    )
    half_widths = [1.96 * error for error in column(found, "area_ha", "standard_error")]
    assert half_widths == pytest.approx([68418.159845, 41731.400282, 172331.514424, 180907.292803], abs=1e-6)


def test_both_examples_of_olofsson_2013_give_their_digits():
    first = estimate_from_matrix(matrix_of(*OLOFSSON_2013_1))
    assert column(first, "area_ha") == pytest.approx([45112.4, 1050067.27, 659944.33], abs=1e-6)
    margins = [row.area_ha.margin for row in first.classes]
    assert margins == pytest.approx([21072.3656, 34597.3700, 36525.6063], abs=1e-4)
    assert (first.overall.value, first.overall.standard_error) == pytest.approx((0.9444167819, 0.0111643995), abs=1e-10)
    assert column(first, "producers") == pytest.approx([0.4806308243, 0.9941886771, 0.8969258968], abs=1e-10)
    assert column(first, "producers", "standard_error") == pytest.approx(
        [0.1145584559, 0.0057782786, 0.0210235533], abs=1e-10
    )
    second = estimate_from_matrix(matrix_of(*OLOFSSON_2013_2))
    assert second.overall.value == pytest.approx(0.9612973753, abs=1e-10)
    assert 1.96 * second.overall.standard_error == pytest.approx(0.0118644905, abs=1e-10)
    assert column(second, "users") == pytest.approx([0.5141700405, 0.9442815249, 0.972972973], abs=1e-10)
    half_widths = [1.96 * error for error in column(second, "producers", "standard_error")]
    assert half_widths == pytest.approx([0.3045892833, 0.0293822615, 0.0096038917], abs=1e-10)


def stehman_sample():
    """40 points in four strata that are not the map's classes (Stehman 2014, table 2)."""
    code = dict(zip("ABCD", (1, 2, 3, 4), strict=True))
    mapped = "A" * 7 + "B" * 3 + "A" + "B" * 11 + "C" * 6 + "B" * 2 + "D" * 10
    reference = "AAAAACBABC" + "ABBBBBAABB" + "CCCCCDDBBA" + "DDDDDDDCCB"
    pixels = [40000, 30000, 20000, 10000]
    stratum = np.repeat(range(4), 10)
    return sample_of(
        stratum, [code[name] for name in mapped], [code[name] for name in reference], pixels, pixels=pixels
    )


def test_strata_that_are_not_the_maps_classes_give_the_digits_of_stehman_2014():
    found = estimate_accuracy(stehman_sample(), correction=ALWAYS)
    first, second, third, _ = found.classes
    assert first.area_share.value == pytest.approx(0.35)
    assert first.area_share.standard_error == pytest.approx(0.082247796, abs=1e-9)
    assert third.area_share.value == pytest.approx(0.20)
    assert third.area_share.standard_error == pytest.approx(0.064279770, abs=1e-9)
    assert (found.overall.value, found.overall.standard_error) == pytest.approx((0.63, 0.084642188), abs=1e-9)
    assert (second.users.value, second.users.standard_error) == pytest.approx((0.574468085, 0.124782247), abs=1e-9)
    expected = (0.794117647, 0.116547914)
    assert (second.producers.value, second.producers.standard_error) == pytest.approx(expected, abs=1e-9)
    assert found.proportions[1, 2] == pytest.approx(0.08)
    assert found.proportion_errors[1, 2] == pytest.approx(0.048066158, abs=1e-9)


@st.composite
def samples(draw, zones=0):
    """Samples of one to six strata that hold any number of points, of any map and reference classes."""
    strata = draw(st.integers(1, 6))
    count = draw(st.integers(1, 80))
    arrays_of = lambda low, high: draw(arrays(np.int64, count, elements=st.integers(low, high)))  # noqa: E731
    area = draw(st.lists(st.floats(0.5, 1e6), min_size=strata, max_size=strata))
    names = tuple(f"zone {index}" for index in range(zones))
    zone = arrays_of(0, zones - 1) if zones else None
    return sample_of(arrays_of(0, strata - 1), arrays_of(1, 5), arrays_of(1, 5), area, zone, names)


def shuffled(sample, order):
    fields = ("stratum", "map_class", "reference_class", "zone")
    return replace(sample, **{name: getattr(sample, name)[order] for name in fields})


@settings(max_examples=40, deadline=None)
@given(samples())
def test_proportions_sum_to_one_and_areas_to_the_area_of_the_strata_with_points(sample):
    found = estimate_accuracy(sample)
    assert found.proportions.sum() == pytest.approx(1)
    sampled = sample.stratum_area_ha[np.unique(sample.stratum)].sum()
    assert sum(column(found, "area_ha")) == pytest.approx(sampled)
    assert sum(row.mapped_ha for row in found.classes) == pytest.approx(sampled)
    assert sum(row.bias_ha for row in found.classes) == pytest.approx(0, abs=1e-6 * sampled)


@settings(max_examples=40, deadline=None)
@given(samples())
def test_intervals_contain_their_estimates_and_lie_between_zero_and_one(sample):
    found = estimate_accuracy(sample)
    for part in [found.overall, *[row.users for row in found.classes], *[row.producers for row in found.classes]]:
        if not np.isnan(part.value):
            assert 0 <= part.low <= part.value <= part.high <= 1
            assert np.isnan(part.standard_error) or part.standard_error >= 0
    for row in found.classes:
        assert 0 <= row.area_ha.low <= row.area_ha.value <= row.area_ha.high <= found.total_ha * (1 + 1e-9)


@settings(max_examples=40, deadline=None)
@given(samples(), st.randoms(use_true_random=False))
def test_the_order_of_the_points_does_not_matter(sample, random):
    order = list(range(len(sample.stratum)))
    random.shuffle(order)
    first, second = estimate_accuracy(sample), estimate_accuracy(shuffled(sample, order))
    np.testing.assert_array_equal(first.matrix.counts, second.matrix.counts)
    assert repr(first.classes) == repr(second.classes)


@settings(max_examples=40, deadline=None)
@given(samples())
def test_a_perfect_map_has_no_error(sample):
    found = estimate_accuracy(replace(sample, reference_class=sample.map_class))
    assert (found.overall.value, found.overall.high) == (1, 1)
    assert np.nan_to_num(found.overall.standard_error) == 0
    if len(found.classes) > 1:
        assert found.overall.low < 1, "no error in a few points is no proof that there is none"
    for row in found.classes:
        assert row.users.value == row.producers.value == 1
        assert np.nan_to_num(row.users.standard_error) == np.nan_to_num(row.producers.standard_error) == 0


@settings(max_examples=40, deadline=None)
@given(samples(zones=3))
def test_the_areas_of_zones_add_up_to_those_of_the_whole(sample):
    whole = estimate_accuracy(sample)
    zones = [estimate_accuracy(sample, zone=zone) for zone in range(3)]
    for row in whole.classes:
        parts = [part.area_ha.value for found in zones for part in found.classes if part.code == row.code]
        assert np.nansum(parts) == pytest.approx(row.area_ha.value)


def test_a_zone_that_is_a_stratum_is_estimated_as_if_it_were_alone():
    counts = [[30, 2], [5, 13]]
    mapped = np.repeat([1, 1, 2, 2], np.ravel(counts))
    reference = np.repeat([1, 2, 1, 2], np.ravel(counts))
    alone = sample_of([0] * 50, mapped, reference, [120.0])
    both = sample_of(
        [0] * 50 + [1] * 50, [*mapped, *mapped], [*reference, *reference[::-1]], [120.0, 40.0],
        [0] * 50 + [1] * 50, ("north", "south"),
    )  # fmt: skip
    first, second = estimate_accuracy(alone), estimate_accuracy(both, zone=0)
    assert second.total_ha == pytest.approx(120)
    for one, other in zip(first.classes, second.classes, strict=True):
        assert astuple(one.users)[:2] == pytest.approx(astuple(other.users)[:2])
        assert astuple(one.area_ha)[:2] == pytest.approx(astuple(other.area_ha)[:2])


def test_a_simple_sample_is_post_stratified_by_the_maps_own_areas():
    """60 of 100 points lie on class 1, which covers half of the map: its points count less then."""
    mapped = np.repeat([1, 2], [60, 40])
    reference = np.concatenate([np.repeat([1, 2], [48, 12]), np.repeat([1, 2], [4, 36])])
    simple = sample_of([0] * 100, mapped, reference, [1000.0])
    found = estimate_accuracy(post_stratify(simple, (1, 2), np.array([50000, 50000]), np.array([500.0, 500.0])))
    assert found.overall.value == pytest.approx(0.5 * 48 / 60 + 0.5 * 36 / 40)
    assert found.overall.standard_error == pytest.approx(np.sqrt(0.25 * 0.8 * 0.2 / 59 + 0.25 * 0.9 * 0.1 / 39))
    assert column(found, "area_ha") == pytest.approx([500 * 0.8 + 500 * 0.1, 500 * 0.2 + 500 * 0.9])


def test_strata_without_a_point_or_with_one_are_named():
    sample = sample_of([0, 0, 0, 1], [1, 1, 1, 2], [1, 1, 2, 2], [60.0, 30.0, 10.0])
    found = estimate_accuracy(sample)
    assert found.total_ha == 90, "nothing is said of the stratum without a point"
    assert any("stratum 2 (10.0 % of the area) has no labelled point" in note for note in found.notes)
    assert any("stratum 1 has one labelled point" in note for note in found.notes)
    water, trees = found.classes
    assert np.isnan(trees.users.standard_error), "one point has no variance"
    assert trees.users.low < 0.5, "and its interval is wide"
    assert found.overall.standard_error > 0
    assert water.users.standard_error == pytest.approx(np.sqrt(2 / 3 * 1 / 3 / 2))


def test_classes_missing_from_map_or_reference_are_named():
    found = estimate_accuracy(sample_of([0, 0, 1, 1], [1, 1, 2, 2], [1, 1, 5, 1], [50.0, 50.0]))
    water, trees, crops = found.classes
    assert np.isnan([trees.producers.value, crops.users.value]).all()
    assert (crops.map_points, crops.reference_points, crops.mapped_ha) == (0, 1, 0)
    assert crops.area_ha.value == 25
    assert "The map shows Crops at no point: it has no user's accuracy." in found.notes
    assert "No point is Trees in the reference: it has no producer's accuracy." in found.notes
    assert water.producers.value == pytest.approx(2 / 3)


def test_points_without_a_label_are_left_out_and_counted():
    found = estimate_accuracy(sample_of([0] * 5, [1, 1, 1, 0, 2], [1, 0, 2, 1, 2], [10.0]))
    assert found.point_count == 3
    assert "Points without a reference class, which are left out: 1 of 5." in found.notes
    assert "Labelled points on no data of the map, which are left out: 1 of 5." in found.notes


def test_a_stratum_that_was_sampled_whole_has_no_error():
    pixels = [4, 10000]
    sample = sample_of([0] * 4 + [1] * 4, [1] * 4 + [2] * 4, [1, 1, 1, 2] + [2] * 4, [0.04, 100.0], pixels=pixels)
    assert estimate_accuracy(sample).classes[0].users.standard_error == 0
    assert estimate_accuracy(sample, correction="never").classes[0].users.standard_error > 0


@pytest.mark.parametrize("count", [1, 40])
def test_points_of_one_class_alone_do_not_give_an_interval_without_width(count):
    """A map of forest alone, or labels of the first hour: nothing says that no other class exists."""
    of_points = np.ones(count, np.uint8)
    sample = LabelledSample(
        np.zeros(count, int),
        of_points,
        of_points,
        np.full(count, -1),
        ("Water",),
        np.array([10_000]),
        np.array([100.0]),
    )
    found = estimate_accuracy(sample)
    assert found.overall.value == 1
    assert found.overall.low < 1 - 0.5 / (count + 1)
    assert [row.code for row in found.classes] == [1]
    assert found.classes[0].area_ha.low < found.classes[0].area_ha.value == 100


def test_the_interval_of_a_share_seen_at_no_point_has_a_width():
    """Of 50 points of 99 % of the map none is Water; 1 % of the map is Water and was mapped so."""
    found = estimate_accuracy(sample_of([0] * 50 + [1] * 50, [1] * 50 + [2] * 50, [1] * 50 + [2] * 50, [1.0, 99.0]))
    water = found.classes[0].area_ha
    assert (water.wald_low, water.wald_high) == (1, 1)
    assert 0.5 < water.low < 1
    assert 2 < water.high < 8
