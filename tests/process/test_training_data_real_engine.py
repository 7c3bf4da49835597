"""`allpa:trainingdata` with the real engine: a layer becomes training data in QGIS, and early refusals."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

ENGINE = os.environ.get("ALLPA_TEST_ENGINE", "")
LEFT, TOP, SIDE = 700_000, 8_500_000, 60
BANDS = ("B04", "B08")

pytestmark = pytest.mark.skipif(not ENGINE, reason="needs the engine's Python, whose path `make test` gives")


@pytest.fixture
def given(qgis_app, tmp_path, monkeypatch):
    monkeypatch.setenv("ALLPA_ENGINE_PYTHON", ENGINE)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return {"LABELS": layer(), "FEATURES": images(tmp_path / "images"), "FOLDER": str(tmp_path / "entrenamiento ñ")}


def images(folder):
    """Two bands of reflectance: the west is dark, the east bright in the near infrared."""
    folder.mkdir()
    raster = gdal.GetDriverByName("GTiff").Create(str(folder / "bands.tif"), SIDE, SIDE, 2, gdal.GDT_UInt16)
    raster.SetGeoTransform((LEFT, 10, 0, TOP, 0, -10))
    raster.SetProjection(_wkt())
    columns = np.arange(SIDE)[None, :] + np.zeros((SIDE, 1))
    random = np.random.default_rng(1)
    for number, (name, east) in enumerate(zip(BANDS, (500, 4000)), 1):
        values = np.where(columns < SIDE / 2, 600, east) + random.normal(0, 60, (SIDE, SIDE))
        band = raster.GetRasterBand(number)
        band.WriteArray(np.clip(values, 1, 10_000).astype(np.uint16))
        band.SetDescription(name)
    raster.FlushCache()
    grid = {"crs": "EPSG:32718", "left": LEFT, "top": TOP, "resolution": 10.0, "width": SIDE, "height": SIDE}
    entry = {"path": "bands.tif", "bands": list(BANDS), "scale": 0.0001, "offset": 0.0, "no_data": 0.0}
    facts = {"format": "allpa-features", "version": 1, "grid": grid, "rasters": [entry]}
    (folder / "features.json").write_text(json.dumps(facts))
    return str(folder)


def _wkt():
    from qgis.core import QgsCoordinateReferenceSystem

    return QgsCoordinateReferenceSystem("EPSG:32718").toWkt()


def layer():
    """Points in memory, with accents, a feature without a class and one far away."""
    from qgis.core import QgsFeature, QgsGeometry, QgsPointXY, QgsVectorLayer

    made = QgsVectorLayer("Point?crs=EPSG:32718&field=cobertura:string&field=fid:integer", "etiquetas", "memory")
    random = np.random.default_rng(3)
    places = [(LEFT + 10 * x + 3, TOP - 10 * y - 4) for x, y in random.integers(1, SIDE - 1, (60, 2)).tolist()]
    values = ["Laguna" if x < LEFT + 5 * SIDE else "Queñual" for x, _ in places]
    for (x, y), value in [*zip(places, values), ((LEFT + 55, TOP - 55), None), ((LEFT + 90_000, TOP), "Laguna")]:
        feature = QgsFeature(made.fields())
        feature.setAttributes([value, 7])
        feature.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(x, y)))
        made.dataProvider().addFeature(feature)
    return made


def test_a_layer_becomes_training_data(run_algorithm, given):
    results = run_algorithm("trainingdata", {**given, "INDICES": "NDVI", "CHIP_SIZE": 16, "LANGUAGE": "es"})
    folder = Path(results["FOLDER"])
    legend = json.loads((folder / "legend.json").read_text(encoding="utf-8"))
    assert [entry["name"] for entry in legend["classes"]] == ["Laguna", "Queñual"]
    facts = json.loads((folder / "samples.json").read_text(encoding="utf-8"))
    assert facts["features"] == ["B04", "B08", "NDVI"]
    assert results["ROWS"] == facts["rows"] > 100
    assert results["LEFT_OUT"] >= 2
    assert results["CHIPS"] > 0
    report = Path(results["REPORT"]).read_text(encoding="utf-8")
    assert "Datos de entrenamiento" in report
    assert "etiquetas.gpkg" in report  # the layer's own name
    notes = " ".join(json.loads(results["NOTES"]))
    assert "Etiquetas fuera de las imágenes, que se excluyen: 1." in notes
    assert "Etiquetas sin clase, que se excluyen: 1." in notes


def test_layers_of_doubts_open_in_qgis_with_their_styles(run_algorithm, given):
    """Three labels of the east say that they are of the west."""
    from qgis.core import QgsVectorLayer

    names = given["LABELS"].fields().names()
    wrong = [feature.id() for feature in given["LABELS"].getFeatures() if feature["cobertura"] == "Queñual"][:3]
    changes = {number: {names.index("cobertura"): "Laguna"} for number in wrong}
    assert given["LABELS"].dataProvider().changeAttributeValues(changes)
    results = run_algorithm("trainingdata", {**given, "BLOCK_SIZE": 100})
    path = Path(results["FOLDER"]) / "suspicious.gpkg"
    layer = QgsVectorLayer(f"{path}|layername=suspicious", "suspicious", "ogr")
    assert layer.loadDefaultStyle()[1]
    assert layer.renderer().type() == "RuleRenderer"
    found = {(feature["recorded"], feature["suggested"]) for feature in layer.getFeatures()}
    assert found == {("Laguna", "Queñual")}
    assert layer.featureCount() == results["SUSPICIOUS"] >= 2
    left_out = QgsVectorLayer(f"{path}|layername=left_out", "left_out", "ogr")
    assert left_out.featureCount() == results["LEFT_OUT"] >= 2


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"LABELS": None}, "No labels are set"),
        ({"LABELS": None, "LABELS_FILE": "/nowhere/labels.kmz"}, "does not exist"),
        ({"FEATURES": "/nowhere"}, "folder of images does not exist"),
        ({"CLASSES": "Bosque"}, "The class of a value cannot be read: 'Bosque'"),
        ({"BALANCE": "some"}, "It must be one of: none, weights, down, up, centre_of_largest"),
        ({"FOLDS": 1}, "from 2 to 50"),
        ({"CLASS_FIELD": "uso"}, "no field 'uso'"),  # the engine says so
        ({"CLASSES": "Laguna=Lago; Queñual=Lago"}, "one class, Lago"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_sentence(run_algorithm, given, change, sentence):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match=sentence):
        run_algorithm("trainingdata", {**given, **change})


def test_names_and_codes_of_classes_are_read():
    from allpa.plugin.algorithms.trainingdata import parse_class_names

    text = "Bosque primario=Bosque;Nubes = 0\n a=b=7; ;Matorral="
    assert parse_class_names(text) == {"Bosque primario": "Bosque", "Nubes": 0, "a=b": 7, "Matorral": ""}
