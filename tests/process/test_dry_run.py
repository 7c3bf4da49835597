"""`DRY_RUN` of the main algorithm: a plan in outputs and log, and a map of another job stays unasked."""

import json

REGION = "CRS=EPSG:4326;POLYGON((-73 -14,-72.9 -14,-72.9 -13.9,-73 -13.9,-73 -14))"


def test_a_dry_run_gives_the_plan_and_makes_no_map(run_algorithm, fake_engine, tmp_path, feedback):
    parameters = {"GEOMETRY": REGION, "YEAR": 2020, "FOLDER": str(tmp_path), "DRY_RUN": True}
    results = run_algorithm("landcovermap", parameters)
    assert json.loads(fake_engine.runs[-1]["job"])["task"] == "plan"
    assert (results["PLAN_TILES"], results["PLAN_SCENES"], results["PLAN_MINUTES"]) == (2, 7, 1.5)
    assert not results.get("LANDCOVER")
    assert any("18LYK" in text for text in feedback.texts)
    assert not (tmp_path / "job.json").exists()


def test_a_dry_run_is_not_refused_where_a_map_of_another_job_lies(run_algorithm, fake_engine, tmp_path):
    (tmp_path / "landcover_2020.tif").write_bytes(b"of another job")
    parameters = {"GEOMETRY": REGION, "YEAR": 2020, "FOLDER": str(tmp_path), "DRY_RUN": True}
    assert run_algorithm("landcovermap", parameters)["PLAN_SCENES"] == 7
    assert (tmp_path / "landcover_2020.tif").read_bytes() == b"of another job"
