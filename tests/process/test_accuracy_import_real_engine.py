"""`allpa:accuracyimport` with the real engine: a table becomes labels in QGIS, and early refusals."""

import json
import os
import sqlite3
from contextlib import closing

import pytest
from small_maps import LEFT, TOP, codes_of, write_raster

ENGINE = os.environ.get("ALLPA_TEST_ENGINE", "")

pytestmark = pytest.mark.skipif(not ENGINE, reason="needs the engine's Python, whose path `make test` gives")


@pytest.fixture
def given(qgis_app, tmp_path, monkeypatch):
    monkeypatch.setenv("ALLPA_ENGINE_PYTHON", ENGINE)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    table = tmp_path / "puntos ñ.csv"
    rows = ["este;norte;cobertura", *(f"{LEFT + 10 * c + 5},5;{TOP - 45},5;bosque" for c in range(5, 12))]
    table.write_text("\n".join([*rows, f"{LEFT + 205};{TOP - 45};desconocido"]), encoding="utf-8")
    return {
        "LANDCOVER": write_raster(tmp_path / "landcover_2020.tif", [codes_of(1)]),
        "REFERENCE": str(table),
        "CRS": "EPSG:32718",
        "CLASSES": "Bosque=Trees; desconocido=0",
        "OUTPUT": str(tmp_path / "importada.gpkg"),
    }


def test_a_table_becomes_a_sample_with_labels(run_algorithm, given):
    results = run_algorithm("accuracyimport", given)
    assert (results["POINTS"], results["LABELS"], results["METHOD"]) == (7, 7, "imported")
    assert any("intervals do not hold" in note for note in json.loads(results["NOTES"]))
    with closing(sqlite3.connect(results["OUTPUT"])) as connection:
        labels = connection.execute("SELECT DISTINCT interpreter, reference_class, note FROM labels").fetchall()
        classes = connection.execute("SELECT map_class FROM sample_points").fetchall()
    assert labels == [("puntos ñ", 2, "bosque")]
    assert sorted(code for (code,) in classes) == sorted(codes_of(1)[4, 5:12].tolist())


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"CLASSES": "bosque"}, "The class of a value cannot be read: 'bosque'"),
        ({"CLASSES": "bosque=11"}, "The class of a value cannot be read"),
        ({"REFERENCE": "/nowhere/points.csv"}, "does not exist"),
        ({"POLYGONS": "all"}, "It must be one of: inner_point, random_points"),
        ({"CLASSES": ""}, "2 values of the field of classes .* have no class"),  # the engine says so
    ],
)
def test_what_cannot_be_imported_is_refused_with_a_sentence(run_algorithm, given, change, sentence):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match=sentence):
        run_algorithm("accuracyimport", {**given, **change})
