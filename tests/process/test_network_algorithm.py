"""`allpa:trainnetwork` with an engine that gives small, whole results: jobs and refusals; models as folders."""

import json

import pytest


@pytest.fixture
def folders(tmp_path):
    """Training data with chips and a model, as far as QGIS looks at them."""
    for name, file in (("training/chips", "chips.json"), ("without", "samples.json"), ("model", "model.json")):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / file).write_text("{}")
    return tmp_path


def train(run_algorithm, folders, **values):
    run_algorithm("trainnetwork", {"TRAINING": str(folders / "training"), "FOLDER": str(folders / "out"), **values})
    return json.loads((folders / "out" / "train_network.job.json").read_text())


def test_the_job_holds_what_was_chosen(run_algorithm, fake_engine, folders):
    fake_engine.set_behaviour("result")
    card = str(folders / "model" / "model.json")
    job = train(
        run_algorithm, folders, START="model", START_MODEL=card, STEPS=77, LEARNING_RATE=0.02, FEATURES="B04, B08 B11",
        AUGMENTATION=False, DEVICE="cpu", THREADS=2,
    )  # fmt: skip
    options = job["network_options"]
    assert (job["task"], job["training"], job["model"]) == (
        "train_network", str(folders / "training"), str(folders / "model"),
    )  # fmt: skip
    assert (job["device"], job["threads"], options["start"], options["steps"]) == ("cpu", 2, "model", 77)
    assert (options["learning_rate"], options["augmentation"]) == (0.02, False)
    assert options["features"] == ["B04", "B08", "B11"]


def test_the_proposal_trains_the_bundled_network_further(run_algorithm, fake_engine, folders):
    fake_engine.set_behaviour("result")
    job = train(run_algorithm, folders)
    assert (job["model"], job["network_options"]["start"], job["network_options"]["encoder"]) == ("", "bundled", "")
    assert job["network_options"]["pretrained"] is False
    job = train(run_algorithm, folders, START="nothing", ENCODER=" resnet18 ", OVERWRITE=True)
    assert (job["network_options"]["encoder"], job["overwrite"]) == ("resnet18", True)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"TRAINING": "without"}, "no training data with chips"),
        ({"START": "model"}, "none is given"),
        ({"START": "model", "START_MODEL": "without"}, "no model file or model folder"),
        ({"ENCODER": "resnet18"}, "starts from nothing"),
        ({"START": "nothing", "ENCODER": "../weights"}, "name of an encoder"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_the_engine_starts(run_algorithm, fake_engine, folders, values, text):
    paths = {name: str(folders / value) for name, value in values.items() if name in ("TRAINING", "START_MODEL")}
    with pytest.raises(Exception, match=text):
        train(run_algorithm, folders, **{**values, **paths})
    assert fake_engine.runs == []


@pytest.mark.parametrize("name", ["model", "model/model.json"])
def test_a_model_folder_is_taken_as_the_model_of_a_map(run_algorithm, fake_engine, folders, name):
    region = "CRS=EPSG:4326;POLYGON((-73 -14,-72.9 -14,-72.9 -13.9,-73 -13.9,-73 -14))"
    folder = folders / "map"
    run_algorithm(
        "landcovermap", {"GEOMETRY": region, "YEAR": 2020, "FOLDER": str(folder), "MODEL": str(folders / name)}
    )
    assert json.loads(fake_engine.runs[-1]["job"])["model"] == str(folders / "model")
