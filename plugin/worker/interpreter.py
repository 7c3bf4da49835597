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
from ..allpa_engine.core.errors import AllpaError, Cancelled, EngineMissing, ModelInvalid
from ..allpa_engine.core.messages import translatable
from ..translation import tr
from . import locks
from .installer_process import runtime_cause
from .process import EngineWorker
from .suitable_python import pythons_with_packages

ENGINE_VARIABLE = "ALLPA_ENGINE_PYTHON"
"""Environment variable with the path of the engine's Python."""
INSTALLED = "installed"
"""Origin of the engine that Allpa installed."""
SETTING, VARIABLE = translatable("setting"), translatable("environment variable")
FOUND = "found"
"""Origin of a Python of this computer that has what the engine needs."""


class RuntimeMissing(EngineMissing):
    """The engine is complete, but the system lacks a library that its packages load."""

    code = "runtime_missing"


@dataclass(frozen=True)
class EnginePython:
    """An interpreter that should run the engine."""

    python: Path
    """Path of the executable."""
    origin: str
    """Where it comes from: `setting`, `environment variable`, `installed` or `found`."""

    @property
    def fingerprint(self) -> str:
        """Changes when the interpreter, its environment or the plugin's engine changes."""
        config = self.python.parent.parent / "pyvenv.cfg"
        modified_ns = [path.stat().st_mtime_ns for path in (self.python, config) if path.exists()]
        return "|".join([str(self.python), __version__, *map(str, modified_ns)])


def managed_engine_folder() -> Path:
    """Folder of the engine that Allpa installs for this user; one for each set of pinned packages of this platform."""
    data = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericDataLocation))
    content = hashlib.sha256()
    for lock in sorted(locks.LOCK_FOLDER.glob(f"{locks.platform_name()}*.txt")):
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
    for origin, value in ((SETTING, settings.ENGINE_PYTHON.value()), (VARIABLE, _environment_python())):
        if value:
            return _require_executable(EnginePython(Path(value).expanduser(), origin))
    installed = venv_python(managed_engine_folder())
    if installed.exists():
        return EnginePython(installed, INSTALLED)
    found = settings.FOUND_ENGINE.value()
    if found and os.access(found, os.X_OK):
        return EnginePython(Path(found), FOUND)
    raise EngineMissing(
        tr("Allpa's engine is not installed yet."),
        "",
        tr("Run 'Install engine' (allpa:installengine) once, or set the path of its Python in the options."),
    )


def search_engine(feedback: QgsFeedback) -> tuple[EnginePython, dict[str, Any]] | None:
    """A Python of this computer that has what the engine needs; the profile remembers it for `find_engine`.

    Parameters
    ----------
    feedback : its cancel ends the search.

    Returns
    -------
    An interpreter in which the engine has imported everything, and what the engine says of itself; None where there is
    none.

    Raises
    ------
    Cancelled

    """
    settings.FOUND_ENGINE.set_value("")
    for python in pythons_with_packages():
        engine = EnginePython(python, FOUND)
        try:
            values = probe(engine, feedback)
        except Cancelled:
            raise
        except AllpaError:
            continue  # too old, or not complete: the engine's own status is the judge
        settings.FOUND_ENGINE.set_value(str(python))
        return engine, values
    return None


def engine_is_chosen() -> bool:
    """Whether the user names the engine's Python, by the setting or the environment variable."""
    return bool(settings.ENGINE_PYTHON.value() or _environment_python())


def _environment_python() -> str:
    return os.environ.get(ENGINE_VARIABLE, "").strip()


def _require_executable(engine: EnginePython) -> EnginePython:
    if not (engine.python.is_file() and os.access(engine.python, os.X_OK)):
        raise EngineMissing(
            tr("The engine's Python that is set does not exist or cannot be run: {}.").format(engine.python),
            tr("It comes from the {}.").format(tr(engine.origin)),
            tr("Correct or empty it in Allpa's options."),
        )
    return engine


def require_engine(feedback: QgsFeedback) -> Path:
    """The interpreter to use, verified once to be a working engine; the result is stored in the profile.

    Raises
    ------
    EngineMissing : with what is missing.
    Cancelled, WorkerCrashed : as `EngineWorker.run`.

    """
    engine = find_engine()
    if settings.PROBED_ENGINE.value() != engine.fingerprint:
        try:
            probe(engine, feedback)
        except ModelInvalid:
            return engine.python  # the environment works; the run says what is wrong with its own model
    return engine.python


def probe(engine: EnginePython, feedback: QgsFeedback) -> dict[str, Any]:
    """Let the engine import everything in a child process, and store in the profile that it works.

    Parameters
    ----------
    engine : the interpreter, with where it was found.
    feedback : its cancel ends the process.

    Returns
    -------
    What the engine says of itself, as its `status` command does.

    Raises
    ------
    EngineMissing : where a package is missing; for the engine that Allpa installed the next step is its repair.
    RuntimeMissing : where a package cannot load a library of the system.
    AllpaError : others as `EngineWorker.run`.

    """
    try:
        values = EngineWorker(engine.python, feedback).run(["status"])
    except EngineMissing as error:
        cause = runtime_cause(f"{error.what} {error.why}")
        if cause is not None:
            raise RuntimeMissing(cause[0], error.why, cause[1]) from error
        if engine.origin != INSTALLED:
            raise
        raise EngineMissing(
            tr("The installed engine is damaged."),
            f"{error.what} {error.why}".strip(),
            tr("Run 'Install engine' (allpa:installengine): it repairs the engine."),
        ) from error
    settings.PROBED_ENGINE.set_value(engine.fingerprint)
    return values
