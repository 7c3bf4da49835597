"""The engine's process as QGIS sees it: its lines, its end, its death, and how it is stopped."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

JOB = {"task": "landcovermap", "start": "2020-01-01"}


@pytest.fixture
def worker(allpa, fake_engine, feedback):
    from allpa.plugin.worker.process import EngineWorker

    return EngineWorker(fake_engine.python, feedback, no_output_timeout_s=20)


@pytest.fixture
def job_file(tmp_path):
    folder = tmp_path / "región ñ 漢字 with spaces"
    folder.mkdir()
    path = folder / "job.json"
    path.write_text(json.dumps({**JOB, "folder": str(folder)}), encoding="utf-8")
    return path


def alive(pid):
    """Whether a process is there, zombies included."""
    return Path(f"/proc/{pid}").exists()


def run(worker, job_file):
    return worker.run(["run", str(job_file)])


def cancelled_after(seconds, feedback):
    timer = threading.Timer(seconds, feedback.cancel)
    timer.start()
    return timer


def test_a_run_gives_its_result_and_tells_stage_and_time_left(worker, job_file, feedback):
    values = run(worker, job_file)
    assert Path(values["landcover"]).exists()
    assert str(job_file.parent) in values["landcover"]
    assert values["scene_count"] == 5
    assert feedback.fractions[-1] == pytest.approx(100)
    assert feedback.stages[0] == "Classifying: 1 / 3, about 60 s left"


@pytest.mark.parametrize(
    ("how", "error", "says"),
    [
        ("segfault", "WorkerCrashed", "SIGSEGV"),
        ("killed", "OutOfMemory", "memory"),
        ("shell_killed", "OutOfMemory", "memory"),
        ("no_result", "WorkerCrashed", "exit code was 0"),
        ("traceback", "EngineMissing", "No module named 'torch'"),
        ("explained", "NoScenes", "Go on."),
        ("unknown_code", "AllpaError", "Something new happened."),
    ],
)
def test_each_way_to_die_becomes_a_readable_error(worker, fake_engine, job_file, how, error, says):
    from allpa.plugin.allpa_engine.core import errors

    fake_engine.set_behaviour(how)
    with pytest.raises(errors.AllpaError, match=says) as caught:
        run(worker, job_file)
    assert type(caught.value).__name__ == error
    assert caught.value.next_step
    fake_engine.end_waiting()  # an explained error leaves the process as it was
    assert not alive(fake_engine.runs[0]["pid"])


@pytest.mark.parametrize("how", ["hang", "patient", "stubborn", "deaf", "flood_for_ever"])
def test_cancel_ends_any_engine_within_two_seconds_and_leaves_no_process(worker, fake_engine, job_file, feedback, how):
    from allpa.plugin.allpa_engine.core.errors import Cancelled

    fake_engine.set_behaviour(how)
    moment = []
    timer = threading.Timer(1.0, lambda: (moment.append(time.monotonic()), feedback.cancel()))
    timer.start()
    with pytest.raises(Cancelled):
        run(worker, job_file)
    taken_s = time.monotonic() - moment[0]
    assert taken_s < 8  # two seconds and one poll, on a machine that does other work too
    fake_engine.end_waiting()  # one that obeys the cancel may wait for the next job
    assert not alive(fake_engine.runs[0]["pid"])


def test_an_engine_that_says_nothing_is_ended(allpa, fake_engine, job_file, feedback):
    from allpa.plugin.allpa_engine.core.errors import WorkerCrashed
    from allpa.plugin.worker.process import EngineWorker

    fake_engine.set_behaviour("stubborn")
    with pytest.raises(WorkerCrashed, match="stopped responding"):
        run(EngineWorker(fake_engine.python, feedback, no_output_timeout_s=1.0), job_file)
    assert not alive(fake_engine.runs[0]["pid"])


def test_a_flood_on_both_streams_neither_blocks_nor_hides_the_result(worker, fake_engine, job_file, feedback):
    fake_engine.set_behaviour("flood")
    assert run(worker, job_file)["scene_count"] == 5
    assert len(worker.unparsed_output) < 400_000


def test_lines_that_come_in_pieces_are_put_together_and_foreign_lines_kept_apart(
    worker, fake_engine, job_file, feedback
):
    fake_engine.set_behaviour("half_lines")
    run(worker, job_file)
    assert feedback.warnings == ["niño élève 漢字"]
    assert "not of the protocol {" in worker.unparsed_output


@pytest.mark.parametrize("how", ["no_newline", "crash_after_result"])
def test_a_result_counts_however_the_process_ends_after_it(worker, fake_engine, job_file, how):
    fake_engine.set_behaviour(how)
    assert run(worker, job_file)["scene_count"] == 5


def test_an_interpreter_that_cannot_start_is_named(allpa, tmp_path, feedback, job_file):
    from allpa.plugin.allpa_engine.core.errors import EngineMissing
    from allpa.plugin.worker.process import EngineWorker

    nothing = tmp_path / "no such python"
    with pytest.raises(EngineMissing, match="no such python"):
        run(EngineWorker(nothing, feedback), job_file)


def test_two_engines_at_once_do_not_disturb_each_other(allpa, fake_engine, tmp_path, monkeypatch, qgis_app):
    from allpa.plugin.allpa_engine.core.errors import Cancelled
    from allpa.plugin.worker.process import EngineWorker
    from qgis.core import QgsProcessingFeedback

    monkeypatch.setenv("ALLPA_FAKE_STEP_S", "0.6")
    outcomes, feedbacks = {}, {}

    def work(name):
        folder = tmp_path / name
        folder.mkdir()
        job = folder / "job.json"
        job.write_text(json.dumps({**JOB, "folder": str(folder)}), encoding="utf-8")
        try:
            outcomes[name] = EngineWorker(fake_engine.python, feedbacks[name]).run(["run", str(job)])
        except Cancelled as error:
            outcomes[name] = error

    for name in ("one", "two", "three"):
        feedbacks[name] = QgsProcessingFeedback(False)
    threads = [threading.Thread(target=work, args=(name,)) for name in feedbacks]
    for thread in threads:
        thread.start()
    timer = cancelled_after(0.5, feedbacks["two"])
    for thread in threads:
        thread.join(20)
    timer.join()
    assert "/one/" in outcomes["one"]["landcover"]
    assert "/three/" in outcomes["three"]["landcover"]
    assert isinstance(outcomes["two"], Cancelled)
    fake_engine.end_waiting()
    assert not any(alive(start["pid"]) for start in fake_engine.runs)


def test_the_child_sees_none_of_qgis_s_python_gdal_or_proj(worker, fake_engine, job_file, monkeypatch):
    foreign = {
        "PYTHONHOME": "/opt/qgis/python",
        "PYTHONSTARTUP": "/x.py",
        "VIRTUAL_ENV": "/venv",
        "PIP_INDEX_URL": "https://mirror.example",
        "GDAL_DATA": "/opt/qgis/gdal",
        "GDAL_DRIVER_PATH": "/opt/qgis/plugins",
        "PROJ_LIB": "/opt/qgis/proj",
        "PROJ_DATA": "/opt/qgis/proj",
        "QGIS_PREFIX_PATH": "/opt/qgis",
        "LD_LIBRARY_PATH": "/opt/qgis/lib",
        "SSL_CERT_FILE": "/opt/qgis/gone.pem",
    }
    # PYTHONHOME in this process's environment is only text; the fake engine would not even start with it
    for name, value in foreign.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_PROFILE", "kept")
    run(worker, job_file)
    seen = fake_engine.runs[0]["environ"]
    assert not set(foreign) & set(seen)
    assert seen["AWS_PROFILE"] == "kept"
    assert (Path(seen["PYTHONPATH"]) / "allpa_engine" / "core" / "protocol.py").exists()
    assert Path(fake_engine.runs[0]["cwd"]).samefile(seen["PYTHONPATH"])
    assert fake_engine.runs[0]["argv"][:4] == ["-u", "-s", "-m", "allpa_engine"]


def test_the_engine_ends_in_order_while_its_input_is_still_open(allpa, tmp_path):
    from allpa.plugin.worker.environment import ENGINE_HOME

    command = [sys.executable, "-m", "allpa_engine", "run", str(tmp_path / "none.json"), "--lines"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ENGINE_HOME, text=True
    ) as engine:
        lines, complaints = engine.stdout.read(), engine.stderr.read()
        assert engine.wait(20) == 1, complaints
    assert json.loads(lines.splitlines()[-1])["code"] == "job_invalid"


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"stage": "fetch", "done": 3, "total": 12, "eta_s": 240.0}, "Downloading scenes: 3 / 12, about 4 min left"),
        ({"stage": "fetch", "done": 0.88, "total": 4, "eta_s": 9000}, "Downloading scenes: 0.9 / 4, about 2.5 h left"),
        ({"stage": "classify S2A_T18LYK", "done": 1, "total": 4, "eta_s": 1.0}, "Classifying: 25 % of a scene"),
        ({"stage": "areas", "done": 1, "total": 1, "eta_s": None}, "Computing areas"),
        ({"stage": "new stage", "done": "?", "total": None}, "new"),
        ({}, ""),
    ],
)
def test_progress_is_shown_as_text(allpa, message, text):
    from allpa.plugin.worker.progress import progress_text

    assert progress_text({"type": "progress", **message}) == text


def show_all(feedback, *lines):
    """Show `(stage, done, fraction)` of eight."""
    from allpa.plugin.worker.progress import ProgressTexts

    texts = ProgressTexts()
    for stage, done, fraction in lines:
        texts.show(feedback, {"type": "progress", "stage": stage, "done": done, "total": 8, "fraction": fraction})


def test_a_progress_text_that_does_not_change_is_shown_once(allpa, feedback):
    from allpa.plugin.worker.progress import OneLineText

    class OfOneLine(type(feedback), OneLineText):
        pass

    feedback = OfOneLine()
    show_all(feedback, ("fetch", 1.02, 0.1), ("fetch", 1.04, 0.2), ("fetch", 1.5, 0.3))
    assert feedback.stages == ["Downloading scenes: 1.0 / 8", "Downloading scenes: 1.5 / 8"]
    assert feedback.fractions == pytest.approx([10, 20, 30])


def test_the_log_of_processing_gets_a_line_for_each_stage(allpa, feedback, monkeypatch):
    from allpa.plugin.worker import progress

    lines = [(stage, done, done / 10) for done in range(1, 9) for stage in ("fetch", "classify S2A")]
    show_all(feedback, *lines)
    assert feedback.stages == ["Downloading scenes: 1 / 8", "Classifying: 12 % of a scene"]
    assert len(feedback.fractions) == 8

    monkeypatch.setattr(progress, "TEXT_INTERVAL_S", 0.0)
    show_all(feedback, ("fetch", 1, 0.1), ("fetch", 3, 0.2))
    assert feedback.stages[2:] == ["Downloading scenes: 1 / 8", "Downloading scenes: 3 / 8"]
