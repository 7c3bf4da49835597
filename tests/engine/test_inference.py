"""Inference: the shipped network, its answers, and the choice of arithmetic."""

import numpy as np
import pytest
import torch
from allpa_engine.classify.inference import load_classifier
from allpa_engine.classify.model_file import load_model
from allpa_engine.classify.network_weights import bundled_model_path
from allpa_engine.classify.precision import benchmark_chip
from allpa_engine.core.errors import JobInvalid, ModelInvalid
from allpa_engine.core.file_hash import file_hash

SPECTRA = {
    1: (0.03, 0.035, 0.02, 0.01, 0.004, 0.003),  # clear deep water
    2: (0.02, 0.035, 0.02, 0.27, 0.11, 0.045),  # closed forest
    9: (0.90, 0.88, 0.87, 0.80, 0.06, 0.05),  # fresh snow
}


@pytest.fixture(scope="module")
def classifier():
    torch.set_num_threads(1)
    return load_classifier(device="cpu")


def test_the_bundled_network_is_whole_and_says_what_it_is(classifier):
    assert classifier.model_hash == file_hash(bundled_model_path())
    card = load_model(bundled_model_path()).card
    assert card["licence"]
    assert card["training_data"]
    assert bundled_model_path().stat().st_size < 20e6


def test_probabilities_sum_to_one_and_keep_the_size(classifier):
    chip = benchmark_chip(64)[:, :, :48]
    probabilities = classifier.probabilities(np.ascontiguousarray(chip))
    assert probabilities.shape == (10, 64, 48)
    assert probabilities.dtype == np.float32
    assert probabilities.min() >= 0
    np.testing.assert_allclose(probabilities.sum(axis=0), 1, atol=1e-5)


@pytest.mark.parametrize("code", SPECTRA)
def test_plain_surfaces_get_their_class(classifier, code):
    rng = np.random.default_rng(code)
    chip = np.array(SPECTRA[code], np.float32)[:, None, None] * rng.normal(1, 0.04, (6, 256, 256)).astype(np.float32)
    classes = classifier.probabilities(chip).argmax(axis=0) + 1
    core = classes[classifier.margin : -classifier.margin, classifier.margin : -classifier.margin]
    assert (core == code).mean() > 0.9


def test_one_chip_alone_and_in_a_batch_are_the_same(classifier):
    chips = np.stack([benchmark_chip(64), benchmark_chip(64)[:, ::-1]])
    batch = classifier.batch_probabilities(np.ascontiguousarray(chips))
    np.testing.assert_allclose(batch[1], classifier.probabilities(np.ascontiguousarray(chips[1])), atol=1e-5)


def test_pixels_that_are_not_numbers_count_as_no_data(classifier):
    chip = benchmark_chip(64)
    empty, broken = chip.copy(), chip.copy()
    empty[:, 10:20, 10:20] = 0
    broken[2, 10:20, 10:20] = np.nan
    np.testing.assert_array_equal(classifier.probabilities(broken), classifier.probabilities(empty))


@pytest.mark.parametrize("shape", [(6, 63, 64), (5, 64, 64), (6, 64, 12)])
def test_wrong_shapes_are_refused(classifier, shape):
    with pytest.raises(ValueError, match="multiples"):
        classifier.probabilities(np.ones(shape, np.float32))


def test_a_device_that_is_not_there_is_explained():
    with pytest.raises(JobInvalid, match="no device"):
        load_classifier(device="cuda:77")
    with pytest.raises(JobInvalid, match="no device"):
        load_classifier(device="abacus")


def test_a_missing_model_is_explained(tmp_path):
    with pytest.raises(ModelInvalid):
        load_classifier(tmp_path / "absent.safetensors")
