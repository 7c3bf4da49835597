"""Which Python runs the engine, and how Allpa installs one of its own."""

import os
import stat
import sys
import threading
from pathlib import Path

import pytest


@pytest.fixture
def places(allpa, tmp_path, monkeypatch):
    """The ladder, with user data and a list of packages of this test's own."""
    from allpa.plugin import settings
    from allpa.plugin.worker import (
        installation as engine_installation,
    )
    from allpa.plugin.worker import (
        interpreter as engine_environment,
    )

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("ALLPA_ENGINE_PYTHON", raising=False)
    for name in ("engine.txt", "engine-cpu.txt", "engine-cuda.txt"):
        (tmp_path / name).write_text("# no packages\n")
    for module in (engine_environment, engine_installation):
        monkeypatch.setattr(module, "LOCK_FOLDER", tmp_path)
    settings.ENGINE_PYTHON.set_value("")
    settings.PROBED_ENGINE.set_value("")
    yield engine_environment
    settings.ENGINE_PYTHON.set_value("")


@pytest.fixture
def pretended(places, monkeypatch):
    """Installation with a probe that needs no packages."""
    from allpa.plugin.worker import installation as engine_installation

    probed = []
    monkeypatch.setattr(engine_installation, "probe", lambda engine, feedback: probed.append(engine.python))
    engine_installation.probed = probed
    return engine_installation


@pytest.fixture
def quick_python(tmp_path):
    """Makes environments at once, whose Python does nothing and succeeds; the real one takes ten seconds."""
    return executable(
        tmp_path / "quick python",
        """test "$2" = venv && mkdir -p "$3/bin" && printf "#!/bin/sh\\n" > "$3/bin/python" &&
chmod +x "$3/bin/python"
""",
    )


def executable(path, script=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + script)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_the_setting_comes_before_the_variable_and_that_before_the_installed_one(places, tmp_path, monkeypatch):
    from allpa.plugin import settings

    installed = executable(places.venv_python(places.managed_engine_folder()))
    assert (places.find_engine().python, places.find_engine().origin) == (installed, "installed")
    variable = executable(tmp_path / "variable")
    monkeypatch.setenv("ALLPA_ENGINE_PYTHON", str(variable))
    assert places.find_engine().python == variable
    chosen = executable(tmp_path / "chosen")
    settings.ENGINE_PYTHON.set_value(str(chosen))
    assert (places.find_engine().python, places.find_engine().origin) == (chosen, "setting")


@pytest.mark.parametrize("wrong", ["/no/such/python", "folder", "not executable"])
def test_a_wrong_setting_is_told_and_not_passed_over(places, tmp_path, wrong):
    from allpa.plugin import settings
    from allpa.plugin.allpa_engine.core.errors import EngineMissing

    executable(places.venv_python(places.managed_engine_folder()))
    (tmp_path / "folder").mkdir()
    (tmp_path / "not executable").write_text("")
    settings.ENGINE_PYTHON.set_value(str(tmp_path / wrong))
    with pytest.raises(EngineMissing, match=r"setting.*options"):
        places.find_engine()


def test_other_packages_need_another_installation(places, tmp_path):
    before = places.managed_engine_folder()
    (tmp_path / "engine.txt").write_text("# other packages\n")
    assert places.managed_engine_folder() != before
    assert places.managed_engine_folder().parent == tmp_path / "data" / "allpa"


def test_the_engine_is_built_aside_verified_and_put_in_place(pretended, places, feedback):
    python = pretended.install_engine(feedback)
    assert python == places.venv_python(places.managed_engine_folder())
    assert python.exists()
    temporary_path, final = pretended.probed
    assert ".part-" in str(temporary_path)
    assert final == python
    assert [path.name for path in places.managed_engine_folder().parent.iterdir() if path.is_dir()] == [
        places.managed_engine_folder().name
    ]
    assert feedback.fractions[-1] == 100
    assert places.find_engine().python == python


def test_an_installed_engine_is_only_verified(pretended, places, feedback):
    python = executable(places.venv_python(places.managed_engine_folder()))
    assert pretended.install_engine(feedback) == python
    assert pretended.probed == [python]
    assert python.read_text() == "#!/bin/sh\n"


@pytest.mark.parametrize(
    ("requirement", "says"),
    [
        ("allpa-package-without-hash==1.0\n", "hash"),
        ("./no-such-wheel-1.0-py3-none-any.whl --hash=sha256:" + "0" * 64 + "\n", "could not be installed"),
    ],
)
def test_a_failed_installation_leaves_nothing_and_says_why(
    pretended, places, feedback, tmp_path, monkeypatch, requirement, says
):
    (tmp_path / "engine.txt").write_text(requirement)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(pretended.InstallationFailed, match=f"(?is){says}"):
        pretended.install_engine(feedback)
    assert [path for path in places.managed_engine_folder().parent.iterdir() if path.is_dir()] == []


def test_an_engine_that_does_not_work_is_not_put_in_place(pretended, places, feedback, monkeypatch, quick_python):
    from allpa.plugin.allpa_engine.core.errors import EngineMissing

    def refuse(engine, feedback):
        raise EngineMissing("The package torch cannot be imported.")

    monkeypatch.setattr(pretended, "probe", refuse)
    with pytest.raises(EngineMissing):
        pretended.install_engine(feedback, quick_python)
    assert not places.managed_engine_folder().exists()


def test_a_cancelled_installation_leaves_nothing(pretended, places, feedback, tmp_path):
    from allpa.plugin.allpa_engine.core.errors import Cancelled

    slow = executable(tmp_path / "slow python", "exec sleep 60\n")
    threading.Timer(0.5, feedback.cancel).start()
    with pytest.raises(Cancelled):
        pretended.install_engine(feedback, slow)
    assert not places.managed_engine_folder().exists()


def test_what_a_killed_installation_left_is_swept(pretended, places, feedback, quick_python):
    left = places.managed_engine_folder().with_name(places.managed_engine_folder().name + ".part-999")
    (left / "lib").mkdir(parents=True)
    python = pretended.install_engine(feedback, quick_python)
    assert not left.exists()
    assert python.exists()


def test_a_second_window_is_told_to_wait(pretended, places, feedback):
    from qgis.PyQt.QtCore import QLockFile

    target = places.managed_engine_folder()
    target.parent.mkdir(parents=True)
    other = QLockFile(str(target.with_suffix(".lock")))
    assert other.tryLock(0)
    with pytest.raises(pretended.InstallationFailed, match="Another QGIS window"):
        pretended.install_engine(feedback)
    other.unlock()


def test_the_python_to_build_on_is_an_interpreter_and_not_qgis(pretended):
    python = pretended.find_base_python()
    assert python.is_file()
    assert "python" in python.name
    assert Path(os.path.realpath(python)) == Path(os.path.realpath(sys.executable))  # here the tests' own


def test_without_a_list_of_packages_nothing_is_tried(pretended, tmp_path, feedback):
    from allpa.plugin.allpa_engine.core.errors import EngineMissing

    (tmp_path / "engine.txt").unlink()
    with pytest.raises(EngineMissing, match="list of the engine's packages"):
        pretended.install_engine(feedback)
