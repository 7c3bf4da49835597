"""`allpa:accuracysample` with the real engine: the sample, its layers with style and form, and early refusals."""

import json
import os
import sqlite3
from contextlib import closing

import numpy as np
import pytest
from small_maps import codes_of, write_raster, write_zones

ENGINE = os.environ.get("ALLPA_TEST_ENGINE", "")

pytestmark = pytest.mark.skipif(not ENGINE, reason="needs the engine's Python, whose path `make test` gives")


@pytest.fixture
def given(qgis_app, tmp_path, monkeypatch):
    monkeypatch.setenv("ALLPA_ENGINE_PYTHON", ENGINE)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return {
        "LANDCOVER": write_raster(tmp_path / "landcover_2020.tif", [codes_of(1)]),
        "SIZE": 90,
        "MINIMUM_POINTS": 5,
        "OUTPUT": str(tmp_path / "muestra ñ" / "muestra 2020.gpkg"),
    }


def rows_of(path, query):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def test_the_sample_is_drawn_and_its_labels_are_loaded_with_the_form(loaded, given, tmp_path):
    from qgis.core import QgsProject

    zones = write_zones(tmp_path / "distritos.gpkg", {"norte": (50, 20, 200, 150), "sur": (30, 180, 430, 170)})
    given |= {"STRATA": "classes_zones", "ZONES": zones, "ZONE_FIELD": "district"}
    results, layers = loaded("accuracysample", {**given, "INTERPRETERS": "Ana; L'Óscar", "SEED": 4})
    strata = json.loads(results["STRATA_TABLE"])
    north = np.bincount(codes_of(1)[2:17, 5:25].ravel(), minlength=10)
    assert {row["map_class"]: row["pixels"] for row in strata if row["zone"] == "norte"} == {
        code: int(count) for code, count in enumerate(north) if code and count
    }
    assert results["POINTS"] == sum(row["points"] for row in strata) == 90
    assert 0 < results["EXPECTED_STANDARD_ERROR"] < 0.1
    zones_of_points = {zone for (zone,) in rows_of(results["OUTPUT"], "SELECT DISTINCT zone FROM sample_points")}
    assert zones_of_points == {"norte", "sur"}

    assert {name: layer.featureCount() for name, layer in layers.items()} == {
        "Labels of Ana": 90,
        "Labels of L'Óscar": 90,
    }
    tree = QgsProject.instance().layerTreeRoot()
    shown = [name for name, layer in layers.items() if tree.findLayer(layer.id()).isVisible()]
    assert shown == ["Labels of Ana"]
    layer = layers["Labels of Ana"]
    names = layer.fields().names()
    assert not {"map_class", "stratum"} & set(names)
    kinds = {name: layer.editorWidgetSetup(index).type() for index, name in enumerate(names)}
    assert kinds["reference_class"] == kinds["second_class"] == "AllpaClass"
    assert (kinds["confidence"], kinds["earlier_class"]) == ("ValueMap", "Hidden")
    assert layer.renderer().type() == "RuleRenderer"
    assert layer.crs().authid() == "EPSG:32718"

    layer.startEditing()
    feature = next(layer.getFeatures())
    layer.changeAttributeValue(feature.id(), names.index("reference_class"), 7)
    assert layer.commitChanges()
    labelled = rows_of(
        results["OUTPUT"],
        "SELECT interpreter, reference_class, strftime('%s', 'now') - strftime('%s', labelled_at) BETWEEN 0 AND 90 "
        "FROM labels WHERE labelled_at != ''",
    )
    assert labelled == [("Ana", 7, 1)]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"STRATA": "zones"}, "The strata are zones, but no layer of zones is given."),
        ({"EXPECTED_ACCURACY": "2=ninety"}, "The expected accuracy '2=ninety' cannot be read"),
        ({"SIZE": -1}, "whole number from 0 to 200000"),
        ({"INTERPRETERS": "settled"}, "has a name twice, or the name 'settled'"),
        ({"METHOD": "cluster"}, "It must be one of: simple, stratified, systematic"),
        ({"STANDARD_ERROR": 0}, "number from 0.0001 to 0.5"),
        ({"SIZE": 100_000}, "100,000 points are wished, but the map has only"),  # the engine says so
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_sentence(run_algorithm, given, change, sentence):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match=sentence):
        run_algorithm("accuracysample", {**given, **change})
