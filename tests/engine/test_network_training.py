"""Training networks for own classes: known answers are reached, a stop changes nothing, other bands and classes fit."""

import numpy as np
import pytest
import torch
from allpa_engine.classify.inference import load_classifier
from allpa_engine.classify.network_folder import write_network_folder
from allpa_engine.classify.torch_network import load_network
from allpa_engine.classify.unet import Architecture, UNet
from allpa_engine.core.errors import Cancelled, JobInvalid
from allpa_engine.core.legend import BUNDLED_LEGEND, LandClass, Legend
from allpa_engine.core.protocol import NullReporter
from allpa_engine.learn.network_chips import ChipFolder, open_chips
from allpa_engine.learn.network_model import NetworkStart, train_model_folder
from allpa_engine.learn.network_scores import predict_logits
from allpa_engine.learn.network_split import split_chips
from allpa_engine.learn.network_start import further_network
from allpa_engine.learn.network_training import TrainingOptions
from training_chips import BOFEDAL, ICHU, LEGEND, QUENUAL, SIX, chip_numbers, true_classes, write_training_folder

SMALL = Architecture(8, (12, 16), (1, 1))
CPU = torch.device("cpu")
OPTIONS = TrainingOptions(steps=40, batch_size=4, crop_px=24, learning_rate=0.01, validate_every=10)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def start_folder(folder, legend=BUNDLED_LEGEND, bands=SIX, seed=3):
    """A small network of random weights, with its input scaled, as a model folder."""
    torch.manual_seed(seed)
    network = UNet(SMALL, len(bands), len(legend.codes)).eval()
    network.input.mean += 2.0
    write_network_folder(folder, network, bands, legend, legend.codes, {"licence": "CC0-1.0"}, scope="scene")
    return str(folder)


def train(folder, chips, start, options=OPTIONS, reporter=None):
    return train_model_folder(chips, start, options, folder, CPU, reporter or NullReporter()).folder


class StopAt:
    """A reporter whose user cancels at a step of the training."""

    def __init__(self, step):
        self.step, self.lines, self.stages = step, [], []

    def progress(self, stage, done, total):
        if stage not in self.stages:
            self.stages.append(stage)
        if stage == "train_network" and done >= self.step:
            raise Cancelled("Stopped.")

    def log(self, text, level="info"):
        self.lines.append(str(text))


@pytest.mark.parametrize("from_nothing", [True, False])
def test_a_simulated_legend_is_learnt_and_tested_on_land_that_was_not_seen(tmp_path, from_nothing, monkeypatch):
    monkeypatch.setattr("allpa_engine.learn.network_model.Architecture", lambda: SMALL)
    chips = open_chips(write_training_folder(tmp_path / "training", size=37))
    start = NetworkStart(None) if from_nothing else NetworkStart(start_folder(tmp_path / "start"))
    model = train(tmp_path / "model", chips, start)
    assert (model.kind, model.scope, model.classes) == ("unet", "scene", (ICHU, BOFEDAL, QUENUAL))
    test = model.card["metrics"]["blocked"]
    assert test["overall"] > 0.93
    assert sum(map(sum, test["matrix"])) == test["rows"] > 300
    beside = model.card["metrics"]["untrained"]  # the random start, or the bundled network, on the same blocks
    assert beside["rows"] == test["rows"]
    assert beside["overall"] < test["overall"]
    rng = np.random.default_rng(99)
    truth = true_classes(rng, 64, 96)
    classifier = load_classifier(tmp_path / "model", "cpu", precision="fp32")
    answer = classifier.probabilities((chip_numbers(rng, truth) / 10_000).astype(np.float32)).argmax(axis=0)
    assert (answer == truth).mean() > 0.93
    assert (tmp_path / "model" / "training_curve.png").stat().st_size > 5000
    rows = (tmp_path / "model" / "training_curve.csv").read_text("utf-8-sig").splitlines()
    assert [row.split(",")[0] for row in rows] == ["step", "0", "10", "20", "30", "40"]


def test_a_training_that_was_stopped_ends_with_the_same_weights(tmp_path, monkeypatch):
    chips = open_chips(write_training_folder(tmp_path / "training", count=6, size=30))
    start = NetworkStart(start_folder(tmp_path / "start"))
    train(tmp_path / "whole", chips, start)
    for step, stages in ((13, ["start_network", "train_network"]), (20, ["train_network"])):
        listener = StopAt(step)
        with pytest.raises(Cancelled):
            train(tmp_path / "parts", chips, start, reporter=listener)
        assert listener.stages == stages  # the start is computed once
        assert not (tmp_path / "parts" / "model.json").exists()
    listener = StopAt(1000)
    with monkeypatch.context() as patched:
        patched.setattr("allpa_engine.learn.network_model.further_network", None)  # a call would fail
        train(tmp_path / "parts", chips, start, reporter=listener)
    assert any("goes on at step 20 of 40" in line for line in listener.lines)
    whole, parts = (load_network(tmp_path / name) for name in ("whole", "parts"))
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, parts.network.state_dict()[name]), name
    curves = [(tmp_path / name / "training_curve.csv").read_text().splitlines() for name in ("whole", "parts")]
    steps, losses = ([[row.split(",")[k] for row in curve] for curve in curves] for k in (0, 4))
    assert steps[0] == steps[1]
    assert losses[0] == losses[1]


