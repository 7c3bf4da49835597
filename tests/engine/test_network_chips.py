"""Chips and batches: what is refused, which crops are drawn, and the loss of pixels that are mostly without a label."""

import json

import numpy as np
import pytest
import torch
from allpa_engine.core.errors import JobInvalid, LegendInvalid, MapExists, TrainingInvalid
from allpa_engine.core.job import Job
from allpa_engine.core.legend import LandClass, Legend
from allpa_engine.core.protocol import NullReporter
from allpa_engine.learn import network_chips
from allpa_engine.learn.network_batches import BatchSource, cut_crop
from allpa_engine.learn.network_chips import IGNORED, LabelledChip, open_chips
from allpa_engine.learn.network_loss import class_weights, sparse_cross_entropy
from allpa_engine.run.pipeline import run_job
from hypothesis import given, settings
from hypothesis import strategies as st
from training_chips import ICHU, write_training_folder


def test_codes_become_channels_and_pixels_without_data_lose_their_labels(tmp_path):
    chips = open_chips(write_training_folder(tmp_path, count=3, size=21), ["B08", "B02"])
    chip = chips.read(1)
    assert chip.values.shape == (2, 21, 21)
    assert chip.values[0].mean() > 4 * chip.values[1].mean()  # near infrared first, as asked
    assert [int((chip.channels == k).sum()) for k in range(3)] == chips.counts[1].tolist()
    _empty_pixels(tmp_path / "chips" / "0001.tif")
    chip = open_chips(tmp_path, ["B08", "B02"]).read(1)
    assert (chip.channels[:5] == IGNORED).all()
    assert not chip.values[:, :5].any()


def _empty_pixels(path):
    import rasterio

    with rasterio.open(path, "r+") as target:
        band = target.read(1)
        band[:5] = 0
        target.write(band, 1)


def test_chips_are_read_again_where_not_all_fit_into_memory(tmp_path, monkeypatch):
    whole = open_chips(write_training_folder(tmp_path, count=5, size=16))
    first = [whole.read(index).values for index in range(5)]
    monkeypatch.setattr(network_chips, "MAX_KEPT_BYTES", 3 * 16 * 16 * 25)
    chips = open_chips(tmp_path)
    for index in (4, 0, 3, 1, 2):
        np.testing.assert_array_equal(chips.read(index).values, first[index])
    assert len(chips._kept) <= 3


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda folder: (folder / "chips" / "chips.json").unlink(), TrainingInvalid),
        (lambda folder: (folder / "legend.json").write_text("[]"), LegendInvalid),
        (lambda folder: (folder / "chips" / "chips.json").write_text('{"format": "allpa-chips"}'), TrainingInvalid),
        (lambda folder: (folder / "chips" / "0002_label.tif").unlink(), TrainingInvalid),
        (lambda folder: (folder / "chips" / "0000.tif").write_bytes(b"II*\0"), TrainingInvalid),
        (lambda folder: _keep_one_class(folder), TrainingInvalid),
        (lambda folder: _legend_without_a_class(folder), TrainingInvalid),
    ],
)
def test_damaged_training_data_are_refused_with_a_next_step(tmp_path, change, error):
    folder = write_training_folder(tmp_path / "training", count=4, size=16)
    change(folder)
    options = {"steps": 2, "crop_px": 16, "batch_size": 2}
    job = Job(str(tmp_path / "model"), "train_network", training=str(folder), network_options=options, threads=1)
    with pytest.raises(error) as caught:
        run_job(job, NullReporter())
    assert caught.value.next_step
    assert not (tmp_path / "model" / "model.json").exists()


def _keep_one_class(folder):
    path = folder / "chips" / "chips.json"
    values = json.loads(path.read_text())
    for chip in values["chips"]:
        chip["counts"] = {str(ICHU): 5}
    path.write_text(json.dumps(values))


def _legend_without_a_class(folder):
    from allpa_engine.core.legend import write_legend

    write_legend(
        Legend((LandClass(ICHU, "Ichu", "#D9C76A"), LandClass(200, "Puna", "#112233"))), folder / "legend.json"
    )


def test_jobs_that_contradict_themselves_are_refused_before_the_work(tmp_path):
    folder = write_training_folder(tmp_path / "training", count=2, size=16)
    model = tmp_path / "model"
    for changes, options in (
        ({"training": ""}, {}),
        ({}, {"start": "model"}),
        ({}, {"encoder": "resnet18"}),
        ({}, {"start": "nothing", "encoder": "../weights"}),
        ({}, {"features": ["NDVI"]}),
        ({}, {"steps": 0}),
    ):
        job = Job(str(model), "train_network", network_options=options, **{"training": str(folder), **changes})
        with pytest.raises((JobInvalid, TrainingInvalid)):
            run_job(job, NullReporter())
    model.mkdir(exist_ok=True)
    (model / "model.json").write_text("{}")
    with pytest.raises(MapExists, match="contains a model"):
        run_job(Job(str(model), "train_network", training=str(folder)), NullReporter())


def test_a_batch_depends_on_its_step_alone(tmp_path):
    chips = open_chips(write_training_folder(tmp_path, count=3, size=20, labelled=0.03))
    source = BatchSource(chips, np.arange(3), crop_px=32, batch_size=6, seed=4)
    first, again = source.batch(5), source.batch(5)
    np.testing.assert_array_equal(first.values, again.values)
    np.testing.assert_array_equal(first.channels, again.channels)
    assert not np.array_equal(first.values, source.batch(6).values)
    assert ((first.channels != IGNORED).sum(axis=(1, 2)) > 0).all()  # each crop has its labelled pixel
    assert (first.values > 0).all()
    seen = np.unique([channel for step in range(10) for channel in np.unique(source.batch(step).channels)])
    assert seen.tolist() == [0, 1, 2, IGNORED]


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(-40, 40), st.integers(-40, 40), st.integers(1, 40))
def test_a_crop_is_a_piece_of_the_chip_with_mirrors_beyond_it(height, width, top, left, side):
    index = np.arange(1, height * width + 1, dtype=np.float32).reshape(1, height, width)
    channels = np.zeros((height, width), np.uint8)
    values, labels = cut_crop(LabelledChip(index, channels), top, left, side)
    assert values.shape == (1, side, side)
    inside = labels == 0
    assert inside.sum() == min(side, height) * min(side, width)
    found = np.sort(values[0][inside])
    assert (np.diff(found) > 0).all()  # no pixel of the chip is labelled twice
    assert np.isin(values, index).all()


def test_only_labelled_pixels_count_and_rare_classes_weigh_more():
    share = np.array([0.6, 0.3, 0.1])
    weights = class_weights(share)
    assert float((weights * torch.from_numpy(share)).sum()) == pytest.approx(1, abs=1e-5)
    assert weights[2] > weights[1] > weights[0]
    logits = torch.tensor([[2.0, 0.0], [0.0, 1.0], [0.0, 0.0]]).view(1, 3, 1, 2)
    labels = torch.tensor([[[1, IGNORED]]])
    expected = np.log(np.exp([2.0, 0, 0]).sum())
    assert float(sparse_cross_entropy(logits, labels, weights)) == pytest.approx(expected, rel=1e-6)
    both = sparse_cross_entropy(logits, torch.tensor([[[1, 1]]]), weights)
    assert float(both) == pytest.approx((expected + np.log(np.exp([0.0, 1, 0]).sum()) - 1) / 2, rel=1e-6)
    nothing = sparse_cross_entropy(logits.requires_grad_(), torch.full((1, 1, 2), IGNORED), weights)
    nothing.backward()
    assert float(nothing) == 0
