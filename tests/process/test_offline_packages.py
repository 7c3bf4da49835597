"""Installing without a network: packages are collected on one computer and installed on another."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from engine_folder import OWN_PYTHON, make_wheel, write_lock

UV = shutil.which("uv", path=f"{Path(os.environ.get('ALLPA_TEST_ENGINE', '.')).parent}:{os.environ['PATH']}")
needs_uv = pytest.mark.skipif(not UV, reason="needs uv, which `make test` installs")


@pytest.fixture
def offline(places, monkeypatch):
    """Lists of a package `small` and of a `uv` that starts the tests' own; the folder of wheels has a space."""
    places.wheels = places.wheels.with_name("on a stick, áé")
    write_lock(places.lock_file, make_wheel(places.wheels, "small"))
    script = f'#!/bin/sh\nexec "{UV}" "$@"\n'
    uv = make_wheel(places.wheels, "uv", "0.1", {"uv-0.1.data/scripts/uv": script})
    (places.lock_file.parent / "uv.txt").write_text(uv + "\n")
    monkeypatch.setattr(places.build, "probe", lambda engine, feedback: None)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")  # nothing answers there
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return places


def zip_of(folder, target):
    """A zip of the wheels, below a folder, with a file that is none of them."""
    with zipfile.ZipFile(target, "w") as packed:
        packed.writestr("../../read me.txt", "no package")
        for wheel in folder.iterdir():
            packed.write(wheel, f"packages/{wheel.name}")
    return target


@needs_uv
@pytest.mark.parametrize("form", ["folder", "zip"])
def test_the_engine_is_installed_from_a_folder_or_a_zip_without_a_network(offline, feedback, tmp_path, form):
    source = offline.wheels if form == "folder" else zip_of(offline.wheels, tmp_path / "packages.zip")
    python = offline.installation.install_engine(feedback, packages=source)
    assert subprocess.run([python, "-c", "import small"]).returncode == 0
    beside = offline.interpreter.managed_engine_folder().parent
    assert [path.name for path in beside.iterdir() if path.is_dir()] == [python.parent.parent.name]
    assert not (tmp_path / "read me.txt").exists()


@needs_uv
def test_packages_that_lack_some_are_refused_with_what_would_suit(offline, feedback):
    other = make_wheel(offline.wheels, "other")
    write_lock(offline.lock_file, make_wheel(offline.wheels, "small"), other)
    next(offline.wheels.glob("other-*")).unlink()
    with pytest.raises(offline.installation.InstallationFailed, match="1 of 2 are missing") as caught:
        offline.installation.install_engine(feedback, packages=offline.wheels)
    assert caught.value.why == "other-1.0-py3-none-any.whl"
    assert f"{offline.locks.platform_name()} and Python {OWN_PYTHON}" in caught.value.next_step


@needs_uv
def test_a_package_that_was_changed_is_refused(offline, feedback):
    make_wheel(offline.wheels, "small", files={"small.py": "VALUE = 'changed'\n"})
    with pytest.raises(offline.installation.InstallationFailed, match="hash differs"):
        offline.installation.install_engine(feedback, packages=offline.wheels)
    assert not offline.interpreter.managed_engine_folder().exists()


@pytest.mark.parametrize(("content", "says"), [(b"no zip", "cannot be read"), (None, "There are no packages in")])
def test_a_file_that_holds_no_packages_is_refused(places, feedback, tmp_path, content, says):
    file = tmp_path / "packages.zip"
    if content is None:
        zipfile.ZipFile(file, "w").close()
    else:
        file.write_bytes(content)
    with pytest.raises(places.installation.InstallationFailed, match=says) as caught:
        places.installation.install_engine(feedback, packages=file)
    assert "Collect packages for another computer" in caught.value.next_step


def test_the_algorithms_take_packages_from_the_parameter_or_the_options(places, provider, feedback, tmp_path):
    from allpa.plugin import settings
    from qgis.core import QgsProcessingContext

    for name in ("installengine", "installparts"):
        algorithm = provider.algorithm(name).create()
        may_run, text = algorithm.checkParameterValues({"PACKAGES": str(tmp_path / "gone.zip")}, QgsProcessingContext())
        assert not may_run
        assert "gone" in text
        settings.PACKAGES.set_value(str(tmp_path / "set in the options"))
        may_run, text = algorithm.checkParameterValues({}, QgsProcessingContext())
        settings.PACKAGES.set_value("")
        assert not may_run
        assert "set in the options" in text


@needs_uv
def test_what_one_computer_collects_another_installs(offline, feedback, tmp_path, monkeypatch):
    from allpa.plugin.worker.package_collection import collect_packages

    monkeypatch.setenv("PIP_FIND_LINKS", offline.wheels.as_uri())
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    target = collect_packages(offline.locks.platform_name(), OWN_PYTHON, [], tmp_path / "collected.zip", feedback)
    with zipfile.ZipFile(target) as packed:
        assert packed.namelist() == ["small-1.0-py3-none-any.whl", "uv-0.1-py3-none-any.whl"]
    monkeypatch.delenv("PIP_FIND_LINKS")
    shutil.rmtree(offline.wheels)
    python = offline.installation.install_engine(feedback, packages=target)
    assert subprocess.run([python, "-c", "import small"]).returncode == 0
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".allpa")] == []


def test_a_python_that_no_list_serves_is_refused_before_the_download(places, feedback, tmp_path):
    from allpa.plugin.worker.package_collection import collect_packages

    with pytest.raises(places.installation.InstallationFailed, match=r"Python 3\.9"):
        collect_packages(places.locks.platform_name(), "3.9", [], tmp_path / "collected.zip", feedback)
    assert not (tmp_path / "collected.zip").exists()


def test_the_platforms_and_pythons_to_choose_are_those_of_the_lists(allpa):
    from allpa.plugin.worker import locks, package_collection

    assert package_collection.platforms()[0] == locks.platform_name()
    assert set(package_collection.platforms()) == {
        path.stem for path in locks.LOCK_FOLDER.glob("*.txt") if path.stem != "uv" and not path.stem.endswith("-cuda")
    }
    assert package_collection.pythons()[0] == "{}.{}".format(*sys.version_info)
    assert sorted(package_collection.pythons()) == ["3.10", "3.11", "3.12", "3.13", "3.14"]
