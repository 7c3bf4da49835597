"""Pythons of this computer: the one that starts an installation, and those that may have the engine's packages."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from qgis.PyQt.QtCore import QProcess, QProcessEnvironment, QStandardPaths

from .environment import current_child_variables

_MINORS = (12, 13, 14, 11, 10)
"""Python 3's minor versions that the engine runs on, the best served first."""
_TIMEOUT_MS = 5_000
_CODE = (
    "import sys, importlib.util as u; sys.exit(sys.version_info < (3, 10) or "
    "not all(map(u.find_spec, ('rasterio', 'requests', 'pyogrio', 'jinja2'))) or "
    "not any(map(u.find_spec, ('torch', 'openvino'))))"
)
"""Ends well where the packages that are seldom together are there; nothing is imported."""


def pythons_of_computer() -> list[Path]:
    """QGIS's own Python, of whatever version, and those that a terminal finds, without repetitions."""
    base = Path(sys.base_prefix)
    own = [base / "python.exe", base / "python3.exe", base / "bin" / "python{}.{}".format(*sys.version_info)]
    names = [f"python3.{minor}" for minor in _MINORS] + ["python3", "python"]
    found = [QStandardPaths.findExecutable(name) for name in names]
    candidates = (*own, *(Path(path) for path in found if path))
    return list(dict.fromkeys(path for path in candidates if path.is_file()))


def pythons_with_packages() -> Iterator[Path]:
    """Pythons of this computer in which the engine may run; each was asked in a child process."""
    environment = QProcessEnvironment()
    for name, value in current_child_variables().items():
        environment.insert(name, value)
    for python in pythons_of_computer():
        process = QProcess()
        process.setProcessEnvironment(environment)
        process.start(str(python), ["-c", _CODE])
        if not process.waitForFinished(_TIMEOUT_MS):
            process.kill()
            process.waitForFinished(_TIMEOUT_MS)
        elif process.exitStatus() == QProcess.ExitStatus.NormalExit and process.exitCode() == 0:
            yield python
