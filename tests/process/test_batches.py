"""Batches and iterations over a layer: each map has the name of its feature, and all share a table and their scenes."""

import json
from pathlib import Path

import pytest


@pytest.fixture
def districts(qgis_app):
    """Three squares, two of one name."""
    from qgis.core import QgsFeature, QgsGeometry, QgsRectangle, QgsVectorLayer

    layer = QgsVectorLayer("Polygon?crs=EPSG:32718&field=UBIGEO:string(6)&field=DISTRITO:string(40)", "d", "memory")
    for number, name in enumerate(("Abancay", "San Juan", "San Juan")):
        feature = QgsFeature(layer.fields())
        feature.setAttributes([f"03010{number}", name])
        west = 730_000 + 1000 * number
        feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(west, 8_490_000, west + 1000, 8_491_000)))
        layer.dataProvider().addFeature(feature)
    return layer


@pytest.fixture
def context(districts):
    from qgis.core import QgsProcessingContext, QgsProject

    project = QgsProject.instance()
    project.addMapLayer(districts)
    context = QgsProcessingContext()
    context.setProject(project)
    yield context
    project.clear()


def test_an_iteration_over_a_layer_names_each_map(provider, fake_engine, context, districts, feedback, tmp_path):
    from processing.gui.AlgorithmExecutor import executeIterating

    algorithm = provider.algorithm("landcovermap").create()
    values = {"REGION": districts.id(), "YEAR": 2020, "FOLDER": str(tmp_path / "map"), "JOINT_TABLE": ""}
    values["JOINT_TABLE"] = str(tmp_path / "all.csv")
    assert executeIterating(algorithm, values, "REGION", context, feedback), feedback.errors
    jobs = [json.loads(start["job"]) for start in fake_engine.runs]
    assert [job["region_name"] for job in jobs] == ["Abancay", "San Juan", "San Juan"]
    assert [Path(job["folder"]).name for job in jobs] == ["map_0", "map_1", "map_2"]
    assert {job["joint_table"] for job in jobs} == {str(tmp_path / "all.csv")}
    assert {job["cache_folder"] for job in jobs} == {str(tmp_path / "scenes")}


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"REGION_NAME": " Mine "}, "Mine"),
        ({"REGION_FIELD": "UBIGEO"}, "030100"),
        ({}, "Abancay"),
    ],
)
def test_the_name_is_the_given_one_or_that_of_the_feature(provider, context, districts, tmp_path, values, name):
    from allpa.plugin.algorithms.batches import region_name
    from qgis.core import QgsProcessingFeatureSourceDefinition

    districts.selectByIds([1])
    selected = QgsProcessingFeatureSourceDefinition(districts.id(), True)
    algorithm = provider.algorithm("landcovermap").create()
    assert region_name(algorithm, {"REGION": selected, **values}, context) == name


def test_several_features_give_no_name(provider, context, districts):
    from allpa.plugin.algorithms.batches import region_name

    algorithm = provider.algorithm("landcovermap").create()
    assert region_name(algorithm, {"REGION": districts.id()}, context) == ""
    assert region_name(algorithm, {"EXTENT": "0,1,0,1"}, context) == ""


def test_a_cache_that_is_set_is_used(provider, fake_engine, context, districts, feedback, tmp_path):
    values = {"REGION": districts.id(), "YEAR": 2020, "FOLDER": str(tmp_path / "map"), "CACHE": str(tmp_path / "mine")}
    _, worked = provider.algorithm("landcovermap").run(
        {**values, "JOINT_TABLE": str(tmp_path / "a.csv")}, context, feedback
    )
    assert worked
    assert json.loads(fake_engine.runs[0]["job"])["cache_folder"] == str(tmp_path / "mine")


def test_a_map_for_each_zone_is_asked_for(provider, fake_engine, context, districts, feedback, tmp_path):
    values = {"ZONES": districts.id(), "YEAR": 2020, "FOLDER": str(tmp_path / "map"), "ZONE_MAPS": True}
    _, worked = provider.algorithm("landcovermap").run(values, context, feedback)
    assert worked
    job = json.loads(fake_engine.runs[0]["job"])
    assert job["zone_maps"] is True
    assert job["zone_name"] == "DISTRITO"
