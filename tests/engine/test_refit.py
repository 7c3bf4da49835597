"""Teaching by corrections: what is learned, what is said, and when the present head is kept."""

import numpy as np
import pytest
from allpa_engine.core.errors import TrainingInvalid
from allpa_engine.core.legend import BUNDLED_LEGEND, LandClass, Legend
from allpa_engine.core.messages import translate
from allpa_engine.learn.correction_features import Observations
from allpa_engine.learn.linear_head import LinearHead
from allpa_engine.learn.refit import RefitOptions, observation_weights, refit_to_corrections
from allpa_engine.learn.refit_task import vote_classes

GRASS, CROPS, CLOUDS = 3, 5, 10
HEAD = LinearHead((GRASS, CROPS, CLOUDS), np.array([[2.0, 0, 0], [0, 2.0, 0], [0, 0, 4.0]]), np.zeros(3))
"""Sees grass in the first feature, crops in the second, clouds in the third."""


def observe(codes, dates=3, seed=0, shift=0.0):
    """Corrections with features of which the head takes all for crops; the first feature tells them apart by 1."""
    random = np.random.default_rng(seed)
    codes = np.asarray(codes)
    correction = np.repeat(np.arange(len(codes)), dates)
    features = random.normal(0, 0.25, (len(correction), 3))
    features[:, 0] += np.where(codes[correction] == GRASS, 1.0, 0.0) + shift
    features[:, 1] += 3.0
    features[:, 2] -= 1.0
    return Observations(features.astype(np.float32), correction, np.ones(len(correction), bool))


def places(count, spread_m=20_000.0, seed=3):
    return np.random.default_rng(seed).uniform(0, spread_m, (count, 2))


