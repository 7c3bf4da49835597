"""The algorithms of models of single pixels, with an engine that gives small, whole results: jobs and refusals."""

import json

import pytest


@pytest.fixture
def folders(tmp_path):
    """Training data, a model and composites, as far as QGIS looks at them."""
    for name, file in (("samples", "samples.json"), ("model", "model.json"), ("composites/tile", "features.json")):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / file).write_text("{}")
    return tmp_path


def test_the_job_of_a_forest_holds_what_was_chosen(run_algorithm, fake_engine, folders):
    fake_engine.set_behaviour("result")
    run_algorithm(
        "trainforest",
        {
            "TRAINING": str(folders / "samples"), "TEST_TRAINING": str(folders / "samples"),
            "KIND": "gradient_boosting",
            "TREES": 55, "KEEP_FEATURES": 30, "LEARNING_RATE": 0.2, "HIERARCHY": True, "EXPLAIN": False,
            "WEIGHTING": "balanced", "LICENCE": "CC BY 4.0", "FOLDER": str(folders / "out"), "THREADS": 2,
        },
    )  # fmt: skip
    job = json.loads((folders / "out" / "train_forest.job.json").read_text())
    options = job["forest_options"]
    assert (job["task"], job["training"], job["threads"]) == ("train_forest", str(folders / "samples"), 2)
    assert job["test_training"] == str(folders / "samples")
    assert {key: options[key] for key in ("kind", "trees", "keep_features", "learning_rate", "hierarchy")} == {
        "kind": "gradient_boosting", "trees": 55, "keep_features": 30, "learning_rate": 0.2, "hierarchy": True,
    }  # fmt: skip
    assert (options["explain"], options["importance"], options["weighting"]) == (False, True, "balanced")
    assert options["licence"] == "CC BY 4.0"


def test_the_proposal_is_the_forest_of_the_paper(run_algorithm, fake_engine, folders):
    fake_engine.set_behaviour("result")
    run_algorithm("trainforest", {"TRAINING": str(folders / "samples"), "FOLDER": str(folders / "out")})
    options = json.loads((folders / "out" / "train_forest.job.json").read_text())["forest_options"]
    assert {key: options[key] for key in ("kind", "trees", "max_depth", "min_leaf", "split_features")} == {
        "kind": "forest", "trees": 100, "max_depth": 0, "min_leaf": 1, "split_features": 0,
    }  # fmt: skip


def test_a_folder_without_training_data_is_refused(run_algorithm, fake_engine, folders):
    with pytest.raises(Exception, match="no training data"):
        run_algorithm("trainforest", {"TRAINING": str(folders), "FOLDER": str(folders / "out")})
    assert fake_engine.runs == []
