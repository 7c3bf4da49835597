"""What a trained network is compared with: the start, whose classes are read as the user's, on the same blocks."""

import numpy as np
import pytest
import torch
from allpa_engine.classify.network_folder import write_network_folder
from allpa_engine.classify.torch_network import load_network
from allpa_engine.classify.unet import Architecture, UNet
from allpa_engine.core.legend import LandClass, Legend
from allpa_engine.core.messages import translate
from allpa_engine.learn.network_baseline import comparison, read_start
from allpa_engine.learn.network_chips import open_chips
from allpa_engine.learn.network_scores import predict_logits
from allpa_engine.learn.validation import compare
from training_chips import LEGEND, SIX, write_training_folder

NAMED = Legend((LandClass(1, "Bofedal", "#111111"), LandClass(2, "Forest", "#222222"), LandClass(3, "Fog", "#333333")))


def random_start(folder):
    """A network of random weights with classes of its own, whose answers vary from pixel to pixel."""
    torch.manual_seed(0)
    network = UNet(Architecture(8, (12, 16), (1, 1)), len(SIX), len(NAMED)).eval()
    with torch.no_grad():
        network.input.mean.fill_(2.0)
        network.head.weight *= 8
    write_network_folder(folder, network, SIX, NAMED, NAMED.codes, {}, scope="scene")
    return load_network(str(folder))


def test_classes_of_other_names_are_read_as_those_that_they_meet(tmp_path):
    chips = open_chips(write_training_folder(tmp_path / "training", size=33))
    start, everything = random_start(tmp_path / "start"), np.arange(len(chips))
    baseline = read_start(start, chips, everything, 1)
    answers, labels = [], []
    for index in everything:
        chip = chips.read(int(index))
        known = chip.channels < len(chips.classes)
        answers.append(predict_logits(start.network, chip.values, torch.device("cpu"))[:, known].argmax(axis=0))
        labels.append(chip.channels[known])
    answer, label = np.concatenate(answers), np.concatenate(labels)
    most_met = [int(np.bincount(label[answer == k], minlength=3).argmax()) for k in (1, 2)]
    bofedal = [LEGEND.by_code[code].name for code in chips.classes].index("Bofedal")
    assert len(np.unique(answer)) == 3
    assert baseline.reading == (bofedal, *most_met)  # the first by its name, whatever it meets
    matrix = baseline.score(chips, everything).matrix
    assert np.array_equal(matrix.sum(axis=1), chips.counts.sum(axis=0))
    assert set(np.flatnonzero(matrix.sum(axis=0))) <= {bofedal, *most_met}


@pytest.mark.parametrize(
    ("trained", "is_worse", "words"),
    [
        ([1, 1, 2, 2], False, "right on 100.0%"),
        ([2, 2, 1, 1], True, "worse than the network that it started from"),
        ([1, 1, 1, 1], True, "worse than"),
    ],
)
def test_a_model_that_is_worse_than_its_start_says_so(trained, is_worse, words):
    labels = np.array([1, 1, 2, 2])
    sentence, worse = comparison(
        compare("blocked", np.array(trained), labels, (1, 2)),
        compare("untrained", np.array([1, 1, 1, 2]), labels, (1, 2)),
        is_start=True,
    )
    assert worse == is_worse
    assert words in sentence
    assert translate(sentence, "es") != str(sentence)


def test_a_model_with_fewer_right_pixels_and_a_higher_mean_f1_says_what_is_lost():
    labels = np.array([1] * 8 + [2] * 2)
    frequent = compare("untrained", np.ones(10, int), labels, (1, 2))
    rare = compare("blocked", np.array([1] * 5 + [2] * 5), labels, (1, 2))
    sentence, worse = comparison(rare, frequent, is_start=False)
    assert worse
    assert "fewer pixels than the bundled network" in sentence
    assert "70.0% in place of 80.0%" in sentence
    sentence, worse = comparison(frequent, rare, is_start=False)
    assert worse
    assert "rare classes worse than the bundled network" in sentence
