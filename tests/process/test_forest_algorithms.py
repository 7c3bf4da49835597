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


def test_composites_are_classified_by_the_model(run_algorithm, fake_engine, folders):
    fake_engine.set_behaviour("result")
    results = run_algorithm(
        "classifyfeatures",
        {
            "MODEL": str(folders / "model"), "FEATURES": str(folders / "composites"), "YEAR": 2021,
            "REGION_NAME": "Apurímac", "FOLDER": str(folders / "out"), "OVERWRITE": True,
        },
    )  # fmt: skip
    job = json.loads((folders / "out" / "job.json").read_text())
    assert (job["task"], job["start"], job["end"]) == ("classify_features", "2021-01-01", "2021-12-31")
    assert (job["model"], job["features"]) == (str(folders / "model"), str(folders / "composites"))
    assert job["overwrite"] is True
    assert results["FOLDER"] == str(folders / "out")


@pytest.mark.parametrize(("name", "text"), [("MODEL", "no model"), ("FEATURES", "no composites")])
def test_folders_of_something_else_are_refused(run_algorithm, fake_engine, folders, name, text):
    given = {"MODEL": str(folders / "model"), "FEATURES": str(folders / "composites"), "FOLDER": str(folders / "out")}
    with pytest.raises(Exception, match=text):
        run_algorithm("classifyfeatures", {**given, "YEAR": 2021, name: str(folders / "samples")})
    assert fake_engine.runs == []
