"""`allpa:areatable` with zones and the real engine: every zone equals a plain count, odd zones are told."""

import csv
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from small_maps import LEFT, TOP, codes_of, write_raster, write_zones

ENGINE = os.environ.get("ALLPA_TEST_ENGINE", "")
ZONES = {
    "norte": (50, 20, 200, 150),
    "sur": (30, 180, 430, 170),
    "sobre sur": (300, 150, 100, 100),  # half of it lies in "sur"
    "parcela": (411, 31, 3, 3),  # no pixel's centre
    "fuera": (5000, 5000, 100, 100),
}

pytestmark = pytest.mark.skipif(not ENGINE, reason="needs the engine's Python, whose path `make test` gives")


@pytest.fixture
def given(qgis_app, tmp_path, monkeypatch):
    monkeypatch.setenv("ALLPA_ENGINE_PYTHON", ENGINE)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return {
        "INPUT": write_raster(tmp_path / "landcover_2020.tif", [codes_of(1)]),
        "ZONES": write_zones(tmp_path / "distritos.gpkg", ZONES),
        "ZONE_FIELD": "district",
        "OUTPUT": str(tmp_path / "tablas ñ" / "áreas.csv"),
    }


def counted(name):
    """Pixels of codes 0 to 10 in a zone whose borders lie on borders of pixels."""
    x, y, width, height = (length // 10 for length in ZONES[name])
    return np.bincount(codes_of(1)[y : y + height, x : x + width].ravel(), minlength=11)


def rows_of(path):
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_every_zone_equals_a_plain_count_in_layer_wide_and_long_table(run_algorithm, given, feedback):
    results = run_algorithm("areatable", {**given, "ZONE_LAYER": "TEMPORARY_OUTPUT"})
    layer = results["ZONE_LAYER"]
    assert layer.crs().authid() == "EPSG:32718"
    features = {feature["district"]: feature for feature in layer.getFeatures()}
    assert set(features) == set(ZONES)
    wide = {row["zone_name"]: row for row in rows_of(results["ZONE_TABLE"])}
    long = {(row["name"], row["code"]): row for row in rows_of(results["ZONE_TABLE_LONG"])}
    assert results["ZONE_COUNT"] == len(wide) == 5
    assert len(long) == 50
    for name in ("norte", "sur", "sobre sur"):
        pixels = counted(name)
        feature = features[name]
        assert feature["pixels"] == int(wide[name]["pixels"]) == pixels[1:].sum()
        assert feature["ha_no_data"] == pytest.approx(pixels[0] / 100)
        for code in range(1, 11):
            assert feature[f"ha_{code}"] == pytest.approx(pixels[code] / 100)
            assert feature[f"pct_{code}"] == pytest.approx(100 * pixels[code] / pixels[1:].sum(), abs=0.006)
            assert float(long[name, str(code)]["area (ha)"]) == pytest.approx(pixels[code] / 100)
            assert int(long[name, str(code)]["pixels"]) == pixels[code]
    assert features["norte"]["note"] == "own note"  # the layer's own attributes stay as they were
    # The map is 37 x 53 pixels; zones change nothing in its own table.
    assert json.loads(results["AREA_TABLE"])[-1]["pixels"] == 37 * 50


def write_districts(path, crs):
    """Districts as an office has them: codes with zeros in front, a name twice, two parts, a self-crossing border."""
    from osgeo import ogr, osr

    system, source_system = osr.SpatialReference(), osr.SpatialReference()
    system.ImportFromEPSG(crs)
    source_system.ImportFromEPSG(32718)
    to_layer = osr.CoordinateTransformation(source_system, system)
    source = ogr.GetDriverByName("ESRI Shapefile").CreateDataSource(str(path), ["ENCODING=UTF-8"])
    layer = source.CreateLayer("distritos", system, ogr.wkbMultiPolygon, ["ENCODING=UTF-8"])
    for name in ("UBIGEO", "DISTRITO", "PROVINCIA"):
        layer.CreateField(ogr.FieldDefn(name, ogr.OFTString))
    squares = {
        ("080301", "San Juan", "Canas"): [(0, 0, 100, 100), (200, 0, 100, 100)],
        ("080401", "San Juan", "Calca"): [(0, 100, 100, 100)],
        ("080402", "Ñuñoa", "Calca"): [(100, 100, 200, 100)],
    }
    for values, boxes in squares.items():
        parts = []
        for x, y, width, height in boxes:
            left, top = LEFT + x, TOP - y
            corners = [(left, top), (left + width, top), (left + width, top - height), (left, top - height)]
            if values[1] == "Ñuñoa":
                corners = [corners[0], corners[1], corners[3], corners[2]]  # a bow tie: half of the rectangle
            ring = ", ".join(f"{corner[0]} {corner[1]}" for corner in [*corners, corners[0]])
            parts.append(f"(({ring}))")
        feature = ogr.Feature(layer.GetLayerDefn())
        feature["UBIGEO"], feature["DISTRITO"], feature["PROVINCIA"] = values
        geometry = ogr.CreateGeometryFromWkt(f"MULTIPOLYGON({', '.join(parts)})")
        geometry.Transform(to_layer)
        feature.SetGeometry(geometry)
        layer.CreateFeature(feature)
    layer = source = None
    return str(path)


@pytest.mark.parametrize("crs", [32718, 24878])  # 24878: PSAD56, of older Peruvian maps
def test_districts_with_codes_and_repeated_names_sum_up_to_provinces(run_algorithm, given, feedback, tmp_path, crs):
    zones = {"ZONES": write_districts(tmp_path / "distritos.shp", crs), "ZONE_FIELD": "DISTRITO"}
    fields = {"ZONE_CODE": "UBIGEO", "ZONE_SUMS": ["PROVINCIA"]}
    results = run_algorithm("areatable", {**given, **zones, **fields, "ZONE_LAYER": "TEMPORARY_OUTPUT"})
    rows = rows_of(results["ZONE_TABLE"])
    assert [(row["zone_code"], row["UBIGEO"], row["zone_name"], row["PROVINCIA"]) for row in rows] == [
        ("080301", "080301", "San Juan", "Canas"),
        ("080401", "080401", "San Juan", "Calca"),
        ("080402", "080402", "Ñuñoa", "Calca"),
    ]
    pixels = [int(row["pixels"]) + round(100 * float(row["ha_no_data"])) for row in rows]
    # OGR and QGIS may choose other transformations between datums: a row of pixels either way
    assert pixels == pytest.approx([200, 100, 100], abs=0 if crs == 32718 else 20)
    features = {feature["UBIGEO"]: feature for feature in results["ZONE_LAYER"].getFeatures()}
    assert [int(features[row["zone_code"]]["pixels"]) for row in rows] == [int(row["pixels"]) for row in rows]
    sums = {row["value"]: row for row in rows_of(results["ZONE_TABLE_SUMS"])}
    assert int(sums["Calca"]["pixels"]) == int(rows[1]["pixels"]) + int(rows[2]["pixels"])
    assert (sums["Calca"]["zones"], sums["Canas"]["zones"]) == ("2", "1")


def test_overlapping_tiny_and_far_zones_are_reported(run_algorithm, given, feedback):
    results = run_algorithm("areatable", {**given, "ZONE_LAYER": "TEMPORARY_OUTPUT"})
    remarks = [text for text in feedback.texts if ":" in text]
    assert any(text.startswith("sobre sur: it overlaps other zones") for text in remarks)
    assert any(text.startswith("sur: it overlaps other zones") for text in remarks)
    assert any(text.startswith("parcela: too small for a pixel centre") for text in remarks)
    assert any(text.startswith("fuera: it lies outside the map") for text in remarks)
    assert not any(text.startswith("norte:") for text in remarks)
    tiny = next(row for row in rows_of(results["ZONE_TABLE"]) if row["zone_name"] == "parcela")
    assert float(tiny[f"ha_{codes_of(1)[3, 41]}"]) == pytest.approx(0.0009)


def test_zones_in_degrees_with_a_crossing_border_and_without_names(run_algorithm, given, feedback):
    from qgis.core import (
        QgsCoordinateReferenceSystem,
        QgsCoordinateTransform,
        QgsFeature,
        QgsGeometry,
        QgsProject,
        QgsVectorLayer,
    )

    lonlat = QgsCoordinateReferenceSystem("EPSG:4326")
    change = QgsCoordinateTransform(QgsCoordinateReferenceSystem("EPSG:32718"), lonlat, QgsProject())
    layer = QgsVectorLayer("MultiPolygon?crs=EPSG:4326", "zones", "memory")
    bow = "MULTIPOLYGON(((700103 8499897,700297 8499713,700297 8499897,700103 8499713,700103 8499897)))"
    empty = QgsFeature()
    for feature, geometry in ((QgsFeature(), QgsGeometry.fromWkt(bow)), (empty, QgsGeometry())):
        if not geometry.isNull():
            geometry.transform(change)
            feature.setGeometry(geometry)
        layer.dataProvider().addFeature(feature)
    parameters = {key: value for key, value in given.items() if key != "ZONE_FIELD"}
    results = run_algorithm("areatable", {**parameters, "ZONES": layer, "ZONE_LAYER": "TEMPORARY_OUTPUT"})
    (feature,) = results["ZONE_LAYER"].getFeatures()
    assert feature["zone_name"] == "1"
    assert "its self-intersecting geometry was repaired" in feature["note"]
    # Two triangles that meet in the middle: half of the rectangle.
    assert feature["zone_ha"] == pytest.approx(194 * 184 / 2 / 10_000, rel=0.01)
    y, x = np.mgrid[5:370:10, 5:530:10]
    across, along = np.abs(x - 200) / 97, np.abs(y - 195) / 92
    assert feature["pixels"] == ((along <= across) & (across <= 1)).sum()


def test_without_zones_there_is_no_zone_output(run_algorithm, given):
    plain = {"INPUT": given["INPUT"], "OUTPUT": given["OUTPUT"]}
    results = run_algorithm("areatable", plain)
    assert not {"ZONE_TABLE", "ZONE_LAYER", "ZONE_COUNT"} & set(results)
    assert [path.name for path in Path(given["OUTPUT"]).parent.iterdir() if "zones" in path.name] == []


def test_the_zones_in_a_terminal_give_a_geopackage_and_the_job_runs_again(given, tmp_path, root):
    from qgis.core import QgsVectorLayer
    from qgis_profile import QGIS_PROCESS, make_profile

    environment = make_profile(tmp_path / "profile", ENGINE)
    made = tmp_path / "by district.gpkg"
    done = subprocess.run(
        [QGIS_PROCESS, "run", "allpa:areatable", "--json", *(f"--{key}={value}" for key, value in given.items()),
         f"--ZONE_LAYER={made}"],
        env={**environment, "QT_QPA_PLATFORM": "offscreen"}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout[done.stdout.index("{") :])["results"]
    features = {feature["district"]: feature for feature in QgsVectorLayer(str(made)).getFeatures()}
    assert features["norte"]["pixels"] == counted("norte")[1:].sum()

    before = Path(results["ZONE_TABLE"]).read_bytes()
    Path(results["ZONE_TABLE"]).unlink()
    subprocess.run(
        [ENGINE, "-m", "allpa_engine", "run", f"{given['OUTPUT']}.job.json"],
        cwd=root / "plugin", check=True, timeout=120, capture_output=True,
    )  # fmt: skip
    assert Path(results["ZONE_TABLE"]).read_bytes() == before
