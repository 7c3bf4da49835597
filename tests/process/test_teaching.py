"""Teaching, mapping again and embeddings from QGIS: the jobs that the engine gets, and what is refused before."""

import json
from pathlib import Path

import pytest
from small_maps import write_finished_run, write_zones


@pytest.fixture
def run_folder(tmp_path):
    return write_finished_run(tmp_path / "corrida ñ")


@pytest.fixture
def corrections(tmp_path):
    return write_zones(tmp_path / "corrections.gpkg", {"Crops": (50, 20, 200, 150), "3": (10, 10, 20, 20)})


def job_of(engine):
    return json.loads(engine.runs[-1]["job"])


def test_the_refit_uses_scenes_and_settings_of_the_run(run_algorithm, fake_engine, run_folder, corrections):
    fake_engine.set_behaviour("result")
    run_algorithm(
        "refitnetwork",
        {"RUN_FOLDER": str(run_folder), "CORRECTIONS": corrections, "CLASS_FIELD": "district"},
    )
    job = job_of(fake_engine)
    assert (job["task"], job["folder"]) == ("refit", str(run_folder / "teaching"))
    assert (job["scenes"], job["cache_folder"]) == (str(run_folder / "scenes_2020.json"), str(run_folder / "scenes"))
    assert (job["max_scenes"], job["start"]) == (7, "2020-01-01")
    written = json.loads(Path(job["corrections"]).read_text(encoding="utf-8"))
    assert sorted(str(feature["properties"]["class"]) for feature in written["features"]) == ["3", "Crops"]
    longitude, latitude = written["features"][0]["geometry"]["coordinates"][0][0][:2]
    assert -180 < longitude < 180
    assert -90 < latitude < 90


def test_a_map_of_another_model_leaves_the_map_of_the_run(run_algorithm, fake_engine, run_folder, tmp_path):
    from qgis.core import QgsProcessingException

    fake_engine.set_behaviour("result")
    (model := tmp_path / "model").mkdir()
    (model / "model.json").write_text("{}")
    values = {"RUN_FOLDER": str(run_folder), "MODEL": str(model)}
    results = run_algorithm("mapwithmodel", {**values, "FOLDER": str(tmp_path / "again")})
    job = job_of(fake_engine)
    assert (job["task"], job["model"], job["region_name"]) == ("landcovermap", str(model), "Valle")
    assert (job["folder"], job["outputs"]) == (str(tmp_path / "again"), {})
    assert Path(results["LANDCOVER"]).parent == tmp_path / "again"
    with pytest.raises(QgsProcessingException, match="output folder is that of the run"):
        run_algorithm("mapwithmodel", {**values, "FOLDER": str(run_folder)})


def test_embeddings_of_months(run_algorithm, fake_engine, run_folder, tmp_path):
    fake_engine.set_behaviour("result")
    run_algorithm(
        "embeddings", {"RUN_FOLDER": str(run_folder), "PERIOD": "month", "FOLDER": str(tmp_path / "embeddings")}
    )
    assert (job_of(fake_engine)["task"], job_of(fake_engine)["embedding_period"]) == ("embeddings", "month")


@pytest.mark.parametrize(("version", "is_warned"), [("3060200", True), ("3070000", False)])
def test_embeddings_that_this_qgis_shows_wrongly(
    run_algorithm, fake_engine, run_folder, tmp_path, feedback, monkeypatch, version, is_warned
):
    from osgeo import gdal

    monkeypatch.setattr(gdal, "VersionInfo", lambda kind="VERSION_NUM": "3.x" if kind == "RELEASE_NAME" else version)
    fake_engine.set_behaviour("result")
    run_algorithm("embeddings", {"RUN_FOLDER": str(run_folder), "FOLDER": str(tmp_path / "embeddings")})
    assert ("shows wrong values for embeddings" in " ".join(feedback.warnings)) == is_warned


@pytest.mark.parametrize("name", ["refitnetwork", "mapwithmodel", "embeddings"])
def test_a_folder_without_a_run_is_refused(run_algorithm, fake_engine, corrections, tmp_path, name):
    from qgis.core import QgsProcessingException

    values = {"RUN_FOLDER": str(tmp_path), "CORRECTIONS": corrections, "MODEL": str(tmp_path), "FOLDER": str(tmp_path)}
    with pytest.raises(QgsProcessingException, match="holds no run of Allpa"):
        run_algorithm(name, values)
    assert fake_engine.runs == []


def test_corrections_without_the_field_are_refused(run_algorithm, fake_engine, run_folder, corrections):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match="no field class"):
        run_algorithm("refitnetwork", {"RUN_FOLDER": str(run_folder), "CORRECTIONS": corrections})
