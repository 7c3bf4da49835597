"""Installing the engine: built aside, verified, put in place, repaired, and ended with QGIS."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from engine_folder import executable, make_wheel, write_lock

UV = shutil.which("uv", path=f"{Path(os.environ.get('ALLPA_TEST_ENGINE', '.')).parent}:{os.environ['PATH']}")
needs_uv = pytest.mark.skipif(not UV, reason="needs uv, which `make test` installs")


def folders(places):
    """What lies beside the engine's folder."""
    return [path.name for path in places.interpreter.managed_engine_folder().parent.iterdir() if path.is_dir()]


@pytest.fixture
def quick(places, monkeypatch):
    """An installation with the tests' own uv, one small package, and a probe that imports it."""
    from allpa.plugin.allpa_engine.core.errors import EngineMissing

    places.probed = []

    def probe(engine, feedback):
        places.probed.append(engine.python)
        done = subprocess.run([engine.python, "-c", "import small"], capture_output=True, text=True)
        if done.returncode:
            raise EngineMissing("The engine's package small cannot be imported.", done.stderr.splitlines()[-1])

    def own_uv(build):
        build._configure_uv(f"global.find-links='{places.wheels}'\nglobal.no-index='true'\n")
        return Path(UV)

    monkeypatch.setattr(places.build, "probe", probe)
    monkeypatch.setattr(places.build.Build, "_install_uv", own_uv)
    write_lock(places.lock_file, make_wheel(places.wheels, "small"))
    return places


@needs_uv
def test_the_engine_is_built_aside_verified_and_put_in_place(quick, feedback):
    python = quick.installation.install_engine(feedback)
    assert python == quick.interpreter.venv_python(quick.interpreter.managed_engine_folder())
    assert subprocess.run([python, "-c", "import small; print(small.VALUE)"], capture_output=True).stdout == b"1\n"
    aside, final = quick.probed
    assert ".part-" in str(aside)
    assert final == python
    assert folders(quick) == [quick.interpreter.managed_engine_folder().name]
    assert feedback.fractions[-1] == 100
    assert quick.interpreter.find_engine().python == python


@needs_uv
def test_size_is_reported_before_and_bytes_while_packages_come(quick, feedback):
    big = make_wheel(quick.wheels, "big", files={f"big/part{number}.txt": "x" * 1_000_000 for number in range(40)})
    write_lock(quick.lock_file, big.replace("# ", "# 1", 1), make_wheel(quick.wheels, "small"))
    quick.installation.install_engine(feedback)
    assert any("are downloaded, and" in text and "MB" in text for text in feedback.texts)
    assert any(" of " in text and "unpacking" in text for text in feedback.stages)


@needs_uv
def test_an_engine_that_works_is_only_verified(quick, feedback):
    python = quick.installation.install_engine(feedback)
    (python.parent / "mark").write_text("")
    quick.probed.clear()
    assert quick.installation.install_engine(feedback) == python
    assert quick.probed == [python]
    assert (python.parent / "mark").exists()


@needs_uv
@pytest.mark.parametrize("damage", ["no packages", "no interpreter", "only a folder"])
def test_a_damaged_engine_is_repaired(quick, feedback, damage):
    target = quick.interpreter.managed_engine_folder()
    if damage == "only a folder":
        (target / "lib").mkdir(parents=True)
    else:
        python = quick.installation.install_engine(feedback)
        if damage == "no packages":
            next(target.glob("lib/*/site-packages/small.py")).unlink()
        else:
            python.unlink()
    python = quick.installation.install_engine(feedback)
    assert subprocess.run([python, "-c", "import small"]).returncode == 0
    assert folders(quick) == [target.name]
    if damage == "no packages":
        assert "No module named 'small'" in " ".join(feedback.warnings)


@needs_uv
def test_an_engine_that_does_not_work_is_not_put_in_place(quick, feedback):
    from allpa.plugin.allpa_engine.core.errors import EngineMissing

    write_lock(quick.lock_file, make_wheel(quick.wheels, "other"))
    with pytest.raises(EngineMissing, match="small cannot be imported"):
        quick.installation.install_engine(feedback)
    assert folders(quick) == []


def test_a_cancelled_installation_leaves_nothing(places, feedback, tmp_path):
    from allpa.plugin.allpa_engine.core.errors import Cancelled

    slow = executable(tmp_path / "slow", f'case "$1" in -I) exec "{sys.executable}" "$@";; esac\nexec sleep 60\n')
    threading.Timer(0.5, feedback.cancel).start()
    with pytest.raises(Cancelled):
        places.installation.install_engine(feedback, slow)
    assert folders(places) == []


@needs_uv
def test_what_was_downloaded_is_kept_until_an_installation_succeeds(quick, feedback, monkeypatch):
    from allpa.plugin.allpa_engine.core.errors import Cancelled

    def cancel(_build, _kept):
        raise Cancelled("The installation was cancelled.")

    with monkeypatch.context() as patched:
        patched.setattr(quick.build.Build, "_move_into_place", cancel)
        with pytest.raises(Cancelled):
            quick.installation.install_engine(feedback)
    assert folders(quick) == ["downloads"]
    kept = quick.interpreter.managed_engine_folder().with_name("downloads")
    (kept / ".tmp of a process that was ended").mkdir()
    assert list(kept.rglob("small.py"))
    quick.installation.install_engine(feedback)
    assert folders(quick) == [quick.interpreter.managed_engine_folder().name]


