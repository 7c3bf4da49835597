"""The evaluation's measures against numbers worked out by hand, and the teacher against its test vector."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from allpa_engine.classify.unet import Architecture, UNet
from allpa_engine.learn.calibration import optimal_temperature
from evaluation import predictions
from evaluation.clouds_and_year import composite_chips
from evaluation.comparison import PredictedSet, score_pooled, score_set
from evaluation.metrics import (
    accuracy,
    confusion_matrix,
    intersection_over_union,
    reliability,
)
from evaluation.predictions import ChipPrediction
from hypothesis import given, settings
from hypothesis import strategies as st
from training.chips import Chip
from training.labelled_sets import LabelledSet
from training.store import count_repetitions
from training.teacher import load_teacher
from training.validation import predict_chip


def test_a_small_matrix_by_hand():
    reference = np.array([1, 1, 1, 2, 2, 3, 0, 3], np.uint8)
    predicted = np.array([1, 1, 2, 2, 2, 1, 5, 0], np.uint8)
    result = accuracy(confusion_matrix(reference, predicted))
    assert result.overall == pytest.approx(4 / 6)
    assert result.producers[0] == pytest.approx(2 / 3)
    assert result.users[0] == pytest.approx(2 / 3)
    assert result.producers[1] == pytest.approx(1)
    assert result.users[1] == pytest.approx(2 / 3)
    assert result.f1[1] == pytest.approx(0.8)
    assert result.f1[2] == 0
    assert np.isnan(result.f1[4])


@given(st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_a_map_that_is_the_reference_is_perfect(seed):
    codes = np.random.default_rng(seed).integers(0, 11, 200).astype(np.uint8)
    result = accuracy(confusion_matrix(codes, codes))
    assert result.overall == 1
    assert np.nanmin(result.f1) == 1


def test_confidence_that_is_as_often_right_has_no_calibration_error():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.1, 1, 200_000).astype(np.float32)
    honest = rng.random(200_000) < confidence
    assert reliability(confidence, honest).expected_calibration_error < 0.01
    assert reliability(confidence, np.zeros(200_000, bool)).expected_calibration_error == pytest.approx(0.55, abs=0.01)


def test_the_temperature_that_spoilt_honest_logits_is_found_again():
    rng = np.random.default_rng(1)
    honest = rng.normal(0, 2, (10, 20_000)).astype(np.float32)
    shares = np.exp(honest) / np.exp(honest).sum(axis=0)
    truth = (rng.random(20_000) > shares.cumsum(axis=0)).sum(axis=0).clip(max=9)
    for spoilt in (0.5, 1.0, 2.0):
        assert optimal_temperature(honest * spoilt, truth) == pytest.approx(spoilt, rel=0.05)


def test_intersection_over_union_by_hand():
    first, second = np.array([1, 1, 0, 0], bool), np.array([1, 0, 1, 0], bool)
    assert intersection_over_union(first, second) == pytest.approx(1 / 3)


def one_pixel(code, confidence, valid=True):
    probabilities = np.full((10, 1, 1), (1 - confidence) / 9, np.float32)
    probabilities[code - 1] = confidence
    return ChipPrediction(probabilities, np.array([[valid]]))


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        ([(10, 0.9), (2, 0.4)], 2),
        ([(10, 0.9), (10, 0.9)], 10),
        ([(1, 0.9), (2, 0.5)], 1),
        ([(1, 0.9), (2, 0.5), (2, 0.3), (6, 0.3)], 2),  # water on a quarter of the observations is a shadow
        ([(9, 0.9), (2, 0.3)], 2),  # snow on half of them is a missed cloud
        ([(1, 0.9, False)], 0),
    ],
)
def test_the_evaluation_composites_as_the_product_does(votes, expected):
    dates = [f"2020{month:02d}03" for month in range(1, len(votes) + 1)]
    assert composite_chips([one_pixel(*vote) for vote in votes], dates)[0, 0] == expected


def make_prediction(codes, confidence=0.8):
    codes = np.array([codes])
    rest = (1 - confidence) / 9
    probabilities = np.where(np.arange(1, 11)[:, None, None] == codes, confidence, rest).astype(np.float32)
    return ChipPrediction(probabilities, codes > 0)


def labelled_set(label, network, teacher, quality="human"):
    nothing = np.zeros((9, 1, len(label)), np.uint8)
    chip = Chip("a", "a", "L2A", nothing.astype(np.uint16), nothing)
    labelled = LabelledSet("a", chip, np.array([label], np.uint8), quality, teacher is not None)
    return PredictedSet(labelled, make_prediction(network), teacher and make_prediction(teacher))


def test_network_and_teacher_are_scored_on_the_same_labelled_pixels():
    land = labelled_set([2, 2, 3, 5, 0], [2, 3, 3, 3, 1], [2, 2, 2, 5, 1])
    others = [
        labelled_set([1, 1, 0], [1, 3, 3], [3, 3, 3]),
        labelled_set([2, 3], [7, 7], [7, 7], quality="a PRODUCT"),
        labelled_set([2, 3], [7, 7], None),
    ]
    pooled = score_pooled([land, *others])
    assert accuracy(pooled.network).overall == 0.5
    assert accuracy(pooled.teacher).overall == 0.75
    assert pooled.agreement == 0.25
    assert pooled.network_reliability.expected_calibration_error == pytest.approx(0.3)
    assert pooled.teacher_reliability.expected_calibration_error == pytest.approx(0.05)
    score = score_set(others[0])
    assert (score.measure, score.network, score.teacher) == ("water IoU", 0.5, 0.0)
    assert np.isnan(score_set(others[2]).teacher)


@pytest.mark.parametrize(("height", "width"), [(64, 64), (37, 101), (9, 5)])
def test_a_chip_of_one_colour_has_one_answer_up_to_its_border(height, width):
    torch.manual_seed(5)
    network = UNet(Architecture(8, (8, 16), (1, 1), cell=1)).eval()
    logits = predict_chip(network, np.full((6, height, width), 0.2, np.float32), torch.device("cpu"))
    assert logits.shape == (10, height, width)
    np.testing.assert_allclose(logits, np.broadcast_to(logits[:, :1, :1], logits.shape), atol=1e-4)


def test_sites_count_by_the_root_of_their_size():
    def chip(site, side):
        return Chip(site, site, "L2A", np.ones((9, side, side), np.uint16), np.ones((9, side, side), np.uint8))

    chips = [chip("wide", 1280), chip("half", 640), chip("small", 50), chip("small", 128)]
    assert count_repetitions(chips) == {"wide": 1, "half": 2, "small": 7}


def test_the_kept_answers_of_the_teacher_are_its_answers_and_those_of_other_pixels_are_not(tmp_path, monkeypatch):
    asked = []

    def answer(_teacher, chip):
        asked.append(chip.name)
        return np.full((9, *chip.digital_numbers.shape[1:]), len(asked) / 10, np.float32)

    monkeypatch.setattr(predictions, "predict_chip_by_teacher", answer)
    kept = predictions.KeptTeacher(None, tmp_path / "new")
    chips = [Chip(f"{value}", "a", "L2A", np.full((9, 3, 5), value, np.uint16), None) for value in (1, 2)]
    first = predictions.predict_by_teacher(kept, chips[0])
    again = predictions.predict_by_teacher(kept, replace(chips[0], name="renamed"))
    np.testing.assert_array_equal(first.probabilities, again.probabilities)
    predictions.predict_by_teacher(kept, chips[1])
    predictions.predict_by_teacher(kept, replace(chips[0], level="L1C"))
    assert asked == ["1", "2", "1"]
    assert not list((tmp_path / "new").glob("*.part"))


@pytest.mark.shared
def test_the_teacher_in_pytorch_gives_its_test_vector(shared):
    folder = shared / "data" / "teacher"
    torch.set_num_threads(1)
    with np.load(folder / "test_vector.npz") as vector:
        given_input, expected = vector["normalised_input"], vector["logits"]
    with torch.inference_mode():
        logits = load_teacher(folder)(torch.from_numpy(given_input.transpose(0, 3, 1, 2).copy())).numpy()
    np.testing.assert_allclose(logits.transpose(0, 2, 3, 1), expected, atol=1e-5)
