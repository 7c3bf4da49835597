"""The real engine started from QGIS, on the simulated archive behind its real servers."""

import json
import os
import subprocess
import threading
import time
from pathlib import Path

import pytest
from small_maps import write_zones

EXTENT = "727000,728500,8485000,8486500 [EPSG:32718]"
UNTRAINED = """
import sys, torch
from pathlib import Path
from allpa_engine.classify.model_file import save_model
from allpa_engine.classify.unet import Architecture, UNet
torch.manual_seed(1)
save_model(Path(sys.argv[1]), UNet(Architecture()).eval(), {"name": "untrained"})
"""


@pytest.fixture(scope="module")
def network(engine_python, root, tmp_path_factory):
    """A network that knows nothing: these tests look at files and numbers, not at classes."""
    path = tmp_path_factory.mktemp("network") / "untrained.safetensors"
    subprocess.run([engine_python, "-c", UNTRAINED, str(path)], cwd=root / "plugin", check=True, timeout=120)
    return str(path)


@pytest.fixture
def job(archive, network, engine_python, tmp_path, monkeypatch):
    monkeypatch.setenv("ALLPA_ENGINE_PYTHON", engine_python)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return {
        "EXTENT": EXTENT,
        "YEAR": 2020,
        "CATALOGUE_URL": archive["stac_url"],
        "COLLECTION": archive["collection"],
        "FOLDER": str(tmp_path / "a job ñ"),
        "MODEL": network,
        "MAX_SCENES": 2,
        "THREADS": 1,
    }


def left_aside(folder):
    return [path for path in Path(folder).rglob("*") if ".part" in path.name]


def test_the_main_job_and_its_record_in_a_terminal(run_algorithm, job, engine_python, root, tmp_path):
    from qgis.core import QgsRasterLayer, QgsVectorLayer

    halves = write_zones(tmp_path / "halves.gpkg", {"w": (27_000, 13_500, 750, 1500), "e": (27_750, 13_500, 750, 1500)})
    results = run_algorithm("landcovermap", {**job, "ZONES": halves, "ZONE_FIELD": "district"})
    rows = json.loads(results["AREA_TABLE"])
    assert [row["code"] for row in rows] == [*range(1, 11), None]
    assert rows[-1]["pixels"] == 150 * 150
    assert rows[-1]["area_ha"] == pytest.approx(225)
    assert results["AREA_HA"] == pytest.approx(225, rel=0.01)
    assert results["SCENE_COUNT"] == 2
    assert results["ZONE_COUNT"] == 2
    zones = QgsVectorLayer(results["ZONE_LAYER"], "zones")
    areas_ha = {zone["zone_name"]: sum(zone[f"ha_{code}"] for code in range(1, 11)) for zone in zones.getFeatures()}
    assert areas_ha == {"w": pytest.approx(112.5, rel=0.01), "e": pytest.approx(112.5, rel=0.01)}
    for name in ("LANDCOVER", "QUALITY"):
        layer = QgsRasterLayer(results[name], name)
        assert layer.isValid()
        assert layer.crs().authid() == "EPSG:32718"
        # 150, and a rim of no data where the rectangle's edges, straight in UTM, bend in longitude and latitude
        assert 150 <= layer.width() <= 152
        assert 150 <= layer.height() <= 152
    assert left_aside(job["FOLDER"]) == []

    written = {path: path.stat().st_mtime_ns for path in Path(job["FOLDER"]).rglob("predictions/*.tif")}
    again = subprocess.run(
        [engine_python, "-m", "allpa_engine", "run", str(Path(job["FOLDER"]) / "job.json")],
        cwd=root / "plugin",
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "Total" in again.stdout
    assert {path: path.stat().st_mtime_ns for path in written} == written


def test_cancel_while_it_fetches_and_classifies(run_algorithm, job, feedback):
    moment = []

    def stop():
        while not any(stage.startswith("Downloading") for stage in feedback.stages):
            time.sleep(0.05)
        moment.append(time.monotonic())
        feedback.cancel()

    watcher = threading.Thread(target=stop, daemon=True)
    watcher.start()
    assert run_algorithm("landcovermap", job) == {}
    assert feedback.errors == []
    assert time.monotonic() - moment[0] < 8  # two seconds and one poll, on a machine that does other work too
    assert left_aside(job["FOLDER"]) == []


def started_processes():
    """Numbers of the processes that this one or its children started: the engine, and workers of Dask."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (entry / "stat").read_text().rsplit(")", 1)[1].split()[:2]
        except OSError:
            continue
        if state != "Z":
            parents[int(entry.name)] = int(parent)
    found = {os.getpid()}
    while len(found) < len(found := found | {number for number, parent in parents.items() if parent in found}):
        pass
    return found - {os.getpid()}


def test_a_map_by_workers_of_dask_is_cancelled_goes_on_and_is_the_same(run_algorithm, job, feedback, tmp_path):
    from allpa.plugin.worker.engine_process import WAITING_ENGINE
    from qgis.core import QgsProcessingFeedback

    earlier, with_dask = started_processes(), {**job, "DASK": "local:2"}

    def stop():
        while len(started_processes() - earlier) < 3:  # the engine and two workers
            time.sleep(0.05)
        feedback.cancel()

    threading.Thread(target=stop, daemon=True).start()
    assert run_algorithm("landcovermap", with_dask) == {}
    assert feedback.errors == []
    WAITING_ENGINE.end()
    deadline = time.monotonic() + 60
    while started_processes() - earlier and time.monotonic() < deadline:
        time.sleep(0.1)
    assert started_processes() - earlier == set()
    assert left_aside(job["FOLDER"]) == []
    results = run_algorithm("landcovermap", with_dask, feedback=QgsProcessingFeedback(False))
    plain = run_algorithm("landcovermap", {**job, "FOLDER": str(tmp_path)}, feedback=QgsProcessingFeedback(False))
    assert Path(results["LANDCOVER"]).read_bytes() == Path(plain["LANDCOVER"]).read_bytes()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"EXTENT": "-100,-99.9,0,0.1 [EPSG:4326]"}, "land"),
        ({"MODEL": __file__}, "bundled model"),
    ],
)
def test_what_a_user_can_mend_is_explained(run_algorithm, job, change, says):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match=says) as caught:
        run_algorithm("landcovermap", {**job, **change})
    assert "Traceback" not in str(caught.value)
    assert left_aside(job["FOLDER"]) == []
