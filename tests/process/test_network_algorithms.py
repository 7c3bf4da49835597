"""Exporting and explaining networks from QGIS: the jobs that are run, and what is refused before."""

import json

import pytest


@pytest.fixture
def folders(tmp_path):
    """A model folder and training data, as far as QGIS looks at them."""
    for file in ("model/model.json", "training/chips/chips.json"):
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).write_text("{}")
    return tmp_path


def job_of(folder, task):
    return json.loads((folder / f"{task}.job.json").read_text())


def test_an_export_writes_all_formats_of_the_bundled_network_by_default(run_algorithm, fake_engine, folders):
    fake_engine.set_behaviour("result")
    run_algorithm("exportmodel", {"FOLDER": str(folders / "out")})
    job = job_of(folders / "out", "export_model")
    assert (job["task"], job["model"]) == ("export_model", "")
    assert job["export_options"] == {"formats": ["deepness", "onnx", "torchscript"], "tile_px": 512}


def test_an_export_takes_the_card_of_a_model_folder_for_the_folder(run_algorithm, fake_engine, folders):
    fake_engine.set_behaviour("result")
    values = {"NETWORK": str(folders / "model" / "model.json"), "FORMATS": ["deepness"], "TILE": 256}
    run_algorithm("exportmodel", {**values, "FOLDER": str(folders / "out"), "LANGUAGE": "es"})
    job = job_of(folders / "out", "export_model")
    assert (job["model"], job["language"]) == (str(folders / "model"), "es")
    assert job["export_options"] == {"formats": ["deepness"], "tile_px": 256}


def test_an_explanation_reads_the_chips_of_training_data(run_algorithm, fake_engine, folders):
    fake_engine.set_behaviour("result")
    values = {"TRAINING": str(folders / "training"), "CHIPS": 7, "STEPS": 50, "FOLDER": str(folders / "out")}
    run_algorithm("explainmodel", values)
    job = job_of(folders / "out", "explain_model")
    assert (job["task"], job["training"]) == ("explain_model", str(folders / "training"))
    assert job["explain_options"] == {"chips": 7, "steps": 50}


@pytest.mark.parametrize(
    ("algorithm", "values", "words"),
    [
        ("exportmodel", {"NETWORK": "nothing.safetensors"}, "no model file or model folder"),
        ("explainmodel", {"TRAINING": "."}, "no training data with chips"),
    ],
)
def test_what_is_not_there_is_refused_before_the_engine_starts(
    run_algorithm, fake_engine, folders, algorithm, values, words
):
    with pytest.raises(Exception, match=words):
        run_algorithm(algorithm, {**values, "FOLDER": str(folders / "out")})
    assert fake_engine.runs == []
