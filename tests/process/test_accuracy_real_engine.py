"""`allpa:accuracy` and a sample of change with the real engine, from drawn points to estimates."""

import json
import os
import sqlite3
import subprocess

import numpy as np
import pytest
from small_maps import write_raster

ENGINE = os.environ.get("ALLPA_TEST_ENGINE", "")
pytestmark = pytest.mark.skipif(not ENGINE, reason="needs the engine's Python, whose path `make test` gives")

CODES = np.repeat([[1] * 10 + [2] * 25 + [5] * 15], 40, axis=0).astype(np.uint8)
"""40 rows: 400 pixels (4 ha) of Water, 1000 of Trees, 600 of Crops."""


@pytest.fixture(autouse=True)
def real_engine(qgis_app, monkeypatch):
    monkeypatch.setenv("ALLPA_ENGINE_PYTHON", ENGINE)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture
def landcover(tmp_path):
    return write_raster(tmp_path / "landcover_2020.tif", [CODES])


def draw(run_algorithm, raster, path, **values):
    given = {"LANDCOVER": str(raster), "OUTPUT": str(path), "SIZE": 90, "ALLOCATION": "equal", "SEED": 3, **values}
    return run_algorithm("accuracysample", given)["OUTPUT"]


def execute(path, statement, *values):
    connection = sqlite3.connect(path)
    with connection:
        rows = connection.execute(statement, values).fetchall()
    connection.close()
    return rows


def label_as_mapped(path, mistakes):
    """Label every point as the map has it, but the first `mistakes` points of Trees as Crops."""
    execute(path, "UPDATE labels SET reference_class = (SELECT map_class FROM sample_points AS p WHERE "
                  "p.point_id = labels.point_id)")  # fmt: skip
    execute(path, "UPDATE labels SET reference_class = 5 WHERE point_id IN (SELECT point_id FROM sample_points WHERE "
                  "map_class = 2 ORDER BY point_id LIMIT ?)", mistakes)  # fmt: skip


def test_a_map_is_assessed_by_its_sample(run_algorithm, landcover, tmp_path):
    sample = draw(run_algorithm, landcover, tmp_path / "sample.gpkg")
    label_as_mapped(sample, 6)
    given = {"LANDCOVER": str(landcover), "SAMPLE": sample, "OUTPUT": str(tmp_path / "out" / "accuracy.csv")}
    results = run_algorithm("accuracy", {**given, "LANGUAGE": "en"})
    assert results["OVERALL_PERCENT"] == pytest.approx(100 * (1 - 0.5 * 6 / 30), abs=0.001)
    assert results["OVERALL_FROM"] < 90 < results["OVERALL_TO"]
    assert results["POINTS"] == 90
    assert results["SENTENCES"].startswith("Overall accuracy is 90.0 % (95 % interval ")
    (region,) = json.loads(results["ACCURACIES"])
    trees = next(row for row in region["classes"] if row["code"] == 2)
    assert trees["area_ha"]["value"] / region["total_ha"] == pytest.approx(0.4, abs=0.001)
    for name in ("REPORT", "MATRIX", "PICTURE", "OUTPUT"):
        assert (tmp_path / "out" / results[name].rsplit("/", 1)[1]).stat().st_size > 100


def test_a_sample_of_another_map_is_refused_in_a_sentence(run_algorithm, landcover, tmp_path):
    sample = draw(run_algorithm, landcover, tmp_path / "sample.gpkg")
    from qgis.core import QgsProcessingException

    other = write_raster(tmp_path / "other.tif", [np.where(CODES == 5, 3, CODES).astype(np.uint8)])
    with pytest.raises(QgsProcessingException, match=r"sample\.gpkg was not drawn from the map other\.tif"):
        run_algorithm("accuracy", {"LANDCOVER": str(other), "SAMPLE": sample, "OUTPUT": str(tmp_path / "a.csv")})


