"""Where the engine's Python is: the user's setting, an environment variable, or the engine that Allpa installed.

The QGIS process never imports the engine's packages; an interpreter is tried out in a child process.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import QgsFeedback
from qgis.PyQt.QtCore import QStandardPaths

from .. import settings
from ..allpa_engine import __version__
from ..allpa_engine.core.errors import EngineMissing, ModelInvalid
from ..resources import RESOURCES
from ..translation import tr
from .process import EngineWorker

ENGINE_VARIABLE = "ALLPA_ENGINE_PYTHON"
"""Environment variable with the path of the engine's Python."""
LOCK_FOLDER = RESOURCES / "requirements"
"""Folder of the engine's pinned and hashed packages: `engine.txt`, and what a CPU or CUDA build of PyTorch needs."""


@dataclass(frozen=True)
class EnginePython:
    """An interpreter that should run the engine."""

    python: Path
    """Path of the executable."""
    origin: str
    """Who chose it: `setting`, `environment variable` or `installed`."""

    @property
    def fingerprint(self) -> str:
        """Changes when the interpreter, its environment or the plugin's engine changes."""
        config = self.python.parent.parent / "pyvenv.cfg"
        modified_ns = [path.stat().st_mtime_ns for path in (self.python, config) if path.exists()]
        return "|".join([str(self.python), __version__, *map(str, modified_ns)])


def managed_engine_folder() -> Path:
    """Folder of the engine that Allpa installs for this user; one for each set of pinned packages."""
    data = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericDataLocation))
    content = hashlib.sha256()
    for lock in sorted(LOCK_FOLDER.glob("engine*.txt")):
        content.update(lock.read_bytes())
    return data / "allpa" / f"engine-{content.hexdigest()[:12]}"


def venv_python(environment: Path) -> Path:
    """The interpreter of a virtual environment."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def find_engine() -> EnginePython:
    """The interpreter to use, found without starting anything: fast enough for every click.

    Raises
    ------
    EngineMissing : where none is set or installed, or the one that is set does not exist.

    """
    for origin, value in (("setting", settings.ENGINE_PYTHON.value()), ("environment variable", _environment_python())):
        if value:
            return _require_executable(EnginePython(Path(value).expanduser(), origin))
    installed = venv_python(managed_engine_folder())
    if not installed.exists():
        raise EngineMissing(
            tr("Allpa's engine is not installed yet."),
            "",
            tr("Run 'Install the engine' (allpa:installengine) once, or set the path of its Python in the options."),
        )
    return EnginePython(installed, "installed")


def _environment_python() -> str:
    return os.environ.get(ENGINE_VARIABLE, "").strip()


def _require_executable(engine: EnginePython) -> EnginePython:
    if not (engine.python.is_file() and os.access(engine.python, os.X_OK)):
        raise EngineMissing(
            tr("The engine's Python that is set does not exist or cannot be run: {}.").format(engine.python),
            tr("It comes from the {}.").format(engine.origin),
            tr("Correct or empty it in Allpa's options."),
        )
    return engine


def require_engine(feedback: QgsFeedback) -> Path:
    """The interpreter to use, proved once to be a working engine; the proof is kept in the profile.

    Raises
    ------
    EngineMissing : with what is missing. Cancelled, WorkerCrashed : as `EngineWorker.run`.

    """
    engine = find_engine()
    if settings.PROBED_ENGINE.value() != engine.fingerprint:
        try:
            probe(engine, feedback)
        except ModelInvalid:
            return engine.python  # the environment works; the run says what is wrong with its own network
    return engine.python


def probe(engine: EnginePython, feedback: QgsFeedback) -> dict[str, Any]:
    """Let the engine import everything in a child process, and give what it says of itself.

    Raises
    ------
    As `EngineWorker.run`.

    """
    values = EngineWorker(engine.python, feedback).run(["status"])
    settings.PROBED_ENGINE.set_value(engine.fingerprint)
    return values
