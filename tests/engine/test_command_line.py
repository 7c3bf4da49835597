"""The engine as a child process: what it says, how it fails, how it stops."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from allpa_engine.core.tasks import TASKS

PLUGIN = Path(__file__).resolve().parents[2] / "plugin"
REGION = {"type": "Polygon", "coordinates": [[[-73, -14], [-72.9, -14], [-72.9, -13.9], [-73, -14]]]}


def start(*arguments, code="from allpa_engine.__main__ import main; sys.exit(main(sys.argv[1:]))", before="pass"):
    """The engine as QGIS starts it; `before` is Python that runs first, to set a stage."""
    return subprocess.Popen(
        [sys.executable, "-u", "-c", f"import sys; {before}; {code}", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(PLUGIN)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process):
    """Exit code, parsed lines of stdout, stderr."""
    out = process.stdout.read()  # `communicate` would close standard input, and that cancels
    err = process.stderr.read()
    process.wait(60)
    return process.returncode, [json.loads(line) for line in out.splitlines()], err


def job_file(tmp_path, **changes):
    path = tmp_path / "job.json"
    values = {"folder": str(tmp_path / "out"), "region": REGION, "start": "2020-01-01", "end": "2020-12-31"}
    path.write_text(json.dumps(values | changes))
    return path


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"start": "2021-01-01"}, "period_invalid"),
        ({"task": "dance"}, "job_invalid"),
        ({"model": "no such file"}, "model_invalid"),
        ({"region": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}}, "region_invalid"),
        ({"folder": "/proc/nowhere"}, "folder_not_writable"),
        ({"catalogue": "http://127.0.0.1:9/"}, "catalogue_unreachable"),
        ({"task": "composite", "predictions": "/nowhere"}, "raster_invalid"),
        ({"task": "areas"}, "raster_invalid"),
    ],
)
def test_each_bad_job_ends_with_its_own_error_and_a_next_step(tmp_path, changes, code):
    process = start("run", job_file(tmp_path, **changes), "--lines")
    exit_code, lines, _ = ended(process)
    assert exit_code == 1
    assert lines[-1]["type"] == "error"
    assert lines[-1]["code"] == code
    assert lines[-1]["what"]
    assert lines[-1]["next_step"]


def test_an_error_is_printed_once_and_whole_in_a_terminal(tmp_path):
    exit_code, lines, err = ended(start("run", job_file(tmp_path, catalogue="http://127.0.0.1:9/")))
    assert (exit_code, lines) == (1, [])
    what, _why, next_step = err.splitlines()
    assert what == "The catalogue http://127.0.0.1:9 cannot be reached."
    assert next_step == "Check the network and the proxy settings, or choose another catalogue."


def test_a_refused_job_is_answered_in_its_own_language(tmp_path):
    process = start("run", job_file(tmp_path, language="es", start="2021-01-01"))
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "El período termina antes de empezar." in err


def test_a_missing_job_file_is_reported_in_a_sentence(tmp_path):
    process = start("run", tmp_path / "no.json")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert out == ""
    assert "The job file 'no.json' cannot be read." in err
    assert "Traceback" not in err


def test_the_help_lists_every_task():
    out, _ = start("--help").communicate(timeout=60)
    listed = {line.split()[0] for line in out.splitlines() if line.startswith("    ") and line.strip()}
    assert {*TASKS, "run", "status", "schema"} <= listed


def test_wrong_usage_is_another_exit_code():
    process = start("fly")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "usage" in err


def test_what_libraries_print_does_not_disturb_the_protocol():
    noisy = "import allpa_engine.run.cli as c; c._status = lambda: (print('noise'), {'ready': 1})[1]"
    code, lines, err = ended(start("status", "--lines", before=noisy))
    assert code == 0
    assert [line["type"] for line in lines] == ["start", "result"]
    assert "noise" in err


STUCK = "import time; import allpa_engine.run.cli as c; c._status = lambda: time.sleep(60)"
AT_WORK = """
import time, allpa_engine.run.cli as c
from allpa_engine.core.atomic import atomic_write
def work(job, reporter):
    with atomic_write(job.folder + '/map.tif') as temporary_path:
        temporary_path.write_text('half')
        for n in range(600):
            reporter.progress('search', n, 600); time.sleep(0.1)
