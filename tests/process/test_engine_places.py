"""Which Python runs the engine."""

import doctest
import sys

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