def test_areas_of_change_are_estimated_from_a_sample_of_the_change_raster(run_algorithm, tmp_path):
    """400 of 1000 pixels of Trees were mapped as Crops later; half of the points of that stratum say it is so."""
    later = CODES.copy()
    later[:, 10:20] = 5
    maps = [str(write_raster(tmp_path / f"m_{year}.tif", [codes])) for year, codes in ((2018, CODES), (2020, later))]
    given = {"INPUTS": maps, "FOLDER": str(tmp_path / "change"), "LANGUAGE": "en"}
    change = run_algorithm("landcoverchange", given)["CHANGE"]
    sample = draw(run_algorithm, change, tmp_path / "sample.gpkg", KIND="change", SIZE=120)
    execute(sample, "UPDATE labels SET (earlier_class, reference_class) = (SELECT map_class / 16, map_class % 16 FROM "
                    "sample_points AS p WHERE p.point_id = labels.point_id)")  # fmt: skip
    changed = 16 * 2 + 5
    execute(sample, "UPDATE labels SET reference_class = 2 WHERE point_id IN (SELECT point_id FROM sample_points WHERE "
                    "map_class = ? AND point_id % 2 = 0)", changed)  # fmt: skip
    query = "SELECT count(*), sum(point_id % 2) FROM sample_points WHERE map_class = ?"
    ((points, still_changed),) = execute(sample, query, changed)
    results = run_algorithm("landcoverchange", {**given, "SAMPLE": sample})
    values = json.loads((tmp_path / "change" / "change_2018_2020_accuracy.json").read_text())
    (region,) = values["regions"]
    (row,) = [row for row in region["classes"] if row["code"] == changed]
    assert row["area_ha"]["value"] == pytest.approx(row["mapped_ha"] * still_changed / points, rel=1e-6)
    assert row["area_ha"]["low"] < row["area_ha"]["value"] < row["mapped_ha"]
    report = (tmp_path / "change" / results["REPORT"].rsplit("/", 1)[1]).read_text()
    assert "Change of class is estimated at " in report
    assert "assess the change with a reference sample" not in report
    assert "assess the change with a reference sample" not in results["WARNING"]
    assert results["ACCURACY_REPORT"].endswith("change_2018_2020_accuracy.html")


def test_several_regions_are_assessed_in_a_terminal(run_algorithm, landcover, tmp_path):
    from qgis_profile import QGIS_PROCESS, make_profile

    sample = draw(run_algorithm, landcover, tmp_path / "sample.gpkg")
    label_as_mapped(sample, 3)
    environment = make_profile(tmp_path / "profile", ENGINE)
    table = tmp_path / "regions.csv"
    inputs = {
        "LANDCOVER": landcover,
        "SAMPLE": sample,
        "REGIONS": ",".join(["Norte", landcover, sample, "Sur", landcover, sample]),
        "OUTPUT": str(table),
        "LANGUAGE": "es",
    }
    done = subprocess.run(
        [QGIS_PROCESS, "run", "allpa:accuracy", "--json", *(f"--{key}={value}" for key, value in inputs.items())],
        env={**environment, "QT_QPA_PLATFORM": "offscreen"}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout[done.stdout.index("{") :])["results"]
    assert results["OVERALL_PERCENT"] == pytest.approx(95)
    assert [row["region"] for row in json.loads(results["ACCURACIES"])] == ["", "Norte", "Sur"]
    assert results["SENTENCES"].startswith("La exactitud global es de 95,0 % (intervalo del 95 %: ")


def test_the_table_is_loaded_and_the_sample_may_be_given_as_a_layer(loaded, run_algorithm, landcover, tmp_path):
    """The sample as the layer's source gives it, with the name of its layer; the table has a row for each class."""
    sample = draw(run_algorithm, landcover, tmp_path / "sample.gpkg")
    label_as_mapped(sample, 0)
    given = {"LANDCOVER": landcover, "SAMPLE": f"{sample}|layername=labels", "OUTPUT": str(tmp_path / "accuracy.csv")}
    _, layers = loaded("accuracy", {**given, "LANGUAGE": "en"})
    table = layers["Accuracy and areas"]
    assert table.isValid()
    assert [feature["class"] for feature in table.getFeatures()] == ["Overall accuracy (%)", "Water", "Trees", "Crops"]
