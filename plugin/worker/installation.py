"""Installing the engine: an environment of pinned, hashed packages, built aside by uv, verified, moved into place.

pip installs uv alone, since it knows the settings (index, certificates, folders of wheels) that a company made for it.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from qgis.core import QgsProcessingFeedback
from qgis.PyQt.QtCore import QLockFile, QStandardPaths

from ..allpa_engine.core.atomic import check_free_space, format_bytes, to_allpa_error
from ..allpa_engine.core.errors import AllpaError, Cancelled, EngineMissing, FolderNotWritable, ModelInvalid
from ..translation import tr
from . import locks
from .engine_process import WAITING_ENGINE
from .installer_process import NOT_OFFERED, NOT_REACHED, InstallationFailed, folder_bytes, run_installer
from .installer_settings import installer_variables, uv_settings
from .interpreter import INSTALLED, EnginePython, managed_engine_folder, probe, venv_python
from .socks_bridge import SocksBridge

AUTOMATIC, CPU, CUDA = "auto", "cpu", "cuda"
PYTORCH_BUILDS = (AUTOMATIC, CPU, CUDA)
"""Which PyTorch is installed on Linux: CUDA where there is an NVIDIA card, else the CPU build where it can be had."""
TOOLS_BYTES = 60_000_000
"""pip and uv on disk while the engine is installed."""
_VERSION_CODE = "import sys; print('python', *sys.version_info[:2])"


def choose_lock(pytorch_build: str = AUTOMATIC) -> locks.EngineLock:
    """The list of packages for this computer.

    Raises
    ------
    InstallationFailed : where this system has no list, or is older than all that the list serves.

    """
    name = locks.platform_name()
    with_cuda = pytorch_build == CUDA or (pytorch_build == AUTOMATIC and _has_nvidia_card())
    lock = (locks.read_lock(name + locks.CUDA_SUFFIX) if with_cuda else None) or locks.read_lock(name)
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


def _has_nvidia_card() -> bool:
    return Path("/proc/driver/nvidia/version").exists()


def size_text(lock: locks.EngineLock) -> str:
    """What an installation downloads and needs on disk, for people."""
    python = _own_version() if _own_version() in lock.floors else max(lock.floors)
    return tr("About {} are downloaded, and {} are needed on disk.").format(
        format_bytes(lock.download_bytes(python)), format_bytes(lock.unpacked_bytes(python))
    )


def _own_version() -> locks.Version:
    return tuple(sys.version_info[:2])


def install_engine(
    feedback: QgsProcessingFeedback, base_python: Path | None = None, pytorch_build: str = AUTOMATIC
) -> Path:
    """Install the engine for this user, or repair it; an engine that works is only verified.

    Parameters
    ----------
    feedback : gets progress and the installer's lines; its cancel ends the installation and leaves nothing.
    base_python : interpreter to build on; None takes QGIS's own, else the system's, else one that uv downloads.
    pytorch_build : one of `PYTORCH_BUILDS`.

    Returns
    -------
    The engine's interpreter, which has imported all packages.

    Raises
    ------
    InstallationFailed : by cause: system, network, proxy, certificate, disk, hash, permission, file in use, Python.
    FolderNotWritable, DiskFull : where the folder of the engine cannot hold it.
    Cancelled

    """
    lock = choose_lock(pytorch_build)
    target = managed_engine_folder()
    check_free_space(target.parent, 0)
    with lock_engine_folder(target):
        engine = EnginePython(venv_python(target), INSTALLED)
        if not (engine.python.exists() and _works(engine, feedback)):
            Build(target, lock, feedback).install(base_python, pytorch_build)
            _verify(engine, feedback)  # where it now is: its interpreter has another path than while it was built
    return engine.python


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


def _verify(engine: EnginePython, feedback: QgsProcessingFeedback) -> None:
    feedback.setProgressText(tr("Verifying the engine"))
    with suppress(ModelInvalid):  # the environment works; a run says what is wrong with its model
        probe(engine, feedback)


def _works(engine: EnginePython, feedback: QgsProcessingFeedback) -> bool:
    try:
        _verify(engine, feedback)
    except Cancelled:
        raise
    except AllpaError as error:
        feedback.pushWarning(tr("The installed engine is installed anew: {}").format(error.why or error.what))
        return False
    return True


class Build:
    """One installation, in a folder beside the engine's that is removed at the end.

    Parameters
    ----------
    target : the engine's folder.
    lock : the list of packages.
    feedback : gets progress and the installer's lines.

    """

    def __init__(self, target: Path, lock: locks.EngineLock, feedback: QgsProcessingFeedback) -> None:
        self._target, self._lock, self._feedback = target, lock, feedback
        self._folder = target.with_name(f"{target.name}.part-{os.getpid()}")
        self._environment = self._folder / "engine"
        self._cache = self._folder / "cache"
        self._variables = installer_variables()
        self._bootstrap = Path()

    def install(self, base_python: Path | None, pytorch_build: str) -> None:
        """Build and verify the engine, and replace what was there.

        Parameters
        ----------
        base_python : the Python on which the environment is built; None for one that is found, or that uv downloads.
        pytorch_build : the build of PyTorch to install.

        Raises
        ------
        InstallationFailed : where a step fails, with its cause, such as a network that does not answer.
        DiskFull, FolderNotWritable : where the disk has too little space, or the folder cannot be written.
        Cancelled : where the user stopped it.

        """
        for leftover in self._target.parent.glob("engine-*.part-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        self._bootstrap = base_python or find_bootstrap_python()
        try:
            self._check_python(base_python)
            self._check_disk(self._lock)
            uv = self._install_uv()
            self._make_environment(uv, base_python)
            self._install_packages(uv, pytorch_build)
            self._feedback.setProgress(95)
            _verify(EnginePython(venv_python(self._environment), "installation"), self._feedback)
            self._move_into_place()
            self._feedback.setProgress(100)
            self._name_earlier_engines()
        except OSError as error:
            raise explained_error(error, self._target) from error
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _run(
        self,
        command: list[str],
        on_poll: Callable[[], None] | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> str:
        environment = {**self._variables, **(variables or {})}
        return run_installer(self._bootstrap, command, self._folder, self._feedback, environment, on_poll)

    def _usable_pythons(self) -> list[locks.Version]:
        return self._lock.usable_pythons(locks.system_version())

    def _check_python(self, base_python: Path | None) -> None:
        if base_python is None:
            return
        version = self._version_of(base_python) or (0, 0)
        if version not in self._usable_pythons():
            raise InstallationFailed(
                tr("The engine runs on Python {}, and {} is Python {}.").format(
                    locks.python_text(self._usable_pythons()), base_python, ".".join(map(str, version))
                ),
                "",
                tr("Choose another Python to build on, or none: then a suitable one is taken or downloaded."),
            )

    def _version_of(self, python: Path) -> locks.Version | None:
        """Major and minor version of a Python; None where it does not say them."""
        found = re.search(r"python (\d+) (\d+)", self._run([str(python), "-c", _VERSION_CODE]))
        return (int(found[1]), int(found[2])) if found else None

    def _check_disk(self, lock: locks.EngineLock) -> None:
        python = max(self._usable_pythons())
        self._feedback.pushInfo(size_text(lock))
        check_free_space(self._target.parent, lock.unpacked_bytes(python) + TOOLS_BYTES)

    def _install_uv(self) -> Path:
        self._feedback.setProgressText(tr("Preparing the installation"))
        tools = self._folder / "tools"
        self._run([str(self._bootstrap), "-m", "venv", str(tools)])
        pip = [str(venv_python(tools)), "-m", "pip"]
        quiet = ["--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
        requirements = ["--no-deps", "--require-hashes", "-r", str(locks.LOCK_FOLDER / locks.INSTALLER_LOCK)]
        proxies = {name: value for name, value in self._variables.items() if value.startswith("socks5")}
        if proxies:  # pip knows no SOCKS; uv does
            with SocksBridge(next(iter(proxies.values()))) as bridge:
                self._run([*pip, "install", *quiet, *requirements], variables=dict.fromkeys(proxies, bridge.url))
        else:
            self._run([*pip, "install", *quiet, *requirements])
        self._configure_uv(self._run([*pip, "config", "list"]))
        self._feedback.setProgress(5)
        return venv_python(tools).with_name("uv.exe" if os.name == "nt" else "uv")

    def _configure_uv(self, pip_config: str) -> None:
        self._variables.update(uv_settings(pip_config))
        self._variables.update(
            UV_CACHE_DIR=str(self._cache),
            UV_PYTHON_INSTALL_DIR=str(self._target.parent / "python"),
            UV_NO_CONFIG="1",
            UV_SYSTEM_CERTS="1",
            UV_INDEX_STRATEGY="unsafe-best-match",  # as pip reads several indexes; the hashes hold
        )

    def _make_environment(self, uv: Path, base_python: Path | None) -> None:
        self._feedback.setProgressText(tr("Making the engine's environment"))
        usable = self._usable_pythons()
        own = base_python or (self._bootstrap if _own_version() in usable and _is_own(self._bootstrap) else None)
        wanted = str(own) if own else ">={}.{},<{}.{}".format(*usable[0], usable[-1][0], usable[-1][1] + 1)
        self._run([str(uv), "venv", "--relocatable", "--python", wanted, str(self._environment)])

    def _install_packages(self, uv: Path, pytorch_build: str) -> None:
        if self._lock.path.stem + locks.CUDA_SUFFIX not in (path.stem for path in locks.LOCK_FOLDER.glob("*.txt")):
            self._uv_install(uv, self._lock)
            return
        try:
            self._install_cpu_build(uv)
        except InstallationFailed as error:
            larger = locks.read_lock(self._lock.path.stem + locks.CUDA_SUFFIX)
            if pytorch_build == CPU or larger is None or error.cause not in NOT_REACHED:
                raise
            self._feedback.pushWarning(
                tr("PyTorch's CPU build cannot be had: {} The larger CUDA build is taken.").format(error.what)
            )
            self._check_disk(larger)
            self._uv_install(uv, larger)

    def _install_cpu_build(self, uv: Path) -> None:
        # it may lie where pip's settings point to; else it is on PyTorch's own index
        try:
            self._uv_install(uv, self._lock)
        except InstallationFailed as error:
            if error.cause != NOT_OFFERED:
                raise
            self._uv_install(uv, self._lock, "--torch-backend", "cpu")

    def _uv_install(self, uv: Path, lock: locks.EngineLock, *options: str) -> None:
        python = venv_python(self._environment)
        version = self._version_of(python) or max(lock.floors)
        total = max(1, lock.unpacked_bytes(version))
        title, done = tr("Downloading and unpacking the engine's packages"), 0

        def show_bytes() -> None:
            nonlocal done
            done = max(done, min(total, folder_bytes(self._cache)))  # folders that move are missed at times
            self._feedback.setProgress(10 + 80 * done / total)
            self._feedback.setProgressText(
                "{}: {}".format(title, tr("{} of {}").format(format_bytes(done), format_bytes(total)))
            )

        show_bytes()
        command = [str(uv), "pip", "install", "--no-progress", "--python", str(python), "--no-deps"]
        self._run([*command, "--only-binary", ":all:", "--require-hashes", *options, "-r", str(lock.path)], show_bytes)

    def _move_into_place(self) -> None:
        if self._target.exists():
            self._target.rename(self._folder / "replaced")
        self._environment.rename(self._target)

    def _name_earlier_engines(self) -> None:
        earlier = [str(path) for path in self._target.parent.glob("engine-*") if path.is_dir() and path != self._target]
        earlier = [path for path in earlier if ".part-" not in path]
        if earlier:
            self._feedback.pushInfo(
                tr("Engines of other versions take disk space; delete them if no other QGIS uses them: {}").format(
                    ", ".join(earlier)
                )
            )


def explained_error(error: OSError, target: Path) -> Exception:
    """The error of the installation that names the cause of an error of the system."""
    if os.name == "nt" and getattr(error, "winerror", 0) in (5, 32):
        return InstallationFailed(
            tr("The engine in {} is in use and cannot be replaced.").format(target),
            str(error),
            tr("Close other QGIS windows, then install again."),
        )
    return to_allpa_error(error, target)


def _is_own(python: Path) -> bool:
    return python.parent in (Path(sys.base_prefix), Path(sys.base_prefix) / "bin")


def find_bootstrap_python() -> Path:
    """The Python that starts the installation: QGIS's own, of whatever version, else one of the system's.

    The engine itself runs on it where its version is one of the list's; otherwise uv finds or downloads another.

    Raises
    ------
    EngineMissing : where there is none.

    """
    base = Path(sys.base_prefix)
    own = [base / "python.exe", base / "python3.exe", base / "bin" / "python{}.{}".format(*sys.version_info)]
    names = [f"python3.{minor}" for minor in (12, 13, 14, 11, 10)] + ["python3", "python"]
    found = [QStandardPaths.findExecutable(name) for name in names]
    for candidate in (*own, *(Path(path) for path in found if path)):
        if candidate.is_file():
            return candidate
    raise EngineMissing(
        tr("No Python was found to install the engine with."),
        "",
        tr("Install Python 3.12, or set the path of a Python that has the engine in Allpa's options."),
    )
