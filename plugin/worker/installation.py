"""Installing the engine: a virtual environment with pinned, hashed packages, built aside, verified, then renamed."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path

from qgis.core import QgsProcessingFeedback
from qgis.PyQt.QtCore import QLockFile, QProcess, QProcessEnvironment, QStandardPaths

from ..allpa_engine.core.errors import AllpaError, Cancelled, EngineMissing
from ..translation import tr
from .environment import child_environment
from .interpreter import LOCK_FOLDER, EnginePython, managed_engine_folder, probe, venv_python
from .process import POLL_MS, stop_process

PASSED_PIP_VARIABLES = (
    "PIP_CONFIG_FILE",
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_NO_INDEX",
    "PIP_CERT",
    "PIP_DEFAULT_TIMEOUT",
)
"""A company's index, certificates or folder of wheels; the hashes hold whatever they point to."""
ENGINE_LOCK, CPU_TORCH_LOCK, CUDA_LOCK = "engine.txt", "engine-cpu.txt", "engine-cuda.txt"
MIN_PYTHON_VERSION = (3, 10)
_REQUIREMENT = re.compile(r"^[A-Za-z0-9][^#\s]*==", re.MULTILINE)
_TAIL_LINES = 12
_TORCH_VERSION = "from importlib.metadata import distributions as d; print(*(each.version for each in d(name='torch')))"


class InstallationFailed(AllpaError):
    """A step of the installation ended with an error."""

    code = "installation_failed"
    advice = "Check the network, the proxy and the disk, then install again; nothing half-installed is left."


def install_engine(feedback: QgsProcessingFeedback, base_python: Path | None = None) -> Path:
    """Install the engine for this user and give its interpreter; an engine that is there is only verified.

    Parameters
    ----------
    feedback : gets progress and the installer's lines; its cancel ends the installation and leaves nothing.
    base_python : interpreter to build on; None takes the system's or QGIS's own.

    Raises
    ------
    EngineMissing : where the list of packages or a suitable Python is absent.
    InstallationFailed, Cancelled

    """
    if not (LOCK_FOLDER / ENGINE_LOCK).exists():
        raise EngineMissing(tr("The list of the engine's packages is missing: {}.").format(LOCK_FOLDER / ENGINE_LOCK))
    target = managed_engine_folder()
    target.parent.mkdir(parents=True, exist_ok=True)
    lock = QLockFile(str(target.with_suffix(".lock")))
    lock.setStaleLockTime(0)
    if not lock.tryLock(100):
        raise InstallationFailed(
            tr("Another QGIS window is installing the engine."), "", tr("Wait until it has finished.")
        )
    try:
        if not venv_python(target).exists():
            _build(target, base_python or find_base_python(), feedback)
    finally:
        lock.unlock()
    probe(EnginePython(venv_python(target), "installed"), feedback)
    return venv_python(target)


