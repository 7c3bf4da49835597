"""Installing the engine for this user: which packages, whether what is there works, and one installation at a time.

The CPU build of PyTorch is installed first. The build for NVIDIA's GPUs is a second step: it is put into place only
where it computes on the GPU, and the engine that it replaces stays beside it: the step back needs no network.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qgis.core import QgsProcessingFeedback
from qgis.PyQt.QtCore import QLockFile

from ..allpa_engine.core.atomic import check_free_space
from ..allpa_engine.core.errors import AllpaError, Cancelled, FolderNotWritable
from ..translation import tr
from . import gpu, locks
from .engine_process import WAITING_ENGINE
from .environment_build import AUTOMATIC, CPU, CUDA, Build, explained_error, verify
from .installer_process import InstallationFailed
from .interpreter import INSTALLED, EnginePython, RuntimeMissing, managed_engine_folder, venv_python


def choose_lock(pytorch_build: str = CPU) -> locks.EngineLock:
    """The list of packages for this computer.

    Parameters
    ----------
    pytorch_build : `cpu` or `cuda`.

    Raises
    ------
    InstallationFailed : where this system has no list, or is older than all that the list serves.

    """
    name = locks.platform_name()
    lock = locks.read_lock(name + locks.CUDA_SUFFIX if pytorch_build == CUDA else name)
    if lock is None or not lock.floors:
        raise InstallationFailed(
            tr("The engine's packages do not exist for this system: {}.").format(locks.system_text()),
            "",
            tr("Run the engine on Linux, Windows or macOS, or set the path of a Python that has it in the options."),
        )
    if not lock.usable_pythons(locks.system_version()):
        raise InstallationFailed(
            tr("The engine needs {} or later, and this system is {}.").format(
                locks.floor_text(lock), locks.system_text()
            ),
            "",
            tr("Update the system, or use another computer."),
        )
    return lock


def install_engine(
    feedback: QgsProcessingFeedback,
    base_python: Path | None = None,
    pytorch_build: str = AUTOMATIC,
    packages: Path | None = None,
) -> Path:
    """Install the engine for this user, or repair it; an engine that works is only verified.

    Parameters
    ----------
    feedback : gets progress and the installer's lines; its cancel ends the installation and keeps its downloads.
    base_python : interpreter to build on; None takes QGIS's own, else the system's, else one that uv downloads.
    pytorch_build : one of `PYTORCH_BUILDS`.
    packages : folder or zip of collected packages; None takes them from the network.

    Returns
    -------
    The engine's interpreter, which has imported all packages.

    Raises
    ------
    InstallationFailed : by cause: system, network, proxy, certificate, disk, hash, permission, file in use, Python.
    FolderNotWritable, DiskFull : where the folder of the engine cannot hold it.
    Cancelled

    """
    target = managed_engine_folder()
    present = gpu.build_of(target)
    wanted = (present or CPU) if pytorch_build == AUTOMATIC else pytorch_build
    if pytorch_build == CUDA:
        gpu.require_card()
    lock = choose_lock(wanted)
    check_free_space(target.parent, 0)
    with lock_engine_folder(target):
        engine = EnginePython(venv_python(target), INSTALLED)
        if wanted == present and _works(engine, feedback):
            if pytorch_build == CUDA:
                gpu.require_computing(engine.python, target, feedback)
            return engine.python
        if not (wanted == CPU and present == CUDA and _go_back(target, feedback)):
            build = Build(target, lock, feedback, packages)
            if pytorch_build == CUDA:
                kept = gpu.kept_engine(target) if present == CPU else None
                build.install(base_python, wanted, lambda python: gpu.require_computing(python, target, feedback), kept)
            else:
                build.install(base_python, pytorch_build)
        verify(engine, feedback)  # where it now is: its interpreter has another path than while it was built
    return engine.python


def _go_back(target: Path, feedback: QgsProcessingFeedback) -> bool:
    """Put the engine that computes on the processor back into place, where it was kept and works."""
    kept = gpu.kept_engine(target)
    if not kept.exists() or not _works(EnginePython(venv_python(kept), "installation"), feedback):
        return False
    try:
        gpu.exchange(target, kept)
    except OSError as error:
        raise explained_error(error, target) from error
    return True


@contextmanager
def lock_engine_folder(target: Path) -> Iterator[None]:
    """Hold the folder of the engine, so that one installation writes to it at a time.

    Parameters
    ----------
    target : the engine's folder.

    Raises
    ------
    InstallationFailed : where another window installs.
    FolderNotWritable : where the lock cannot be written.

    """
    folder_lock = QLockFile(str(target.with_suffix(".lock")))
    folder_lock.setStaleLockTime(0)
    if not folder_lock.tryLock(100):
        raise _lock_error(folder_lock, target)
    WAITING_ENGINE.end()  # Windows replaces no file that a process has open, and it would not see new packages
    try:
        yield
    finally:
        folder_lock.unlock()


def _lock_error(folder_lock: QLockFile, target: Path) -> AllpaError:
    if folder_lock.error() == QLockFile.LockError.LockFailedError:
        return InstallationFailed(
            tr("Another QGIS window is installing the engine."), "", tr("Wait until it has finished.")
        )
    return FolderNotWritable(tr("The folder {} cannot be written.").format(target.parent))


def installation_is_running() -> bool:
    """Whether this or another QGIS installs the engine now."""
    target = managed_engine_folder()
    if not target.with_suffix(".lock").exists():
        return False
    folder_lock = QLockFile(str(target.with_suffix(".lock")))
    folder_lock.setStaleLockTime(0)
    free = folder_lock.tryLock(0)
    folder_lock.unlock()
    return not free and bool(folder_lock.error() == QLockFile.LockError.LockFailedError)


def _works(engine: EnginePython, feedback: QgsProcessingFeedback) -> bool:
    if not engine.python.exists():
        return False
    try:
        verify(engine, feedback)
    except (Cancelled, RuntimeMissing):  # the second is the system's: another copy of the engine would lack it too
        raise
    except AllpaError as error:
        feedback.pushWarning(tr("The installed engine is installed anew: {}").format(error.why or error.what))
        return False
    return True
