"""Installing optional groups of packages beside the engine's own: built aside, verified, moved into place.

A group lies in a folder of its own beside the engine's environment, where a path file makes it importable. So the
engine's packages stay as they are, a group is there whole or not at all, and a repair of the engine keeps it. Downloads
of an installation that was stopped are kept for the next one.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from pathlib import Path

from qgis.core import QgsProcessingFeedback

from ..allpa_engine.core.errors import AllpaError, Cancelled, EngineMissing
from ..allpa_engine.core.parts import LEARN, PART_PACKAGES
from ..translation import bytes_text, tr
from . import locks
from .environment_build import Build, explained_error
from .installation import lock_engine_folder
from .installer_process import InstallationFailed
from .interpreter import engine_is_chosen, managed_engine_folder, venv_python
from .offline_packages import choose_complete

INSTALLED, MISSING, DAMAGED, OUTDATED = "installed", "missing", "damaged", "outdated"
"""States of a group."""
_PATH_FILE = "allpa-parts.pth"
_MARK = "allpa-list.txt"
"""In the group's folder: the digest of the list that it was installed from, and the version of its Python."""
_IMPORT_CODE = "import site, sys; site.addsitedir(sys.argv[1]); import {}"
_FIND_CODE = (
    "import site, sys, importlib.util; site.addsitedir(sys.argv[1]); "
    "sys.exit(not all(map(importlib.util.find_spec, {!r}.split(', '))))"
)


def part_lock(group: str) -> locks.EngineLock | None:
    """The list of a group for this computer and the installed engine.

    Parameters
    ----------
    group : a key of `core.parts.PART_PACKAGES`.

    Returns
    -------
    The list; None where this system or the engine's Python has none.

    """
    name = locks.platform_name()
    with_cuda = any(_site_packages(managed_engine_folder(), "nvidia"))
    lock = locks.read_lock(f"{group}/{name}{locks.CUDA_SUFFIX}") if with_cuda else None
    lock = lock or locks.read_lock(f"{group}/{name}")
    python = _python_version(managed_engine_folder())
    if lock is None or not lock.floors or (python and python not in lock.floors):
        return None
    return lock


def part_sizes(group: str) -> tuple[str, str]:
    """What a group downloads and needs on disk, for people; empty texts where it cannot be installed."""
    lock = part_lock(group)
    if lock is None or engine_is_chosen():
        return "", ""
    python = _python_version(managed_engine_folder()) or max(lock.floors)
    return bytes_text(lock.download_bytes(python)), bytes_text(lock.unpacked_bytes(python))


def part_state(group: str, missing: list[str]) -> str:
    """The state of a group.

    Parameters
    ----------
    group : a key of `core.parts.PART_PACKAGES`.
    missing : its packages that the engine did not find.

    Returns
    -------
    One of `INSTALLED`, `MISSING`, `DAMAGED` and `OUTDATED`.

    """
    folder = parts_folder(managed_engine_folder()) / group
    if engine_is_chosen() or not folder.exists():
        return MISSING if missing else INSTALLED
    if missing:
        return DAMAGED
    lock = part_lock(group)
    return INSTALLED if lock is None or _marked(folder) == _mark(lock, managed_engine_folder()) else OUTDATED


def install_parts(feedback: QgsProcessingFeedback, group: str, packages: Path | None = None) -> Path:
    """Install a group into the engine that Allpa installed, or repair it; one that works is only verified.

    Parameters
    ----------
    feedback : gets progress and the installer's lines; its cancel ends the installation.
    group : a key of `core.parts.PART_PACKAGES`.
    packages : folder or zip of collected packages; None takes them from the network.

    Returns
    -------
    The group's folder.

    Raises
    ------
    EngineMissing : where there is no engine that Allpa installed.
    InstallationFailed : by cause, as for the engine.
    FolderNotWritable, DiskFull : where the folder of the engine cannot hold it.
    Cancelled

    """
    target = managed_engine_folder()
    _require_own_engine(target, group)
    lock = part_lock(group)
    if lock is None:
        raise InstallationFailed(
            tr("These packages do not exist for this system or the engine's Python: {}.").format(locks.system_text()),
            "",
            tr("Use another computer, or set the path of a Python that has them in the options."),
        )
    with lock_engine_folder(target):
        build = PartsBuild(target, lock, feedback, group, packages)
        if not build.works():
            build.install_group()
    return parts_folder(target) / group


def parts_folder(target: Path) -> Path:
    """The folder of the groups that belong to an engine."""
    return target.with_name(target.name.replace("engine-", "parts-"))


def restore_parts() -> None:
    """Make the groups importable again, after the engine was installed anew on the same Python."""
    target = managed_engine_folder()
    if any(_groups_of(target)):
        _write_path_file(target)