def _build(target: Path, base_python: Path, feedback: QgsProcessingFeedback) -> None:
    # A virtual environment may be renamed: only its console scripts hold its path, and they are not used.
    build_folder = target.with_name(f"{target.name}.part-{os.getpid()}")
    for leftover in target.parent.glob(f"{target.name}.part-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    try:
        feedback.setProgressText(tr("Making the engine's environment"))
        _run_process(base_python, ["-m", "venv", str(build_folder)], feedback, feedback.pushConsoleInfo)
        feedback.setProgress(5)
        feedback.setProgressText(tr("Installing the engine's packages"))
        _install_packages(venv_python(build_folder), feedback)
        feedback.setProgress(95)
        feedback.setProgressText(tr("Verifying the engine"))
        probe(EnginePython(venv_python(build_folder), "installed"), feedback)
        build_folder.rename(target)
        feedback.setProgress(100)
    finally:
        shutil.rmtree(build_folder, ignore_errors=True)


def _install_packages(python: Path, feedback: QgsProcessingFeedback) -> None:
    # PyTorch's CPU build where pip's settings offer one; else the usual one, which on Linux needs CUDA's libraries
    try:
        _pip(python, CPU_TORCH_LOCK, feedback, 5, 40)
    except InstallationFailed:
        feedback.pushInfo(tr("No CPU build of PyTorch is offered here; the larger one is taken."))
    _pip(python, ENGINE_LOCK, feedback, 40, 75)
    torch: list[str] = []
    _run_process(python, ["-c", _TORCH_VERSION], feedback, torch.append)
    if sys.platform == "linux" and any(torch) and "+cpu" not in torch[0]:
        _pip(python, CUDA_LOCK, feedback, 75, 95)


def _pip(python: Path, lock: str, feedback: QgsProcessingFeedback, begin: float, end: float) -> None:
    quiet = ["--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    arguments = ["-m", "pip", "install", *quiet, "--no-deps", "--require-hashes", "-r", str(LOCK_FOLDER / lock)]
    _run_process(python, arguments, feedback, _PipProgress(LOCK_FOLDER / lock, feedback, begin, end))


class _PipProgress:
    """Turns pip's lines into a bar between two percentages: collecting takes most of the time, installing the rest."""

    def __init__(self, lock: Path, feedback: QgsProcessingFeedback, begin: float, end: float) -> None:
        self._feedback = feedback
        self._begin, self._span = begin, end - begin
        text = lock.read_text(encoding="utf-8") if lock.exists() else ""
        self._total = max(1, len(_REQUIREMENT.findall(text)))
        self._collected = 0

    def __call__(self, line: str) -> None:
        """Take one line of pip's output."""
        self._feedback.pushConsoleInfo(line)
        if line.startswith("Collecting "):
            self._collected += 1
            self._feedback.setProgress(self._begin + 0.8 * self._span * min(1.0, self._collected / self._total))
        elif line.startswith("Installing collected"):
            self._feedback.setProgress(self._begin + 0.85 * self._span)


def _run_process(
    python: Path, arguments: list[str], feedback: QgsProcessingFeedback, on_line: Callable[[str], None]
) -> None:
    process = QProcess()
    process.setProcessEnvironment(_installer_environment())
    process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
    process.start(str(python), arguments)
    tail: deque[str] = deque(maxlen=_TAIL_LINES)
    if not process.waitForStarted():
        raise InstallationFailed(tr("{} cannot be started.").format(python), process.errorString())
    process.closeWriteChannel()
    partial_line = b""
    while True:
        running = process.state() != QProcess.ProcessState.NotRunning
        process.waitForReadyRead(POLL_MS)
        *lines, partial_line = (partial_line + bytes(process.readAllStandardOutput())).split(b"\n")
        for text in (line.decode("utf-8", "replace").rstrip() for line in lines):
            tail.append(text)
            on_line(text)
        if not running:
            break
        if feedback.isCanceled():
            stop_process(process)
            raise Cancelled("The installation was cancelled.", "", "Nothing was left behind; install again any time.")
    if process.exitStatus() != QProcess.ExitStatus.NormalExit or process.exitCode() != 0:
        raise InstallationFailed(tr("The engine could not be installed."), "\n".join(tail))


def _installer_environment() -> QProcessEnvironment:
    environment = child_environment()
    environment.remove("PYTHONPATH")
    for name in PASSED_PIP_VARIABLES:
        if os.environ.get(name):
            environment.insert(name, os.environ[name])
    return environment


def find_base_python() -> Path:
    """An interpreter to build on, of QGIS's own version where it can serve; never QGIS's executable itself.

    Raises
    ------
    EngineMissing : where there is none of a version that the engine runs on.

    """
    base = Path(sys.base_prefix)
    if os.name == "nt":
        candidates = [base / "python.exe", base / "python3.exe"]
    else:
        own = "python{}.{}".format(*sys.version_info)
        found = [QStandardPaths.findExecutable(f"python3.{minor}") for minor in (12, 13, 11, 10)]
        candidates = [base / "bin" / own, *(Path(each) for each in found if each)]
    if sys.version_info < MIN_PYTHON_VERSION:
        candidates = [
            candidate for candidate in candidates if candidate.parent != base and candidate.parent != base / "bin"
        ]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise EngineMissing(
        tr("No Python of version 3.10 or later was found to install the engine with."),
        "",
        tr("Install Python 3.10 or later, or set the path of a Python that has the engine in Allpa's options."),
    )