@needs_uv
def test_what_a_killed_installation_left_is_removed(quick, feedback):
    target = quick.interpreter.managed_engine_folder()
    left = target.with_name(target.name + ".part-999")
    (left / "lib").mkdir(parents=True)
    earlier = target.with_name("engine-0123456789ab")
    earlier.mkdir()
    quick.installation.install_engine(feedback)
    assert sorted(folders(quick)) == sorted([target.name, earlier.name])
    assert any(str(earlier) in text and ".part-" not in text for text in feedback.texts)


KILLED = """
import sys
sys.path.insert(0, {root!r})
from qgis.core import QgsProcessingFeedback
from pathlib import Path
from allpa.plugin.worker.installer_process import run_installer
command = [{python!r}, "-c", {child!r}, {marks!r}]
run_installer(Path({python!r}), command, Path({folder!r}), QgsProcessingFeedback(), {{"PATH": "/usr/bin:/bin"}})
"""
WRITER = """
import os, subprocess, sys, time
own = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open(sys.argv[1], "w").write(f"{os.getpid()} {own.pid}")
time.sleep(600)
"""


def alive(process_id):
    """Whether a process runs; one that has ended but was not waited for does not."""
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_nothing_outlives_a_qgis_that_was_killed(allpa, tmp_path):
    import allpa as package

    folder, marks = tmp_path / "engine.part-1", tmp_path / "marks"
    (folder / "lib").mkdir(parents=True)
    root = str(Path(package.__path__[0]).parent)
    if not (Path(root) / "allpa").exists():
        link = tmp_path / "root"
        link.mkdir()
        (link / "allpa").symlink_to(package.__path__[0])
        root = str(link)
    script = KILLED.format(root=root, python=sys.executable, child=WRITER, marks=str(marks), folder=str(folder))
    qgis = subprocess.Popen([sys.executable, "-c", script])
    for _wait in range(300):
        if marks.exists() and len(marks.read_text().split()) == 2:
            break
        time.sleep(0.1)
    children = [int(text) for text in marks.read_text().split()]
    qgis.send_signal(signal.SIGKILL)
    qgis.wait()
    for _wait in range(100):
        if not folder.exists() and not any(map(alive, children)):
            break
        time.sleep(0.1)
    assert not folder.exists()
    assert not any(map(alive, children))


def test_a_second_window_is_asked_to_wait(places, feedback):
    from allpa.plugin.algorithms.status import Status
    from qgis.core import QgsProcessingContext
    from qgis.PyQt.QtCore import QLockFile

    target = places.interpreter.managed_engine_folder()
    target.parent.mkdir(parents=True)
    other = QLockFile(str(target.with_suffix(".lock")))
    assert other.tryLock(0)
    with pytest.raises(places.installation.InstallationFailed, match="Another QGIS window"):
        places.installation.install_engine(feedback)
    status = Status().execute({}, QgsProcessingContext(), feedback)
    assert (status["STATE"], status["NEXT_ALGORITHMS"]) == ("engine_installing", "")
    other.unlock()
    status = Status().execute({}, QgsProcessingContext(), feedback)
    assert (status["STATE"], status["NEXT_ALGORITHMS"]) == ("engine_missing", "allpa:installengine")
    assert "are needed on disk" in status["DOWNLOAD"]


@pytest.mark.parametrize("data", ["/proc/nothing", "a file"])
def test_a_data_folder_that_cannot_be_written_is_named(places, feedback, tmp_path, monkeypatch, data):
    from allpa.plugin.allpa_engine.core.errors import FolderNotWritable

    (tmp_path / "a file").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / data))
    with pytest.raises(FolderNotWritable, match="cannot be written") as caught:
        places.installation.install_engine(feedback)
    assert str(tmp_path / data) in str(caught.value)


def test_a_lock_that_cannot_be_written_is_not_another_window(places, feedback, monkeypatch):
    from allpa.plugin.allpa_engine.core.errors import FolderNotWritable
    from qgis.PyQt.QtCore import QLockFile

    class Refused(QLockFile):
        def tryLock(self, _timeout=0):  # noqa: N802 - Qt's name
            return False

        def error(self):
            return QLockFile.LockError.PermissionError

    monkeypatch.setattr(places.installation, "QLockFile", Refused)
    with pytest.raises(FolderNotWritable, match="cannot be written"):
        places.installation.install_engine(feedback)


def test_uv_comes_by_pip_with_the_settings_of_pip(places, feedback, monkeypatch, tmp_path):
    """A package of the name uv, whose program writes what it was started with."""
    script = '#!/bin/sh\n(echo "$@"; env) >> "{}"\nexit 3\n'.format(tmp_path / "uv.log")
    requirement = make_wheel(places.wheels, "uv", "0.1", {"uv-0.1.data/scripts/uv": script})
    (places.lock_file.parent / "uv.txt").write_text(requirement + "\n")
    monkeypatch.setenv("PIP_FIND_LINKS", str(places.wheels))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(places.installation.InstallationFailed, match="could not be installed"):
        places.installation.install_engine(feedback)
    log = (tmp_path / "uv.log").read_text()
    assert log.startswith("venv --relocatable --python ")
    assert f"UV_FIND_LINKS={places.wheels}" in log
    assert "PYTHONPATH" not in log
    assert folders(places) == []


def test_settings_of_pip_become_those_of_uv(places):
    config = (
        ":env:.find-links='/env/wheels'\nglobal.cert='/etc/company.pem'\nglobal.find-links='/a /b'\n"
        "global.extra-index-url='https://one.example/simple\\nhttps://two.example/simple'\nglobal.no-color='true'\n"
    )
    assert places.build.uv_settings(config) == {
        "UV_FIND_LINKS": "/env/wheels",
        "SSL_CERT_FILE": "/etc/company.pem",
        "UV_INDEX": "https://one.example/simple https://two.example/simple",
    }
