"""A user's data folder and lists of packages of a test's own, for the tests of the installation."""

import hashlib
import stat
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

OWN_PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"


def executable(path, script=""):
    """A program of the shell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + script)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def make_wheel(folder, name, version="1.0", files=None):
    """A wheel of a few files; gives its requirement with hash and sizes, as the lists have them."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    members = {
        f"{name}.py": "VALUE = 1\n",
        **(files or {}),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    members[f"{info}/RECORD"] = "".join(f"{member},,\n" for member in [*members, f"{info}/RECORD"])
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for member, text in members.items():
            entry = zipfile.ZipInfo(member)
            entry.external_attr = 0o100755 << 16
            wheel.writestr(entry, text)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    unpacked = sum(map(len, members.values()))
    return f"{name}=={version} --hash=sha256:{digest}  # {path.stat().st_size} {unpacked} {path.name}"


@pytest.fixture
def places(allpa, tmp_path, monkeypatch):
    """The modules that find and install the engine, with folders of this test's own."""
    from allpa.plugin import settings
    from allpa.plugin.worker import environment_build, installation, interpreter, locks

    folder = tmp_path / "lists"
    folder.mkdir()
    monkeypatch.setattr(locks, "LOCK_FOLDER", folder)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    monkeypatch.delenv("ALLPA_ENGINE_PYTHON", raising=False)
    for name in ("PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    settings.ENGINE_PYTHON.set_value("")
    settings.PROBED_ENGINE.set_value("")
    settings.FOUND_ENGINE.set_value("")
    monkeypatch.setattr(interpreter, "pythons_with_packages", list)  # this computer's own may have what is needed
    made = SimpleNamespace(
        installation=installation,
        build=environment_build,
        interpreter=interpreter,
        locks=locks,
        lock_file=folder / f"{locks.platform_name()}.txt",
        wheels=tmp_path / "wheels",
    )
    write_lock(made.lock_file)
    yield made
    settings.ENGINE_PYTHON.set_value("")


def write_lock(path: Path, *requirements: str, floor: str = "2.17", python: str = OWN_PYTHON) -> None:
    """A list of packages for one Python."""
    path.write_text("\n".join([f"# python {python} floor {floor}", *requirements]) + "\n", encoding="utf-8")
