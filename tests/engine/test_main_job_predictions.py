"""The main job and its predictions: kept, damaged, of another scene, and of another numerical precision."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from allpa_engine.classify import inference, torch_network
from allpa_engine.classify.prediction_file import read_prediction
from allpa_engine.core.errors import JobInvalid
from allpa_engine.core.job import job_from_dict, read_job
from allpa_engine.core.protocol import NullReporter
from allpa_engine.run.pipeline import run_job
from test_main_job import Listener, job_in, pixels


@pytest.fixture(scope="module")
def finished(catalogue, tmp_path_factory):
    """A finished small job of two scenes, computed in bf16, and its result."""
    folder = tmp_path_factory.mktemp("bf16")
    job = job_in(folder, catalogue, precision="bf16", max_scenes=2)
    return job, run_job(job, NullReporter())


def _first(_key, builders, *_):
    """In place of the measurement: PyTorch in single precision."""
    return next(iter(builders.values()))()


def predictions_of(values):
    return sorted(Path(values["predictions"]).glob("*.tif"))


def damage_half(path, other):
    os.truncate(path, path.stat().st_size // 2)


def damage_bytes(path, other):
    content = bytearray(path.read_bytes())
    for position in np.random.default_rng(1).integers(0, len(content), 4000):
        content[position] ^= 0xFF
    path.write_bytes(content)


def damage_pixel(path, other):
    with rasterio.open(path, "r+") as dataset:
        dataset.write(np.where(dataset.read(1) == 5, 2, 5).astype(np.uint8), 1)


def replace_by_other(path, other):
    shutil.copy(other, path)


@pytest.mark.parametrize(
    ("damage", "message"),
    [(damage_half, None), (damage_bytes, None), (damage_pixel, "is damaged"), (replace_by_other, "another scene")],
)
def test_a_damaged_or_foreign_prediction_is_made_again_and_named(finished, tmp_path, damage, message):
    job, values = finished
    shutil.copytree(job.folder, tmp_path / "run")
    victim, other = (tmp_path / "run" / "predictions" / path.name for path in predictions_of(values)[:2])
    expected = pixels(victim)
    damage(victim, other)
    listener = Listener()
    again = run_job(replace(job, folder=str(tmp_path / "run"), overwrite=True), listener)
    texts = [text for text in listener.texts if victim.name in text]
    assert len(texts) == 1
    assert "made again" in texts[0]
    assert message is None or message in texts[0]
    np.testing.assert_array_equal(pixels(victim), expected)
    np.testing.assert_array_equal(pixels(again["landcover"]), pixels(values["landcover"]))


def test_the_precision_is_in_predictions_job_record_and_item(finished):
    job, values = finished
    facts = read_prediction(predictions_of(values)[0]).file_tags
    assert facts["ALLPA_PRECISION"] == "bf16"
    assert facts["ALLPA_DEVICE"].startswith("cpu")
    assert facts["ALLPA_TORCH"]
    assert facts["ALLPA_THREADS"] == "1"
    item = json.loads(Path(values["provenance"]).read_text())["properties"]
    (record,) = (json.loads(path.read_text()) for path in Path(job.folder).glob("record_*.json"))
    for inference_facts in (item["allpa:inference"], record["inference"]):
        assert inference_facts == {
            name: facts[f"ALLPA_{name.upper()}"] for name in ("precision", "device", "backend", "torch", "threads")
        }
    assert read_job(Path(job.folder) / "job.json").precision == "bf16"
    assert "precision bf16" in Path(values["report"]).read_text(encoding="utf-8")


def test_a_map_of_one_precision_is_made_again_where_another_would_be_chosen(finished, tmp_path, monkeypatch):
    _, values = finished
    monkeypatch.setattr(inference, "choose_back_end", _first)
    item = json.loads(Path(values["provenance"]).read_text())["properties"]
    again = run_job(replace(job_from_dict(item["allpa:job"]), folder=str(tmp_path)), NullReporter())
    for first, second in zip(predictions_of(values), predictions_of(again), strict=True):
        assert read_prediction(second).file_tags["ALLPA_PRECISION"] == "bf16"
        np.testing.assert_array_equal(pixels(second), pixels(first))
    np.testing.assert_array_equal(pixels(again["landcover"]), pixels(values["landcover"]))
    np.testing.assert_array_equal(pixels(again["quality"]), pixels(values["quality"]))


def test_what_was_chosen_by_measurement_is_in_the_record(finished, tmp_path, monkeypatch):
    """Also where it differs from that of the predictions that stand there: they are not mixed."""
    job, values = finished
    monkeypatch.setattr(inference, "choose_back_end", _first)
    shutil.copytree(job.folder, tmp_path / "run")
    again = run_job(replace(job, precision="auto", folder=str(tmp_path / "run"), overwrite=True), NullReporter())
    item = json.loads(Path(again["provenance"]).read_text())["properties"]
    assert item["allpa:job"]["precision"] == "fp32"
    assert item["allpa:inference"]["precision"] == "fp32"
    first, second = (pixels(predictions_of(run_values)[0]) for run_values in (values, again))
    assert (first[1] != second[1]).any(), "the confidences of the two precisions differ"


def test_a_precision_that_the_device_lacks_is_refused_before_any_work(catalogue, tmp_path, monkeypatch):
    def no_half(network, chips, precision):
        raise RuntimeError("not implemented for 'Half'")

    monkeypatch.setattr(torch_network, "run_network", no_half)
    with pytest.raises(JobInvalid, match="cannot run in fp16 on cpu") as caught:
        run_job(job_in(tmp_path, catalogue, precision="fp16"), NullReporter())
    assert "auto" in caught.value.next_step
    assert not (tmp_path / "job.json").exists()
    with pytest.raises(JobInvalid, match="precision"):
        run_job(job_in(tmp_path, catalogue, precision="fp8"), NullReporter())
