"""Which Python runs the engine."""

import doctest
import os
import re
import sys
from pathlib import Path

import pytest
from engine_folder import executable


def test_the_setting_comes_before_the_variable_and_that_before_the_installed_one(places, tmp_path, monkeypatch):
    from allpa.plugin import settings

    installed = executable(places.interpreter.venv_python(places.interpreter.managed_engine_folder()))
    found = places.interpreter.find_engine()
    assert (found.python, found.origin) == (installed, "installed")
    variable = executable(tmp_path / "variable")
    monkeypatch.setenv("ALLPA_ENGINE_PYTHON", str(variable))
    assert places.interpreter.find_engine().python == variable
    chosen = executable(tmp_path / "chosen")
    settings.ENGINE_PYTHON.set_value(str(chosen))
    found = places.interpreter.find_engine()
    assert (found.python, found.origin) == (chosen, "setting")


@pytest.mark.parametrize("wrong", ["/no/such/python", "folder", "not executable"])
def test_a_wrong_setting_is_reported_and_not_passed_over(places, tmp_path, wrong):
    from allpa.plugin import settings
    from allpa.plugin.allpa_engine.core.errors import EngineMissing

    executable(places.interpreter.venv_python(places.interpreter.managed_engine_folder()))
    (tmp_path / "folder").mkdir()
    (tmp_path / "not executable").write_text("")
    settings.ENGINE_PYTHON.set_value(str(tmp_path / wrong))
    with pytest.raises(EngineMissing, match=r"setting.*options"):
        places.interpreter.find_engine()


def test_other_packages_need_another_installation(places, tmp_path):
    before = places.interpreter.managed_engine_folder()
    places.lock_file.write_text("# other packages\n")
    assert places.interpreter.managed_engine_folder() != before
    assert places.interpreter.managed_engine_folder().parent == tmp_path / "data" / "allpa"


def test_an_interpreter_without_packages_is_called_damaged_and_its_repair_proposed(places, feedback):
    from allpa.plugin.algorithms.status import Status
    from allpa.plugin.allpa_engine.core.errors import EngineMissing
    from qgis.core import QgsProcessingContext

    python = places.interpreter.venv_python(places.interpreter.managed_engine_folder())
    executable(python, f'exec "{sys.executable}" "$@"\n')
    with pytest.raises(EngineMissing) as caught:
        places.interpreter.require_engine(feedback)
    assert caught.value.what == "The installed engine is damaged."
    assert "cannot be imported" in caught.value.why
    assert "it repairs the engine" in caught.value.next_step
    status = Status().execute({}, QgsProcessingContext(), feedback)
    assert (status["STATE"], status["NEXT_ALGORITHMS"]) == ("engine_broken", "allpa:installengine")


def test_the_examples_of_versions_run(places):
    tested = doctest.testmod(places.locks)
    assert tested.attempted == 3
    assert tested.failed == 0


def test_this_computer_has_a_list_and_a_size(allpa):
    from allpa.plugin.worker import installation, locks

    if locks.platform_name() != "linux-x86_64":
        pytest.skip("the CUDA build is offered on Linux, x86-64, alone")
    small = installation.choose_lock()
    large = installation.choose_lock("cuda")
    python = max(small.floors)
    assert 200e6 < small.download_bytes(python) < small.unpacked_bytes(python) < 1.5e9
    assert 2.5e9 < large.download_bytes(python) < large.unpacked_bytes(python) < 6e9
    assert installation.choose_lock("cpu").path == small.path


def test_a_python_that_has_what_is_needed_is_found_and_remembered(places, feedback, monkeypatch, tmp_path):
    from allpa.plugin import settings
    from allpa.plugin.algorithms.status import Status
    from allpa.plugin.allpa_engine.core.errors import EngineMissing
    from qgis.core import QgsProcessingContext

    old, good = executable(tmp_path / "old"), executable(tmp_path / "good")

    def probe(engine, _feedback):
        if engine.python == old:
            raise EngineMissing("The engine's package rasterio cannot be imported.")
        return {"device": "cpu", "version": "1"}

    monkeypatch.setattr(places.interpreter, "pythons_with_packages", lambda: iter([old, good]))
    monkeypatch.setattr(places.interpreter, "probe", probe)
    status = Status().execute({}, QgsProcessingContext(), feedback)
    assert (status["READY"], status["ENGINE_PYTHON"], status["DEVICE"]) == (True, str(good), "cpu")
    found = places.interpreter.find_engine()
    assert (found.python, found.origin) == (good, "found")
    installed = executable(places.interpreter.venv_python(places.interpreter.managed_engine_folder()))
    assert places.interpreter.find_engine().python == installed
    installed.unlink()
    good.unlink()
    with pytest.raises(EngineMissing, match="not installed yet"):
        places.interpreter.find_engine()
    settings.FOUND_ENGINE.set_value("")


def test_the_search_asks_each_python_in_a_process_of_its_own(places, monkeypatch, tmp_path):
    from allpa.plugin.worker import suitable_python

    real = os.environ.get("ALLPA_TEST_ENGINE", "")
    candidates = [executable(tmp_path / "hangs", "sleep 60\n"), executable(tmp_path / "crashes", "kill -9 $$\n")]
    candidates += [Path(path) for path in ("/no/such/python", real) if path]
    monkeypatch.setattr(suitable_python, "pythons_of_computer", lambda: candidates)
    monkeypatch.setattr(suitable_python, "_TIMEOUT_MS", 3_000)
    assert list(suitable_python.pythons_with_packages()) == ([Path(real)] if real else [])


@pytest.mark.parametrize(
    ("why", "says"),
    [
        ("DLL load failed while importing _C: The specified module could not be found.", "Visual C++ runtime"),
        ("libgomp.so.1: cannot open shared object file: No such file or directory", "A library of the system"),
        ("/lib/libstdc++.so.6: version `GLIBCXX_3.4.30' not found", "A library of the system"),
    ],
)
def test_a_missing_runtime_is_named_and_no_repair_is_proposed(places, feedback, monkeypatch, why, says):
    from allpa.plugin.algorithms import status
    from allpa.plugin.allpa_engine.core.errors import EngineMissing
    from qgis.core import QgsProcessingContext

    def run(_worker, _arguments):
        raise EngineMissing("The engine's package torch cannot be imported.", why)

    monkeypatch.setattr(places.interpreter.EngineWorker, "run", run)
    executable(places.interpreter.venv_python(places.interpreter.managed_engine_folder()))
    result = status.Status().execute({}, QgsProcessingContext(), feedback)
    assert says in result["ACTION_REQUIRED"]
    assert result["NEXT_ALGORITHMS"] == ""
    with pytest.raises(places.interpreter.RuntimeMissing, match=re.escape(says)):  # nothing is downloaded in vain
        places.installation.install_engine(feedback)
