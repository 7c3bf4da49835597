"""One installation of the engine: pinned, hashed packages, built aside by uv, verified, moved into place.

pip installs uv alone, since it knows the settings (index, certificates, folders of wheels) that a company made for it.
Downloads of an installation that was stopped are kept for the next one.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from qgis.core import QgsProcessingFeedback

from ..allpa_engine.core.atomic import check_free_space, to_allpa_error
from ..allpa_engine.core.errors import AllpaError, EngineMissing, ModelInvalid
from ..translation import bytes_text, tr
from . import locks
from .installer_process import HASH, NOT_OFFERED, NOT_REACHED, InstallationFailed, folder_bytes, run_installer
from .installer_settings import installer_variables, uv_settings, wants_no_index
from .interpreter import EnginePython, probe, venv_python
from .offline_packages import choose_complete, find_wheels, offline_variables
from .socks_bridge import SocksBridge
from .suitable_python import pythons_of_computer

AUTOMATIC, CPU, CUDA = "auto", "cpu", "cuda"
PYTORCH_BUILDS = (AUTOMATIC, CPU, CUDA)
"""Which PyTorch is installed: `auto` is the CPU build, or in a repair the one that is there."""
TOOLS_BYTES = 60_000_000
"""pip and uv on disk while the engine is installed."""
_VERSION_CODE = "import sys; print('python', *sys.version_info[:2])"


def size_text(lock: locks.EngineLock) -> str:
    """What an installation downloads and needs on disk, for people."""
    python = locks.own_version() if locks.own_version() in lock.floors else max(lock.floors)
    return tr("About {} are downloaded, and {} are needed on disk.").format(
        bytes_text(lock.download_bytes(python)), bytes_text(lock.unpacked_bytes(python))
    )


def verify(engine: EnginePython, feedback: QgsProcessingFeedback) -> None:
    """Let an engine import everything; a damaged model is a matter of its runs.

    Raises
    ------
    EngineMissing : where something is missing.
    Cancelled

    """
    feedback.setProgressText(tr("Verifying the engine"))
    with suppress(ModelInvalid):  # the environment works; a run says what is wrong with its model
        probe(engine, feedback)


class Build:
    """One installation, in a folder beside the engine's that is removed at the end.

    Parameters
    ----------
    target : the engine's folder.
    lock : the list of packages.
    feedback : gets progress and the installer's lines.
    packages : folder or zip of collected packages; None takes them from the network.

    """

    def __init__(
        self,
        target: Path,
        lock: locks.EngineLock,
        feedback: QgsProcessingFeedback,
        packages: Path | None = None,
    ) -> None:
        self._target, self._lock, self._feedback = target, lock, feedback
        self._packages = packages
        self._wheels: Path | None = None
        self._folder = target.with_name(f"{target.name}.part-{os.getpid()}")
        self._environment = self._folder / "engine"
        self._cache = target.with_name("downloads")
        self._variables = installer_variables()
        self._uv_options: tuple[str, ...] = ()
        self._bootstrap = Path()

    def install(
        self,
        base_python: Path | None,
        pytorch_build: str,
        check: Callable[[Path], None] | None = None,
        kept: Path | None = None,
    ) -> None:
        """Build and verify the engine, and replace what was there.

        Parameters
        ----------
        base_python : the Python on which the environment is built; None for one that is found, or that uv downloads.
        pytorch_build : the build of PyTorch to install.
        check : looks at the new engine's Python before the engine is put into place, and raises where it will not do.
        kept : where the engine that is replaced goes; None removes it.

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
            self._take_packages()
            uv = self._install_uv()
            self._make_environment(uv, base_python)
            self._install_packages(uv, pytorch_build)
            self._feedback.setProgress(95)
            verify(EnginePython(venv_python(self._environment), "installation"), self._feedback)
            if check is not None:
                check(venv_python(self._environment))
            self._move_into_place(kept)
            shutil.rmtree(self._cache, ignore_errors=True)
            self._feedback.setProgress(100)
            self._name_earlier_engines()
        except OSError as error:
            raise explained_error(error, self._target) from error
        except AllpaError as error:
            if isinstance(error, EngineMissing) or getattr(error, "cause", "") == HASH:
                shutil.rmtree(self._cache, ignore_errors=True)  # what was downloaded may be damaged
            raise
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
        self._check_space(lock.unpacked_bytes(python))

    def _check_space(self, needed: int) -> None:
        """Refuse a disk that is too full; what an earlier installation has downloaded is there already."""
        for leftover in (*self._cache.glob(".tmp*"), *self._cache.glob("*/.tmp*")):  # of an uv that was ended
            shutil.rmtree(leftover, ignore_errors=True)
        check_free_space(self._target.parent, max(0, needed - folder_bytes(self._cache)) + TOOLS_BYTES)

    def _take_packages(self) -> None:
        """Let pip and uv take collected packages, where the user has some."""
        if self._packages is not None:
            self._feedback.setProgressText(tr("Reading the collected packages"))
            self._wheels = find_wheels(self._packages, self._folder / "wheels")
            self._variables.update(offline_variables(self._wheels))

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
        self._uv_options = ("--no-index",) if wants_no_index(pip_config) else ()
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
        own = base_python or (self._bootstrap if locks.own_version() in usable and _is_own(self._bootstrap) else None)
        wanted = str(own) if own else ">={}.{},<{}.{}".format(*usable[0], usable[-1][0], usable[-1][1] + 1)
        self._run([str(uv), "venv", "--relocatable", "--python", wanted, str(self._environment)])

    def _install_packages(self, uv: Path, pytorch_build: str) -> None:
        cuda = locks.read_lock(self._lock.path.stem + locks.CUDA_SUFFIX)
        if self._wheels is not None:
            python = self._version_of(venv_python(self._environment)) or max(self._lock.floors)
            self._uv_install(uv, choose_complete([self._lock, *([cuda] if cuda else [])], self._wheels, python))
            return
        if cuda is None:
            self._uv_install(uv, self._lock)
            return
        try:
            self._install_cpu_build(uv)
        except InstallationFailed as error:
            if pytorch_build == CPU or error.cause not in NOT_REACHED:
                raise
            self._feedback.pushWarning(
                tr("PyTorch's CPU build cannot be had: {} The larger CUDA build is taken.").format(error.what)
            )
            self._check_disk(cuda)
            self._uv_install(uv, cuda)

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
                "{}: {}".format(title, tr("{} of {}").format(bytes_text(done), bytes_text(total)))
            )

        show_bytes()
        command = [str(uv), "pip", "install", "--no-progress", "--python", str(python), "--no-deps", *self._uv_options]
        self._run([*command, "--only-binary", ":all:", "--require-hashes", *options, "-r", str(lock.path)], show_bytes)

    def _move_into_place(self, kept: Path | None) -> None:
        if self._target.exists():
            if kept is not None and kept.exists():
                kept.rename(self._folder / "kept-before")
            self._target.rename(kept or self._folder / "replaced")
        self._environment.rename(self._target)

    def _name_earlier_engines(self) -> None:
        folders = [path for path in self._target.parent.glob("engine-*") if path.is_dir() and ".part-" not in path.name]
        earlier = [str(path) for path in folders if path.stem != self._target.name]  # its own may stand there with .cpu
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
    pythons = pythons_of_computer()
    if pythons:
        return pythons[0]
    raise EngineMissing(
        tr("No Python was found to install the engine with."),
        "",
        tr("Install Python 3.12, or set the path of a Python that has the engine in Allpa's options."),
    )
