"""Collecting the engine's packages for another computer: pip downloads what the plugin's lists name, with hashes."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_STORED, ZipFile

from qgis.core import QgsProcessingFeedback

from ..allpa_engine.core.atomic import atomic_write, check_free_space
from ..translation import bytes_text, tr
from . import locks
from .environment_build import find_bootstrap_python
from .installer_process import NOT_OFFERED, InstallationFailed, folder_bytes, run_installer
from .installer_settings import installer_variables
from .interpreter import venv_python

_UV = re.compile(r"^uv==(\S+)", re.MULTILINE)
_HASHES = re.compile(r"--hash=sha256:[0-9a-f]{64}")
_TAG = re.compile(r"-([^-]+)\.whl$")
_UV_TAGS = {
    "linux-x86_64": ("manylinux_2_17_x86_64", "manylinux2014_x86_64"),
    "linux-aarch64": ("manylinux_2_28_aarch64",),
    "windows-x86_64": ("win_amd64",),
    "macos-arm64": ("macosx_11_0_arm64",),
    "macos-x86_64": ("macosx_10_12_x86_64",),
}
"""Tags of uv's files by platform: its own list names hashes of all systems, and no files."""


def platforms() -> list[str]:
    """The platforms that have a list, this computer's first."""
    names = sorted(path.stem for path in locks.LOCK_FOLDER.glob("*.txt") if path.stem in _UV_TAGS)
    return sorted(names, key=lambda name: name != locks.platform_name())


def pythons() -> list[str]:
    """The versions of Python that some list serves, this QGIS's first where it is one of them."""
    floors = {python for name in platforms() for python in (locks.read_lock(name) or _none()).floors}
    own = locks.own_version()
    return [".".join(map(str, python)) for python in sorted(floors, key=lambda python: (python != own, python))]


def _none() -> locks.EngineLock:
    return locks.EngineLock(Path(), {})


def collect_packages(
    platform: str, python: str, groups: list[str], target: Path, feedback: QgsProcessingFeedback
) -> Path:
    """Download the packages for one platform and Python, and write them into a zip.

    Parameters
    ----------
    platform, python : of the other computer, as `platforms` and `pythons` name them.
    groups : optional groups to add, keys of `core.parts.PART_PACKAGES`.
    target : the zip.
    feedback : gets progress and pip's lines; its cancel ends the download.

    Returns
    -------
    `target`.

    Raises
    ------
    InstallationFailed : where the platform has no list for the Python, or by cause as for the engine.
    DiskFull, FolderNotWritable : where the zip cannot be written.
    Cancelled

    """
    version = locks.as_version(python)
    check_free_space(target.parent, 0)
    with TemporaryDirectory(dir=target.parent, prefix=".allpa-packages-") as name:
        collection = _Collection(Path(name), platform, version, feedback)
        try:
            collection.download(_lists(platform, version, groups))
        except InstallationFailed as error:
            larger = locks.read_lock(platform + locks.CUDA_SUFFIX)
            if error.cause != NOT_OFFERED or larger is None:
                raise
            feedback.pushWarning(
                tr("PyTorch's CPU build cannot be had: {} The larger CUDA build is taken.").format(error.what)
            )
            collection.download([larger, *_lists(platform, version, groups)[1:]])
        return collection.write(target)


def _lists(platform: str, version: locks.Version, groups: list[str]) -> list[locks.EngineLock]:
    """The platform's list and those of the groups, for one Python.

    Raises
    ------
    InstallationFailed : where there is none.
    """
    lists = [locks.read_lock(name) for name in (platform, *(f"{group}/{platform}" for group in groups))]
    served = [lock for lock in lists if lock is not None and version in lock.floors]
    if len(served) < len(lists):
        raise InstallationFailed(
            tr("The engine's packages do not exist for this system: {}.").format(
                f"{platform}, Python {'.'.join(map(str, version))}"
            ),
            "",
            tr("Choose another platform or Python."),
        )
    return served


class _Collection:
    """The packages of one platform and Python, in a folder that is removed at the end."""

    def __init__(self, folder: Path, platform: str, version: locks.Version, feedback: QgsProcessingFeedback) -> None:
        self._folder, self._platform, self._version, self._feedback = folder, platform, version, feedback
        self._wheels = folder / "wheels"
        self._bootstrap = find_bootstrap_python()
        self._variables = installer_variables()

    def download(self, lists: list[locks.EngineLock]) -> None:
        """Download the files of the lists, and uv.

        Raises
        ------
        InstallationFailed, Cancelled : as `collect_packages`.

        """
        wheels = [wheel for lock in lists for wheel in lock.wheels(self._version)]
        total = sum(int(wheel["size"]) for wheel in wheels)
        self._feedback.pushInfo(tr("About {} are downloaded.").format(bytes_text(total)))
        check_free_space(self._folder, 2 * total)
        tags = sorted({tag for wheel in wheels for found in _TAG.findall(wheel["file"]) for tag in found.split(".")})
        self._pip_download([f"{wheel['requirement']} {wheel['hash']}" for wheel in wheels], tags, total)
        self._pip_download(_uv_requirement(), [*_UV_TAGS[self._platform], "any"], total)

    def _pip_download(self, requirements: list[str], tags: list[str], total: int) -> None:
        file = self._folder / "requirements.txt"
        file.write_text("\n".join(requirements) + "\n", encoding="utf-8")
        options = ["--no-input", "--disable-pip-version-check", "--progress-bar", "off", "--no-deps", "--no-cache-dir"]
        options += ["--require-hashes", "--only-binary", ":all:", "--dest", str(self._wheels), "-r", str(file)]
        options += ["--python-version", ".".join(map(str, self._version)), "--implementation", "cp"]
        for tag in tags:
            options += ["--platform", tag]
        self._run([str(self._pip_python()), "-m", "pip", "download", *options], total)

    def _pip_python(self) -> Path:
        """A Python with pip: one that has none makes an environment that has."""
        tools = self._folder / "tools"
        if not tools.exists():
            self._run([str(self._bootstrap), "-m", "venv", str(tools)], 0)
        return venv_python(tools)

    def _run(self, command: list[str], total: int) -> None:
        title = tr("Downloading the packages")

        def show_bytes() -> None:
            done = min(total, folder_bytes(self._wheels))
            self._feedback.setProgress(95 * done / total)
            self._feedback.setProgressText(
                "{}: {}".format(title, tr("{} of {}").format(bytes_text(done), bytes_text(total)))
            )

        on_poll = show_bytes if total else None
        variables = {**self._variables, "TMPDIR": str(self._folder), "TEMP": str(self._folder)}
        run_installer(self._bootstrap, command, self._folder / "unfinished", self._feedback, variables, on_poll)

    def write(self, target: Path) -> Path:
        """Write the zip; gives its path."""
        self._feedback.setProgressText(tr("Writing {}").format(target.name))
        with atomic_write(target) as part, ZipFile(part, "w", ZIP_STORED) as packed:
            for wheel in sorted(self._wheels.glob("*.whl")):
                packed.write(wheel, wheel.name)
                wheel.unlink()
        return target


def _uv_requirement() -> list[str]:
    text = (locks.LOCK_FOLDER / locks.INSTALLER_LOCK).read_text(encoding="utf-8")
    found = _UV.search(text)
    return [" ".join([f"uv=={found[1]}" if found else "uv", *_HASHES.findall(text)])]
