"""One process of the engine serves the jobs of a QGIS session: when it is taken again, and when it is not."""

import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest
from test_worker_process import JOB, alive

KEY = "AWS_SECRET_ACCESS_KEY"


@pytest.fixture
def run(allpa, fake_engine, feedback, tmp_path):
    """Run a job as an algorithm does; variables of the job alone can be given."""
    from allpa.plugin.worker.process import EngineWorker

    fake_engine.set_jobs(20)

    def run(name="job", listener=None, **variables):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        job = folder / "job.json"
        job.write_text(json.dumps({**JOB, "folder": str(folder)}), encoding="utf-8")
        worker = EngineWorker(fake_engine.python, listener or feedback, no_output_timeout_s=20, variables=variables)
        return worker.run(["run", str(job)])

    return run


def pids(fake_engine):
    return [start["pid"] for start in fake_engine.runs]


def wait_until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    assert condition()


def test_the_second_job_finds_the_process_of_the_first(run, fake_engine):
    assert "/one/" in run("one")["landcover"]
    assert "/two/" in run("two")["landcover"]
    first, second = pids(fake_engine)
    assert first == second
    assert alive(first)


def test_keys_reach_their_own_job_only_and_never_the_process_s_environment(run, fake_engine):
    run(**{KEY: "a very secret key"})
    run()
    first, second = fake_engine.runs
    assert first["pid"] == second["pid"]
    assert first["environ"][KEY] == "a very secret key"
    assert KEY not in second["environ"]
    assert b"secret key" not in Path(f"/proc/{first['pid']}/environ").read_bytes()
    assert b"secret key" not in Path(f"/proc/{first['pid']}/cmdline").read_bytes()


def test_another_environment_or_another_wait_gets_another_process(run, fake_engine, monkeypatch):
    from allpa.plugin import settings

    run()
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    run()
    monkeypatch.setattr(settings, "ENGINE_IDLE_MINUTES", settings.NumberSetting("none such", 7))
    run()
    one, two, three = fake_engine.runs
    assert len({one["pid"], two["pid"], three["pid"]}) == 3
    assert two["environ"]["HTTPS_PROXY"] == "http://proxy.example:3128"
    assert "420" in three["argv"]
    wait_until(lambda: not alive(one["pid"]) and not alive(two["pid"]))
    assert alive(three["pid"])


def test_without_a_wait_each_job_has_its_own_process_which_ends_with_it(run, fake_engine, monkeypatch):
    from allpa.plugin import settings

    monkeypatch.setattr(settings, "ENGINE_IDLE_MINUTES", settings.NumberSetting("none such", 0))
    run()
    run()
    first, second = fake_engine.runs
    assert first["pid"] != second["pid"]
    assert first["argv"][4] == "run"
    assert not alive(first["pid"])
    assert not alive(second["pid"])


def test_a_cancelled_job_leaves_the_process_to_the_next_one(run, fake_engine, qgis_app):
    from allpa.plugin.allpa_engine.core.errors import Cancelled
    from qgis.core import QgsProcessingFeedback

    listener = QgsProcessingFeedback(False)
    run("first")
    threading.Timer(0.5, listener.cancel).start()
    with pytest.raises(Cancelled):
        run("cancelled", listener, ALLPA_FAKE="cancelled_and_goes_on")
    run("last")
    assert len(set(pids(fake_engine))) == 1


@pytest.mark.parametrize(("behaviour", "error"), [("killed", "OutOfMemory"), ("segfault", "WorkerCrashed")])
def test_a_crash_fails_one_job_and_the_next_has_a_new_process(run, fake_engine, behaviour, error):
    from allpa.plugin.allpa_engine.core import errors

    run("first")
    with pytest.raises(getattr(errors, error)):
        run("crashed", ALLPA_FAKE=behaviour)
    assert "/next/" in run("next")["landcover"]
    first, crashed, after = pids(fake_engine)
    assert first == crashed != after
    assert not alive(first)


def test_a_process_that_was_killed_while_it_waited_is_replaced(run, fake_engine):
    run("first")
    os.kill(pids(fake_engine)[0], signal.SIGKILL)
    assert "/second/" in run("second")["landcover"]
    assert len(set(pids(fake_engine))) == 2


def test_one_that_takes_the_job_s_line_and_ends_is_replaced_too(run, fake_engine):
    fake_engine.set_jobs("1, then takes a line and ends")
    run("first")
    assert "/second/" in run("second")["landcover"]
    assert len(set(pids(fake_engine))) == 2


def test_two_jobs_at_once_have_two_processes_and_one_of_them_waits_afterwards(run, fake_engine, monkeypatch, qgis_app):
    from qgis.core import QgsProcessingFeedback

    monkeypatch.setenv("ALLPA_FAKE_STEP_S", "0.4")
    threads = [
        threading.Thread(target=run, args=(name, QgsProcessingFeedback(False))) for name in ("one", "two", "three")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(set(pids(fake_engine))) == 3
    wait_until(lambda: sum(alive(pid) for pid in pids(fake_engine)) == 1)


def test_unloading_the_plugin_ends_the_process(run, fake_engine):
    from allpa.plugin.allpa_plugin import AllpaPlugin

    run()
    AllpaPlugin(None).unload()
    assert not alive(pids(fake_engine)[0])


DISTRICTS = ["POLYGON((-72.9 -13.6,-72.8 -13.6,-72.8 -13.5,-72.9 -13.5,-72.9 -13.6))"]
DISTRICTS += ["POLYGON((-72.8 -13.6,-72.7 -13.6,-72.7 -13.5,-72.8 -13.5,-72.8 -13.6))"]


def test_a_layer_of_districts_is_one_job_whose_region_is_all_of_them(run_algorithm, fake_engine, tmp_path):
    from qgis.core import QgsFeature, QgsGeometry, QgsVectorLayer

    layer = QgsVectorLayer("Polygon?crs=EPSG:4326&field=name:string", "districts", "memory")
    for text in DISTRICTS:
        feature = QgsFeature(layer.fields())
        feature.setGeometry(QgsGeometry.fromWkt(text))
        layer.dataProvider().addFeature(feature)
    fake_engine.set_behaviour("result")
    run_algorithm("landcovermap", {"ZONES": layer, "YEAR": 2020, "FOLDER": str(tmp_path / "out")})
    (start,) = fake_engine.runs
    job = json.loads(start["job"])
    corners = {tuple(corner) for corner in job["region"]["coordinates"][0]}
    assert corners >= {(-72.9, -13.6), (-72.7, -13.6), (-72.7, -13.5), (-72.9, -13.5)}
    assert len(json.loads(Path(job["zones"]).read_text(encoding="utf-8"))["features"]) == 2