def balanced(count):
    return np.array([GRASS, CROPS] * (count // 2), np.uint8)


def test_corrections_that_agree_raise_what_is_right_elsewhere():
    codes = balanced(60)
    found = refit_to_corrections(observe(codes), codes, places(60), HEAD, BUNDLED_LEGEND)
    assert found.is_validated
    assert found.before.agreement == pytest.approx(0.5, abs=0.05)
    assert found.after.agreement > 0.9
    assert not found.keeps_present
    new = observe(balanced(200), seed=8)
    right = vote_classes(new, found.head, BUNDLED_LEGEND, 200) == balanced(200)
    assert right.mean() > 0.9
    assert found.after.counts.sum() == found.before.counts.sum() == 60


def test_corrections_that_contradict_each_other_from_place_to_place_leave_the_present_model():
    place = places(40)
    codes = np.where(place[:, 0] < 10_000, GRASS, CROPS).astype(np.uint8)
    place[:, 1] = 5_000
    alike = observe([CROPS] * 40)  # the same features in the west, where all is named grass, and in the east
    options = RefitOptions(strength=0.01, block_size_m=10_000.0)
    found = refit_to_corrections(alike, codes, place, HEAD, BUNDLED_LEGEND, options)
    assert found.after.agreement < 0.1 < found.before.agreement
    assert found.keeps_present
    assert found.head is HEAD
    assert found.notes[0].startswith("The present model is kept")
    assert translate(found.notes[0], "es").startswith("Se conserva el modelo actual")


def test_corrections_in_one_block_are_used_but_not_validated():
    codes = balanced(20)
    found = refit_to_corrections(
        observe(codes), codes, places(20, spread_m=100) + 1000, HEAD, BUNDLED_LEGEND, RefitOptions(block_size_m=5000.0)
    )
    assert not found.is_validated
    assert any("one block" in note for note in found.notes)
    assert vote_classes(observe(codes), found.head, BUNDLED_LEGEND, 20).tolist() == codes.tolist()


def test_few_corrections_and_one_class_are_reported():
    codes = np.array([GRASS] * 3, np.uint8)
    found = refit_to_corrections(observe(codes), codes, places(3), HEAD, BUNDLED_LEGEND)
    assert any("one class" in note for note in found.notes)
    assert any("fewer than 5" in note and "Grass" in note for note in found.notes)


def test_a_new_class_is_learned_and_the_old_ones_stay():
    legend = Legend((*BUNDLED_LEGEND.classes, LandClass(30, "Páramo", "#A0522D", 1.0, "")))
    codes = np.array([30, CROPS] * 30, np.uint8)
    observations = observe(np.where(codes == 30, GRASS, codes))
    found = refit_to_corrections(observations, codes, places(60), HEAD, legend)
    assert found.head.classes == (GRASS, CROPS, CLOUDS, 30)
    assert found.before.agreement <= 0.5
    assert found.after.agreement > 0.9


def test_a_correction_weighs_the_same_whatever_its_dates_and_pixels():
    correction = np.array([0, 0, 0, 0, 1, 2, 2])
    features = np.tile([[0.0, 3.0, -1.0]], (7, 1)).astype(np.float32)
    weights = observation_weights(
        Observations(features, correction, np.ones(7, bool)), HEAD, BUNDLED_LEGEND, corrections=4
    )
    assert np.bincount(correction, weights).tolist() == [1, 1, 1]


def test_cloudy_dates_do_not_count_unless_the_network_is_wrong_on_most():
    cloud, land = [0.0, 0.0, 5.0], [0.0, 3.0, -1.0]
    features = np.array([land, land, cloud, cloud, cloud, cloud], np.float32)
    correction = np.array([0, 0, 0, 1, 1, 1])
    sky = np.array([True, True, True, True, True, False])
    weights = observation_weights(Observations(features, correction, sky), HEAD, BUNDLED_LEGEND, 2)
    assert weights.tolist() == [0.5, 0.5, 0, 0.5, 0.5, 0]


def test_corrections_that_no_scene_shows_are_left_out_and_reported():
    codes = balanced(20)
    hidden = observe(codes)
    hidden.sky_is_clear[hidden.correction < 4] = False
    found = refit_to_corrections(hidden, codes, places(20), HEAD, BUNDLED_LEGEND)
    assert any(note.startswith("4 corrections lie where no scene") for note in found.notes)
    with pytest.raises(TrainingInvalid, match="clear observation"):
        refit_to_corrections(
            Observations(hidden.features, hidden.correction, np.zeros(len(hidden), bool)),
            codes, places(20), HEAD, BUNDLED_LEGEND,
        )  # fmt: skip


def test_the_background_keeps_a_rare_class_rare():
    codes = balanced(40)
    observations = observe(codes)
    background = observe([CROPS] * 380 + [GRASS] * 20, dates=1, seed=2)
    truth = np.array([CROPS] * 380 + [GRASS] * 20)
    options = RefitOptions(strength=0.1)
    alike = refit_to_corrections(observations, codes, places(40), HEAD, BUNDLED_LEGEND, options)
    weighed = refit_to_corrections(
        observations, codes, places(40), HEAD, BUNDLED_LEGEND, options, background=background
    )
    wrong = [
        (vote_classes(background, found.head, BUNDLED_LEGEND, 400)[truth == CROPS] == GRASS).sum()
        for found in (alike, weighed)
    ]
    assert wrong[1] < wrong[0]


def test_the_vote_is_the_class_weighted_mode():
    legend = Legend((LandClass(GRASS, "G", "#00FF00", 3.0, ""), LandClass(CROPS, "C", "#FFFF00", 1.0, "")))
    head = LinearHead((GRASS, CROPS), np.array([[1.0], [0.0]]), np.zeros(2))
    values = np.array([[np.log(1.5)], [-np.log(2.0)], [-np.log(2.0)]], np.float32)  # grass 0.6, crops 0.667 twice
    observations = Observations(values, np.zeros(3, int), np.ones(3, bool))
    assert vote_classes(observations, head, legend, 2).tolist() == [GRASS, 0]  # 1.8 against 1.333; nothing votes


def test_the_order_of_corrections_and_rows_changes_no_weight():
    codes = balanced(30)
    one, where = observe(codes), places(30)
    order = np.random.default_rng(1).permutation(len(one))
    other = Observations(one.features[order], one.correction[order], one.sky_is_clear[order])
    first = refit_to_corrections(one, codes, where, HEAD, BUNDLED_LEGEND)
    second = refit_to_corrections(other, codes, where, HEAD, BUNDLED_LEGEND)
    np.testing.assert_allclose(first.head.weight, second.head.weight, atol=1e-6)