def _require_own_engine(target: Path, group: str) -> None:
    if engine_is_chosen():
        raise EngineMissing(
            tr("The engine's Python is one that you set; Allpa installs nothing into it."),
            "",
            tr("Install these packages there: {}. Or empty the path in Allpa's options.").format(
                ", ".join(PART_PACKAGES[group])
            ),
        )
    if not venv_python(target).exists():
        raise EngineMissing(
            tr("Allpa's engine is not installed yet."), "", tr("Press 'Install engine' first, then install the parts.")
        )


class PartsBuild(Build):
    """One installation of a group, in a folder beside the engine's that is removed at the end."""

    def __init__(
        self,
        target: Path,
        lock: locks.EngineLock,
        feedback: QgsProcessingFeedback,
        group: str,
        packages: Path | None = None,
    ) -> None:
        super().__init__(target, lock, feedback, packages)
        self._group = group
        self._folder = target.with_name(f"{target.name}.part-{group}-{os.getpid()}")
        self._environment = target
        self._bootstrap = venv_python(target)
        self._place = parts_folder(target) / group

    def works(self) -> bool:
        """Whether the group is there, from the present list, and can be imported."""
        if _marked(self._place) != _mark(self._lock, self._target):
            return False
        try:
            self._verify_group(self._place)
        except Cancelled:
            raise
        except AllpaError as error:
            self._feedback.pushWarning(tr("The parts are installed anew: {}").format(error.why or error.what))
            return False
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)
        return True

    def install_group(self) -> None:
        """Build and verify the group, and put it into place.

        Raises
        ------
        InstallationFailed, DiskFull, FolderNotWritable, Cancelled : as `install_parts`.

        """
        python = _python_version(self._target) or max(self._lock.floors)
        needed = self._lock.unpacked_bytes(python)
        self._feedback.pushInfo(
            tr("About {} are downloaded, and {} are needed on disk.").format(*part_sizes(self._group))
        )
        self._check_space(needed)
        aside = self._folder / "group"
        try:
            self._take_packages()
            uv = self._install_uv()
            if self._wheels is not None:
                choose_complete([self._lock], self._wheels, python)
            self._uv_install(uv, self._lock, "--target", str(aside))
            self._feedback.setProgress(92)
            self._verify_group(aside)
            (aside / _MARK).write_text(_mark(self._lock, self._target), encoding="utf-8")
            self._place.parent.mkdir(exist_ok=True)
            if self._place.exists():
                self._place.rename(self._folder / "replaced")
            aside.rename(self._place)
            _write_path_file(self._target)
            shutil.rmtree(self._cache, ignore_errors=True)
            self._feedback.setProgress(100)
        except OSError as error:
            raise explained_error(error, self._target) from error
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _verify_group(self, folder: Path) -> None:
        self._feedback.setProgressText(tr("Verifying the parts"))
        code = _IMPORT_CODE if self._group == LEARN else _FIND_CODE
        names = ", ".join(PART_PACKAGES[self._group])
        self._folder.mkdir(parents=True, exist_ok=True)
        self._run([str(self._bootstrap), "-c", code.format(names), str(folder)])


def _write_path_file(environment: Path) -> None:
    """Make the groups importable; paths are relative, so that the environment can be moved."""
    for site_packages in _site_packages(environment):
        lines = [os.path.relpath(path, site_packages) for path in _groups_of(environment)]
        (site_packages / _PATH_FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _groups_of(environment: Path) -> list[Path]:
    """The folders of the groups that were installed for the environment's Python."""
    version = ".".join(map(str, _python_version(environment)))
    folders = [parts_folder(environment) / group for group in PART_PACKAGES]
    return [folder for folder in folders if _marked(folder).endswith(f" {version}")]


def _site_packages(environment: Path, package: str = "") -> list[Path]:
    """The folders of packages of an environment; with `package` those that hold it."""
    patterns = ("lib/python3*/site-packages", "Lib/site-packages")
    found = {path.resolve(): path for pattern in patterns for path in environment.glob(pattern)}
    return [path for path in found.values() if not package or (path / package).is_dir()]


def _python_version(environment: Path) -> locks.Version:
    """Major and minor version of an environment's Python, empty where it does not say."""
    try:
        text = (environment / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ()
    found = re.search(r"^version(?:_info)? *= *(\d+)\.(\d+)", text, re.MULTILINE)
    return (int(found[1]), int(found[2])) if found else ()


def _mark(lock: locks.EngineLock, environment: Path) -> str:
    digest = hashlib.sha256(lock.path.read_bytes()).hexdigest()
    return f"{digest} {'.'.join(map(str, _python_version(environment)))}"


def _marked(folder: Path) -> str:
    try:
        return (folder / _MARK).read_text(encoding="utf-8").strip()
    except OSError:
        return ""