def test_the_checkpoint_of_another_training_and_a_damaged_one_are_not_used(tmp_path):
    chips = open_chips(write_training_folder(tmp_path / "training", count=6, size=30))
    start = NetworkStart(start_folder(tmp_path / "start"))
    with pytest.raises(Cancelled):
        train(tmp_path / "model", chips, start, reporter=StopAt(12))
    listener = StopAt(1)
    with pytest.raises(Cancelled):
        train(tmp_path / "model", chips, start, TrainingOptions(**OPTIONS.to_dict() | {"seed": 5}), listener)
    (tmp_path / "model" / "checkpoint.pt").write_bytes(b"PK\x03\x04 damaged")
    with pytest.raises(Cancelled):
        train(tmp_path / "model", chips, start, reporter=listener)
    assert not any("goes on" in line for line in listener.lines)


def test_early_stopping_keeps_the_best_weights(tmp_path):
    chips = open_chips(write_training_folder(tmp_path / "training", count=6, size=30))
    options = TrainingOptions(
        **OPTIONS.to_dict() | {"learning_rate": 1.0, "early_stopping_rounds": 1, "validate_every": 2}
    )
    model = train(tmp_path / "model", chips, NetworkStart(start_folder(tmp_path / "start")), options)
    assert model.card["training"]["steps"] < 40
    assert model.card["training"]["best_step"] < model.card["training"]["steps"]


def test_further_bands_change_nothing_at_the_start(tmp_path):
    bands = ("B05", *SIX)
    chips = open_chips(write_training_folder(tmp_path / "training", bands=bands, legend=LEGEND))
    start = load_network(start_folder(tmp_path / "start", LEGEND))
    network = further_network(start, chips, np.arange(10), 1, lambda *_: None)
    values = chips.read(0).values
    np.testing.assert_allclose(
        predict_logits(network, values, CPU), predict_logits(start.network, values[1:], CPU), atol=1e-5
    )
    assert network.band_count == 7


def test_seasons_of_a_band_share_its_weights(tmp_path):
    names = tuple(f"{season}_{band}" for band in SIX for season in ("spring", "autumn"))
    chips = open_chips(write_training_folder(tmp_path / "training", names=names))
    assert (chips.features, chips.scope) == (names, "features")
    start = load_network(start_folder(tmp_path / "start", LEGEND))
    network = further_network(start, chips, np.arange(10), 1, lambda *_: None)
    values = chips.read(0).values
    np.testing.assert_allclose(
        predict_logits(network, values, CPU), predict_logits(start.network, values[::2], CPU), atol=1e-5
    )


def test_classes_of_the_same_name_keep_their_rows_before_the_fit(tmp_path, monkeypatch):
    legend = Legend(
        (LandClass(1, "Matorral", "#111111"), LandClass(2, "Agua", "#222222"), LandClass(3, "X", "#333333"))
    )
    chips = open_chips(write_training_folder(tmp_path / "training", legend=legend))
    start = load_network(start_folder(tmp_path / "start"))
    monkeypatch.setattr("allpa_engine.learn.network_start.fit_rows", lambda weight, bias, *_: (weight, bias))
    network = further_network(start, chips, np.arange(10), 1, lambda *_: None)
    old = start.network.head.weight
    assert torch.equal(network.head.weight[1], old[0])  # Agua is Water; Matorral is no name of Scrub/shrub here
    others = network.head.weight[2].flatten()
    assert not torch.equal(others, old[2].flatten())
    assert (others >= old.flatten(1).min(dim=0).values - 1e-6).all()
    assert (others <= old.flatten(1).max(dim=0).values + 1e-6).all()


def test_networks_that_read_none_of_the_bands_are_refused(tmp_path):
    chips = open_chips(write_training_folder(tmp_path / "training"), ["B04", "B08"])
    start = NetworkStart(start_folder(tmp_path / "start", bands=("B05", "B06")))
    with pytest.raises(JobInvalid, match="none of the bands"):
        train(tmp_path / "model", chips, start)
    with pytest.raises(JobInvalid, match="begins with nothing"):
        train(tmp_path / "model", chips, NetworkStart("", "resnet18"))


def test_blocks_are_never_parted(tmp_path):
    chips = open_chips(write_training_folder(tmp_path / "training", count=13, size=16))
    split = split_chips(chips, 4)
    parts = [set(chips.blocks[part].tolist()) for part in (split.training, split.validation, split.test)]
    assert all(parts)
    assert sum(map(len, parts)) == len(set(chips.blocks.tolist())) == 7
    assert sorted(np.concatenate((split.training, split.validation, split.test)).tolist()) == list(range(13))
    two = open_chips(write_training_folder(tmp_path / "two", count=4, size=16))
    split = split_chips(two, 4)
    assert len(split.test) == 0
    assert any("two blocks" in str(note) for note in split.notes)


def test_a_class_without_labels_in_the_test_or_stopping_blocks_is_named(tmp_path, monkeypatch):
    folder = write_training_folder(tmp_path / "training", count=10, size=16)
    chips = open_chips(folder)
    counts = chips.counts.copy()
    counts[:, 2] = np.where(chips.blocks == chips.blocks[0], counts[:, 2], 0)  # one block alone has the last class
    rare = chips.legend.by_code[chips.classes[2]].name
    monkeypatch.setattr(ChipFolder, "counts", property(lambda _: counts))
    split = split_chips(chips, 1)
    parts = {"learn from": split.training, "say when to stop": split.validation, "test the network": split.test}
    for words, part in parts.items():
        is_named = any(words in note and rare in note for note in split.notes)
        assert is_named == (not counts[part, 2].any()), words
    assert sum(not counts[part, 2].any() for part in parts.values()) == 2
    assert any(note.startswith(f"{rare}: all labels lie in one block") for note in split.notes)
