"""Separability against closed forms of normal distributions, and what it advises."""

from dataclasses import replace

import numpy as np
import pytest
from allpa_engine.core.legend import LandClass, Legend
from allpa_engine.learn.sample_table import SampleTable
from allpa_engine.learn.separability import bhattacharyya_distance, jeffries_matusita, label_means, separability
from hypothesis import given
from hypothesis import strategies as st

LEGEND = Legend(tuple(LandClass(code, f"class {code}", "#123456") for code in (1, 2, 3)))


def table_of(groups):
    """One row per label, a class for each array `(label, feature)`."""
    features = np.concatenate(groups).astype(np.float32)
    codes = np.repeat(np.arange(1, len(groups) + 1, dtype=np.uint8), [len(group) for group in groups])
    number = np.arange(len(codes), dtype=np.int32)
    zeros, place = np.zeros(len(codes), np.int32), np.zeros(len(codes))
    names = tuple(f"f{index}" for index in range(features.shape[1]))
    weights = np.ones(len(codes), np.float32)
    return SampleTable(
        features, names, codes, number, zeros, number, weights, place, place, place, place, zeros, ("a",), LEGEND,
        "EPSG:32718",
    )  # fmt: skip


@given(
    st.floats(-3, 3), st.floats(-3, 3), st.floats(0.2, 4), st.floats(0.2, 4), st.floats(-0.9, 0.9), st.floats(-0.9, 0.9)
)
def test_the_distance_is_minus_the_logarithm_of_the_overlap_integral(x, y, first, second, one, other):
    """B = -ln of the integral of sqrt(p q), by the product of two normal densities in closed form."""
    s1 = np.array([[first, one * np.sqrt(first)], [one * np.sqrt(first), 1.0]])
    s2 = np.array([[second, other * np.sqrt(second)], [other * np.sqrt(second), 1.0]])
    mean = np.array([x, y])
    inverse = np.linalg.inv(s1) + np.linalg.inv(s2)
    between = np.linalg.inv(s2) @ mean
    exponent = mean @ np.linalg.inv(s2) @ mean - between @ np.linalg.inv(inverse) @ between
    determinants = np.linalg.det(s1) * np.linalg.det(s2)
    overlap = 2 * determinants**-0.25 / np.sqrt(np.linalg.det(inverse)) * np.exp(-exponent / 4)
    found = bhattacharyya_distance(np.zeros(2), s1, mean, s2)
    assert found == pytest.approx(-np.log(overlap), abs=1e-8)


def test_a_large_sample_gives_the_distance_of_its_distributions():
    random = np.random.default_rng(1)
    turn = np.array([[1.0, 0.6, 0.0], [0.0, 1.0, -0.4], [0.3, 0.0, 1.0]])
    means = np.array([[0, 0, 0], [1.0, 0.5, -0.5], [3.0, 3.0, 3.0]])
    scales = (1.0, 1.5, 0.7)
    groups = [mean + scale * random.normal(size=(6000, 3)) @ turn for mean, scale in zip(means, scales)]
    found = separability(table_of(groups))
    covariances = [scale**2 * turn.T @ turn for scale in scales]
    assert found.components.tolist() == [[0, 3, 3], [3, 0, 3], [3, 3, 0]]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        truth = bhattacharyya_distance(means[one], covariances[one], means[other], covariances[other])
        assert found.bhattacharyya[one, other] == pytest.approx(truth, rel=0.06)
    assert (found.jeffries_matusita <= 2).all()


def test_a_rare_class_spoils_its_own_pairs_alone():
    """Two classes that differ in a mixture of bands alone stay separable beside a third one with eleven labels."""
    random = np.random.default_rng(2)
    base = random.normal(size=(400, 3))
    mixed = np.column_stack((base, base.sum(axis=1) + random.normal(0, 0.3, 400)))
    first, second, rare = mixed[:200], mixed[200:] + np.array([0, 0, 0, 1.8]), random.normal(3, 1, (11, 4))
    alone, beside = separability(table_of([first, second])), separability(table_of([first, second, rare]))
    assert alone.jeffries_matusita[0, 1] > 1.9
    assert beside.jeffries_matusita[0, 1] > 1.9
    assert beside.components.tolist() == [[0, 4, 1], [4, 0, 1], [1, 1, 0]]


def test_scaling_a_feature_changes_nothing():
    random = np.random.default_rng(3)
    groups = [random.normal(mean, 1, (200, 4)) for mean in (0.0, 0.7)]
    one = separability(table_of(groups)).bhattacharyya
    other = separability(table_of([group * (1, 1000, 0.01, 1) + (0, 5, 0, -7) for group in groups])).bhattacharyya
    np.testing.assert_allclose(one, other, rtol=1e-3)


def test_classes_that_are_the_same_are_to_be_merged_and_the_best_feature_is_named():
    random = np.random.default_rng(5)
    means = ((0, 0, 0), (0, 0, 0.8), (0, 9, 0))
    groups = [random.normal(mean, 1, (80, 3)) for mean in means]
    found = separability(table_of(groups))
    assert [pair[:2] for pair in found.poor_pairs(1.0)] == [(1, 2)]
    advice = found.advice(1.0, LEGEND, ("blue", "red", "infrared"))
    assert len(advice) == 1
    assert "class 1 and class 2" in advice[0]
    assert "infrared separates them best" in advice[0]
    assert found.best_feature[0][2] == 1


def test_a_class_of_few_labels_is_left_out_and_reported():
    random = np.random.default_rng(6)
    found = separability(
        table_of([random.normal(size=(40, 2)), random.normal(2, 1, (40, 2)), random.normal(size=(3, 2))])
    )
    assert found.codes == (1, 2)
    assert found.left_out == (3,)
    assert "class 3: fewer than 10 labels" in found.advice(0.0, LEGEND, ("a", "b"))[-1]


def test_equal_and_constant_features_have_a_distance_too():
    random = np.random.default_rng(7)
    one, other = random.normal(0, 1, (50, 1)), random.normal(4, 1, (50, 1))
    groups = [np.hstack([part, part, np.ones((50, 1))]) for part in (one, other)]
    found = separability(table_of(groups))
    assert np.isfinite(found.bhattacharyya).all()
    assert found.jeffries_matusita[0, 1] == pytest.approx(jeffries_matusita(np.array(2.0)), abs=0.2)


def test_pixels_of_a_label_are_averaged():
    table = table_of([np.array([[1.0], [3.0], [8.0]])])
    means, codes = label_means(replace(table, samples=np.array([4, 4, 9], np.int32)))
    assert means.tolist() == [[2.0], [8.0]]
    assert codes.tolist() == [1, 1]