c._run = work
"""


@pytest.mark.parametrize("way", ["stdin", "terminate"])
@pytest.mark.parametrize("stage", ["stuck", "at work"])
def test_cancel_ends_the_run_at_once_and_leaves_nothing_half(tmp_path, way, stage):
    if stage == "stuck":
        process = start("status", "--lines", before=STUCK)
    else:
        process = start("run", job_file(tmp_path), "--lines", before=f"exec({AT_WORK!r})")
    first = json.loads(process.stdout.readline())
    assert first["type"] == "start"
    time.sleep(0.3)
    begin = time.monotonic()
    if way == "stdin":
        process.stdin.close()
    else:
        process.send_signal(signal.SIGTERM)
    code, lines, _ = ended(process)
    assert time.monotonic() - begin < 8  # far less than the work would take
    assert code == 1
    assert lines[-1]["type"] == "error"
    assert lines[-1]["code"] == "cancelled"
    if stage == "at work":
        assert list((tmp_path / "out").iterdir()) == []


def test_memory_and_unknown_errors_become_one_readable_line():
    for raised, code in (("MemoryError", "out_of_memory"), ("KeyError", "error")):
        stage = f"import allpa_engine.run.cli as c\ndef fail(): raise {raised}('x')\nc._status = fail"
        exit_code, lines, err = ended(start("status", "--lines", before=f"exec({stage!r})"))
        assert exit_code == 1
        assert lines[-1]["code"] == code
    assert "KeyError" in err


FINISHED = """
import allpa_engine.run.cli as c
def work(job, reporter):
    reporter.log('≥ 北 ñ')
    return {'map': 'Ñuñoa ≥ 北', 'area_table': []}
c._run = work
"""


def finished_run(job, redirection, *options, encoding="utf-8"):
    """Exit code, standard output and error of a finished run in a shell."""
    code = f"import sys; exec({FINISHED!r}); from allpa_engine.run.cli import main; sys.exit(main(sys.argv[1:]))"
    environment = {**os.environ, "PYTHONPATH": str(PLUGIN), "PYTHONIOENCODING": encoding, "CODE": code}
    command = f'"{sys.executable}" -c "$CODE" run "{job}" {" ".join(options)} {redirection}'
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(["bash", "-c", command], env=environment, **pipes) as shell:
        out, err = shell.stdout.read().decode(encoding), shell.stderr.read().decode(encoding)
        return shell.wait(60), out, err


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_a_terminal_of_another_encoding_does_not_spoil_a_finished_run(tmp_path, encoding):
    code, out, err = finished_run(job_file(tmp_path), "", encoding=encoding)
    assert code == 0
    assert "Map: " in out
    assert ("Ñuñoa" in out) == (encoding != "ascii")
    assert "Traceback" not in err


@pytest.mark.parametrize("options", [(), ("--lines",)])
@pytest.mark.parametrize(
    "redirection",
    [">&-", "2>&-", ">&- 2>&-", "| true; exit ${PIPESTATUS[0]}", "2>&1 | true; exit ${PIPESTATUS[0]}", "> /dev/full"],
)
def test_a_closed_or_full_output_does_not_spoil_a_finished_run(tmp_path, redirection, options):
    code, _, err = finished_run(job_file(tmp_path), redirection, *options)
    assert code == 0, err
    assert "Traceback" not in err
    assert "Exception ignored" not in err


def test_nothing_follows_the_last_line():
    """A heartbeat may come due while the result is written."""
    stage = "import allpa_engine.run.child as c; c.HEARTBEAT_S = 1e-5"
    for _ in range(3):
        _, lines, _ = ended(start("run", "no.json", "--lines", before=stage))
        assert lines[-1]["type"] == "error"


def test_the_schema_of_jobs_is_printed():
    process = start("schema")
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "max_scenes" in json.loads(out)["properties"]


def test_a_search_is_done_when_its_scenes_are_chosen(catalogue, tmp_path):
    """Finding and choosing both take time; the bar must not stand at its end while scenes are still looked at."""
    small = {
        "type": "Polygon",
        "coordinates": [[[-72.87, -13.68], [-72.86, -13.68], [-72.86, -13.67], [-72.87, -13.68]]],
    }
    changes = {"task": "search", "region": small, "catalogue": catalogue.stac_url, "collection": catalogue.collection}
    exit_code, lines, _ = ended(start("run", job_file(tmp_path, **changes), "--lines"))
    assert exit_code == 0
    progress = [(line["stage"], line["fraction"]) for line in lines if line["type"] == "progress"]
    assert [fraction for _, fraction in progress] == sorted(fraction for _, fraction in progress)
    assert 0.5 < max(fraction for stage, fraction in progress[:-1] if stage == "search") < 0.8
    assert max(fraction for stage, fraction in progress if stage == "select") == 1
