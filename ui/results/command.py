"""The command that repeats a run in a terminal."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from qgis.core import QgsApplication, QgsProcessingParameterField
from qgis.PyQt.QtCore import QCoreApplication, QStandardPaths

from ...plugin.allpa_engine.core.errors import AllpaError
from ...plugin.existing_output import JOB_FILE
from ...plugin.shell_command import shell_command
from ...plugin.worker.interpreter import ENGINE_VARIABLE, find_engine
from ...plugin.worker.process import terminal_command
from ..run import algorithm

_PROGRAMS = ("qgis_process.bin", "qgis_process", "qgis_process-qgis-ltr.bat", "qgis_process-qgis.bat")
"""Debian 12's wrapper `qgis_process` passes an option that its program, `qgis_process.bin`, does not know."""
_PROFILE_VARIABLE = "QGIS_CUSTOM_CONFIG_PATH"


_MAX_COMMAND_CHARS = 8_000
"""Of a command; Windows takes no longer ones in a terminal."""


def job_command(algorithm_id: str, parameters: dict[str, Any], folder: str, shell: str) -> str:
    """The command that repeats a job of the dock.

    Parameters
    ----------
    algorithm_id
        The algorithm.
    parameters
        Its parameters; empty where they are not known.
    folder
        Of the job; the job file in it is run by the engine where the parameters are not known, or too long.
    shell
        In which the command is pasted: `bash`, `powershell` or `cmd`.

    Returns
    -------
    One line; empty where there is no command.

    """
    is_short = sum(len(str(value)) for value in parameters.values()) <= _MAX_COMMAND_CHARS
    command = command_line(algorithm_id, parameters, shell) if parameters and is_short else ""
    if command and len(command) <= _MAX_COMMAND_CHARS:
        return command
    try:
        return terminal_command(find_engine().python, Path(folder) / JOB_FILE, shell)
    except AllpaError:
        return command_line(algorithm_id, parameters, shell) if parameters else ""


def command_line(algorithm_id: str, parameters: dict[str, Any], shell: str = "") -> str:
    """The `qgis_process` command that repeats a run where it is pasted: with this QGIS's program and profile.

    Parameters
    ----------
    algorithm_id
        The algorithm, such as `allpa:landcovermap`.
    parameters
        Its parameters; empty ones are omitted.
    shell
        `bash`, `powershell` or `cmd`; by default that of the system.

    Returns
    -------
    One line, quoted for the shell.

    """
    words = [_program(), "run", algorithm_id]
    found = algorithm(algorithm_id)
    for name, value in parameters.items():
        if value is None or value == "":
            continue
        if isinstance(value, (list, tuple)):
            definition = found.parameterDefinition(name) if found is not None else None
            mark = ";" if isinstance(definition, QgsProcessingParameterField) else ","  # as QGIS splits them
            value = mark.join(str(part) for part in value)
        elif isinstance(value, bool):
            value = "true" if value else "false"
        words.append(f"--{name}={value}")
    return shell_command(words, _variables(), shell)


def _program() -> str:
    """Name of the program; its path where it is not found by its name."""
    for name in _PROGRAMS:
        if shutil.which(name):
            return name
        beside = Path(QCoreApplication.applicationDirPath()) / name
        if beside.is_file():
            return str(beside)
    return "qgis_process"


def _variables() -> dict[str, str]:
    """What a terminal does not know of this QGIS: a profile folder of its own, and an engine set for this session."""
    variables = {}
    profiles = Path(QgsApplication.qgisSettingsDirPath()).parent.parent
    usual = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation)
    if profiles != Path(usual):
        variables[_PROFILE_VARIABLE] = str(profiles)
    if os.environ.get(ENGINE_VARIABLE, "").strip():
        variables[ENGINE_VARIABLE] = os.environ[ENGINE_VARIABLE].strip()
    return variables
