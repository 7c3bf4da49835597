"""`allpa:accuracy` with zones and `allpa:accuracymorepoints` with the real engine: tables, longer sample, refusals."""

import csv
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from small_maps import codes_of, write_raster, write_zones

ENGINE = os.environ.get("ALLPA_TEST_ENGINE", "")

pytestmark = pytest.mark.skipif(not ENGINE, reason="needs the engine's Python, whose path `make test` gives")


@pytest.fixture
def assessed(qgis_app, run_algorithm, tmp_path, monkeypatch):
    """Map, zones and a sample of 90 points, one in six of them an error."""
    monkeypatch.setenv("ALLPA_ENGINE_PYTHON", ENGINE)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    landcover = write_raster(tmp_path / "landcover_2020.tif", [codes_of(1)])
    sample = str(tmp_path / "muestra.gpkg")
    run_algorithm("accuracysample", {"LANDCOVER": landcover, "SIZE": 90, "MINIMUM_POINTS": 5, "OUTPUT": sample})
    with closing(sqlite3.connect(sample)) as connection:
        connection.create_function("ST_IsEmpty", 1, lambda _: 0)
        for name in ("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            connection.create_function(name, 1, lambda _: 0.0)
        connection.execute(
            "UPDATE labels SET reference_class = CASE WHEN point_id % 6 = 0 THEN 5 ELSE "
            "(SELECT map_class FROM sample_points p WHERE p.point_id = labels.point_id) END"
        )
        connection.commit()
    zones = write_zones(tmp_path / "distritos.gpkg", {"norte": (50, 20, 200, 150), "sur": (30, 180, 430, 170)})
    return {"LANDCOVER": landcover, "SAMPLE": sample}, {"ZONES": zones, "ZONE_FIELD": "district"}


def test_zones_get_a_table_whose_figures_add_up(assessed, run_algorithm, tmp_path):
    inputs, zones = assessed
    results = run_algorithm("accuracy", {**inputs, **zones, "LANGUAGE": "es", "OUTPUT": str(tmp_path / "e ñ.csv")})
    with Path(results["ZONE_ESTIMATES"]).open(encoding="utf-8-sig", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if not row["zona"].startswith("#")]
    assert {row["nombre"] for row in rows} == {"norte", "sur", "Fuera de todas las zonas"}
    for name in ("norte", "sur"):
        of_zone = [row for row in rows if row["nombre"] == name]
        mapped, estimated = (
            sum(float(row[column]) for row in of_zone) for column in ("cartografiada (ha)", "estimada (ha)")
        )
        assert estimated == pytest.approx(mapped, abs=0.1)
        assert all(float(row["hasta (ha)"]) >= float(row["estimada (ha)"]) for row in of_zone)
    report = (tmp_path / "e ñ.html").read_text(encoding="utf-8")
    assert "e ñ_zones.csv" in report
    assert report.count("norte · Puntos:") == 1
    assert "Agua (" in report, "names of strata in the language of the report"
    national = json.loads(results["ACCURACIES"])[0]["classes"]
    for row in national:
        total = sum(float(part["estimada (ha)"]) for part in rows if part["código"] == str(row["code"]))
        assert total == pytest.approx(row["area_ha"]["value"], abs=0.1)


def test_more_points_are_drawn_until_nothing_is_needed(assessed, run_algorithm, tmp_path):
    inputs, _ = assessed
    output = str(tmp_path / "más.gpkg")
    results = run_algorithm("accuracymorepoints", {**inputs, "TARGET_PERCENT": 5, "OUTPUT": output})
    assert results["POINTS"] > 0
    assert results["EXPECTED_HALF_WIDTH_PERCENT"] < results["HALF_WIDTH_PERCENT"]
    with closing(sqlite3.connect(results["OUTPUT"])) as connection:
        counted = connection.execute("SELECT count(*), max(point_id) FROM sample_points").fetchone()
        labelled = connection.execute("SELECT count(*) FROM labels WHERE reference_class IS NOT NULL").fetchone()
    assert counted == (90 + results["POINTS"],) * 2
    assert labelled == (90,)
    enough = run_algorithm(
        "accuracymorepoints", {**inputs, "TARGET_PERCENT": 40, "OUTPUT": str(tmp_path / "none.gpkg")}
    )
    assert (enough["POINTS"], enough["OUTPUT"]) == (0, None)
    assert not (tmp_path / "none.gpkg").exists()


def test_a_sample_is_asked_for(assessed, run_algorithm, tmp_path):
    from qgis.core import QgsProcessingException

    inputs, _ = assessed
    with pytest.raises(QgsProcessingException, match="No sample is given"):
        run_algorithm("accuracymorepoints", {"LANDCOVER": inputs["LANDCOVER"], "OUTPUT": str(tmp_path / "x.gpkg")})
