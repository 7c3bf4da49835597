"""The two models of the toolbox run on every QGIS, with names in its language."""

import json

import pytest
from qgis.core import QgsProcessingModelAlgorithm


@pytest.fixture
def layer(tmp_path):
    square = {"type": "Polygon", "coordinates": [[[-73, -14], [-72.9, -14], [-72.9, -13.9], [-73, -13.9], [-73, -14]]]}
    feature = {"type": "Feature", "id": 1, "properties": {"DISTRITO": "Abancay"}, "geometry": square}
    path = tmp_path / "districts.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    return str(path)


def models_of(provider):
    return [algorithm for algorithm in provider.algorithms() if isinstance(algorithm, QgsProcessingModelAlgorithm)]


def test_the_models_are_valid_and_keep_their_names_in_a_copy(provider):
    models = models_of(provider)
    assert {model.id() for model in models} == {"allpa:map_by_district", "allpa:two_years"}
    for model in models:
        copy = model.create()
        assert copy.validate() == (True, [])
        assert (copy.name(), copy.displayName()) == (model.name(), model.displayName())
        for definition in copy.parameterDefinitions():
            assert definition.isDestination() or definition.help()


def test_the_files_are_those_that_the_tool_writes_in_english(provider):
    from allpa.plugin.resources import MODELS

    text = "".join(path.read_text(encoding="utf-8") for path in MODELS.glob("*.model3"))
    assert "Two years and their change" in text
    assert "/home" not in text


def test_districts_are_mapped_in_one_run_with_a_map_of_each(run_algorithm, fake_engine, layer, tmp_path):
    results = run_algorithm(
        "map_by_district",
        {
            "DISTRICTS": layer,
            "YEAR": 2020,
            "map:FOLDER": str(tmp_path / "map"),
            "areas:OUTPUT": str(tmp_path / "areas.csv"),
            "areas:ZONE_LAYER": str(tmp_path / "zones.gpkg"),
        },
    )
    jobs = [json.loads(start["job"]) for start in fake_engine.runs]
    assert [job["task"] for job in jobs] == ["landcovermap", "areas"]
    assert (jobs[0]["zone_maps"], jobs[0]["zone_name"], jobs[0]["start"]) == (True, "DISTRITO", "2020-01-01")
    assert jobs[1]["landcover"] == str(tmp_path / "map" / "landcover_2020.tif")
    assert results["areas:OUTPUT"] == str(tmp_path / "areas.csv")
    assert (tmp_path / "zones.gpkg").is_file()


def test_two_years_are_mapped_and_compared(run_algorithm, fake_engine, layer, tmp_path):
    folders = {f"{step}:FOLDER": str(tmp_path / step) for step in ("first", "second", "change")}
    run_algorithm("two_years", {"REGION": layer, "FIRST_YEAR": 2018, "SECOND_YEAR": 2020, **folders})
    jobs = [json.loads(start["job"]) for start in fake_engine.runs]
    assert [job["task"] for job in jobs] == ["landcovermap", "landcovermap", "change"]
    assert jobs[2]["maps"] == {
        "2018": str(tmp_path / "first" / "landcover_2018.tif"),
        "2020": str(tmp_path / "second" / "landcover_2020.tif"),
    }
