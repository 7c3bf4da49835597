"""Optional groups of packages: put beside the engine whole or not at all, found by its Python, repaired and kept."""

import os
import shutil
import subprocess
import threading
import zipfile
from pathlib import Path

import pytest
from engine_folder import make_wheel, write_lock

UV = shutil.which("uv", path=f"{Path(os.environ.get('ALLPA_TEST_ENGINE', '.')).parent}:{os.environ['PATH']}")
pytestmark = pytest.mark.skipif(not UV, reason="needs uv, which `make test` installs")


@pytest.fixture
def installed(places, monkeypatch, feedback):
    """An engine of one small package, and a group of two others, `trees` and `waters`."""
    from allpa.plugin.worker import parts

    def own_uv(build):
        build._configure_uv(f"global.find-links='{places.wheels}'\nglobal.no-index='true'\n")
        return Path(UV)

    monkeypatch.setattr(places.build, "probe", lambda engine, feedback: None)
    monkeypatch.setattr(places.build.Build, "_install_uv", own_uv)
    monkeypatch.setitem(parts.PART_PACKAGES, "learn", ("trees", "waters"))
    write_lock(places.lock_file, make_wheel(places.wheels, "small"))
    places.parts, places.parts_list = parts, places.lock_file.parent / "learn" / places.lock_file.name
    places.parts_list.parent.mkdir()
    write_lock(places.parts_list, make_wheel(places.wheels, "trees"), make_wheel(places.wheels, "waters"))
    places.python = places.installation.install_engine(feedback)
    return places


def imports(python, names):
    """Whether the engine's Python, started as QGIS starts it, imports packages."""
    return subprocess.run([python, "-u", "-s", "-c", f"import {names}"], capture_output=True).returncode == 0


def leftovers(places):
    """What an installation that ended left beside the engine."""
    target = places.interpreter.managed_engine_folder()
    return [path.name for path in target.parent.iterdir() if ".part-" in path.name]


def test_a_group_is_found_by_the_engine_and_changes_none_of_its_packages(installed, feedback):
    before = sorted(path.name for path in installed.python.parents[1].glob("lib/*/site-packages/*"))
    assert not imports(installed.python, "trees")
    wheels = [path for path in installed.wheels.glob("*.whl") if path.name.startswith(("trees", "waters"))]
    members = [entry.file_size for path in wheels for entry in zipfile.ZipFile(path).infolist()]
    download, unpacked = installed.parts.part_sizes("learn")
    assert download == f"{sum(path.stat().st_size for path in wheels) / 1000:.3g} kB"
    assert unpacked == f"{sum(members)} bytes"
    installed.parts.install_parts(feedback, "learn")
    assert imports(installed.python, "small, trees, waters")
    after = sorted(path.name for path in installed.python.parents[1].glob("lib/*/site-packages/*"))
    assert set(after) - set(before) == {"allpa-parts.pth"}
    assert installed.parts.part_state("learn", []) == "installed"
    assert feedback.fractions[-1] == 100
    assert leftovers(installed) == []


def test_a_group_that_works_is_only_verified(installed, feedback):
    folder = installed.parts.install_parts(feedback, "learn")
    (folder / "mark").write_text("")
    installed.parts.install_parts(feedback, "learn")
    assert (folder / "mark").exists()


def test_a_damaged_group_is_repaired(installed, feedback):
    folder = installed.parts.install_parts(feedback, "learn")
    (folder / "waters.py").unlink()
    assert installed.parts.part_state("learn", ["waters"]) == "damaged"
    installed.parts.install_parts(feedback, "learn")
    assert imports(installed.python, "trees, waters")
    assert "installed anew" in " ".join(feedback.warnings)


def test_a_new_list_makes_the_group_outdated(installed, feedback):
    installed.parts.install_parts(feedback, "learn")
    write_lock(
        installed.parts_list, make_wheel(installed.wheels, "trees", "2.0"), make_wheel(installed.wheels, "waters")
    )
    assert installed.parts.part_state("learn", []) == "outdated"
    folder = installed.parts.install_parts(feedback, "learn")
    assert (folder / "trees-2.0.dist-info").exists()
    assert not (folder / "trees-1.0.dist-info").exists()


def test_a_repair_of_the_engine_keeps_the_group(installed, feedback, monkeypatch):
    installed.parts.install_parts(feedback, "learn")
    shutil.rmtree(installed.python.parents[1])
    installed.installation.install_engine(feedback)
    installed.parts.restore_parts()
    assert imports(installed.python, "small, trees, waters")


def test_a_package_that_is_not_the_tested_one_leaves_the_engine_as_it_was(installed, feedback):
    requirement = make_wheel(installed.wheels, "trees", "3.0")
    digest = requirement.split("sha256:")[1][:64]
    write_lock(installed.parts_list, requirement.replace(digest, "0" * 64))
    with pytest.raises(installed.installation.InstallationFailed, match="hash differs"):
        installed.parts.install_parts(feedback, "learn")
    assert installed.parts.part_state("learn", ["trees", "waters"]) == "missing"
    assert imports(installed.python, "small")
    assert leftovers(installed) == []


def test_a_cancel_leaves_no_half_group_and_the_next_try_completes_it(installed, feedback, monkeypatch):
    from allpa.plugin.allpa_engine.core.errors import Cancelled

    def slow_uv(build):
        build._configure_uv("")
        script = installed.wheels / "uv"
        script.write_text('#!/bin/sh\nmkdir -p "$UV_CACHE_DIR"; echo kept > "$UV_CACHE_DIR/kept"\nexec sleep 60\n')
        script.chmod(0o755)
        return script

    with monkeypatch.context() as patched:
        patched.setattr(installed.installation.Build, "_install_uv", slow_uv)
        threading.Timer(1.5, feedback.cancel).start()
        with pytest.raises(Cancelled):
            installed.parts.install_parts(feedback, "learn")
    cache = installed.interpreter.managed_engine_folder().with_name("downloads")
    assert (cache / "kept").exists()
    assert leftovers(installed) == []
    assert not installed.parts.parts_folder(installed.interpreter.managed_engine_folder()).exists()
    installed.parts.install_parts(type(feedback)(), "learn")
    assert imports(installed.python, "trees, waters")
    assert not cache.exists()


def test_an_engine_of_the_user_is_left_alone(installed, feedback, monkeypatch):
    from allpa.plugin.allpa_engine.core.errors import EngineMissing

    monkeypatch.setenv("ALLPA_ENGINE_PYTHON", str(installed.python))
    with pytest.raises(EngineMissing, match="installs nothing into it") as caught:
        installed.parts.install_parts(feedback, "learn")
    assert "trees, waters" in caught.value.next_step
    assert installed.parts.part_sizes("learn") == ("", "")


def test_a_system_without_a_list_is_refused(installed, feedback):
    installed.parts_list.unlink()
    with pytest.raises(installed.installation.InstallationFailed, match="do not exist for this system"):
        installed.parts.install_parts(feedback, "learn")
