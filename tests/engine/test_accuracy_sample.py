"""The task `accuracy_sample`: a job draws a sample to be labelled, and what cannot be drawn is refused."""

import json
import sqlite3
import subprocess
import sys

import numpy as np
import pytest
from allpa_engine.accuracy.labelled_sample import read_labelled_sample
from allpa_engine.accuracy.sample_file import read_design, read_labels
from allpa_engine.core.errors import JobInvalid, RasterInvalid, RegionInvalid, SampleExists, SampleInvalid
from allpa_engine.core.job import job_from_dict
from allpa_engine.core.messages import translate
from allpa_engine.core.protocol import NullReporter
from allpa_engine.run.cli import main
from allpa_engine.run.pipeline import run_job
from sample_maps import blocks_map

COUNTS = {1: 400, 2: 1500, 5: 600, 9: 12}


@pytest.fixture
def landcover(tmp_path):
    return blocks_map(tmp_path / "map.tif", COUNTS)


@pytest.fixture
def run(tmp_path, landcover):
    def run_task(design=None, reporter=None, **keys):
        job = {"folder": str(tmp_path / "out"), "task": "accuracy_sample", "landcover": str(landcover), **keys}
        return run_job(job_from_dict(job | {"design": design or {}}), reporter or NullReporter())

    return run_task


def test_a_job_draws_a_sample_for_each_interpreter(run, tmp_path, landcover):
    result = run({"size": 100, "minimum_points": 20, "seed": 5, "interpreters": ["Ana", "Luis"]}, language="es")
    assert result["sample"] == str(tmp_path / "out" / "sample.gpkg")
    assert [(row["name"], row["pixels"]) for row in result["strata"]] == [
        ("Agua", 400), ("Árboles", 1500), ("Cultivos", 600), ("Nieve/hielo", 12)
    ]  # fmt: skip
    assert result["points"] == sum(row["points"] for row in result["strata"]) == 100
    labelled = read_labelled_sample(result["sample"], landcover)
    assert np.bincount(labelled.stratum).tolist() == [row["points"] for row in result["strata"]]
    assert not labelled.reference_class.any()
    assert {label.interpreter for label in read_labels(result["sample"], 100)} == {"Ana", "Luis"}
    assert read_design(result["sample"]).seed == 5


def test_the_size_follows_from_the_wished_standard_error(run):
    result = run({"standard_error": 0.05, "expected_accuracy": {"2": 0.95, "other": 0.8}, "allocation": "proportional"})
    share = np.array([400, 1500, 600, 12]) / 2512
    deviation = np.sqrt([0.16, 0.0475, 0.16, 0.16])
    wished = (share @ deviation) ** 2 / (0.05**2 + share @ deviation**2 / 2512)
    assert result["points"] == int(np.ceil(wished))
    assert result["expected_standard_error"] == pytest.approx(0.05, abs=0.005)


def test_the_command_line_runs_the_job(tmp_path, landcover, capsys):
    job = tmp_path / "job.json"
    job.write_text(json.dumps({"folder": str(tmp_path), "landcover": str(landcover), "design": {"size": 50}}))
    assert main(["accuracy_sample", str(job)]) == 0
    assert "sample.gpkg" in capsys.readouterr().out
    assert read_design(tmp_path / "sample.gpkg").method == "stratified"


def test_labels_are_never_replaced_unasked(run, tmp_path):
    sample = run({"size": 50})["sample"]
    run({"size": 60})  # nothing is labelled yet
    connection = sqlite3.connect(sample)
    with connection:
        connection.execute("UPDATE labels SET reference_class = 2 WHERE point_id < 8")
    connection.close()
    with pytest.raises(SampleExists, match=r"sample\.gpkg exists and holds 7 labels"):
        run({"size": 50})
    assert run({"size": 55}, overwrite=True)["points"] == 162  # 50 of three strata, 12 of the smallest
    (tmp_path / "mine.gpkg").write_text("something else")
    with pytest.raises(SampleExists, match=r"mine\.gpkg exists and is no sample"):
        run({"size": 50}, outputs={"sample": str(tmp_path / "mine.gpkg")})


def test_notes_of_the_draw_are_logged_as_messages(run):
    class Listener(NullReporter):
        lines = ()

        def log(self, text, level="info"):
            self.lines += ((level, translate(text, "es")),)

    listener = Listener()
    run({"size": 300}, listener, language="es")
    assert ("warning", "Los 12 píxeles del estrato Nieve/hielo son todos puntos.") in listener.lines


@pytest.mark.parametrize(
    ("design", "keys", "error", "sentence"),
    [
        ({}, {"landcover": "missing.tif"}, RasterInvalid, r"no map missing\.tif to assess"),
        ({"strata": "zones"}, {}, JobInvalid, "strata are zones, but the job's key 'zones' is empty"),
        ({"strata": "raster"}, {}, JobInvalid, "'strata_raster' names no file"),
        ({"strata": "zones"}, {"zones": "nothing.geojson"}, RegionInvalid, r"nothing\.geojson cannot be read"),
        ({"size": 100_000}, {}, SampleInvalid, "100,000 points are wished, but the map has only 2,512 pixels"),
        ({"interpreters": ["Ana", "Ana "]}, {}, JobInvalid, "'design.interpreters' has a name twice"),
        ({"interpreters": ["Ana", "ANA"]}, {}, JobInvalid, "'design.interpreters' has a name twice"),
        ({"expected_accuracy": {"Arboles": 0.9}}, {}, SampleInvalid, "expected of what is no stratum: Arboles"),
    ],
)
def test_what_cannot_be_drawn_is_refused(run, design, keys, error, sentence):
    with pytest.raises(error, match=sentence) as caught:
        run(design, **keys)
    assert caught.value.next_step


def test_what_a_killed_run_left_beside_the_sample_is_removed(run, tmp_path):
    folder = tmp_path / "samples"
    folder.mkdir()
    own_number = [sys.executable, "-c", "import os; print(os.getpid())"]
    gone = subprocess.run(own_number, capture_output=True, text=True, check=True)
    leftover = folder / f".sample-{int(gone.stdout)}-0123456789abcdef.part.gpkg"
    leftover.write_text("half")
    run({"size": 30, "minimum_points": 2}, outputs={"sample": str(folder / "sample.gpkg")})
    assert [path.name for path in folder.iterdir()] == ["sample.gpkg"]


def test_zones_that_lie_elsewhere_are_refused(run, tmp_path):
    zones = tmp_path / "zones.geojson"
    zones.write_text('{"type": "Polygon", "coordinates": [[[10, 10], [11, 10], [11, 11], [10, 10]]]}')
    with pytest.raises(RegionInvalid, match="All zones are outside the map"):
        run({"strata": "classes_zones"}, zones=str(zones))
